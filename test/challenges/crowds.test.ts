/** However many challenges and demands there are: no call costs more, no count wraps, and the request ends by its hard end. */
import { expect } from 'chai';
import type { Challenge } from '#core/challenges/follow.ts';
import { openDemands } from '#core/challenges/follow.ts';
import { at, ethers, networkHelpers, onAFork, time } from '../support/contracts/chain.ts';
import { type Dispute, type DisputeSystem, disputeSystem, wireDemand } from '../support/contracts/disputes.ts';
import { availableOf, checkMoney } from '../support/contracts/money.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { floatsOf, moves } from '../support/contracts/programs.ts';
import { R, Trial, W } from '../support/contracts/trials.ts';

/** Real challenges of the crowd, each with as many demands; 100 of them give the 10,000 of the scenario. */
const CROWD = Number(process.env['DISPUTE_CROWD'] ?? 8);
const SIZE = 1_100;

/** Storage slots of ChallengeGame (test/snapshots/storage.json): submission -> dispute, challenge -> word. */
const DISPUTES = 0;
const CHALLENGES = 3;

describe('a crowd around one result', function () {
  this.timeout(120_000 + CROWD * CROWD * 500);
  let s: DisputeSystem;
  let trial: Trial;
  beforeEach(async () => {
    s = await networkHelpers.loadFixture(disputeSystem);
    trial = await Trial.of(s, moves(2, SIZE), [[floatsOf(SIZE)]]);
  });

  /** Different traces of one party: the last output is wrong in another way each time. */
  const liesOf = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      trial.trace(0, (k, data) => (k === 1 ? Float32Array.from(data as Float32Array, (v) => v + i + 1) : data)),
    );

  /** Gas of one of each move against a challenge, in fixed seconds, on a fork. */
  async function gasOf(d: Dispute): Promise<Record<string, bigint>> {
    return onAFork(async () => {
      d.gas.length = 0;
      const known = d.challenges;
      const start = d.story.described.challengeEnd - 200;
      await at(start);
      const mine = d.trace();
      const c = await d.challenge(s.rival, mine, 0, 7);
      const positions = positionsOf(d.published.program);
      for (const [i, position] of [positions[0], positions[1]].entries()) {
        if (position === undefined) throw new Error('no position');
        await at(start + 2 * i + 1);
        await d.demand(s.node, c, demandOf(mine, d.salt(s.rival), position), 60_000);
        const [open] = openDemands(d.now(c));
        await at(start + 2 * i + 2);
        await d.answer(s.rival, c, mine, open?.demand as never);
      }
      const [lie] = liesOf(1);
      const false_ = await d.challenge(s.other, lie as never, 0, 7);
      await d.prove(s.rival, false_, d.foresee(false_, mine, lie as never));
      await d.uphold(s.keeper, c);
      d.challenges = known;
      return Object.fromEntries(d.gas.map(({ move, gas }, i) => [`${i} ${move}`, gas]));
    });
  }

  it(`dispute 18, case 7, trap unbounded loops: gas is the same with ${CROWD} challenges of ${CROWD} demands as with two, and with counts of millions`, async () => {
    const d = await trial.wrongly();
    const lies = liesOf(CROWD);
    const posted: Challenge[] = [];
    const post = async (i: number) => posted.push(await d.challenge(s.attacker, lies[i] as never, 0, 1_000 + i));
    await post(0);
    await post(1);
    const alone = await gasOf(d);
    for (let i = 2; i < CROWD; i++) await post(i);
    const positions = positionsOf(d.published.program);
    for (const [i, c] of posted.entries())
      for (let j = 0; j < CROWD; j++) {
        const place = positions[j % positions.length] as (typeof positions)[0];
        await d.demand(s.requester, c, demandOf(lies[i] as never, d.salt(s.attacker), place), i * CROWD);
      }
    expect(await gasOf(d)).to.deep.equal(alone);
    // As if there were millions: the only words that a crowd shares with others are two counts.
    await raise(DISPUTES, d.submissionId, 224n, 3_000_000n);
    await raise(DISPUTES, d.submissionId, 192n, 3_000_000n);
    expect(await gasOf(d)).to.deep.equal(alone);
    await onAFork(async () => {
      const [c] = posted as [Challenge];
      const before = await demandGas(d, c, lies[0] as never);
      await raise(CHALLENGES, c.id, 224n, 3_000_000n);
      expect(await demandGas(d, c, lies[0] as never)).to.equal(before);
    });
  });

  const demandGas = (d: Dispute, c: Challenge, theirs: Parameters<typeof demandOf>[0]) =>
    onAFork(async () => {
      const position = positionsOf(d.published.program).at(-1) as Parameters<typeof demandOf>[2];
      await d.demand(s.rival, c, demandOf(theirs, d.salt(s.attacker), position), 50_000);
      return d.gas.at(-1)?.gas;
    });

  /** Adds to a field of a word in one of the game's mappings. */
  async function raise(slot: number, key: string, shift: bigint, by: bigint): Promise<void> {
    const place = ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256'], [key, slot]));
    const game = await s.game.getAddress();
    const word = BigInt(await ethers.provider.getStorage(game, place));
    if (word === 0n) throw new Error(`nothing in slot ${slot} at ${key}`);
    await networkHelpers.setStorageAt(game, place, ethers.toBeHex(word + (by << shift), 32));
  }

  it('case 9: counts at the ends of their types refuse the next one instead of beginning again', async () => {
    const d = await trial.wrongly();
    const [lie] = liesOf(1) as [ReturnType<typeof trial.trace>];
    const c = await d.challenge(s.attacker, lie);
    const panics = async (call: () => Promise<unknown>) => {
      await expect(call()).to.be.revertedWithPanic(0x11);
    };
    await onAFork(async () => {
      await raise(DISPUTES, d.submissionId, 192n, 2n ** 32n - 2n);
      await panics(() => d.challenge(s.rival, d.trace()));
    });
    await onAFork(async () => {
      await raise(DISPUTES, d.submissionId, 224n, 2n ** 32n - 2n);
      await panics(() => d.challenge(s.rival, d.trace()));
    });
    await onAFork(async () => {
      await raise(CHALLENGES, c.id, 224n, 2n ** 24n - 1n);
      const [position] = positionsOf(d.published.program) as [Parameters<typeof demandOf>[2]];
      await panics(() => d.demand(s.rival, c, demandOf(lie, d.salt(s.attacker), position)));
    });
  });

  it('dispute 18: everything that a crowd leaves open is over by the hard end, by calls that anyone can make', async () => {
    const d = await trial.rightly();
    const lies = liesOf(6);
    const mine = d.trace();
    await time.increaseTo(d.story.described.challengeEnd - 250);
    const posted: Challenge[] = [];
    for (const [i, lie] of lies.entries()) posted.push(await d.challenge(s.attacker, lie, 0, 1_000 + i));
    const hardEnd = (posted.at(-1) as Challenge).postedAt + W + 2 * Number(d.published.meaning.program.levels) * R;
    // Each liar answers once, at its due second, and then no more; its friends ask for the rest in the last second.
    for (const [i, c] of posted.entries()) await d.demand(s.other, c, d.next(c, mine) as never, 30_000 + 10 * i);
    for (const [i, c] of posted.entries()) {
      const [open] = openDemands(d.now(c));
      await d.answer(s.attacker, c, lies[i] as never, open?.demand as never);
    }
    await time.increaseTo((posted[0] as Challenge).end - 150);
    for (const [i, c] of posted.entries()) {
      const place = positionsOf(d.published.program).at(-1 - i) as Parameters<typeof demandOf>[2];
      await d.demand(s.requester, c, demandOf(lies[i] as never, d.salt(s.attacker), place), 30_000 + 10 * i);
    }
    for (const c of posted) {
      await d.lapse(s.keeper, c);
      for (const { demand } of openDemands(d.now(c)))
        await d.move('reclaim', s.game.reclaim(d.key(c), wireDemand(demand)));
    }
    expect((await time.latest()) <= hardEnd).to.equal(true);
    await (await d.story.finalise()).is('over');
    expect(await availableOf(s, await s.game.getAddress())).to.equal(0n);
    await checkMoney(s);
  });
});
