import { expect } from 'chai';
import { AbiCoder, keccak256, MaxUint256, toBeHex } from 'ethers';
import { ethers, loadFixture, sendAs, time } from '../support/contracts/chain.ts';
import { availableOf, changes, checkMoney, holdingOf, nobodyLoses } from '../support/contracts/money.ts';
import { refused, reverted } from '../support/contracts/refusals.ts';
import { askOf, request, requestMany, tryRequest } from '../support/contracts/request.ts';
import {
  appendSet,
  DAY,
  deploySystem,
  FEE,
  PARAMETERS,
  ROYALTY,
  type System,
  system,
  systemOn,
  systemWith,
} from '../support/contracts/system.ts';

const MAX96 = 2n ** 96n - 1n;

/** Writes an account word of Escrow, wherever the mapping is: the slot is found by what it must hold. */
async function setNonce(s: System, account: string, nonce: bigint): Promise<void> {
  const { available, stake, nonce: before } = await s.escrow.accountOf(account);
  const word = (n: bigint) => toBeHex((n << 192n) | (stake << 96n) | available, 32);
  for (let slot = 0; slot < 8; slot++) {
    const key = keccak256(AbiCoder.defaultAbiCoder().encode(['address', 'uint256'], [account, slot]));
    if ((await ethers.provider.getStorage(s.escrow, key)) !== word(before)) continue;
    await ethers.provider.send('hardhat_setStorageAt', [await s.escrow.getAddress(), key, word(nonce)]);
    return;
  }
  throw new Error('no mapping of Escrow holds the account word');
}

