/** Moves of the game at its edges: words that are not the frozen ones, meanings no bond covers, demands whose challenge or request is over. */
import { expect } from 'chai';
import { openDemands } from '#core/challenges/follow.ts';
import { ReferenceTrace } from '#core/challenges/reference.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { networkHelpers, time } from '../support/contracts/chain.ts';
import {
  Dispute,
  type DisputeSystem,
  disputeSystem,
  PARAMETERS,
  publishProgram,
  wireDemand,
} from '../support/contracts/disputes.ts';
import { changes, checkMoney } from '../support/contracts/money.ts';
import { demandOutput, lapseOutput, placed } from '../support/contracts/outputs.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { floatsOf, SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { refused } from '../support/contracts/refusals.ts';
import { altered, alteredData, BITS, Trial } from '../support/contracts/trials.ts';

const SUM = buildModel({
  inputs: { x: ['float32', [4]] },
  outputs: { y: ['float32', []] },
  nodes: [node('ReduceSum', ['x'], ['y'], { keepdims: 0 })],
});

describe('edges of the game', () => {
  let s: DisputeSystem;
  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
  });
  afterEach(() => checkMoney(s));

  it('a second challenge names the frozen ends, and the game tells what it keeps', async () => {
    const trial = await Trial.of(s, SELECT, [SELECT_INPUT]);
    const d = await trial.wrongly();
    await d.challenge(s.rival, d.trace());
    const { challengeEnd, end } = d.story.described;
    const kept = await s.game.disputeOf(d.submissionId);
    expect([kept.challengeEnd, kept.end, kept.openItems].map(Number)).to.deep.equal([challengeEnd, end, 1]);
    const { claim, meaning, children, evidence } = d.posting(s.attacker, d.trace());
    for (const other of [{ challengeEnd: challengeEnd + 1 }, { end: end + 1 }])
      await refused(s.game, 'Game_NotCurrent', () =>
        s.game
          .connect(s.attacker)
          .challenge({ ...claim, submission: { ...claim.submission, ...other } }, meaning, children, evidence, 1),
      );
    await d.challenge(s.attacker, d.trace(), 0, 1);
  });

  it('the fee of a demand is reclaimed when its challenge has fallen, not before', async () => {
    const trial = await Trial.of(s, SELECT, [SELECT_INPUT]);
    const d = await trial.rightly();
    const lie = trial.trace(0, (k, data) => (k === 1 ? alteredData(data, 2) : data));
    const c = await d.challenge(s.attacker, lie);
    const [first] = positionsOf(trial.published.program);
    if (first === undefined) throw new Error('no position');
    await d.demand(s.other, c, demandOf(lie, d.salt(s.attacker), first));
    const [open] = openDemands(d.now(c));
    if (open === undefined) throw new Error('no demand');
    await refused(s.game, 'Game_NotOpen', () => s.game.reclaim(d.key(c), wireDemand(open.demand)));
  });

  it('a program whose steps no bond could pay for is disputed by nobody', async () => {
    const honest = compile(SUM);
    const inputs = [floatsOf(4)];
    const pretended = {
      ...honest,
      operators: honest.operators.map((operator) => ({ ...operator, inner: [2 ** 20, 2 ** 16] })),
    };
    const published = await publishProgram(s, SUM, BITS, pretended);
    expect(published.meaning.program.largestStep > 10n ** 13n).to.equal(true);
    const reference = new ReferenceTrace(honest, published.commitment, inputs);
    const wrong = reference.outputs.map((tensor) => altered(tensor, 0));
    const d = await Dispute.of(s, published, [inputs], [wrong]);
    await refused(s.traces, 'Traces_WrongProgram', () => d.challenge(s.rival, reference));
  });

  it('a withheld output that lapses after the rescue gives the fee back, and no pot', async () => {
    const trial = await Trial.of(s, SELECT, [SELECT_INPUT], 'exact');
    const d = await Dispute.of(s, trial.published, trial.inputs, trial.reference, 0, 'theirs');
    const demand = await demandOutput(d, s.other, placed(1));
    await time.increaseTo(d.story.described.challengeEnd + Number(PARAMETERS.rescueDelay) + 10);
    await (await d.story.attempt.rescue({ by: s.keeper })).wait();
    const gains = await changes(s, { other: s.other, node: s.node, requester: s.requester }, async () => {
      await lapseOutput(d, s.keeper, demand);
    });
    expect(gains).to.deep.equal({ other: demand.fee, node: 0n, requester: 0n });
  });
});
