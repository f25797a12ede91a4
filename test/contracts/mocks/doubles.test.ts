// The hostile doubles do what their names say: an attack test with a tame double proves nothing.
import { expect } from 'chai';
import { network } from 'hardhat';

const { ethers, networkHelpers } = await network.create('local');
const { loadFixture } = networkHelpers;

const ID = `0x${'ab'.repeat(32)}`;
const OUTPUT = `0x${'cd'.repeat(32)}${'ef'.repeat(8)}`;
/** The most a callback ever gets: a bomb must go off within it. */
const GAS = 2_000_000n;

async function actors() {
  const [me, other] = await ethers.getSigners();
  if (!me || !other) throw new Error('the local network has no accounts');
  const requester = await ethers.deployContract('HostileRequester');
  const keeper = await ethers.deployContract('HostileKeeper');
  const callback = requester.interface.encodeFunctionData('onInference', [ID, OUTPUT]);
  /** What the callback answers when a keeper calls it with the most gas there is. */
  const call = async () => {
    const answer = await keeper.starve.staticCall(requester, GAS, callback, { gasLimit: 15_000_000n });
    return { success: answer.success, bytes: Number(answer.size) };
  };
  return { me, other, requester, keeper, callback, call };
}

describe('HostileRequester', () => {
  const behaviours = { Store: 0, Reverts: 1, BurnsGas: 2, Bomb: 3, RevertBomb: 4, ReEnters: 5, SelfDestructs: 6 };
  const as = async (behaviour: keyof typeof behaviours) => {
    const all = await loadFixture(actors);
    await all.requester.behave(behaviours[behaviour], ethers.ZeroAddress, '0x');
    return all;
  };

  it('stores two words', async () => {
    const { requester } = await as('Store');
    await requester.onInference(ID, OUTPUT);
    expect([await requester.lastId(), await requester.lastWord()]).to.deep.equal([ID, OUTPUT.slice(0, 66)]);
  });

  for (const [behaviour, success, bytes] of [
    ['Reverts', false, 4],
    ['BurnsGas', false, 0],
    ['Bomb', true, 900_000],
    ['RevertBomb', false, 900_000],
  ] as const)
    it(`${behaviour}: answers ${success ? 'success' : 'failure'} with ${bytes} bytes`, async () => {
      const { call } = await as(behaviour);
      expect(await call()).to.deep.equal({ success, bytes });
    });

  it('re-enters a target and remembers how it went', async () => {
    const { requester, me } = await loadFixture(actors);
    const token = await ethers.deployContract('MintableToken');
    const mint = token.interface.encodeFunctionData('mint', [me.address, 5n]);
    await requester.behave(behaviours.ReEnters, token, mint);
    await requester.onInference(ID, OUTPUT);
    expect(await token.balanceOf(me)).to.equal(5n);
    expect([await requester.reentrySucceeded(), await requester.calls(), await requester.lastCaller()]).to.deep.equal([
      true,
      1n,
      me.address,
    ]);
  });

  it('calls anything as itself, and passes reverts on', async () => {
    const { requester } = await loadFixture(actors);
    const token = await ethers.deployContract('MintableToken');
    const transfer = token.interface.encodeFunctionData('transfer', [await token.getAddress(), 1n]);
    await expect(requester.execute(token, transfer)).to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance');
  });
});

describe('VanishingRequester', () => {
  it('has code while it calls, and none afterwards', async () => {
    const { me } = await loadFixture(actors);
    const factory = await ethers.deployContract('VanishingRequester');
    const token = await ethers.deployContract('MintableToken');
    const mint = token.interface.encodeFunctionData('mint', [me.address, 7n]);
    const requester = await factory.run.staticCall([token], [mint]);
    await factory.run([token], [mint]);
    expect(await token.balanceOf(me)).to.equal(7n);
    expect(await ethers.provider.getCode(requester)).to.equal('0x');
  });
});

describe('HostileKeeper', () => {
  it('starves a call and lives', async () => {
    const { requester, keeper, callback } = await loadFixture(actors);
    await expect(keeper.starve(requester, 5_000n, callback))
      .to.emit(keeper, 'Called')
      .withArgs(false, 0, '0x');
    expect(await requester.lastId()).to.equal(ethers.ZeroHash);
  });

  it('makes calls in order and lives through failures', async () => {
    const { requester, keeper, callback } = await loadFixture(actors);
    const outcomes = await keeper.sequence.staticCall(
      [requester, keeper, requester],
      [callback, '0x12345678', callback],
    );
    expect(outcomes.map(({ success }) => success)).to.deep.equal([true, false, true]);
  });
});

describe('the hostile tokens', () => {
  async function move(name: string, set: (token: string) => Promise<unknown> = async () => {}) {
    const { me, other } = await loadFixture(actors);
    const address = await (await ethers.deployContract(name)).getAddress();
    const token = await ethers.getContractAt('MintableToken', address);
    await token.mint(me, 1000n);
    await set(address);
    await token.transfer(other, 100n);
    return [await token.balanceOf(me), await token.balanceOf(other)];
  }

  for (const [name, balances] of [
    ['MintableToken', [900n, 100n]],
    ['FeeToken', [900n, 99n]],
    ['BonusToken', [900n, 101n]],
    ['FalseToken', [1000n, 0n]],
    ['LyingToken', [1000n, 0n]],
    ['SilentToken', [900n, 100n]],
  ] as const)
    it(`${name}: a transfer of 100 leaves ${balances}`, async () => {
      expect(await move(name)).to.deep.equal(balances);
    });

  it('RebasingToken: balances change without a transfer', async () => {
    const halve = async (token: string) => (await ethers.getContractAt('RebasingToken', token)).rebase(50);
    expect(await move('RebasingToken', halve)).to.deep.equal([450n, 50n]);
  });

  it('HookToken: calls its target in the middle of a transfer, once', async () => {
    let minted: unknown;
    await move('HookToken', async (address) => {
      const hooked = await ethers.deployContract('MintableToken');
      const mint = hooked.interface.encodeFunctionData('mint', [address, 3n]);
      const token = await ethers.getContractAt('HookToken', address);
      await token.arm(hooked, mint, true);
      await token.mint(address, 1n);
      await token.mint(address, 1n);
      minted = await hooked.balanceOf(address);
    });
    expect(minted).to.equal(3n);
  });

  it('BlocklistToken and PausableToken: refuse when told to', async () => {
    const { other } = await loadFixture(actors);
    const block = async (token: string) =>
      (await ethers.getContractAt('BlocklistToken', token)).setBlocked(other, true);
    await expect(move('BlocklistToken', block)).to.be.revert(ethers);
    const pause = async (token: string) => (await ethers.getContractAt('PausableToken', token)).setPaused(true);
    await expect(move('PausableToken', pause)).to.be.revert(ethers);
  });
});
