import { expect } from 'chai';
import { at, ethers, loadFixture, sendAs, time } from '../support/contracts/chain.ts';
import { availableOf, changes, checkMoney, nobodyLoses } from '../support/contracts/money.ts';
import { refused } from '../support/contracts/refusals.ts';
import { request, type Story, tryRequest } from '../support/contracts/request.ts';
import {
  DAY,
  FEE,
  FUNDS,
  govern,
  OPG_1,
  PARAMETERS,
  type System,
  system,
  UNBONDING,
} from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
const LAPSE = 14 * DAY;

/** The rows of the table "Exits": what is held before the pause, and how it leaves during it. */
const EXITS: Record<string, { hold: (s: System) => Promise<Story>; leave: (story: Story) => Promise<unknown> }> = {
  'fee, Requested: submit': { hold: (s) => request(s), leave: (story) => story.submit() },
  'fee, Requested: cancel after openAt': {
    hold: (s) => request(s, { openIn: 0 }),
    leave: (story) => story.attempt.cancel(),
  },
  'fee, Declined: cancel': {
    hold: async (s) => (await request(s)).decline(),
    leave: (story) => story.attempt.cancel(),
  },
  'fee, Requested: anyone after the deadline': { hold: (s) => request(s), leave: expired },
  'fee and slice, Accepted: submit': {
    hold: async (s) => (await request(s)).accept(),
    leave: (story) => story.submit(),
  },
  'fee and slice, Accepted: anyone after the deadline': {
    hold: async (s) => (await request(s)).accept(),
    leave: expired,
  },
  'fee and slice, Submitted: finalise': {
    hold: async (s) => (await request(s)).submit(),
    leave: (story) => story.finalise(),
  },
  'fee and slice, Frozen: condemn': {
    hold: async (s) => (await (await request(s)).submit()).freeze(),
    leave: (story) => story.attempt.condemn(),
  },
  'fee and slice, Frozen: thaw and finalise': {
    hold: async (s) => (await (await request(s)).submit()).freeze(),
    leave: async (story) => (await story.thaw()).finalise(),
  },
  'fee and slice, Frozen by a broken game: rescue': {
    hold: async (s) => (await (await request(s)).submit()).freeze(),
    leave: async (story) => {
      await time.increaseTo(story.described.challengeEnd + PARAMETERS.rescueDelay);
      await story.attempt.rescue();
    },
  },
};

async function expired(story: Story) {
  await time.increaseTo(story.terms.deadline);
  await story.attempt.expire();
}

