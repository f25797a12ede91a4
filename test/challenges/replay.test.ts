/** Disputes on the real contracts, replayed from chain data: the same verdict by another road, and no changed bundle passes. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type Json, readBundle } from '#core/challenges/bundle.ts';
import { type Executable, replay } from '#core/challenges/replay.ts';
import type { Replay, ReplayedMove } from '#core/challenges/replayTypes.ts';
import { packToleranceUp } from '#core/protocol/publishedTolerance.ts';
import type { Tensor } from '#core/tensor.ts';
import { executable } from '../../sdk/dispute/model.ts';
import { bundleOf } from '../support/bundles.ts';
import { networkHelpers } from '../support/contracts/chain.ts';
import {
  Dispute,
  type DisputeSystem,
  disputeSystem,
  type Published,
  publishProgram,
} from '../support/contracts/disputes.ts';
import { lyingTrace } from '../support/lies.ts';

const failures = ({ checks }: Replay) =>
  checks.filter(({ holds }) => !holds).map(({ what, reason }) => `${what}: ${reason}`);

describe('a replay', function () {
  this.timeout(300_000);
  const onnx = readFileSync('models/digits-cnn/model.onnx');
  let s: DisputeSystem;
  let published: Published;
  let model: Executable;
  let input: Tensor[];
  let right: readonly Tensor[];

  before(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
    published = await publishProgram(s, onnx, packToleranceUp({ abs: 1e-4, rel: 0 }));
    model = executable(onnx);
    const data = Float32Array.from({ length: 64 }, (_, i) => (i * 7) % 17);
    input = published.program.inputs.map(({ dtype, shape }) => ({ dtype, shape, data }));
    right = new Dispute(s, published, undefined as never, [input], []).trace().outputs;
  });

  const wrong = () =>
    right.map((tensor) => ({ ...tensor, data: (tensor.data as Float32Array).map((v, i) => (i === 3 ? v + 0.25 : v)) }));
  const kinds = (moves: readonly ReplayedMove[]) => moves.map(({ kind }) => kind);
  let lane = 0;

  /** A right result, challenged with a lie about operator 3 and refuted. */
  async function refuted(): Promise<Json> {
    const d = await Dispute.of(s, published, [input], [right], lane++);
    const lie = lyingTrace(published.program, published.commitment, input, 3, 0);
    const challenge = await d.challenge(s.attacker, lie, 0, 10 + lane);
    const end = await d.playOut(challenge, s.other, d.trace(), s.attacker, lie);
    expect(end.refuted).to.deep.equal({ operator: 3, element: 0 });
    return bundleOf(d, model);
  }

  it('tells a refuted challenge move by move', async () => {
    const { dossier, intact } = readBundle(await refuted());
    const found = replay(dossier, model);
    expect(failures(found)).to.deep.equal([]);
    expect(intact).to.equal(true);
    const [challenge] = found.challenges;
    expect(challenge?.verdict).to.deep.include({ loser: 'challenger', chain: 'challenger', agrees: true });
    expect(found).to.include({ result: 'right', state: 'Submitted' });
    expect(kinds(challenge?.moves ?? [])).to.deep.equal(['demand', 'answer', 'demand', 'answer', 'proof']);
  });

  it('tells a challenge that was upheld', async () => {
    const d = await Dispute.of(s, published, [input], [wrong()], lane++);
    const challenge = await d.challenge(s.other, d.trace(), 0, 10 + lane);
    await d.uphold(s.other, challenge);
    const { dossier } = readBundle(await bundleOf(d, model));
    const found = replay(dossier, model);
    expect(failures(found)).to.deep.equal([]);
    expect(found).to.include({ result: 'wrong', state: 'Faulty' });
    expect(found.verdict).to.deep.include({ loser: 'node', chain: 'node', agrees: true });
    expect(found.challenges[0]?.verdict).to.deep.include({ loser: 'node', chain: 'node', agrees: true });
    const without = replay(dossier, undefined);
    expect(failures(without)).to.deep.equal([]);
    expect(without.challenges[0]?.verdict.loser).to.equal('unknown');
  });
});