describe('lanes and limits', () => {
  it('scenario 29: a busy lane refuses, a free one is used again; the old submit reverts though the terms are identical', async () => {
    const s = await loadFixture(system);
    const due = { deadline: (await time.latest()) + DAY, openAt: (await time.latest()) + 3600, node: s.node };
    const first = await request(s, due);
    await expect(tryRequest(s, due))
      .to.be.revertedWithCustomError(s.escrow, 'Escrow_LaneBusy')
      .withArgs(s.requester, 0);
    await first.decline();
    await first.attempt.cancel();
    const second = await request(s, due);
    expect(second.packed).to.deep.equal(first.packed);
    expect(second.nonce).to.equal(first.nonce + 1n);
    first.declined = false;
    await nobodyLoses(s, () => refused(s.requests, 'Requests_NotCurrent', () => first.attempt.submit()));
    await (await second.submit()).finalise();
  });

  it('scenario 29: a run of lanes must be free from end to end, and ends at 65,535', async () => {
    const s = await loadFixture(system);
    await requestMany(s, 3, { lane: 65_533 });
    await nobodyLoses(s, () =>
      refused(
        s.escrow,
        'Escrow_LaneBusy',
        () => requestMany(s, 3, { lane: 65_531 }),
        () => requestMany(s, 2, { lane: 65_532 }),
      ),
    );
    await nobodyLoses(s, () => reverted(() => requestMany(s, 3, { lane: 65_534, by: s.other })));
    expect(await s.escrow.lockOf(s.requests, s.other, 0)).to.equal(`0x${'0'.repeat(64)}`); // no wrapping round
  });

  it('scenario 30: the last nonce is used, the one after it is refused, and neither spills into the amounts', async () => {
    const s = await loadFixture(system);
    await setNonce(s, s.requester.address, 2n ** 64n - 2n);
    const before = await availableOf(s, s.requester);
    await tryRequest(s);
    const { nonce, available } = await s.escrow.accountOf(s.requester);
    expect([nonce, available]).to.deep.equal([2n ** 64n - 1n, before - FEE]);
    await reverted(
      () => tryRequest(s, { lane: 1 }),
      () => requestMany(s, 2, { lane: 1 }),
    );
    expect((await s.escrow.accountOf(s.requester)).available).to.equal(before - FEE);
  });

  it('scenario 30, case 63: amounts at 2^96 - 1 are kept exactly; one more is refused by every door', async () => {
    const s = await systemOn(await ethers.deployContract('MintableToken'));
    const rich = s.node;
    await s.token.mint(rich, 2n ** 98n);
    await s.token.connect(rich).approve(s.escrow, MaxUint256);
    const escrow = s.escrow.connect(rich);
    const tooLarge = (...calls: (() => Promise<unknown>)[]) => refused(s.escrow, 'Escrow_AmountTooLarge', ...calls);
    await tooLarge(() => escrow.deposit(MAX96 + 1n));
    await escrow.deposit(MAX96);
    expect(await availableOf(s, rich)).to.equal(MAX96);
    await tooLarge(
      () => escrow.deposit(1n),
      () => escrow.depositFor(rich, 2n ** 97n),
    );
    await escrow.stake(MAX96);
    await escrow.deposit(MAX96);
    await tooLarge(() => escrow.stake(1n));
    await escrow.unstake(MAX96);
    await escrow.stake(MAX96);
    await tooLarge(
      () => escrow.unstake(1n),
      () => escrow.restake(1n),
    );
    expect(await holdingOf(s, rich.address)).to.deep.equal({ available: 0n, stake: MAX96, unbonding: MAX96 });
    await refused(
      s.escrow,
      'Escrow_Overdraw',
      () => escrow.stake(1n),
      () => escrow.withdraw(1n, rich),
    );
    await checkMoney(s);
  });

  it('scenario 30: a fee and a slice of 2^96 - 1 go through a whole life', async () => {
    const token = await ethers.deployContract('MintableToken');
    const s = await deploySystem(token, { thetaPct: 100 });
    for (const actor of [s.requester, s.node]) {
      await s.token.mint(actor, MAX96);
      await s.token.connect(actor).approve(s.escrow, MaxUint256);
      await s.escrow.connect(actor).deposit(MAX96);
    }
    await s.escrow.connect(s.node).stake(MAX96);
    const story = await request(s, { fee: MAX96 });
    expect(story.terms.slice).to.equal(MAX96);
    await (await story.submit()).finalise();
    expect((await holdingOf(s, s.node.address)).stake).to.equal(MAX96);
    const doubled = await systemWith({ thetaPct: 101 });
    await reverted(() => tryRequest(doubled, { fee: MAX96 })); // a slice beyond 96 bits is refused, not cut
  });

  it('scenario 30: what does not fit its field is refused before it is packed', async () => {
    const s = await loadFixture(system);
    const { ask, headers, input: bytes } = await askOf(s);
    const good = s.requests.interface.encodeFunctionData('request', [ask, headers, bytes, '0x']);
    const to = await s.requests.getAddress();
    /** The same call with one word of `ask` too wide for its field; ethers would not write it. */
    const wide = (field: keyof typeof ask, value: bigint) => {
      const from = 10 + 64 * Object.keys(ask).indexOf(field);
      const data = good.slice(0, from) + toBeHex(value, 32).slice(2) + good.slice(from + 64);
      return () => s.requester.sendTransaction({ to, data });
    };
    await nobodyLoses(s, () =>
      reverted(
        wide('lane', 2n ** 16n),
        wide('items', 2n ** 8n + 1n),
        wide('deadline', 2n ** 40n + BigInt(ask.deadline)),
        wide('openAt', 2n ** 40n),
        wide('callbackGas', 2n ** 24n),
        wide('mode', 2n ** 8n),
        wide('set', 2n ** 16n + 1n),
        wide('fee', 2n ** 96n + FEE),
        wide('maxRoyalty', 2n ** 96n),
        wide('node', 2n ** 160n),
      ),
    );
    await refused(s.requests, 'Requests_DeadlineInvalid', () => tryRequest(s, { deadline: 2 ** 40 - 1 }));
    await refused(
      s.requests,
      'Requests_ModeUnsupported',
      () => tryRequest(s, { mode: 1 }),
      () => tryRequest(s, { mode: 2 }),
    );
    const input = `0x${'00'.repeat(PARAMETERS.maxInput + 1)}` as const;
    await refused(s.requests, 'Requests_InputTooLarge', () => tryRequest(s, { input }));
    await request(s, { lane: 65_535 });
  });

  it('scenario 31: fee 0 and a fee equal to the shares are refused; one wei more leaves the node that wei', async () => {
    const s = await systemWith({ protocolBps: 0, tipBps: 0 });
    await nobodyLoses(s, () =>
      refused(
        s.requests,
        'Requests_FeeBelowShares',
        () => tryRequest(s, { fee: 0n }),
        () => tryRequest(s, { fee: ROYALTY }),
      ),
    );
    const story = await (await request(s, { fee: ROYALTY + 1n })).submit();
    const gains = await changes(s, { node: s.node }, () => story.finalise());
    expect(gains.node).to.equal(PARAMETERS.sliceFloor + 1n);
  });

  it('scenario 31: shares at their caps are taken to the wei, above them no set is appended', async () => {
    const s = await systemWith({ protocolBps: 1000, tipBps: 500, penaltyBps: 10_000, psiBps: 3750, rhoBps: 3750 });
    const story = await (await request(s)).submit();
    await time.increaseTo(story.end + PARAMETERS.tipDelay + 1);
    const gains = await changes(s, { node: s.node, keeper: s.keeper }, () => story.finalise(s.keeper, true));
    expect(gains).to.deep.equal({
      node: PARAMETERS.sliceFloor + FEE - ROYALTY - FEE / 10n - FEE / 20n,
      keeper: FEE / 20n,
    });
    for (const bad of [
      { protocolBps: 1001 },
      { tipBps: 501 },
      { penaltyBps: 10_001 },
      { psiBps: 3751, rhoBps: 3750 },
      { psiBps: 3750, rhoBps: 3751 },
      { callbackCap: 2_000_001 },
      { tcBase: PARAMETERS.tcBase - 1 },
      { tcRateLog2: 61 },
      { maxLifeDays: 0 },
      { sliceFloor: 0n },
      { maxInput: 0 },
      { arbiter: s.attacker.address },
    ])
      await refused(s.requests, 'Requests_BadParameter', () => appendSet(s, bad));
  });

  it('scenario 31: with every share at 0 the node gets the whole fee', async () => {
    const s = await systemWith({ protocolBps: 0, tipBps: 0, penaltyBps: 0, psiBps: 0, rhoBps: 0 });
    await s.models.connect(s.owner).setRoyalty(s.version, 0n);
    const paid = await (await request(s, { fee: 1n })).submit();
    const accepted = await (await request(s, { lane: 1, fee: 1n })).accept();
    const gains = await changes(s, { node: s.node, requester: s.requester }, async () => {
      await paid.finalise();
      await time.increaseTo(accepted.terms.deadline);
      await sendAs(s.keeper, s.requests.expire.populateTransaction(accepted.packed, accepted.nonce, 3, s.node));
    });
    expect(gains).to.deep.equal({ node: 2n * PARAMETERS.sliceFloor + 1n, requester: 1n });
  });
});
