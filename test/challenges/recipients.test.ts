/** Whoever is paid and however it behaves: every payment is a credit, so nobody can stop a verdict, or anybody else's money. */
import { expect } from 'chai';
import { openDemands } from '#core/challenges/follow.ts';
import type { HostileRequester } from '#types';
import { BEHAVIOUR, CALLBACK } from '../support/contracts/actors.ts';
import { ethers, networkHelpers, sendAs, time } from '../support/contracts/chain.ts';
import { Dispute, type DisputeSystem, disputeSystem, withGame } from '../support/contracts/disputes.ts';
import { availableOf, changes, checkMoney, eventsOf } from '../support/contracts/money.ts';
import { demandOf, positionsOf } from '../support/contracts/positions.ts';
import { SELECT, SELECT_INPUT } from '../support/contracts/programs.ts';
import { refused } from '../support/contracts/refusals.ts';
import { storiesOf, tryRequest } from '../support/contracts/request.ts';
import { deploySystem, FEE, FUNDS, fund } from '../support/contracts/system.ts';
import { alteredData, hardEnd, PSI, R, RHO, Trial, W } from '../support/contracts/trials.ts';
import { bytesOf } from '../support/tensorBytes.ts';

describe('recipients of the challenge game', () => {
  let s: DisputeSystem;
  let trial: Trial;
  const start = async (system: DisputeSystem) => {
    s = system;
    trial = await Trial.of(s, SELECT, [SELECT_INPUT]);
  };
  afterEach(() => checkMoney(s));

  const lie = () => trial.trace(0, (k, data) => (k === 1 ? alteredData(data, 2) : data));
  const blocked = async () => {
    const token = await ethers.deployContract('BlocklistToken');
    const system = await deploySystem(token);
    await system.token.mint(system.deployer, 100n * FUNDS);
    await start(await withGame(await fund(system)));
    return token;
  };

  /** A result that is wrong, as asked for by a contract that wants to hear of it. */
  async function asked(by: HostileRequester, callbackGas: number, wrong: boolean): Promise<Dispute> {
    const { shape, version } = trial.published;
    const wish = { version, shape, by, callbackGas, input: bytesOf(SELECT_INPUT) };
    const [story] = await storiesOf(s, await tryRequest(s, wish), wish);
    if (story === undefined) throw new Error('no request');
    const submitted = (trial.reference[0] ?? []).map((one) =>
      wrong ? { ...one, data: alteredData(one.data, 0) } : one,
    );
    await story.submit(s.node, bytesOf(submitted));
    return new Dispute(s, trial.published, story, [SELECT_INPUT], [submitted]);
  }

  it('dispute 36, case 14: the token refuses one party: everybody else is paid and can withdraw, and so can it later', async () => {
    const token = await networkHelpers.loadFixture(blocked);
    const wrong = await trial.wrongly();
    const right = await trial.rightly(1);
    for (const who of [s.rival, s.attacker, s.node, s.other]) await token.setBlocked(who, true);
    const mine = wrong.trace();
    const parties = { rival: s.rival, requester: s.requester, node: s.node, other: s.other, attacker: s.attacker };
    const gains = await changes(s, parties, async () => {
      const c = await wrong.challenge(s.rival, mine);
      const [position] = positionsOf(wrong.published.program) as [Parameters<typeof demandOf>[2]];
      await wrong.demand(s.node, c, demandOf(mine, wrong.salt(s.rival), position));
      await wrong.answer(s.rival, c, mine, openDemands(wrong.now(c))[0]?.demand as never);
      const sham = await right.challenge(s.attacker, lie());
      await right.prove(s.other, sham, right.foresee(sham, mine, lie()));
      await wrong.uphold(s.keeper, c);
      await time.increaseTo(hardEnd(c));
      await s.game.claimPot(wrong.claimOf(c));
    });
    const bond = await s.game.bondOf(trial.published.meaning);
    const fee = 75_000n * 10n ** 12n;
    expect(gains).to.deep.equal({
      rival: RHO + fee,
      requester: FEE + PSI,
      node: bond / 4n - fee,
      other: bond / 2n,
      attacker: -bond,
    });
    await s.escrow.connect(s.requester).withdraw(FEE, s.requester);
    for (const who of [s.rival, s.other])
      await expect(s.escrow.connect(who).withdraw(1n, who)).to.be.revertedWithCustomError(token, 'Blocked');
    // It may have it sent elsewhere, or wait.
    await s.escrow.connect(s.rival).withdraw(RHO, s.buyer);
    await token.setBlocked(s.other, false);
    await s.escrow.connect(s.other).withdraw(bond / 2n, s.other);
  });

  it('dispute 36, case 14, case 21: parties are contracts that revert whatever calls them: nothing calls them', async () => {
    await networkHelpers.loadFixture(disputeSystem).then(start);
    const rude = await ethers.deployContract('HostileRequester');
    await rude.behave(BEHAVIOUR.Reverts, s.token, '0x');
    await s.escrow.connect(s.other).depositFor(rude, FUNDS / 10n);
    const [capability] = await s.escrow.queryFilter(s.escrow.filters.CapabilityAppended(undefined, s.game));
    await sendAs(rude, s.escrow.setConsent.populateTransaction(capability?.args.index as bigint, true));
    // It asks, challenges what it is given, and is paid for both.
    const d = await asked(rude, 200_000, true);
    const gains = await changes(s, { rude: await rude.getAddress() }, async () => {
      const c = await d.challenge(rude, d.trace());
      await d.uphold(s.keeper, c);
      await time.increaseTo(hardEnd(c));
      await s.game.claimPot(d.claimOf(c));
    });
    expect(gains.rude).to.equal(FEE + PSI + RHO);
    expect(await rude.calls()).to.equal(0n);
  });

  for (const behaviour of ['Reverts', 'BurnsGas', 'ReEnters', 'SelfDestructs'] as const)
    it(`case 21: the requester's callback ${behaviour}: a disputed request is finalised all the same`, async () => {
      await networkHelpers.loadFixture(disputeSystem).then(start);
      const rude = await ethers.deployContract('HostileRequester');
      await s.escrow.connect(s.other).depositFor(rude, FUNDS / 10n);
      const d = await asked(rude, 300_000, false);
      const c = await d.challenge(s.attacker, lie());
      await expect(d.story.attempt.finalise(), 'not while it is open').to.be.revert(ethers);
      const again = await s.game.uphold.populateTransaction(d.claimOf(c));
      await rude.behave(BEHAVIOUR[behaviour], s.game, again.data);
      await d.prove(s.other, c, d.foresee(c, d.trace(), lie()));
      expect(await rude.calls(), 'no verdict calls it').to.equal(0n);
      await time.increaseTo(d.story.end);
      const sent = await d.story.attempt.finalise();
      const [event] = (await eventsOf(s, sent)).filter(({ name }) => name === 'Finalised');
      const failed = behaviour === 'Reverts' || behaviour === 'BurnsGas';
      expect(event?.args['callback']).to.equal(failed ? CALLBACK.Failed : CALLBACK.Succeeded);
      if (behaviour === 'ReEnters') expect(await rude.reentrySucceeded()).to.equal(false);
      await d.story.is('over');
    });

  it('case 21: a callback that challenges the result it is being given finds the request closed', async () => {
    await networkHelpers.loadFixture(disputeSystem).then(start);
    const rude = await ethers.deployContract('HostileRequester');
    await s.escrow.connect(s.other).depositFor(rude, FUNDS / 10n);
    const [capability] = await s.escrow.queryFilter(s.escrow.filters.CapabilityAppended(undefined, s.game));
    await sendAs(rude, s.escrow.setConsent.populateTransaction(capability?.args.index as bigint, true));
    const d = await asked(rude, 1_900_000, true);
    const { claim, meaning, children, evidence } = d.posting(
      (await rude.getAddress()).toLowerCase() as never,
      d.trace(),
    );
    const call = await s.game.challenge.populateTransaction(claim, meaning, children, evidence, 0);
    await rude.behave(BEHAVIOUR.ReEnters, s.game, call.data);
    await time.increaseTo(d.story.end);
    await d.story.attempt.finalise();
    expect(await rude.reentrySucceeded()).to.equal(false);
    expect(s.requests.interface.parseError(await rude.reentryReturned())?.name).to.equal('Requests_TooLate');
  });

  it('trap refund callback bricks game: who takes its consent back in the middle stops nothing, and can only bond nothing more', async () => {
    await networkHelpers.loadFixture(disputeSystem).then(start);
    const [capability] = await s.escrow.queryFilter(s.escrow.filters.CapabilityAppended(undefined, s.game));
    const right = await trial.rightly();
    const wrong = await trial.wrongly(0, 0, 0, 1);
    const sham = await right.challenge(s.attacker, lie());
    const silent = await right.challenge(s.rival, lie(), 0, 1);
    const c = await wrong.challenge(s.other, wrong.trace(), 0, 1);
    await right.demand(s.other, silent, right.next(silent, right.trace()) as never);
    for (const who of [s.attacker, s.rival, s.other, s.node, s.requester])
      await s.escrow.connect(who).setConsent(capability?.args.index as bigint, false);
    await refused(s.escrow, 'Escrow_NoConsent', () => wrong.challenge(s.attacker, lie(), 0, 2));
    await right.prove(s.keeper, sham, right.foresee(sham, right.trace(), lie()));
    await right.lapse(s.keeper, silent);
    await wrong.uphold(s.keeper, c);
    await time.increaseTo(c.postedAt + W + 17 * R);
    await wrong.move('claimPot', s.game.claimPot(wrong.claimOf(c)));
    await (await right.story.finalise()).is('over');
    expect(await availableOf(s, await s.game.getAddress())).to.equal(0n);
  });
});
