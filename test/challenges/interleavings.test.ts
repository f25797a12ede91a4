/**
 * Any crowd, and one party that holds the reference and makes each move in time: whatever the others do, in whatever order, a wrong result
 * loses its slice and a right one is paid, true challenges are upheld and false ones fall. A second writing of the game (disputeBooks.ts)
 * predicts every refusal by name and every balance after every move. DISPUTE_RUNS=100 DISPUTE_SEED=1000 for many runs with other seeds.
 */
import { expect } from 'chai';
import { networkHelpers, time } from '../support/contracts/chain.ts';
import { DisputeCrowd } from '../support/contracts/disputeCrowd.ts';
import { Dispute, type DisputeSystem, disputeSystem } from '../support/contracts/disputes.ts';
import { DisputeTable } from '../support/contracts/disputeTable.ts';
import { HonestMover } from '../support/contracts/honestMover.ts';
import { checkMoney } from '../support/contracts/money.ts';
import { floatsOf, moves, SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { altered, Trial } from '../support/contracts/trials.ts';
import { seeded } from '../support/seeded.ts';

const MOVES = 250;
const RUNS = Number(process.env['DISPUTE_RUNS'] ?? 2);
const FIRST_SEED = Number(process.env['DISPUTE_SEED'] ?? 1);
const SEEDS = Array.from({ length: RUNS }, (_, i) => FIRST_SEED + i);

/** What the runs together have to have done, so that refusals alone cannot pass. */
const DONE =
  'challenge demand answer prove lapse uphold claimPot reclaim finalise demandOutput answerOutput lapseOutput';

describe('one honest mover in any crowd', function () {
  this.timeout(300_000);
  const tally = new Map<string, number>();

  /** Right and wrong results of a small program, of one with leaves to ask for, and of one whose outputs are hashes. */
  async function results(s: DisputeSystem): Promise<Dispute[]> {
    const small = await Trial.of(s, SELECT, [SELECT_INPUT]);
    const long = await Trial.of(s, moves(2, 1_100), [[floatsOf(1_100)]]);
    const exact = await Trial.of(s, SELECT, [SELECT_INPUT], 'exact');
    const hidden = (wrong: boolean, lane: number) => {
      const submitted = exact.reference.map((list) => list.map((one, o) => (wrong && o === 1 ? altered(one, 0) : one)));
      return Dispute.of(s, exact.published, exact.inputs, submitted, lane, 'theirs');
    };
    return [
      await small.rightly(0),
      await small.wrongly(0, 1, 0, 1),
      await long.rightly(2),
      await long.wrongly(0, 700, 0, 3),
      await hidden(false, 4),
      await hidden(true, 5),
    ];
  }

  for (const seed of SEEDS)
    it(`dispute 38, case 23: ${MOVES} moves of a crowd with seed ${seed}`, async () => {
      const s = await networkHelpers.loadFixture(disputeSystem);
      const table = await DisputeTable.of(s, await results(s));
      const clock = async () => (await time.latest()) + 1;
      const honest = new HonestMover(table, 'other', clock);
      const crowd = new DisputeCrowd(table, ['attacker', 'rival', 'node', 'requester'], seeded(seed));
      for (let i = 0; i < MOVES; i++) {
        const wanted = crowd.nextSecond(await clock());
        await honest.until(wanted);
        await crowd.act(Math.max(wanted, await clock()));
      }
      while (!table.isOver) {
        const bound = table.nextBound(await clock());
        await honest.until(bound);
        if ((await clock()) <= bound) await time.increaseTo(bound);
        await honest.collect();
      }
      for (const { book, wrong } of table.requests) expect(book.state, book.name).to.equal(wrong ? 'faulty' : 'final');
      for (const { book, on, theirs } of table.challenges)
        expect(book.state).to.equal(theirs === on.reference ? 'upheld' : 'fallen');
      await checkMoney(s);
      const locked = await s.token.balanceOf(s.escrow);
      expect(
        [...table.books.wealth.values()].reduce((sum, one) => sum + one, 0n),
        'all is back',
      ).to.equal(locked);
      for (const [told, times] of table.tally) tally.set(told, (tally.get(told) ?? 0) + times);
    });

  it('dispute 38: every move was made, and refused', () => {
    if (process.env['DISPUTE_TALLY']) console.log(Object.fromEntries([...tally].sort()));
    const all = DONE.split(' ');
    expect(all.filter((name) => !tally.has(name))).to.deep.equal([]);
    expect(all.filter((name) => ![...tally.keys()].some((told) => told.startsWith(`${name}: `)))).to.deep.equal([]);
  });
});
