// What Escrow refuses of a capability that breaks its word: parts that no coin pays, second slices, more capabilities than a word has bits.
import { expect } from 'chai';
import { AbiCoder, concat, toBeHex, zeroPadValue } from 'ethers';
import { ethers } from '../requests/system.ts';
import { begin, outcome, type World } from '../requests/world.ts';

const TAG = zeroPadValue('0x01', 32);
const held = (slice: bigint, fee: bigint) => (slice << 96n) | fee;
const CREDITS = 'tuple(uint256 to, uint256 available, uint256 stake)[]';

interface Part {
  readonly to: bigint;
  readonly available: bigint;
  readonly stake: bigint;
}

describe('Escrow: a capability that breaks its word', () => {
  let w: World;
  beforeEach(async () => {
    w = await begin();
    await (await w.s.escrow.connect(w.s.admin).appendCapability(w.s.game)).wait();
    for (const one of [w.s.requester, w.s.node]) await (await w.s.escrow.connect(one).setConsent(0, true)).wait();
    const lock = w.s.escrow.interface.encodeFunctionData('lock', [w.s.requester.address, 4, 100, TAG, false]);
    await (await w.s.game.act(w.s.escrow, lock)).wait();
  });

  /** Closes the lock with words as wide as they come: an encoder of the ABI would refuse them itself. */
  const close = (parts: readonly Part[]) => {
    const words = AbiCoder.defaultAbiCoder().encode(
      ['address', 'uint16', 'uint256', 'bytes32', CREDITS],
      [w.s.requester.address, 4, held(0n, 100n), TAG, parts],
    );
    const selector = w.s.escrow.interface.getFunction('close').selector;
    return w.s.game.act(w.s.escrow, concat([selector, words]));
  };
  const keeper = () => BigInt(w.s.keeper.address);

  it('credits no amount and no address that is wider than its type', async () => {
    const wide = 2n ** 96n;
    for (const parts of [
      [{ to: keeper(), available: wide, stake: 0n }],
      [{ to: keeper(), available: 0n, stake: wide }],
      // Sums to what the lock holds, modulo 2^256
      [{ to: keeper(), available: 101n, stake: 2n ** 256n - 1n }],
      [{ to: keeper() | (1n << 160n), available: 100n, stake: 0n }],
    ])
      await expect(close(parts)).to.be.revertedWithoutReason(ethers);
    expect(await outcome(close([{ to: keeper(), available: 100n, stake: 0n }]))).to.equal('DONE');
    expect((await w.s.escrow.accountOf(w.s.keeper))[0]).to.equal(100n);
  });

  it('adds no second slice to a lock, among many either', async () => {
    const node = w.s.node.address;
    const again = (slice: bigint, add: bigint) =>
      w.s.game.act(
        w.s.escrow,
        w.s.escrow.interface.encodeFunctionData('relockMany', [
          w.s.requester.address,
          [{ lane: 4, amounts: toBeHex(held(slice, 100n), 32), oldTag: TAG, newTag: TAG }],
          node,
          add,
        ]),
      );
    expect(await outcome(again(0n, 50n))).to.equal('DONE');
    expect(await outcome(again(50n, 1n))).to.equal('Escrow_PartsDoNotSum');
    expect(await outcome(again(50n, 0n))).to.equal('DONE');
  });

  it('appends as many capabilities as a word of consents has bits', async () => {
    const admin = w.s.escrow.connect(w.s.admin);
    for (let i = 1n; i < 256n; i++) await admin.appendCapability(toBeHex(i << 80n, 20));
    expect(BigInt(await w.s.escrow.capabilityAt(255))).to.equal(255n << 80n);
    await (await w.s.escrow.connect(w.s.requester).setConsent(255, true)).wait();
    expect(await w.s.escrow.consents(w.s.requester, 255)).to.equal(true);
    expect(await outcome(admin.appendCapability(toBeHex(256n << 80n, 20)))).to.equal('Escrow_CapabilityRefused');
  });
});
