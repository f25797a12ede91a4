/** What governance, the guardian and constructors can and cannot do to a dispute. */
import { expect } from 'chai';
import { parseEther } from 'ethers';
import { openDemands } from '#core/challenges/follow.ts';
import { at, ethers, onAFork, time } from '../support/contracts/chain.ts';
import { Dispute, type DisputeSystem, GAS_PRICE, wireDemand, withGame } from '../support/contracts/disputes.ts';
import { availableOf, changes } from '../support/contracts/money.ts';
import { answerOutput, demandOutput, lapseOutput, placed } from '../support/contracts/outputs.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { refused } from '../support/contracts/refusals.ts';
import { FEE, GOVERNOR_DELAY, PARAMETERS, systemWith } from '../support/contracts/system.ts';
import { eachTrial, hardEnd, PSI, R, RHO, Trial, W } from '../support/contracts/trials.ts';

describe('governance and disputes', () => {
  let s: DisputeSystem;
  let trial: Trial;
  eachTrial(SELECT, [SELECT_INPUT], (made) => {
    ({ s } = trial = made);
  });

  const lie = () => trial.lie();

  /** Announces a set that differs in everything a dispute reads; the function makes it current. */
  async function otherSet(): Promise<() => Promise<unknown>> {
    const other = await ethers.deployContract('ChallengeGame', [
      s.requests,
      await s.game.stepVerifier(),
      await s.game.traceVerifier(),
      7n * GAS_PRICE,
    ]);
    const set = {
      ...PARAMETERS,
      arbiter: await other.getAddress(),
      tcBase: 6_000,
      windowSeconds: 3_000,
      responseSeconds: 1_200,
      psiBps: 0,
      rhoBps: 7_500,
      sliceFloor: parseEther('1'),
      rescueDelay: 200 * 86_400,
    };
    const data = s.requests.interface.encodeFunctionData('appendSet', [set]);
    await s.authority.connect(s.governor).schedule(s.requests, data, 0);
    await time.increase(GOVERNOR_DELAY);
    return () => s.authority.connect(s.governor).execute(s.requests, data);
  }

  it('dispute 29, case 22: set, shares, windows, price and game change in the middle: the old ones apply to the end', async () => {
    const change = await otherSet();
    const d = await trial.wrongly();
    const before = await s.requests.currentSet();
    const gains = await changes(
      s,
      { rival: s.rival, requester: s.requester, node: s.node, attacker: s.attacker },
      async () => {
        const mine = d.trace();
        const c = await d.challenge(s.rival, mine);
        await change();
        expect(await s.requests.currentSet()).to.equal(before + 1n);
        // A second challenge, a demand and a proof after the change: bond, windows and fees of the old game.
        const late = await d.challenge(s.attacker, lie());
        expect(late.bond).to.equal(c.bond);
        expect(late.end).to.equal(late.postedAt + W);
        await d.prove(s.rival, late, d.foresee(late, mine, lie()));
        const [position] = positionsOf(d.published.program) as [Parameters<typeof demandOf>[2]];
        await at(c.end);
        await d.demand(s.node, c, demandOf(mine, d.salt(s.rival), position));
        const [open] = openDemands(d.now(c));
        expect(open?.demand.due).to.equal(c.end + R);
        await d.answer(s.rival, c, mine, open?.demand as never);
        await d.uphold(s.keeper, c);
        await at(hardEnd(c));
        await d.move('claimPot', s.game.claimPot(d.claimOf(c)));
      },
    );
    const bond = await s.game.bondOf(d.published.meaning);
    const fee = (500_000n * GAS_PRICE * 3n) / 2n;
    expect(gains).to.deep.equal({
      rival: RHO + fee + bond / 2n,
      requester: FEE + PSI,
      node: bond / 4n - fee,
      attacker: -bond,
    });
  });

  it('dispute 29, case 22: no other game can touch an old request, nor the old game a new one', async () => {
    const old = await trial.wrongly();
    const newer = await withGame(s, 2n * GAS_PRICE);
    await refused(s.requests, 'Requests_NotArbiter', async () => {
      const { claim, meaning, children, evidence } = old.posting(s.rival, old.trace());
      await newer.game.connect(s.rival).challenge(claim, meaning, children, evidence, 0);
    });
    const fresh = await trial.wrongly(0, 0, 0, 1);
    await refused(s.requests, 'Requests_NotArbiter', () => fresh.challenge(s.rival, fresh.trace(), 0, 1));
    // Immutable: there is no call that changes what a game was made with.
    const setters = s.game.interface.fragments.filter(
      (one) =>
        one.type === 'function' &&
        /set|upgrade|owner|pause/i.test(one.format()) &&
        !/view|pure/.test(one.format('full')),
    );
    expect(setters).to.deep.equal([]);
  });

  it('dispute 30: paused: every move of the game works', async () => {
    const exact = await Trial.of(s, SELECT, [SELECT_INPUT], 'exact');
    const shown = await exact.rightly(5);
    const d = await trial.wrongly(0, 0, 0, 1);
    const right = await trial.rightly(2);
    const hidden = await hiddenResult(exact, 3);
    const other = await hiddenResult(exact, 4);
    await s.requests.connect(s.guardian).pause();
    await refused(s.requests, 'Requests_Paused', () => trial.rightly(9));
    const mine = d.trace();
    const told = lie();

    const c = await d.challenge(s.rival, mine);
    const [position] = positionsOf(d.published.program) as [Parameters<typeof demandOf>[2]];
    await d.demand(s.node, c, demandOf(mine, d.salt(s.rival), position));
    await d.answer(s.rival, c, mine, openDemands(d.now(c))[0]?.demand as never);
    const proved = await right.challenge(s.attacker, told);
    await right.prove(s.other, proved, right.foresee(proved, mine, told));
    const silent = await right.challenge(s.requester, told);
    for (const operator of [1, 2]) {
      const place = positionsOf(d.published.program)[operator] as Parameters<typeof demandOf>[2];
      await right.demand(s.other, silent, demandOf(told, right.salt(s.requester), place));
    }
    await right.lapse(s.other, silent);
    const [open] = openDemands(right.now(silent));
    await right.move('reclaim', s.game.reclaim(right.key(silent), wireDemand(open?.demand as never)));
    await answerOutput(hidden, s.node, await demandOutput(hidden, s.other, placed(1), 300));
    const asked = await demandOutput(other, s.other, placed(1), 301);
    await time.increaseTo(asked.due);
    await lapseOutput(other, s.keeper, asked);
    await d.uphold(s.keeper, c);
    for (const one of [right, hidden, shown]) await (await one.story.finalise()).is('over');
    await time.increaseTo(hardEnd(c));
    await d.move('claimPot', s.game.claimPot(d.claimOf(c)));
    expect(await s.requests.pausedUntil()).to.be.greaterThan(await time.latest());
    expect(await availableOf(s, await s.game.getAddress())).to.equal(0n);
  });

  const hiddenResult = (exact: Trial, lane: number) =>
    Dispute.of(s, exact.published, exact.inputs, exact.reference, lane, 'theirs');

  it('case 17: no game without a price, and no set whose windows could outlast the rescue', async () => {
    const deploy = (price: bigint) => async () =>
      ethers.deployContract('ChallengeGame', [
        s.requests,
        await s.game.stepVerifier(),
        await s.game.traceVerifier(),
        price,
      ]);
    await refused(s.game, 'Game_BadPrice', deploy(0n), deploy(2n ** 64n), deploy(2n ** 256n - 1n));
    const cheap = await deploy(1n)();
    // The least price there is, the smallest program: still a bond.
    const { meaning } = trial.published;
    const least = { ...meaning, program: { ...meaning.program, levels: 0n, largestStep: 0n } };
    expect((await cheap.bondOf(least)) > 0n).to.equal(true);

    const arbiter = await s.game.getAddress();
    const { windowSeconds, responseSeconds } = PARAMETERS;
    const least_ = 2 * (windowSeconds + 16 * responseSeconds) + 30 * 86_400;
    const bad: readonly (readonly [string, Partial<typeof PARAMETERS>])[] = [
      ['arbiter', { arbiter: s.attacker.address }],
      ['rescueDelay', { rescueDelay: least_ }],
      ['rescueDelay', { windowSeconds: 40 * 86_400 }],
      ['rescueDelay', { responseSeconds: 10 * 86_400 }],
      ['tcBase', { tcBase: PARAMETERS.tcBase - 1 }],
      ['psiBps', { psiBps: 4_001, rhoBps: 4_000 }],
      ['rhoBps', { psiBps: 1_000, rhoBps: 6_501 }],
    ];
    const fresh = await systemWith({});
    for (const [field, change] of bad) {
      const set = { ...PARAMETERS, arbiter, ...change };
      await expect(append(fresh, set), field)
        .to.be.revertedWithCustomError(s.requests, 'Requests_BadParameter')
        .withArgs(field);
    }
    await append(fresh, { ...PARAMETERS, arbiter, rescueDelay: least_ + 1 });
  });

  /** As governance, at once: on a fork whose clock has passed the delay. */
  async function append(system: Awaited<ReturnType<typeof systemWith>>, set: typeof PARAMETERS): Promise<void> {
    const data = system.requests.interface.encodeFunctionData('appendSet', [set]);
    await onAFork(async () => {
      await system.authority.connect(system.governor).schedule(system.requests, data, 0);
      await time.increase(GOVERNOR_DELAY);
      await system.authority.connect(system.governor).execute(system.requests, data);
    });
  }
});
