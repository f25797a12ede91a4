/** Who is found wrong: wrong results that are challenged, right results that are challenged by liars. */
import { expect } from 'chai';
import { openDemands } from '#core/challenges/follow.ts';
import { time } from '../support/contracts/chain.ts';
import { type DisputeSystem, PARAMETERS } from '../support/contracts/disputes.ts';
import { changes } from '../support/contracts/money.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { refused } from '../support/contracts/refusals.ts';
import { FEE } from '../support/contracts/system.ts';
import { alteredData, eachTrial, hardEnd, PSI, RHO, SLICE, type Trial } from '../support/contracts/trials.ts';

describe('verdicts of the challenge game', () => {
  let s: DisputeSystem;
  let trial: Trial;
  eachTrial(SELECT, [SELECT_INPUT], (made) => {
    ({ s } = trial = made);
  });

  it('dispute 1: a wrong output that nobody defends is upheld at end + 1, not at end', async () => {
    const d = await trial.wrongly();
    const c = await d.challenge(s.rival, d.trace());
    await time.setNextBlockTimestamp(c.end);
    await refused(s.game, 'Game_TooEarly', () => s.game.uphold(d.claimOf(c)));
    await time.setNextBlockTimestamp(c.end + 1);
    await d.uphold(s.keeper, c);
    expect(d.now(c).state).to.equal('upheld');
    await d.story.is('over');
  });

  it('dispute 2: a wrong output whose node demands every position is upheld, and the challenger gains', async () => {
    const d = await trial.wrongly();
    const theirs = d.trace();
    let fees = 0n;
    const parties = { rival: s.rival, node: s.node, requester: s.requester, game: await s.game.getAddress() };
    const gains = await changes(s, parties, async () => {
      const c = await d.challenge(s.rival, theirs);
      for (const position of positionsOf(d.published.program)) {
        await d.demand(s.node, c, demandOf(theirs, d.salt(s.rival), position));
        const [open] = openDemands(d.now(c));
        if (open === undefined) throw new Error('a demand is open');
        await d.answer(s.rival, c, theirs, open.demand);
        fees += open.demand.fee;
      }
      await d.uphold(s.rival, c);
      await time.increaseTo(hardEnd(c));
      await d.move('claimPot', s.game.claimPot(d.claimOf(c)));
    });
    // The slice was locked before: of the node's free balance only the fees are gone.
    expect(gains).to.deep.equal({ rival: RHO + fees, node: -fees, requester: FEE + PSI, game: 0n });
  });

  it('dispute 12: a node that challenges itself first loses its slice but for its own pot', async () => {
    const d = await trial.wrongly();
    const parties = { node: s.node, rival: s.rival, requester: s.requester };
    const gains = await changes(s, parties, async () => {
      const own = await d.challenge(s.node, d.trace());
      const other = await d.challenge(s.rival, d.trace());
      await d.uphold(s.rival, other);
      await d.uphold(s.node, own);
      await time.increaseTo(hardEnd(own));
      await d.move('claimPot', s.game.claimPot(d.claimOf(other)));
    });
    expect(gains).to.deep.equal({ node: RHO, rival: 0n, requester: FEE + PSI });
    expect(SLICE - RHO > (SLICE * 6n) / 10n - 1n, 'what it has lost for good').to.equal(true);
  });

  it('dispute 14: a sham challenge that falls early bars no honest one, posted before or after it', async () => {
    const d = await trial.wrongly();
    const theirs = trial.lie();
    const before = await d.challenge(s.rival, d.trace());
    const sham = await d.challenge(s.attacker, theirs);
    await d.playOut(sham, s.attacker, d.trace(), s.attacker, theirs);
    const after = await d.challenge(s.other, d.trace());
    expect(d.now(sham).state).to.equal('fallen');
    await d.story.is('Frozen');
    await d.uphold(s.keeper, after);
    await d.uphold(s.keeper, before);
    expect(await s.game.bestOf(d.submissionId)).to.deep.equal([s.rival.address, BigInt(before.postedAt), 0n]);
  });

  it('dispute 14, case 3: the last sham challenge falls, the request goes on, and can be challenged again within tc', async () => {
    const d = await trial.wrongly();
    const theirs = trial.lie();
    const sham = await d.challenge(s.attacker, theirs);
    await d.playOut(sham, s.attacker, d.trace(), s.attacker, theirs);
    await d.story.is('Submitted');
    const c = await d.challenge(s.rival, d.trace());
    await d.uphold(s.keeper, c);
    expect(d.now(c).state).to.equal('upheld');
  });

  it('dispute 15, case 3: no challenge after Faulty or Final, and nothing changes by trying', async () => {
    const faulty = await trial.wrongly();
    await faulty.uphold(s.rival, await faulty.challenge(s.rival, faulty.trace()));
    await refused(s.game, 'Game_NotCurrent', () => faulty.challenge(s.other, faulty.trace()));

    const late = await trial.wrongly(0, 0, 0, 1);
    await time.increaseTo(late.story.end);
    await late.story.finalise();
    await refused(s.requests, 'Requests_TooLate', () => late.challenge(s.other, late.trace(), 0, 1));
  });

  it('dispute 22: a proof needs no demand where the trace is known: two transactions', async () => {
    const d = await trial.rightly();
    const theirs = trial.lie();
    const gains = await changes(s, { attacker: s.attacker, other: s.other, node: s.node }, async () => {
      const c = await d.challenge(s.attacker, theirs);
      await d.prove(s.other, c, d.foresee(c, d.trace(), theirs));
      expect(d.now(c).refuted).to.deep.equal({ operator: 1, element: 2 });
    });
    expect(d.gas.map(({ move }) => move)).to.deep.equal(['challenge', 'prove']);
    const bond = await s.game.bondOf(d.published.meaning);
    expect(gains).to.deep.equal({ attacker: -bond, other: bond / 2n, node: bond / 4n });
    await (await d.story.finalise()).is('over');
  });

  it('case 2: a request is not finalised while a challenge is open, whatever the hour', async () => {
    const d = await trial.rightly();
    const theirs = trial.trace(0, (k, data) => (k === 1 ? alteredData(data, 0) : data));
    const c = await d.challenge(s.attacker, theirs);
    await time.increaseTo(d.story.end + 10 * PARAMETERS.responseSeconds);
    await refused(s.requests, 'Requests_NotCurrent', () => d.story.attempt.finalise());
    expect(d.now(c).state).to.equal('open');
  });
});
