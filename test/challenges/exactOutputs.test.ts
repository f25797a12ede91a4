/** Exact mode: the claim is the reference output itself, and its bytes can be forced on chain (scenario 31). */
import { expect } from 'chai';
import { encodeTensor } from '#core/commitment/elements.ts';
import { pathOf } from '#core/commitment/opening.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import type { Bytes32 } from '#core/hex.ts';
import { toHex } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { eventFrom } from '#core/protocol/events.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import { OpenTensor } from '#core/semantics/opening.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { networkHelpers, time } from '../support/contracts/chain.ts';
import {
  Dispute,
  type DisputeSystem,
  disputeSystem,
  expectVerdict,
  PARAMETERS,
  publishProgram,
} from '../support/contracts/disputes.ts';
import { availableOf, checkMoney } from '../support/contracts/money.ts';
import { refused } from '../support/contracts/refusals.ts';

const { responseSeconds: R } = PARAMETERS;
/** 4,500 floats: more than calldata takes. */
const onnx = buildModel({
  inputs: { x: ['float32', [6, 5]] },
  outputs: { y: ['float32', [900, 5]] },
  nodes: [node('Tile', ['x', 'times'], ['t']), node('Relu', ['t'], ['y'])],
  constants: { times: tensor('int64', [2], BigInt64Array.of(150n, 1n)) },
});
const x = tensor(
  'float32',
  [6, 5],
  Float32Array.from({ length: 30 }, (_, i) => i - 7),
);

describe('31. an output that was submitted as its hash', () => {
  let s: DisputeSystem;
  let right: Dispute;
  let wrong: Dispute;
  let reference: readonly Tensor[];

  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
    const published = await publishProgram(s, onnx, 'exact');
    reference = new Dispute(s, published, undefined as never, [[x]], []).trace().outputs;
    const other = reference.map((one) => ({
      ...one,
      data: (one.data as Float32Array).map((v, i) => (i === 9 ? 3 : v)),
    }));
    right = await Dispute.of(s, published, [[x]], [reference]);
    wrong = await Dispute.of(s, published, [[x]], [other], 1);
    expect(right.story.terms.flags & AskFlags.EXACT_OUTPUT).to.equal(AskFlags.EXACT_OUTPUT);
  });
  afterEach(() => checkMoney(s));

  const demandOf = async (d: Dispute, leaf = 3, lane = 50) => {
    const { packed, described } = d.story;
    const position = { item: 0, output: 0, leaf };
    const headers = [...d.published.shape.outputHeaders];
    const sent = await s.game.connect(s.other).demandOutput(packed, described, position, headers, lane);
    const receipt = await sent.wait();
    for (const log of receipt?.logs ?? []) {
      const parsed = s.game.interface.parseLog(log);
      const event = parsed && eventFrom(parsed.name, parsed.args.toObject());
      if (event?.type === 'OutputDemanded') return event;
    }
    throw new Error('no OutputDemanded');
  };
  const proofOf = (leaf: number) => {
    const open = new OpenTensor(reference[0] as Tensor);
    const bytes = encodeTensor(reference[0] as Tensor).subarray(leaf * 256, leaf * 256 + 256);
    const path = pathOf(open.tree, leaf, leaf).map((hash) => toHex(hash) as Bytes32);
    return { leaf: { data: toHex(bytes), path }, submitted: reference.map(commitTensor), itemPath: [] };
  };

  it('is challenged by its hash alone', async () => {
    const c = await wrong.challenge(s.rival, wrong.trace());
    await wrong.uphold(s.rival, c);
    await expectVerdict(wrong, c, 'upheld');
  });

  it('holds up the request while a leaf is demanded, and goes on when it is given', async () => {
    const { packed, described } = right.story;
    const { demand, newEnd } = await demandOf(right);
    await right.story.is('Frozen');
    const paid = await availableOf(s, s.node);
    await refused({ interface: s.traces.interface }, 'Traces_WrongOutput', () =>
      s.game.answerOutput(packed, described, demand, proofOf(4)),
    );
    await s.game.connect(s.rival).answerOutput(packed, described, demand, proofOf(3));
    expect(await availableOf(s, s.node)).to.equal(paid + demand.fee);
    // Nowhere near the end of the window: it stays where it was.
    expect(newEnd).to.equal(described.end);
    await right.story.is('Submitted');
  });

  it('that is withheld costs the node its slice, and pays the demander', async () => {
    const before = await availableOf(s, s.other);
    const { packed, described } = right.story;
    const { demand } = await demandOf(right);
    await refused(s.game, 'Game_TooEarly', () => s.game.lapseOutput(packed, described, demand));
    await time.increaseTo(demand.due);
    await s.game.lapseOutput(packed, described, demand);
    expect(await availableOf(s, s.other)).to.equal(before + (right.story.terms.slice * 4n) / 10n);
    await right.story.is('over');
    await refused(s.game, 'Game_NoSuchDemand', () => s.game.lapseOutput(packed, described, demand));
  });

  it('can be demanded in the last second of the challenge window, which then ends at most 2 R later', async () => {
    const end = right.story.end;
    await time.setNextBlockTimestamp(end);
    const { demand, newEnd } = await demandOf(right);
    expect(demand.due).to.equal(end + R);
    expect(newEnd).to.equal(end + 2 * R);
    const { packed, described } = right.story;
    await s.game.connect(s.rival).answerOutput(packed, described, demand, proofOf(3));
    right.story.submission = { ...described, end: newEnd };
    await right.story.is('Submitted');
    await right.story.finalise();
    await refused(s.game, 'Game_TooLate', () => demandOf(wrong));
  });

  it('is not demanded beyond its leaves, twice, or where it is in calldata', async () => {
    await refused({ interface: s.traces.interface }, 'Traces_NoSuchOutput', () => demandOf(right, 71));
    await demandOf(right, 70);
    await refused(s.game, 'Game_AlreadyDemanded', () => demandOf(right, 70, 51));
  });
});
