/** Results that were submitted as a hash: wrong ones, garbage, and pieces that are asked for. */
import { expect } from 'chai';
import { commitList } from '#core/commitment/list.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import { taggedHash } from '#core/hash.ts';
import { type Bytes32, type Hex, wordOf } from '#core/hex.ts';
import { Tags } from '#core/protocol/tags.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import type { Tensor } from '#core/tensor.ts';
import type { ITraceVerifier } from '#types';
import { at, ethers, networkHelpers, onAFork, time } from '../support/contracts/chain.ts';
import { Dispute, type DisputeSystem, disputeSystem } from '../support/contracts/disputes.ts';
import { garbage } from '../support/contracts/forgeries.ts';
import { availableOf, changes, checkMoney } from '../support/contracts/money.ts';
import { answerOutput, demandOutput, lapseOutput, outputProof, placed } from '../support/contracts/outputs.ts';
import { floatsOf, moves, SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { refused } from '../support/contracts/refusals.ts';
import { request } from '../support/contracts/request.ts';
import { FEE } from '../support/contracts/system.ts';
import { altered, alteredData, hardEnd, PSI, R, RHO, Trial } from '../support/contracts/trials.ts';

/** Of SELECT: the largest is another one. */
const lieAtLast = (k: number, data: Parameters<typeof alteredData>[0]) => (k === 2 ? alteredData(data, 0) : data);

/** A tree over the lists whose empty positions hold something else than the empty hash. */
function paddedWith(other: Bytes32, lists: readonly Bytes32[]) {
  const levels: Bytes32[][] = [[...lists]];
  for (let nodes = levels[0] as Bytes32[]; nodes.length > 1; nodes = levels.at(-1) as Bytes32[]) {
    if (nodes.length % 2 === 1) nodes.push(other);
    const pairs = Array.from(
      { length: nodes.length / 2 },
      (_, i) => [nodes[2 * i], nodes[2 * i + 1]] as [Bytes32, Bytes32],
    );
    levels.push(pairs.map((pair) => taggedHash(Tags.NODE, pair)));
  }
  const pathOf = (item: number) => levels.slice(0, -1).map((nodes, level) => nodes[(item >> level) ^ 1] as Bytes32);
  return { root: levels.at(-1)?.[0] as Bytes32, pathOf };
}

describe('outputs that are submitted as a hash', () => {
  let s: DisputeSystem;
  let trial: Trial;
  let traces: ITraceVerifier;
  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
    trial = await Trial.of(s, SELECT, [SELECT_INPUT], 'exact');
    traces = (await ethers.getContractAt('ITraceVerifier', await s.game.traceVerifier())) as unknown as ITraceVerifier;
  });
  afterEach(() => checkMoney(s));

  const hidden = (
    submitted: readonly (readonly Tensor[])[] = trial.reference,
    hash: Bytes32 | 'theirs' = 'theirs',
    lane = 0,
  ) => Dispute.of(s, trial.published, trial.inputs, submitted, lane, hash);
  /** The same item so many times. */
  const times = (items: number) => ({
    inputs: Array<Tensor[]>(items).fill(trial.inputs[0] as Tensor[]),
    reference: Array<Tensor[]>(items).fill(trial.reference[0] as Tensor[]),
  });
  const wrong = (): Tensor[][] => [(trial.reference[0] as Tensor[]).map((one, o) => (o === 1 ? altered(one, 0) : one))];

  it('dispute 31: a wrong hash is challenged by hashes alone', async () => {
    const ways = [() => hidden(wrong()), () => Dispute.of(s, trial.published, trial.inputs, wrong(), 1)];
    for (const submit of ways) {
      const d = await submit();
      const { lane } = d.story.terms;
      const gains = await changes(s, { rival: s.rival, requester: s.requester }, async () => {
        const { evidence } = d.posting(s.rival, d.trace());
        expect([evidence.right.data, evidence.wrong.data]).to.deep.equal(['0x', '0x']);
        const c = await d.challenge(s.rival, d.trace(), 0, lane);
        await d.uphold(s.keeper, c);
        await time.increaseTo(hardEnd(c));
        await d.move('claimPot', s.game.claimPot(d.claimOf(c)));
      });
      expect(gains).to.deep.equal({ rival: RHO, requester: FEE + PSI });
    }
  });

  it('dispute 31: the reference output cannot be challenged, and a liar loses', async () => {
    const d = await hidden();
    const lie = trial.trace(0, (k, data) => (k === 2 ? alteredData(data, 0) : data));
    const c = await d.challenge(s.attacker, lie);
    const end = await d.playOut(c, s.other, d.trace(), s.attacker, lie);
    expect(end.refuted).to.deep.equal({ operator: 2, element: 0 });
    await d.story.is('Submitted');
    const { claim, meaning, children } = d.posting(s.rival, lie);
    const honest = new Dispute(s, trial.published, d.story, d.inputs, wrong()).posting(s.rival, d.trace());
    await expect(
      s.game.connect(s.rival).challenge(honest.claim, meaning, honest.children, honest.evidence, 0),
    ).to.be.revertedWithCustomError(traces, 'Traces_NoEvidence');
    expect(claim.trace).not.to.equal(honest.claim.trace);
    expect(children).not.to.deep.equal(honest.children);
  });

  it('dispute 31, case 72: a leaf that is withheld lapses: the slice is slashed, the demander gets the pot and its fee', async () => {
    const d = await hidden();
    const parties = { other: s.other, requester: s.requester, keeper: s.keeper, game: await s.game.getAddress() };
    const gains = await changes(s, parties, async () => {
      const demand = await demandOutput(d, s.other, placed(1));
      await d.story.is('Frozen');
      await at(demand.due);
      await refused(s.game, 'Game_TooEarly', () => lapseOutput(d, s.keeper, demand));
      await at(demand.due + 1);
      await lapseOutput(d, s.keeper, demand);
      await refused(s.game, 'Game_NoSuchDemand', () => lapseOutput(d, s.keeper, demand));
    });
    expect(gains).to.deep.equal({ other: RHO, requester: FEE + PSI, keeper: 0n, game: 0n });
    await refused(s.game, 'Game_NotCurrent', () => d.challenge(s.rival, trial.trace(0, lieAtLast)));
    await refused(s.game, 'Game_NotCurrent', () => demandOutput(d, s.other, placed(0)));
  });

  it('dispute 31: a late demand extends the request by 2R at most, and leaves R to react on the answer', async () => {
    const d = await hidden(wrong());
    const { challengeEnd } = d.story.described;
    await onAFork(async () => {
      await at(challengeEnd + 1);
      await refused(s.game, 'Game_TooLate', () => demandOutput(d, s.other, placed(1)));
    });
    await at(challengeEnd - 1);
    const early = await demandOutput(d, s.rival, placed(0));
    await onAFork(async () => {
      await at(challengeEnd + 1);
      await refused(s.game, 'Game_TooLate', () => demandOutput(d, s.other, placed(1)));
    });
    await at(challengeEnd);
    const late = await demandOutput(d, s.other, placed(1));
    await answerOutput(d, s.node, early);
    const last = challengeEnd + 2 * R;
    await at(late.due);
    await answerOutput(d, s.node, late);
    expect(d.story.end).to.equal(last);
    for (const [second, possible] of [
      [last, true],
      [last + 1, false],
    ] as const)
      await onAFork(async () => {
        await at(second);
        if (possible) await d.challenge(s.rival, d.trace());
        else await refused(s.requests, 'Requests_TooLate', () => d.challenge(s.rival, d.trace()));
      });
    // Where another challenge holds the request, the end that it will be given back with counts as well.
    const sham = await d.challenge(
      s.attacker,
      trial.trace(0, (k, data) => (k === 1 ? alteredData(data, 0) : data)),
    );
    expect(sham.state).to.equal('open');
    await onAFork(async () => {
      await at(last + 1);
      await refused(s.game, 'Game_TooLate', () => d.challenge(s.rival, d.trace()));
    });
    await at(last);
    await d.uphold(s.keeper, await d.challenge(s.rival, d.trace()));
    await d.story.is('over');
  });

  it('dispute 31: only the demanded leaf of the submitted hash answers, in time, and earns the fee', async () => {
    const d = await hidden();
    const demand = await demandOutput(d, s.other, placed(0));
    const proof = outputProof(d, demand.position);
    const { leaf, submitted } = proof;
    for (const bad of [
      outputProof(d, demand.position, wrong()),
      outputProof(d, placed(1)),
      { ...proof, leaf: { ...leaf, data: `${leaf.data.slice(0, -2)}01` as Hex } },
      { ...proof, leaf: { ...leaf, data: leaf.data.slice(0, -8) as Hex } },
      { ...proof, leaf: { ...leaf, path: [garbage(1)] } },
      { ...proof, submitted: submitted.slice(0, 1) },
      { ...proof, submitted: [...submitted, garbage(1)] },
      { ...proof, itemPath: [garbage(1)] },
    ])
      await refused(traces, 'Traces_WrongOutput', () => answerOutput(d, s.node, demand, bad));
    for (const [second, paid] of [
      [demand.late, s.node],
      [demand.late + 1, s.rival],
      [demand.due, s.rival],
    ] as const)
      await onAFork(async () => {
        await at(second);
        const before = await availableOf(s, paid);
        await answerOutput(d, s.rival, demand);
        expect(await availableOf(s, paid)).to.equal(before + demand.fee);
        await d.story.is('Submitted');
        await refused(s.game, 'Game_AlreadyDemanded', () => demandOutput(d, s.other, placed(0), 201));
        await (await d.story.finalise()).is('over');
        d.story.submission = { ...d.story.described, end: d.story.described.challengeEnd };
      });
    await at(demand.due + 1);
    await refused(s.game, 'Game_TooLate', () => answerOutput(d, s.node, demand));
  });

  it('dispute 31: garbage and a list of another length are as good as withheld', async () => {
    const [first, second] = (trial.reference[0] as Tensor[]).map(commitTensor) as [Bytes32, Bytes32];
    const lists = [[first], [first, second, garbage(3)], [second, first]];
    for (const [lane, list] of [...lists, undefined].entries()) {
      const d = await hidden(trial.reference, list ? commitList(list) : garbage(4), lane);
      // No evidence fits a hash that stands for no list of two.
      const lie = new Dispute(s, trial.published, d.story, d.inputs, wrong());
      await refused(traces, 'Traces_NoEvidence', () => lie.challenge(s.rival, d.trace(), 0, lane));
      const demand = await demandOutput(d, s.other, placed(0), 200 + lane);
      const proof = outputProof(d, placed(0));
      for (const submitted of [proof.submitted, list ?? []])
        await refused(traces, 'Traces_WrongOutput', () => answerOutput(d, s.node, demand, { ...proof, submitted }));
      await time.increaseTo(demand.due);
      await lapseOutput(d, s.other, demand);
      await d.story.is('over');
    }
  });

  it('dispute 31: right items in a tree that is padded with anything else are as good as withheld', async () => {
    for (const items of [3, 5, 6]) {
      const many = times(items);
      const lists = many.reference.map((item) => commitList(item.map(commitTensor)));
      const { root, pathOf } = paddedWith(garbage(5), lists);
      const hash = taggedHash(Tags.BUNDLE, [wordOf(BigInt(items)), root]);
      const d = await Dispute.of(s, trial.published, many.inputs, many.reference, items, hash);
      const first = await demandOutput(d, s.other, placed(0), 210 + 2 * items);
      await answerOutput(d, s.node, first, { ...outputProof(d, placed(0)), itemPath: pathOf(0) });
      const last = await demandOutput(d, s.other, placed(0, 0, items - 1), 211 + 2 * items);
      const proof = { ...outputProof(d, placed(0, 0, items - 1)), itemPath: pathOf(items - 1) };
      await refused(traces, 'Traces_WrongOutput', () => answerOutput(d, s.node, last, proof));
      await time.increaseTo(last.due);
      await lapseOutput(d, s.other, last);
      await d.story.is('over');
    }
  });

  it('dispute 31: the last of several items is shown where the tree is padded as it must be', async () => {
    for (const items of [3, 4, 5]) {
      const many = times(items);
      const d = await Dispute.of(s, trial.published, many.inputs, many.reference, items, 'theirs');
      for (const item of [0, items - 1]) {
        const demand = await demandOutput(d, s.other, placed(0, 0, item), 240 + 16 * items + item);
        await answerOutput(d, s.node, demand);
      }
    }
  });

  it('dispute 31: what an answer reveals is all that a challenge needs', async () => {
    const d = await hidden(wrong());
    const demand = await demandOutput(d, s.rival, placed(1));
    const before = await ethers.provider.getBlockNumber();
    await answerOutput(d, s.node, demand);
    const [answered] = await s.game.queryFilter(s.game.filters.OutputAnswered(), before);
    const { submitted } = answered?.args.proof ?? { submitted: [] };
    const { claim, meaning, children, evidence } = d.posting(s.rival, d.trace());
    expect(submitted).to.deep.equal(evidence.submitted);
    await d.move(
      'challenge',
      s.game.connect(s.rival).challenge(claim, meaning, children, { ...evidence, submitted: [...submitted] }, 0),
    );
    await d.story.is('Frozen');
  });

  it('dispute 31: challenges that are open when the output turns out to be withheld go on for their bonds', async () => {
    const d = await hidden(wrong());
    const gains = await changes(s, { rival: s.rival, attacker: s.attacker, other: s.other, node: s.node }, async () => {
      const c = await d.challenge(s.rival, d.trace());
      const lie = trial.trace(0, (k, data) => (k === 1 ? alteredData(data, 0) : data));
      const sham = await d.challenge(s.attacker, lie);
      const demand = await demandOutput(d, s.other, placed(0));
      await time.increaseTo(demand.due);
      await lapseOutput(d, s.other, demand);
      await d.story.is('over');
      await d.prove(s.other, sham, d.foresee(sham, d.trace(), lie));
      await d.uphold(s.keeper, c);
      await time.increaseTo(hardEnd(c));
      await refused(s.game, 'Game_NothingToClaim', () => s.game.claimPot(d.claimOf(c)));
    });
    const bond = await s.game.bondOf(trial.published.meaning);
    expect(gains).to.deep.equal({ rival: 0n, attacker: -bond, other: RHO + bond / 2n, node: bond / 4n });
  });

  it('dispute 31: an open demand for the output holds the request up beside challenges', async () => {
    const d = await hidden();
    const lie = trial.trace(0, lieAtLast);
    const c = await d.challenge(s.attacker, lie);
    const demand = await demandOutput(d, s.other, placed(0));
    await d.prove(s.rival, c, d.foresee(c, d.trace(), lie));
    await d.story.is('Frozen');
    await answerOutput(d, s.node, demand);
    await d.story.is('Submitted');
  });

  it('no demand for an output that is in calldata, of no such item, output, leaf or schema', async () => {
    const plain = await Dispute.of(s, trial.published, trial.inputs, trial.reference);
    await refused(s.game, 'Game_NoSuchOutput', () => demandOutput(plain, s.other, placed(0)));
    const d = await hidden(trial.reference, 'theirs', 1);
    await refused(s.game, 'Game_NoSuchOutput', () => demandOutput(d, s.other, placed(0, 0, 1)));
    await refused(
      traces,
      'Traces_NoSuchOutput',
      () => demandOutput(d, s.other, placed(2)),
      () => demandOutput(d, s.other, placed(0, 1)),
      () => s.game.connect(s.other).demandOutput(d.story.packed, d.story.described, placed(), [], 200),
    );
  });

  it('dispute 32: an input that is only a hash and cannot be had: no acceptance, a refund, no slash', async () => {
    const gains = await changes(s, { requester: s.requester, node: s.node }, async () => {
      const story = await request(s, { flags: AskFlags.ROOT_INPUT });
      await refused(s.requests, 'Requests_NeedsAccept', () => story.attempt.submit());
      await time.increaseTo(story.terms.deadline);
      await story.attempt.expire();
      await story.is('over');
    });
    expect(gains).to.deep.equal({ requester: 0n, node: 0n });
  });

  it('dispute 33: truncated and over-long outputs are refused', async () => {
    const plain = await Trial.of(s, moves(1, 8), [[floatsOf(8)]]);
    const d = await plain.rightly();
    const story = await request(s, { lane: 1 });
    const right = story.answer();
    for (const output of [right.slice(0, -2), `${right}00`, '0x', `${right}${right.slice(2)}`])
      await refused(s.requests, 'Requests_OutputLength', () => story.attempt.submit({ output: output as Hex }));
    expect(d.story.output.length).to.equal(2 + 2 * 4 * 9);
  });
});
