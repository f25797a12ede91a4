// lock, relock, close and their Many forms, called by the game as an appended capability, and by contracts that are none.
import { expect } from 'chai';
import { concat, keccak256, toBeHex, ZeroAddress, zeroPadValue } from 'ethers';
import { ethers, opg } from '../requests/system.ts';
import { lockWord } from '../requests/terms.ts';
import type { World } from '../requests/world.ts';
import { begin as beginWithout, outcome } from '../requests/world.ts';

const [A, B, C] = [1, 2, 3].map((i) => zeroPadValue(toBeHex(i), 32)) as [string, string, string];
const amounts = (nonce: bigint, slice: bigint, fee: bigint) => (nonce << 192n) | (slice << 96n) | fee;
const key = (capability: string, payer: string, lane: number) =>
  keccak256(concat([capability, payer, toBeHex(lane, 2)]));

type Game = { act(target: unknown, input: string): Promise<{ wait(): Promise<unknown> }> };
/** Escrow as a capability sees it. */
const as = (w: World, capability: unknown = w.s.game) => {
  const call = (name: string, args: unknown[]) =>
    (capability as Game).act(
      w.s.escrow,
      (w.s.escrow.interface.encodeFunctionData as unknown as (name: string, args: unknown[]) => string)(name, args),
    );
  return {
    lock: (...args: unknown[]) => call('lock', args),
    lockMany: (...args: unknown[]) => call('lockMany', args),
    relock: (...args: unknown[]) => call('relock', args),
    relockMany: (...args: unknown[]) => call('relockMany', args),
    close: (...args: unknown[]) => call('close', args),
    closeMany: (...args: unknown[]) => call('closeMany', args),
  };
};
/** A world whose game is a capability that requester and node consented to. */
async function begin(): Promise<World> {
  const w = await beginWithout();
  await (await w.s.escrow.connect(w.s.admin).appendCapability(w.s.game)).wait();
  for (const account of [w.s.requester, w.s.node]) await (await w.s.escrow.connect(account).setConsent(0, true)).wait();
  return w;
}
const payer = (w: World) => w.s.requester.address;
const word = (w: World, lane: number) => w.s.escrow.lockOf(w.s.game, payer(w), lane);
/** The first `n` words the game got back from its last call. */
async function bits(w: World, n = 2): Promise<bigint[]> {
  const answer = await w.s.game.answer();
  return Array.from({ length: n }, (_, i) => BigInt(`0x${answer.slice(2 + 64 * i, 66 + 64 * i)}`));
}

describe('Escrow.lock', () => {
  it('takes the fee and binds tag, nonce and amounts in one word', async () => {
    const w = await begin();
    const before = await w.balances();
    await (await as(w).lock(payer(w), 4, 100, A, false)).wait();
    await (await as(w).lock(payer(w), 5, 7, A, false)).wait();
    expect(await word(w, 4)).to.equal(lockWord(A, 0n, 0n, 100n));
    expect(await word(w, 5)).to.equal(lockWord(A, 1n, 0n, 7n));
    expect((await w.balances())['requester.available']).to.equal((before['requester.available'] as bigint) - 107n);
    const slot = await w.s.escrow.lockOf(w.s.requests, payer(w), 4);
    expect(slot).to.equal(0n); // another capability's lane of the same number
  });

  it('refuses a busy lane, an overdraw, and anybody who is no capability', async () => {
    const w = await begin();
    await (await as(w).lock(payer(w), 4, 1, A, false)).wait();
    expect(await outcome(as(w).lock(payer(w), 4, 1, A, false))).to.equal('Escrow_LaneBusy');
    expect(await outcome(as(w).lock(payer(w), 5, opg('1000'), A, false))).to.equal('Escrow_Overdraw');
    const stranger = await ethers.deployContract('MockGame');
    expect(await outcome(as(w, stranger).lock(payer(w), 5, 1, A, false))).to.equal('Escrow_NotCapability');
    expect(await outcome(w.s.escrow.connect(w.s.stranger).lock(payer(w), 5, 1, A, false))).to.equal(
      'Escrow_NotCapability',
    );
  });

  it('pulls exactly the fee', async () => {
    const w = await begin();
    const before = await w.s.token.balanceOf(payer(w));
    await (await as(w).lock(payer(w), 4, 100, A, true)).wait();
    expect(await w.s.token.balanceOf(payer(w))).to.equal(before - 100n);
    expect((await w.s.escrow.accountOf(payer(w)))[0]).to.equal(opg('1000'));
  });
});

