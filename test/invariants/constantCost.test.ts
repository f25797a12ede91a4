// I8 and scenario 40, second half: no call costs more because strangers have added requests, locks and accounts. The same
// transactions, byte by byte and in the same seconds, before and after the strangers came: the same gas, with no slack.
import { expect } from 'chai';
import { finaliseCall, submitCall } from '../support/contracts/batch.ts';
import { ethers, loadFixture, networkHelpers, onAFork, time } from '../support/contracts/chain.ts';
import { askOf, request, type Story } from '../support/contracts/request.ts';
import { DAY, OPG_1, type System, system } from '../support/contracts/system.ts';

/** 10,000 in the long version. */
const FOREIGN = Number(process.env['FUZZ_FOREIGN'] ?? 2_000);
const PER_CALL = 32;

/** Strangers ask, name the same node, and stay; each pays from an account of its own. */
async function strangers(s: System): Promise<void> {
  for (let made = 0; made < FOREIGN; made += PER_CALL) {
    const stranger = ethers.Wallet.createRandom(ethers.provider);
    await networkHelpers.setBalance(stranger.address, 10n ** 18n);
    await s.escrow.connect(s.other).depositFor(stranger, OPG_1);
    const { ask, headers, input } = await askOf(s, { fee: OPG_1 / 64n, dueIn: 6 * DAY });
    const inputs = Array.from({ length: PER_CALL }, () => input);
    const cheap = { ...ask, fee: OPG_1 / 40n, maxRoyalty: OPG_1 };
    const { data } = await s.requests.requestMany.populateTransaction(cheap, headers, inputs, '0x');
    await networkHelpers.impersonateAccount(stranger.address);
    const call = { from: stranger.address, to: await s.requests.getAddress(), data, gas: '0xe00000' };
    await ethers.provider.send('eth_sendTransaction', [call]);
  }
}

async function gasOf(send: () => Promise<{ wait(): Promise<{ gasUsed: bigint } | null> }>): Promise<bigint> {
  const receipt = await (await send()).wait();
  if (receipt === null) throw new Error('not mined');
  return receipt.gasUsed;
}

/** Every call once, at fixed seconds: each is measured in the state the ones before have left. */
async function costs(s: System, from: number): Promise<Record<string, bigint>> {
  const used: Record<string, bigint> = {};
  let second = from;
  const measure = async (name: string, send: Parameters<typeof gasOf>[0], when = second + 1) => {
    second = Math.max(when, second + 1);
    await time.setNextBlockTimestamp(second);
    used[name] = await gasOf(send);
  };
  const { escrow, requests } = s;
  const fixed = { openAt: from + 3600, deadline: from + DAY };
  const made: Story[] = [];
  const ask = async (name: string, lane: number) => {
    const wanted = { ...fixed, lane };
    let sent: Story | undefined;
    await measure(name, async () => {
      sent = await request(s, wanted);
      const [log] = await requests.queryFilter(requests.filters.Requested(sent.id), -1);
      const transaction = await log?.getTransaction();
      if (transaction === undefined) throw new Error('no transaction');
      return transaction;
    });
    if (sent === undefined) throw new Error('not asked');
    made.push(sent);
    return sent;
  };
  await measure('deposit', () => escrow.connect(s.requester).deposit(OPG_1));
  await measure('stake', () => escrow.connect(s.node).stake(OPG_1));
  await measure('unstake', () => escrow.connect(s.node).unstake(OPG_1));
  await measure('restake', () => escrow.connect(s.node).restake(OPG_1));
  const a = await ask('request', 0);
  const b = await ask('request, second lane', 1);
  const c = await ask('request, third lane', 2);
  const d = await ask('request, fourth lane', 3);
  await measure('decline', () => a.attempt.decline());
  a.declined = true;
  await measure('cancel', () => a.attempt.cancel());
  await measure('accept', () => b.attempt.accept());
  b.acceptedBy = s.node;
  await measure('submit', async () => {
    const sent = await b.attempt.submit();
    await b.submitted(sent, s.node);
    return sent;
  });
  await measure('submitEach', async () => {
    const sent = await requests.connect(s.node).submitEach([submitCall(c)], { gasLimit: 1_000_000 });
    await c.submitted(sent, s.node);
    return sent;
  });
  await measure('freeze', () => c.attempt.freeze());
  await measure('condemn', () => c.attempt.condemn());
  await measure('finalise', () => b.attempt.finalise(), b.end + 1);
  await measure('expire', () => d.attempt.expire(), fixed.deadline + 1);
  const calls = [finaliseCall(b)];
  await measure('finaliseEach of nothing', () => requests.finaliseEach(calls, false, { gasLimit: 1_000_000 }));
  await measure('claimRoyalty', () => escrow.claimRoyalty(s.model));
  await measure('sweepProtocol', () => escrow.sweepProtocol([s.model]));
  await measure('flushBurn', () => escrow.flushBurn());
  await measure('withdraw', () => escrow.connect(s.requester).withdraw(OPG_1, s.requester));
  return used;
}

describe('I8: no cost grows with what strangers can add', () => {
  it(`${FOREIGN} foreign requests later every call costs the same to the unit`, async function () {
    this.timeout(600_000);
    const s = await loadFixture(system);
    const from = (await time.latest()) + DAY;
    const before = await onAFork(() => costs(s, from));
    await strangers(s);
    const asked = await s.requests.queryFilter(s.requests.filters.Requested(), s.genesis);
    expect(asked, 'the strangers were there').to.have.length.least(FOREIGN);
    expect(await costs(s, from)).to.deep.equal(before);
    expect(Object.keys(before)).to.have.length.greaterThan(18);
  });
});
