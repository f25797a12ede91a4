import { expect } from 'chai';

import { at, ethers, loadFixture, sendAs, time } from '../support/contracts/chain.ts';
import { changes, checkMoney, nobodyLoses } from '../support/contracts/money.ts';
import { request, tryRequest } from '../support/contracts/request.ts';
import { appendSet, DAY, FEE, FUNDS, govern, PARAMETERS, type System, system } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
const TAG = `0x${'77'.repeat(32)}`;
const LAPSE = 14 * DAY;

/** A second capability that does whatever the attacker says. */
async function hostileCapability(s: System) {
  const capability = (await ethers.deployContract('ContractWallet', [s.attacker])).connect(s.attacker);
  await govern(s, s.escrow, s.escrow.interface.encodeFunctionData('appendCapability', [await capability.getAddress()]));
  return capability;
}

describe('attacks by governance, the guardian and the game', () => {
  it('attack 34: stuffing blocks until the end of the window must hold for all of it: one call in its last second freezes', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).submit();
    expect(story.terms.tc).to.equal(PARAMETERS.tcBase + 20); // the base the profile guards, and the cost of the model
    await at(story.end);
    await story.freeze();
    await expect(story.attempt.finalise()).to.be.revertedWithCustomError(s.requests, 'Requests_NotCurrent');
  });

  it('attack 41: a capability nobody announced cannot be appended', async () => {
    const s = await loadFixture(system);
    for (const thief of [s.attacker, s.deployer, s.guardian, s.governor])
      await expect(s.escrow.connect(thief).appendCapability(s.attacker)).to.be.revert(ethers);
    const data = s.escrow.interface.encodeFunctionData('appendCapability', [s.attacker.address]);
    await s.authority.connect(s.governor).schedule(s.escrow, data, 0);
    await time.increase(7 * DAY - 10);
    await expect(s.authority.connect(s.governor).execute(s.escrow, data)).to.be.revert(ethers);
  });

  it('attack 41: a hostile capability moves nothing of who has not consented, and no lock but its own', async () => {
    const s = await loadFixture(system);
    const capability = await hostileCapability(s);
    await s.escrow.connect(s.attacker).setConsent(0, true);
    const story = await (await request(s)).submit();
    const requester = s.requester.address;
    const amounts = (story.nonce << 192n) | (SLICE << 96n) | FEE;
    const thief = { to: s.attacker.address, available: FEE + SLICE, stake: 0n };
    await nobodyLoses(s, async () => {
      await expect(sendAs(capability, s.escrow.lock.populateTransaction(requester, 1, FEE, TAG, false)))
        .to.be.revertedWithCustomError(s.escrow, 'Escrow_NoConsent')
        .withArgs(s.requester, capability);
      await expect(
        sendAs(capability, s.escrow.lock.populateTransaction(requester, 1, FEE, TAG, true)),
        'allowances are for Escrow as a whole',
      ).to.be.revertedWithCustomError(s.escrow, 'Escrow_NoConsent');
      await expect(
        sendAs(capability, s.escrow.close.populateTransaction(requester, 0, amounts, TAG, [thief])),
      ).to.be.revertedWithCustomError(s.escrow, 'Escrow_NoSuchLock');
      await expect(
        sendAs(capability, s.escrow.relock.populateTransaction(requester, 0, amounts, TAG, TAG, s.attacker, 0n)),
      ).to.be.revertedWithCustomError(s.escrow, 'Escrow_NoSuchLock');
    });

    // Its own lock of an accomplice must not take the stake of a node that did not consent.
    const nonce = (await s.escrow.accountOf(s.attacker)).nonce;
    await sendAs(capability, s.escrow.lock.populateTransaction(s.attacker, 0, 1n, TAG, false));
    const own = (nonce << 192n) | 1n;
    await expect(
      sendAs(capability, s.escrow.relock.populateTransaction(s.attacker, 0, own, TAG, TAG, s.node, SLICE)),
    ).to.be.revertedWithCustomError(s.escrow, 'Escrow_NoConsent');
    await expect(
      sendAs(capability, s.escrow.close.populateTransaction(s.attacker, 0, own, TAG, [{ ...thief, available: 2n }])),
    )
      .to.be.revertedWithCustomError(s.escrow, 'Escrow_PartsDoNotSum')
      .withArgs(2n, 1n);
    await sendAs(
      capability,
      s.escrow.close.populateTransaction(s.attacker, 0, own, TAG, [{ ...thief, available: 1n }]),
    );
    expect((await s.escrow.accountOf(s.attacker)).available).to.equal(FUNDS);
    await story.finalise();
  });

  it('attack 42: the arbiter of another parameter set cannot rule', async () => {
    const s = await loadFixture(system);
    const usurper = (await ethers.deployContract('ContractWallet', [s.attacker])).connect(s.attacker);
    const old = await (await (await request(s)).submit()).freeze();
    await appendSet(s, { arbiter: await usurper.getAddress() });
    const fresh = await (await request(s, { lane: 1 })).submit();
    expect([old.terms.set, fresh.terms.set]).to.deep.equal([1, 2]);
    await nobodyLoses(s, async () => {
      for (const verb of ['thaw', 'condemn'] as const)
        await expect(old.attempt[verb]({ by: usurper }), verb)
          .to.be.revertedWithCustomError(s.requests, 'Requests_NotArbiter')
          .withArgs(usurper);
      for (const by of [s.arbiter, s.attacker, s.governor, s.judge])
        await expect(fresh.attempt.freeze({ by })).to.be.revertedWithCustomError(s.requests, 'Requests_NotArbiter');
    });
    await fresh.attempt.freeze({ by: usurper });
    await fresh.is('Frozen');
    await nobodyLoses(s, () =>
      expect(fresh.attempt.condemn(), "the old set's arbiter").to.be.revertedWithCustomError(
        s.requests,
        'Requests_NotArbiter',
      ),
    );
    await old.thaw();
    await old.finalise();
  });

  it('attack 43: a game that is stuck holds up only what it froze, and that until the rescue', async () => {
    const s = await loadFixture(system);
    const untouched = await (await request(s)).submit();
    const frozen = await (await (await request(s, { lane: 1 })).submit()).freeze();
    await untouched.finalise();
    const from = frozen.described.challengeEnd + PARAMETERS.rescueDelay;
    await at(from);
    await expect(frozen.attempt.rescue({ by: s.attacker })).to.be.revertedWithCustomError(
      s.requests,
      'Requests_TooEarly',
    );
    const gains = await changes(s, { node: s.node, requester: s.requester, attacker: s.attacker }, async () => {
      await at(from + 1);
      await expect(frozen.attempt.rescue({ by: s.attacker }))
        .to.emit(s.requests, 'Rescued')
        .withArgs(frozen.id);
    });
    expect(gains).to.deep.equal({ node: SLICE, requester: FEE, attacker: 0n });
    await frozen.over();
  });

  it('attack 44: a guardian that pauses whenever it can still leaves every second fortnight open', async () => {
    const s = await loadFixture(system);
    const guardian = s.requests.connect(s.guardian);
    const story = await request(s, { dueIn: 7 * DAY });
    const began = (await time.latest()) + 1;
    await at(began);
    await guardian.pause();
    const until = Number(await s.requests.pausedUntil());
    expect(until).to.equal(began + LAPSE);
    await expect(guardian.pause(), 'no extension').to.be.revert(ethers);
    await expect(tryRequest(s, { lane: 1 }))
      .to.be.revertedWithCustomError(s.requests, 'Requests_Paused')
      .withArgs(until);
    await (await story.submit()).finalise(); // only new requests are paused

    await time.increaseTo(until + 1);
    await request(s, { lane: 1 });
    await expect(guardian.pause(), 'not again at once').to.be.revert(ethers);
    await at(until + LAPSE - 1);
    await expect(guardian.pause()).to.be.revert(ethers);
    await at(until + LAPSE + 1);
    await guardian.pause();
    await checkMoney(s);
  });

  it('attack 44: the guardian can pause and nothing else; a stranger not even that', async () => {
    const s = await loadFixture(system);
    await expect(s.requests.connect(s.attacker).pause()).to.be.revert(ethers);
    await s.requests.connect(s.guardian).pause();
    await expect(s.requests.connect(s.guardian).unpause()).to.be.revert(ethers);
    await expect(s.escrow.connect(s.guardian).setTreasury(s.guardian)).to.be.revert(ethers);
    const set = { ...PARAMETERS, arbiter: await s.arbiter.getAddress() };
    await expect(s.requests.connect(s.guardian).appendSet(set)).to.be.revert(ethers);
  });

  it("attack 50: after a rescue or an earlier condemn the game's calls answer false instead of reverting", async () => {
    const s = await loadFixture(system);
    const rescued = await (await (await request(s)).submit()).freeze();
    const condemned = await (await (await request(s, { lane: 1 })).submit()).freeze();
    await time.increaseTo(rescued.described.challengeEnd + PARAMETERS.rescueDelay);
    await rescued.attempt.rescue();
    expect(await condemned.attempt.answers('condemn')).to.equal(true);
    await condemned.attempt.condemn();
    const never = await (await request(s, { lane: 2 })).submit(); // Submitted, not Frozen
    await nobodyLoses(s, async () => {
      for (const story of [rescued, condemned, never])
        for (const verb of ['thaw', 'condemn'] as const) {
          expect(await story.attempt.answers(verb)).to.equal(false);
          const sent = await story.attempt[verb](); // no bond of the game hangs on it
          expect((await sent.wait())?.status).to.equal(1);
        }
    });
  });
});
