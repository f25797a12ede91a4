/** The traps that others' dispute games have fallen into, by name (test/attacks/README.md has them all). */
import { expect } from 'chai';
import { type Challenge, type Demand, openDemands } from '#core/challenges/follow.ts';
import { onAFork, time } from '../support/contracts/chain.ts';
import { type DisputeSystem, wireDemand } from '../support/contracts/disputes.ts';
import { availableOf, changes, nobodyLoses } from '../support/contracts/money.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { refused } from '../support/contracts/refusals.ts';
import { FUNDS } from '../support/contracts/system.ts';
import { eachTrial, hardEnd, RHO, type Trial } from '../support/contracts/trials.ts';

describe('traps: disputes', () => {
  let s: DisputeSystem;
  let trial: Trial;
  eachTrial(SELECT, [SELECT_INPUT], (made) => {
    ({ s } = trial = made);
  });

  const lie = () => trial.lie();
  const at0 = () => positionsOf(trial.published.program)[0] as Demand['position'];

  it('trap whole-balance payout: a pot is its own part, whatever else the game has', async () => {
    const game = await s.game.getAddress();
    await s.escrow.connect(s.other).depositFor(game, 7n);
    const both = [await trial.wrongly(0, 0, 0, 0), await trial.wrongly(0, 1, 0, 1)];
    const posted: Challenge[] = [];
    for (const [lane, d] of both.entries())
      posted.push(await d.challenge(lane ? s.other : s.rival, d.trace(), 0, lane));
    for (const [i, d] of both.entries()) await d.uphold(s.keeper, posted[i] as Challenge);
    expect(await availableOf(s, game)).to.equal(7n + 2n * RHO);
    await time.increaseTo(Math.max(...posted.map(hardEnd)));
    const gains = await changes(s, { rival: s.rival, other: s.other, game }, async () => {
      await s.game.claimPot(both[0]?.claimOf(posted[0] as Challenge) as never);
    });
    expect(gains).to.deep.equal({ rival: RHO, other: 0n, game: -RHO });
    await s.game.claimPot(both[1]?.claimOf(posted[1] as Challenge) as never);
    expect(await availableOf(s, game)).to.equal(7n);
  });

  it('trap no clocks: when every party is silent a stranger’s calls end everything', async () => {
    const wrong = await trial.wrongly();
    const right = await trial.rightly(1);
    const c = await wrong.challenge(s.rival, wrong.trace());
    const silent = await right.challenge(s.attacker, lie());
    for (const by of [s.node, s.requester])
      await right.demand(
        by,
        silent,
        demandOf(lie(), right.salt(s.attacker), positionsOf(trial.published.program)[by === s.node ? 0 : 1] as never),
        500,
      );
    // From here on only the keeper calls, which holds nothing and has asked for nothing.
    await wrong.uphold(s.keeper, c);
    await right.lapse(s.keeper, silent);
    const [open] = openDemands(right.now(silent));
    await right.move(
      'reclaim',
      s.game.connect(s.keeper).reclaim(right.key(silent), wireDemand(open?.demand as Demand)),
    );
    await right.story.finalise(s.keeper);
    await time.increaseTo(hardEnd(c));
    await wrong.move('claimPot', s.game.connect(s.keeper).claimPot(wrong.claimOf(c)));
    for (const d of [wrong, right]) await d.story.is('over');
    expect(await availableOf(s, await s.game.getAddress())).to.equal(0n);
  });

  it('trap owner-only defence: anyone refutes for a silent node, anyone answers for a silent challenger', async () => {
    const right = await trial.rightly();
    const sham = await right.challenge(s.attacker, lie());
    const found = right.foresee(sham, right.trace(), lie());
    await onAFork(() => right.prove(s.buyer, sham, found));
    right.challenges = new Map([[sham.id, sham]]);
    await right.prove(s.keeper, sham, found);
    expect(right.now(sham).state).to.equal('fallen');

    const wrong = await trial.wrongly(0, 0, 0, 1);
    const c = await wrong.challenge(s.rival, wrong.trace(), 0, 1);
    await wrong.demand(s.node, c, demandOf(wrong.trace(), wrong.salt(s.rival), at0()), 500);
    await wrong.answer(s.buyer, c, wrong.trace(), openDemands(wrong.now(c))[0]?.demand as Demand);
    await wrong.uphold(s.buyer, c);
    expect(wrong.now(c).state).to.equal('upheld');
  });

  it('trap overwritable verdicts: what is decided stays decided, for challenge and request', async () => {
    const wrong = await trial.wrongly();
    const right = await trial.rightly(1);
    const mine = wrong.trace();
    const c = await wrong.challenge(s.rival, mine);
    await wrong.uphold(s.keeper, c);
    const sham = await right.challenge(s.attacker, lie());
    const found = right.foresee(sham, right.trace(), lie());
    await right.prove(s.other, sham, found);
    await time.increaseTo(Math.max(sham.end, right.story.end));
    const asked = demandOf(mine, wrong.salt(s.rival), at0());
    await nobodyLoses(s, () =>
      refused(
        s.game,
        'Game_NotOpen',
        () => s.game.uphold(wrong.claimOf(c)),
        () => wrong.prove(s.other, c, { kind: 'prove', leaf: 0, proof: wrong.honestProof(c, mine, 1, 0) }),
        () => wrong.demand(s.node, c, asked),
        () => s.game.uphold(right.claimOf(sham)),
        () => right.prove(s.other, sham, found),
        () => right.demand(s.node, sham, demandOf(lie(), right.salt(s.attacker), at0())),
      ),
    );
    await nobodyLoses(s, () => refused(s.requests, 'Requests_NotCurrent', () => wrong.story.attempt.finalise()));
    await right.story.finalise();
    await nobodyLoses(s, async () => {
      await refused(s.requests, 'Requests_TooLate', () => right.challenge(s.rival, lie()));
      await refused(s.game, 'Game_NothingToClaim', () => s.game.claimPot(right.claimOf(sham)));
    });
  });

  it('trap bond recycling: a bond stands behind one challenge at a time, and a lost one behind none', async () => {
    const bond = await s.game.bondOf(trial.published.meaning);
    const escrow = s.escrow.connect(s.attacker);
    await escrow.withdraw(FUNDS - bond, s.attacker); // enough for one
    const d = await trial.rightly();
    const other = await trial.rightly(1);
    const c = await d.challenge(s.attacker, lie());
    expect(c.bond).to.equal(bond);
    await nobodyLoses(s, () =>
      refused(
        s.escrow,
        'Escrow_Overdraw',
        () => other.challenge(s.attacker, lie(), 0, 1),
        () => escrow.withdraw(1n, s.attacker),
      ),
    );
    await onAFork(async () => {
      await s.escrow.connect(s.other).depositFor(s.attacker, bond);
      await refused(s.escrow, 'Escrow_LaneBusy', () => other.challenge(s.attacker, lie()));
      await other.challenge(s.attacker, lie(), 0, 1);
    });
    await d.prove(s.other, c, d.foresee(c, d.trace(), lie()));
    await nobodyLoses(s, () => refused(s.escrow, 'Escrow_Overdraw', () => other.challenge(s.attacker, lie())));
    expect(await availableOf(s, s.attacker)).to.equal(0n);
  });
});