describe('Escrow.lockMany', () => {
  it('opens consecutive lanes with consecutive nonces', async () => {
    const w = await begin();
    await (await as(w).lockMany(payer(w), 65_533, 9, [A, B, C], false)).wait();
    for (const [i, tag] of [A, B, C].entries())
      expect(await word(w, 65_533 + i)).to.equal(lockWord(tag, BigInt(i), 0n, 9n));
    expect((await w.s.escrow.accountOf(payer(w)))[2]).to.equal(3n);
    expect(await outcome(as(w).lockMany(payer(w), 65_534, 9, [A, B, C], false))).to.equal('Escrow_LaneBusy');
    expect(await outcome(as(w).lockMany(payer(w), 0, opg('501'), [A, B], false))).to.equal('Escrow_Overdraw');
  });
});

describe('Escrow.relock', () => {
  it('replaces the tag and adds a slice of free stake', async () => {
    const w = await begin();
    await (await as(w).lock(payer(w), 4, 100, A, false)).wait();
    await (await as(w).relock(payer(w), 4, amounts(0n, 0n, 100n), A, B, ZeroAddress, 0)).wait();
    expect(await word(w, 4)).to.equal(lockWord(B, 0n, 0n, 100n));
    await (await as(w).relock(payer(w), 4, amounts(0n, 0n, 100n), B, C, w.s.node.address, 50)).wait();
    expect(await word(w, 4)).to.equal(lockWord(C, 0n, 50n, 100n));
    expect((await w.s.escrow.accountOf(w.s.node))[1]).to.equal(opg('900') - 50n);
  });

  it('refuses what is not in the word, stake that is not free, and a second slice', async () => {
    const w = await begin();
    await (await as(w).lock(payer(w), 4, 100, A, false)).wait();
    const node = w.s.node.address;
    const send = (lane: number, held: bigint, tag: string, slice: bigint) =>
      outcome(as(w).relock(payer(w), lane, held, tag, B, node, slice));
    expect(await send(5, amounts(0n, 0n, 100n), A, 1n)).to.equal('Escrow_NoSuchLock');
    expect(await send(4, amounts(0n, 0n, 100n), C, 1n)).to.equal('Escrow_NoSuchLock');
    expect(await send(4, amounts(1n, 0n, 100n), A, 1n)).to.equal('Escrow_NoSuchLock');
    expect(await send(4, amounts(0n, 0n, 101n), A, 1n)).to.equal('Escrow_NoSuchLock');
    expect(await send(4, amounts(0n, 0n, 100n), A, opg('900') + 1n)).to.equal('Escrow_Overdraw');
    await (await as(w).relock(payer(w), 4, amounts(0n, 0n, 100n), A, B, node, 50)).wait();
    const second = as(w).relock(payer(w), 4, amounts(0n, 50n, 100n), B, C, node, 1);
    expect(await outcome(second)).to.equal('Escrow_PartsDoNotSum');
  });

  it('reaches no lock of another capability', async () => {
    const w = await begin();
    const job = await w.request({ lane: 4n });
    const held = amounts(job.nonce, 0n, job.fee);
    expect(await outcome(as(w).relock(payer(w), 4, held, A, B, ZeroAddress, 0))).to.equal('Escrow_NoSuchLock');
    expect(key(String(w.s.game.target), payer(w), 4)).to.not.equal(key(String(w.s.requests.target), payer(w), 4));
  });
});