describe('the pause and capabilities', () => {
  for (const [exit, { hold, leave }] of Object.entries(EXITS))
    it(`scenario 37: while paused, ${exit}`, async () => {
      const s = await loadFixture(system);
      const story = await hold(s);
      await s.requests.connect(s.guardian).pause();
      await refused(s.requests, 'Requests_Paused', () => tryRequest(s, { lane: 1 }));
      await leave(story);
      await checkMoney(s);
      expect(await story.isIn('Requested')).to.equal(false);
    });

  it('scenario 37: while paused, balance, stake, purses and burn leave as ever', async () => {
    const s = await loadFixture(system);
    await (await (await request(s)).submit()).finalise();
    const faulty = await (await (await request(s)).submit()).freeze();
    await s.requests.connect(s.guardian).pause();
    await faulty.attempt.condemn();
    await s.escrow.connect(s.requester).withdraw(OPG_1, s.requester);
    await s.escrow.connect(s.requester).deposit(OPG_1);
    await s.escrow.connect(s.rival).stake(1n);
    await s.escrow.connect(s.rival).unstake(FUNDS / 2n + 1n);
    await s.escrow.claimRoyalty(s.model);
    await s.escrow.sweepProtocol([s.model]);
    await s.escrow.flushBurn();
    await time.increase(UNBONDING);
    await s.escrow.connect(s.rival).release();
    expect(await availableOf(s, s.rival)).to.equal(FUNDS);
    await checkMoney(s);
  });

  it('scenario 37: the pause lapses by itself; the governor ends it earlier; a new set does neither', async () => {
    const s = await loadFixture(system);
    await s.requests.connect(s.guardian).pause();
    const until = Number(await s.requests.pausedUntil());
    expect(until).to.equal((await time.latest()) + LAPSE);
    const set = { ...PARAMETERS, arbiter: await s.arbiter.getAddress() };
    await govern(s, s.requests, s.requests.interface.encodeFunctionData('appendSet', [set]));
    await refused(s.requests, 'Requests_Paused', () => tryRequest(s));
    await govern(s, s.requests, s.requests.interface.encodeFunctionData('unpause')); // 14 days, and a second
    await request(s);
    await refused(s.requests, 'Requests_TooEarly', () => s.requests.connect(s.guardian).pause());
    await time.increase(LAPSE);
    await s.requests.connect(s.guardian).pause();
    const lapse = Number(await s.requests.pausedUntil());
    await at(lapse);
    await refused(s.requests, 'Requests_Paused', () => tryRequest(s, { lane: 1, deadline: lapse + DAY }));
    await at(lapse + 1);
    await request(s, { lane: 1, deadline: lapse + DAY, openAt: lapse + 1 });
  });

  it('scenario 38: a capability without consent, or with consent withdrawn, opens no lock and takes no stake', async () => {
    const s = await loadFixture(system);
    const capability = (await ethers.deployContract('ContractWallet', [s.judge])).connect(s.judge);
    await govern(
      s,
      s.escrow,
      s.escrow.interface.encodeFunctionData('appendCapability', [await capability.getAddress()]),
    );
    const tag = `0x${'21'.repeat(32)}`;
    const lock = (payer: string, lane: number) =>
      sendAs(capability, s.escrow.lock.populateTransaction(payer, lane, FEE, tag, false));
    const payer = s.requester.address;
    await nobodyLoses(s, () => refused(s.escrow, 'Escrow_NoConsent', () => lock(payer, 0)));
    // Nobody consents to whatever is appended next.
    await refused(s.escrow, 'Escrow_NotCapability', () => s.escrow.connect(s.requester).setConsent(1, true));
    await s.escrow.connect(s.requester).setConsent(0, true);
    const { nonce } = await s.escrow.accountOf(payer);
    await lock(payer, 0);
    const amounts = (nonce << 192n) | FEE;
    await refused(s.escrow, 'Escrow_NoConsent', () =>
      sendAs(capability, s.escrow.relock.populateTransaction(payer, 0, amounts, tag, tag, s.node, SLICE)),
    );
    await s.escrow.connect(s.requester).setConsent(0, false);
    await refused(s.escrow, 'Escrow_NoConsent', () => lock(payer, 1));
    // The lock it holds can still end: consent is asked for what goes in.
    const credits = [{ to: payer, available: FEE, stake: 0n }];
    await sendAs(capability, s.escrow.close.populateTransaction(payer, 0, amounts, tag, credits));
    expect(await availableOf(s, s.requester)).to.equal(FUNDS);
    await checkMoney(s);
  });

  it("scenario 38: a capability that passes another's key, amounts or parts is refused", async () => {
    const s = await loadFixture(system);
    const capability = (await ethers.deployContract('ContractWallet', [s.judge])).connect(s.judge);
    await govern(
      s,
      s.escrow,
      s.escrow.interface.encodeFunctionData('appendCapability', [await capability.getAddress()]),
    );
    for (const account of [s.requester, s.node, s.judge]) await s.escrow.connect(account).setConsent(0, true);
    const story = await (await request(s)).submit();
    const word = await s.escrow.lockOf(s.requests, s.requester, 0);
    expect(await s.escrow.lockOf(capability, s.requester, 0)).not.to.equal(word);
    const tag = `0x${'21'.repeat(32)}`;
    const amounts = (story.nonce << 192n) | (SLICE << 96n) | FEE;
    const loot = [{ to: s.judge.address, available: FEE + SLICE, stake: 0n }];
    const payer = s.requester.address;
    await nobodyLoses(s, async () => {
      for (const guess of [tag, word, `0x${'0'.repeat(64)}`, `0x${'1'.padStart(64, '0')}`])
        await refused(
          s.escrow,
          'Escrow_NoSuchLock',
          () => sendAs(capability, s.escrow.close.populateTransaction(payer, 0, amounts, guess, loot)),
          () => sendAs(capability, s.escrow.relock.populateTransaction(payer, 0, amounts, guess, tag, s.judge, 0n)),
        );
      await sendAs(capability, s.escrow.closeMany.populateTransaction(payer, [{ lane: 0, amounts, tag }], loot));
      const relocks = [{ lane: 0, amounts: (story.nonce << 192n) | FEE, oldTag: tag, newTag: tag }];
      await sendAs(capability, s.escrow.relockMany.populateTransaction(payer, relocks, s.judge, 0n));
    });
    const gains = await changes(s, { node: s.node, judge: s.judge }, () => story.finalise());
    expect(gains.judge).to.equal(0n);
  });
});
