/** Scenarios of the challenge game by number (docs/spec/challenge-game.md, section 15), on the real contracts. */
import { expect } from 'chai';
import { answerTo } from '#core/challenges/answer.ts';
import type { Challenge } from '#core/challenges/follow.ts';
import { openDemands } from '#core/challenges/follow.ts';
import type { RefuterMove } from '#core/challenges/refute.ts';
import { fromHex, toHex } from '#core/hex.ts';
import { asArgument } from '../../sdk/mutable.ts';
import type { Account } from '../support/contracts/chain.ts';
import { time } from '../support/contracts/chain.ts';
import {
  type Dispute,
  type DisputeSystem,
  expectVerdict,
  PARAMETERS,
  wire,
  wireDemand,
} from '../support/contracts/disputes.ts';
import { availableOf, checkMoney } from '../support/contracts/money.ts';
import { refused } from '../support/contracts/refusals.ts';
import { SmallProgram } from '../support/contracts/smallProgram.ts';

const { responseSeconds: R, windowSeconds: W } = PARAMETERS;

describe('a challenge', () => {
  let small: SmallProgram;
  let s: DisputeSystem;
  beforeEach(async () => {
    small = await SmallProgram.start();
    ({ s } = small);
  });
  afterEach(() => checkMoney(s));

  /** The refuter's next move is a demand, and is made. */
  async function demanded(d: Dispute, c: Challenge, by: Account = s.other): Promise<RefuterMove & { kind: 'demand' }> {
    const move = d.next(c, d.trace());
    if (move.kind !== 'demand') throw new Error(`the next move is to ${move.kind}`);
    await d.demand(by, c, move);
    return move;
  }
  const due = (d: Dispute, c: Challenge) => openDemands(d.now(c))[0]?.demand.due as number;

  it('1. of a wrong output, which nobody answers, is upheld one second after its end and not at it', async () => {
    const d = await small.wrongly();
    const c = await d.challenge(s.rival, d.trace());
    await time.setNextBlockTimestamp(c.end);
    await refused(s.game, 'Game_TooEarly', () => s.game.uphold(d.claimOf(c)));
    await time.setNextBlockTimestamp(c.end + 1);
    await d.move('uphold', s.game.uphold(d.claimOf(c)));
    await expectVerdict(d, c, 'upheld');
    await d.story.is('over');
  });

  it('2. of a wrong output survives every demand that the node can make, and leaves its challenger with a profit', async () => {
    const d = await small.wrongly();
    const before = await availableOf(s, s.rival);
    const trace = d.trace();
    const c = await d.challenge(s.rival, trace);
    // The node has no trace that differs at an honest place: it demands along a lie of its own.
    for (let k = 0; k < 3; k++) {
      const move = d.next(c, small.lie(k, 5));
      if (move.kind !== 'demand') continue;
      await d.demand(s.node, c, move, 200 + k);
      const [open] = openDemands(d.now(c));
      if (open) await d.answer(s.rival, c, trace, open.demand);
    }
    await d.uphold(s.rival, c);
    await time.increaseTo(c.postedAt + W + 17 * R + 60);
    await d.move('claimPot', s.game.claimPot(d.claimOf(c)));
    expect((await availableOf(s, s.rival)) > before).to.equal(true);
  });

  for (const silentAt of [0, 1, 2])
    it(`3. of a right output falls when its challenger is silent at demand ${silentAt + 1}, and pays its refuter`, async () => {
      const d = await small.right();
      const before = await availableOf(s, s.other);
      const c = await d.challenge(s.attacker, small.lie(0, 1_200));
      await d.playOut(c, s.other, d.trace(), s.attacker, small.lie(0, 1_200), silentAt);
      await expectVerdict(d, c, 'fallen');
      expect((await availableOf(s, s.other)) > before).to.equal(true);
      await d.story.is('Submitted');
    });

  it('5. that names an element or an output that there is not is no challenge', async () => {
    const d = await small.wrongly();
    const { claim, children, evidence } = await d.prepared(s.rival, d.trace());
    const { meaning } = small.published;
    const post = (changes: object) => () =>
      s.game.connect(s.rival).challenge(claim, meaning, children, asArgument({ ...evidence, ...changes }), 0);
    await refused(
      { interface: s.traces.interface },
      'Traces_NoEvidence',
      post({ element: 120 }),
      post({ output: 1 }),
      post({ item: 1 }),
      post({ element: 8 }),
      post({ expected: `0x${'5'.repeat(64)}` }),
      post({ outputs: [...evidence.outputs].reverse() }),
    );
  });

  it('7. of a right output cannot be proved wrong by another row, and a true one by nothing', async () => {
    const d = await small.wrongly();
    const c = await d.challenge(s.rival, d.trace());
    const proof = d.honestProof(c, d.trace(), 0, 700);
    const prove = (step: object) => () =>
      s.game
        .connect(s.node)
        .prove(d.claimOf(c), small.published.meaning, asArgument({ ...proof, step: { ...proof.step, ...step } }), []);
    await refused(s.game, 'Game_Consistent', prove({}));
    // Another element's leaf is not opened; an element beyond the tensor is none.
    await refused({ interface: s.steps.interface }, 'Steps_NoSuchElement', prove({ element: 2_000 }));
    await refused({ interface: s.dot.interface }, 'Step_NotOpened', prove({ element: 1_900 }));
    const [first, ...others] = proof.step.opened;
    const shifted = { ...first, runs: [`0x00000001${String(first?.runs[0]).slice(10)}`] };
    await refused({ interface: s.steps.interface }, 'Steps_WrongOpening', prove({ opened: [shifted, ...others] }));
  });

  it('9. with a copied trace and copied evidence under another address is refused or falls', async () => {
    const d = await small.wrongly();
    const { claim, children, evidence } = await d.prepared(s.rival, d.trace());
    const { meaning } = small.published;
    const copied = { ...claim, challenger: s.attacker.address };
    await refused(s.game, 'Game_NotChallenger', () =>
      s.game.connect(s.attacker).challenge(claim, meaning, children, asArgument(evidence), 0),
    );
    // The slots are salted with the challenger: the evidence opens none of its own.
    await refused({ interface: s.traces.interface }, 'Traces_NoEvidence', () =>
      s.game.connect(s.attacker).challenge(copied, meaning, children, asArgument(evidence), 0),
    );
  });

  it('11. that nobody resolved before the hard end of a later one has forfeited its rank', async () => {
    const d = await small.wrongly();
    const first = await d.challenge(s.other, d.trace());
    const second = await d.challenge(s.rival, d.trace());
    await d.uphold(s.rival, second);
    await time.increaseTo(second.postedAt + W + 17 * R + 60);
    const before = await availableOf(s, s.rival);
    await d.move('claimPot', s.game.claimPot(d.claimOf(second)));
    expect((await availableOf(s, s.rival)) > before).to.equal(true);
    await d.uphold(s.other, first);
    await refused(s.game, 'Game_NothingToClaim', () => s.game.claimPot(d.claimOf(first)));
  });

  it('12. of the node against itself costs it more than it gets', async () => {
    const d = await small.wrongly();
    const wealth = async () => (await availableOf(s, s.node)) + (await s.escrow.accountOf(s.node)).stake;
    const held = (await wealth()) + d.story.terms.slice;
    const c = await d.challenge(s.node, d.trace());
    await d.uphold(s.node, c);
    await time.increaseTo(c.postedAt + W + 17 * R + 60);
    await d.move('claimPot', s.game.claimPot(d.claimOf(c)));
    expect(held - (await wealth())).to.equal((d.story.terms.slice * 6n) / 10n);
  });

  it('14. that is a sham, and falls, shields nobody from another', async () => {
    const d = await small.wrongly();
    const sham = await d.challenge(s.attacker, small.lie(0, 4));
    await d.playOut(sham, s.node, d.trace(), s.attacker, small.lie(0, 4), 0);
    const c = await d.challenge(s.rival, d.trace());
    await d.uphold(s.rival, c);
    await expectVerdict(d, c, 'upheld');
    await d.story.is('over');
  });

  it('15. after the request is at fault, or final, is refused', async () => {
    const d = await small.wrongly();
    const later = await d.prepared(s.other, d.trace());
    const c = await d.challenge(s.rival, d.trace());
    await d.uphold(s.rival, c);
    const { meaning } = small.published;
    const post = (claim: typeof later.claim) => () =>
      s.game.connect(s.other).challenge(claim, meaning, later.children, asArgument(later.evidence), 0);
    await refused(s.game, 'Game_NotCurrent', post(later.claim));
    const final = await small.wrongly(3);
    const late = await final.prepared(s.other, final.trace());
    await time.setNextBlockTimestamp(final.story.end + 1);
    await refused(s.requests, 'Requests_TooLate', () =>
      s.game.connect(s.other).challenge(late.claim, meaning, late.children, asArgument(late.evidence), 0),
    );
    await final.story.finalise();
  });

  it('16. at the last second of its window, a demand, an answer at its due second, and each a second later', async () => {
    const d = await small.right();
    const { claim, children, evidence } = await d.prepared(s.attacker, small.lie(0, 1_200));
    await time.setNextBlockTimestamp(d.story.end);
    const { meaning } = small.published;
    await d.move('challenge', s.game.connect(s.attacker).challenge(claim, meaning, children, asArgument(evidence), 0));
    const [c] = [...d.challenges.values()] as [Challenge];
    // The first demand in the last second of W leaves a whole R to answer.
    const move = d.next(c, d.trace());
    if (move.kind !== 'demand') throw new Error('no demand');
    const demand = () =>
      s.game.connect(s.other).demand(d.claimOf(c), meaning, wire(move.position), asArgument(move.proof), 9);
    await time.setNextBlockTimestamp(c.end);
    await d.move('demand', demand());
    expect(due(d, c)).to.equal(c.end + R);
    expect(d.now(c).end).to.equal(c.end + 2 * R);
    const [open] = openDemands(d.now(c));
    const data = answerTo(small.lie(0, 1_200), d.salt(s.attacker), move.position);
    const answer = () => s.game.connect(s.attacker).answer(d.key(c), wireDemand(open?.demand as never), data);
    const lapse = () => s.game.lapse(d.claimOf(c), wireDemand(open?.demand as never), []);
    await time.setNextBlockTimestamp(due(d, c));
    await refused(s.game, 'Game_TooEarly', lapse);
    const snapshot = await d.snapshot();
    await time.setNextBlockTimestamp(due(d, c) + 1);
    await refused(s.game, 'Game_TooLate', answer);
    await d.move('lapse', lapse());
    await expectVerdict(d, c, 'fallen');
    await snapshot.restore();
  });

  it('17. is refuted although every demand comes in the last second of its level and every answer at its due second', async () => {
    const d = await small.right();
    const lie = small.lie(0, 1_200);
    const c = await d.challenge(s.attacker, lie);
    for (let level = 0; ; level++) {
      const move = d.next(c, d.trace());
      if (move.kind === 'prove') {
        await time.setNextBlockTimestamp(d.now(c).end);
        await d.prove(s.other, c, move);
        break;
      }
      if (move.kind !== 'demand') throw new Error(`a ${move.kind}`);
      const last = Math.min(d.now(c).end, c.end + 2 * level * R);
      // After an answer at its due second the next demand can come in the same second at the earliest one later.
      if ((await time.latest()) < last) await time.setNextBlockTimestamp(last);
      await d.demand(s.other, c, move);
      const [open] = openDemands(d.now(c));
      await time.setNextBlockTimestamp(open?.demand.due as number);
      await d.answer(s.rival, c, lie, open?.demand as never);
    }
    await expectVerdict(d, c, 'fallen');
    const hardEnd = c.end + 2 * Number(small.published.meaning.program.levels) * R;
    expect((await time.latest()) <= hardEnd).to.equal(true);
  });

  it('19. whose owner is away is answered for, and the late answer is paid', async () => {
    const d = await small.wrongly();
    const trace = d.trace();
    const c = await d.challenge(s.rival, trace);
    const move = d.next(c, small.lie(0, 5));
    if (move.kind !== 'demand') throw new Error('no demand');
    await d.demand(s.node, c, move);
    const [open] = openDemands(d.now(c));
    const before = await availableOf(s, s.other);
    await time.setNextBlockTimestamp((open?.demand.late as number) + 1);
    await d.answer(s.other, c, trace, open?.demand as never);
    expect(await availableOf(s, s.other)).to.equal(before + (open?.demand.fee as bigint));
    await d.uphold(s.other, c);
    await expectVerdict(d, c, 'upheld');
  });

  it('20. whose answer is copied from the mempool in the first half of R is paid to the challenger all the same', async () => {
    const d = await small.wrongly();
    const trace = d.trace();
    const c = await d.challenge(s.rival, trace);
    const move = d.next(c, small.lie(0, 5));
    if (move.kind !== 'demand') throw new Error('no demand');
    await d.demand(s.node, c, move);
    const [open] = openDemands(d.now(c));
    const [rival, copier] = [await availableOf(s, s.rival), await availableOf(s, s.attacker)];
    await time.setNextBlockTimestamp(open?.demand.late as number);
    await d.answer(s.attacker, c, trace, open?.demand as never);
    expect(await availableOf(s, s.rival)).to.equal(rival + (open?.demand.fee as bigint));
    expect(await availableOf(s, s.attacker)).to.equal(copier);
    await d.uphold(s.rival, c);
  });

  it('21. whose proof is copied from the mempool pays the demanders twice their fees all the same', async () => {
    const d = await small.right();
    const lie = small.lie(0, 1_200);
    const c = await d.challenge(s.attacker, lie);
    while (d.next(c, d.trace()).kind === 'demand') {
      await demanded(d, c);
      await d.answer(s.attacker, c, lie, openDemands(d.now(c))[0]?.demand as never);
    }
    const fees = [...d.now(c).demands.values()].reduce((sum, { demand }) => sum + demand.fee, 0n);
    const [other, copier] = [await availableOf(s, s.other), await availableOf(s, s.rival)];
    const move = d.next(c, d.trace());
    if (move.kind !== 'prove') throw new Error(`a ${move.kind}`);
    await d.prove(s.rival, c, move);
    expect(await availableOf(s, s.other)).to.equal(other + 2n * fees);
    expect(await availableOf(s, s.rival)).to.equal(copier + c.bond / 2n - 2n * fees);
  });

  it('22. with a public trace is over in two transactions', async () => {
    const d = await small.right();
    const lie = small.lie(2, 0);
    const c = await d.challenge(s.attacker, lie);
    // The slots are in the challenge; the liar has published the rest.
    const proof = d.proofFrom(c, d.trace(), lie, 2, 0);
    await d.move('prove', s.game.connect(s.other).prove(d.claimOf(c), small.published.meaning, asArgument(proof), []));
    await expectVerdict(d, c, 'fallen');
    expect(d.gas.reduce((sum, { gas }) => sum + gas, 0n) <= 750_000n).to.equal(true);
  });

  it('30. while new requests are paused goes on as if they were not', async () => {
    const d = await small.right();
    await s.requests.connect(s.guardian).pause();
    const c = await d.challenge(s.attacker, small.lie(0, 1_200));
    await d.playOut(c, s.other, d.trace(), s.attacker, small.lie(0, 1_200));
    await expectVerdict(d, c, 'fallen');
    const wrong = await d.story.finalise(s.node);
    await wrong.is('over');
  });

  it('39. can be upheld or refuted in one second, not both', async () => {
    const d = await small.right();
    const lie = small.lie(2, 0);
    const c = await d.challenge(s.attacker, lie);
    const proof = d.proofFrom(c, d.trace(), lie, 2, 0);
    await time.setNextBlockTimestamp(c.end);
    await refused(s.game, 'Game_TooEarly', () => s.game.uphold(d.claimOf(c)));
    const snapshot = await d.snapshot();
    await time.setNextBlockTimestamp(c.end + 1);
    await refused(s.game, 'Game_TooLate', () =>
      s.game.connect(s.other).prove(d.claimOf(c), small.published.meaning, asArgument(proof), []),
    );
    await d.move('uphold', s.game.uphold(d.claimOf(c)));
    await refused(s.game, 'Game_NotOpen', () => s.game.uphold(d.claimOf(c)));
    await snapshot.restore();
  });

  it('4. whose answer has another pad, another count or another byte is not answered', async () => {
    const d = await small.right();
    const lie = small.lie(2, 0);
    const c = await d.challenge(s.attacker, lie);
    await demanded(d, c);
    const [open] = openDemands(d.now(c));
    const data = fromHex(answerTo(lie, d.salt(s.attacker), open?.demand.position as never));
    const answer = (bytes: Uint8Array) => () =>
      s.game.connect(s.attacker).answer(d.key(c), wireDemand(open?.demand as never), toHex(bytes));
    const padded = data.slice();
    padded[padded.length - 1] = 1; // 120 elements: the last lanes of the second leaf are pads
    const changed = data.slice();
    changed[0] = (changed[0] as number) ^ 1;
    await refused(
      { interface: s.traces.interface },
      'Traces_WrongAnswer',
      answer(padded),
      answer(changed),
      answer(data.slice(0, -4)),
      answer(new Uint8Array(0)),
    );
    await d.lapse(s.other, c);
    await expectVerdict(d, c, 'fallen');
  });
});