describe('Escrow.relockMany', () => {
  it('says which were gone and which found no stake', async () => {
    const w = await begin();
    await (await w.s.escrow.connect(w.s.node).unstake(opg('900') - 25n)).wait();
    await (await as(w).lockMany(payer(w), 0, 1, [A, A, A, A], false)).wait();
    const item = (i: number) => ({ lane: i, amounts: amounts(BigInt(i), 0n, 1n), oldTag: A, newTag: B });
    const items = [item(0), { ...item(1), oldTag: C }, item(0), item(2), item(3)];
    await (await as(w).relockMany(payer(w), items, w.s.node.address, 10)).wait();
    expect(await bits(w)).to.deep.equal([0b00110n, 0b10000n]);
    expect((await w.s.escrow.accountOf(w.s.node))[1]).to.equal(5n);
    expect(await word(w, 2)).to.equal(lockWord(B, 2n, 10n, 1n));
    expect(await word(w, 3)).to.equal(lockWord(A, 3n, 0n, 1n));
    const long = new Array(257).fill(item(3));
    expect(await outcome(as(w).relockMany(payer(w), long, w.s.node.address, 0))).to.equal('Escrow_TooManyItems');
  });
});

describe('Escrow.close', () => {
  const credit = (to: string, available: bigint, stake = 0n) => ({ to, available, stake });
  async function held(w: World) {
    await (await as(w).lock(payer(w), 4, 100, A, false)).wait();
    await (await as(w).relock(payer(w), 4, amounts(0n, 0n, 100n), A, B, w.s.node.address, 50)).wait();
    return amounts(0n, 50n, 100n);
  }

  it('frees the lane and credits parts that sum to what it held', async () => {
    const w = await begin();
    const lock = await held(w);
    const parts = [
      credit(w.s.node.address, 60n, 50n),
      credit(w.s.keeper.address, 39n),
      credit(w.s.stranger.address, 0n),
      credit(w.s.keeper.address, 1n),
    ];
    const before = await w.balances();
    await (await as(w).close(payer(w), 4, lock, B, parts)).wait();
    const after = await w.balances();
    const moved = (name: string) => (after[name] as bigint) - (before[name] as bigint);
    expect(['node.available', 'node.stake', 'keeper.available', 'stranger.available'].map(moved)).to.deep.equal([
      60n,
      50n,
      40n,
      0n,
    ]);
    expect(await word(w, 4)).to.equal(1n);
    expect(await outcome(as(w).close(payer(w), 4, lock, B, parts))).to.equal('Escrow_NoSuchLock');
    expect(await outcome(as(w).lock(payer(w), 4, 1, A, false))).to.equal('DONE');
  });

  for (const off of [-1n, 1n])
    it(`refuses parts that are ${off} off`, async () => {
      const w = await begin();
      const lock = await held(w);
      const parts = [credit(w.s.node.address, 100n, 50n + off)];
      expect(await outcome(as(w).close(payer(w), 4, lock, B, parts))).to.equal('Escrow_PartsDoNotSum');
    });

  it('refuses a stranger, who has no locks', async () => {
    const w = await begin();
    const lock = await held(w);
    const parts = [credit(w.s.stranger.address, 150n)];
    expect(await outcome(w.s.escrow.connect(w.s.stranger).close(payer(w), 4, lock, B, parts))).to.equal(
      'Escrow_NoSuchLock',
    );
  });

  it('refuses a credit that leaves 96 bits', async () => {
    const w = await begin();
    await (await as(w).lock(payer(w), 4, 0, A, false)).wait();
    const max = 2n ** 96n - 1n;
    expect(await outcome(as(w).close(payer(w), 4, amounts(0n, 0n, 0n), A, [credit(w.s.node.address, max)]))).to.equal(
      'Escrow_PartsDoNotSum',
    );
  });

  it('closes many with one credit of the sum', async () => {
    const w = await begin();
    await (await as(w).lockMany(payer(w), 0, 10, [A, A, A], false)).wait();
    const item = (i: number, tag = A) => ({ lane: i, amounts: amounts(BigInt(i), 0n, 10n), tag });
    const parts = [credit(w.s.keeper.address, 4n), credit(payer(w), 5n, 1n)];
    await (await as(w).closeMany(payer(w), [item(0), item(1, B), item(0), item(2)], parts)).wait();
    expect(await bits(w, 1)).to.deep.equal([0b0110n]);
    expect((await w.s.escrow.accountOf(w.s.keeper))[0]).to.equal(8n);
    expect((await w.s.escrow.accountOf(payer(w)))[1]).to.equal(2n);
    const wrong = [item(1), { ...item(1), amounts: amounts(1n, 0n, 11n) }];
    expect(await outcome(as(w).closeMany(payer(w), wrong, parts))).to.equal('Escrow_PartsDoNotSum');
    expect(await outcome(as(w).closeMany(payer(w), new Array(257).fill(item(1)), parts))).to.equal(
      'Escrow_TooManyItems',
    );
  });
});

describe('An appended capability', () => {
  async function appended() {
    const w = await beginWithout();
    const later = await ethers.deployContract('MockGame');
    await expect(w.s.escrow.connect(w.s.admin).appendCapability(later))
      .to.emit(w.s.escrow, 'CapabilityAppended')
      .withArgs(0, await later.getAddress());
    return { w, later };
  }

  it('moves nothing of an account that did not consent', async () => {
    const { w, later } = await appended();
    expect(await outcome(as(w, later).lock(payer(w), 4, 1, A, false))).to.equal('Escrow_NoConsent');
    expect(await outcome(as(w, later).lockMany(payer(w), 4, 1, [A], true))).to.equal('Escrow_NoConsent');
    await expect(w.s.escrow.connect(w.s.requester).setConsent(0, true))
      .to.emit(w.s.escrow, 'ConsentSet')
      .withArgs(payer(w), 0, true);
    expect(await outcome(as(w, later).lock(payer(w), 4, 1, A, false))).to.equal('DONE');
    const held = amounts(0n, 0n, 1n);
    const node = w.s.node.address;
    expect(await outcome(as(w, later).relock(payer(w), 4, held, A, B, node, 1))).to.equal('Escrow_NoConsent');
    expect(await outcome(as(w, later).relock(payer(w), 4, held, A, B, ZeroAddress, 0))).to.equal('DONE');
    await (await w.s.escrow.connect(w.s.node).setConsent(0, true)).wait();
    expect(await outcome(as(w, later).relock(payer(w), 4, held, B, C, node, 1))).to.equal('DONE');
  });

  it('is refused again after a consent is withdrawn; what was locked before still closes', async () => {
    const { w, later } = await appended();
    const node = w.s.node.address;
    for (const account of [w.s.requester, w.s.node])
      await (await w.s.escrow.connect(account).setConsent(0, true)).wait();
    await (await as(w, later).lockMany(payer(w), 4, 1, [A, A, A], false)).wait();
    await (await as(w, later).relock(payer(w), 4, amounts(0n, 0n, 1n), A, B, node, 1)).wait();
    for (const account of [w.s.requester, w.s.node])
      await (await w.s.escrow.connect(account).setConsent(0, false)).wait();

    expect(await outcome(as(w, later).lock(payer(w), 9, 1, A, false))).to.equal('Escrow_NoConsent');
    expect(await outcome(as(w, later).lockMany(payer(w), 9, 1, [A], true))).to.equal('Escrow_NoConsent');
    expect(await outcome(as(w, later).relock(payer(w), 5, amounts(1n, 0n, 1n), A, B, node, 1))).to.equal(
      'Escrow_NoConsent',
    );
    const item = { lane: 5, amounts: amounts(1n, 0n, 1n), oldTag: A, newTag: B };
    expect(await outcome(as(w, later).relockMany(payer(w), [item], node, 1))).to.equal('Escrow_NoConsent');

    const before = await w.balances();
    const whole = [{ to: node, available: 1, stake: 1 }];
    expect(await outcome(as(w, later).close(payer(w), 4, amounts(0n, 1n, 1n), B, whole))).to.equal('DONE');
    const items = [5, 6].map((lane) => ({ lane, amounts: amounts(BigInt(lane - 4), 0n, 1n), tag: A }));
    const back = [{ to: payer(w), available: 1, stake: 0 }];
    expect(await outcome(as(w, later).closeMany(payer(w), items, back))).to.equal('DONE');
    const after = await w.balances();
    const moved = (name: string) => (after[name] as bigint) - (before[name] as bigint);
    expect(['node.available', 'node.stake', 'requester.available'].map(moved)).to.deep.equal([1n, 1n, 2n]);
  });

  it("needs nobody's consent for its own account, and gets no other by it", async () => {
    const { w, later } = await appended();
    const own = await later.getAddress();
    await (await w.s.escrow.connect(w.s.requester).depositFor(own, 10)).wait();
    expect(await w.s.escrow.consents(own, 0)).to.equal(false);
    await (await as(w, later).lock(own, 0, 7, A, false)).wait();
    expect(await w.s.escrow.lockOf(own, own, 0)).to.equal(lockWord(A, 0n, 0n, 7n));
    expect(await outcome(as(w, later).lock(own, 1, 4, A, false))).to.equal('Escrow_Overdraw');
    expect(await outcome(as(w, later).relock(own, 0, amounts(0n, 0n, 7n), A, B, w.s.node.address, 1))).to.equal(
      'Escrow_NoConsent',
    );
    const before = await w.balances();
    const parts = [{ to: w.s.keeper.address, available: 7, stake: 0 }];
    await (await as(w, later).close(own, 0, amounts(0n, 0n, 7n), A, parts)).wait();
    const after = await w.balances();
    expect((after['keeper.available'] as bigint) - (before['keeper.available'] as bigint)).to.equal(7n);
    expect((await w.s.escrow.accountOf(own))[0]).to.equal(3n);

    const stranger = await ethers.deployContract('MockGame');
    await (await w.s.escrow.connect(w.s.requester).depositFor(stranger, 10)).wait();
    expect(await outcome(as(w, stranger).lock(await stranger.getAddress(), 0, 1, A, false))).to.equal(
      'Escrow_NotCapability',
    );
  });

  it('is appended once, by the governor, and looked at before it is consented to', async () => {
    const { w, later } = await appended();
    const admin = w.s.escrow.connect(w.s.admin);
    for (const known of [later, w.s.requests])
      expect(await outcome(admin.appendCapability(known))).to.equal('Escrow_CapabilityRefused');
    expect(await outcome(admin.appendCapability(ZeroAddress))).to.equal('Escrow_ZeroAddress');
    expect(await outcome(w.s.escrow.connect(w.s.stranger).appendCapability(w.s.stranger))).to.equal(
      'AccessManagedUnauthorized',
    );
    expect(await outcome(w.s.escrow.connect(w.s.requester).setConsent(1, true))).to.equal('Escrow_NotCapability');
    expect(await w.s.escrow.capabilityAt(0)).to.equal(await later.getAddress());
    expect(await w.s.escrow.consents(payer(w), 0)).to.equal(false);
  });
});

describe('Escrow.setTreasury', () => {
  it("is the governor's, and never address 0", async () => {
    const w = await begin();
    await expect(w.s.escrow.connect(w.s.admin).setTreasury(w.s.keeper))
      .to.emit(w.s.escrow, 'TreasurySet')
      .withArgs(w.s.keeper.address);
    expect(await outcome(w.s.escrow.connect(w.s.admin).setTreasury(ZeroAddress))).to.equal('Escrow_ZeroAddress');
    expect(await outcome(w.s.escrow.connect(w.s.stranger).setTreasury(w.s.stranger))).to.equal(
      'AccessManagedUnauthorized',
    );
  });
});
