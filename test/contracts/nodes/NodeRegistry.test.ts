import { expect } from 'chai';
import { network } from 'hardhat';

const { ethers, networkHelpers } = await network.create('local');
const { loadFixture, time } = networkHelpers;

const VERSION = `0x${'ab'.repeat(32)}`;
const MAX = { price: 2n ** 96n - 1n, until: 2n ** 40n - 1n, minReserved: 2n ** 24n - 1n };

async function registry() {
  const [node, key, other] = await ethers.getSigners();
  if (!node || !key || !other) throw new Error('the local network has no accounts');
  const nodes = await ethers.deployContract('NodeRegistry');
  const now = BigInt(await time.latest());
  return { nodes, node, key, other, now };
}

describe('NodeRegistry.setNode', () => {
  it('sets the roles and endpoint of the caller only', async () => {
    const { nodes, node, other } = await loadFixture(registry);
    await expect(nodes.setNode(15, 'https://node.example'))
      .to.emit(nodes, 'NodeSet')
      .withArgs(node.address, 15, 'https://node.example');
    expect([...(await nodes.nodeOf(node))]).to.deep.equal([15n, 'https://node.example']);
    expect([...(await nodes.nodeOf(other))]).to.deep.equal([0n, '']);
  });

  it('replaces a long endpoint by a short one and by none', async () => {
    const { nodes, node } = await loadFixture(registry);
    for (const endpoint of ['x'.repeat(256), 'x'.repeat(32), 'x'.repeat(31), '']) {
      await nodes.setNode(1, endpoint);
      expect((await nodes.nodeOf(node)).endpoint).to.equal(endpoint);
    }
  });

  it('refuses unknown roles and endpoints above 256 bytes', async () => {
    const { nodes } = await loadFixture(registry);
    await expect(nodes.setNode(16, '')).to.be.revertedWithCustomError(nodes, 'Nodes_BadField').withArgs('roles');
    await expect(nodes.setNode(1, 'x'.repeat(257)))
      .to.be.revertedWithCustomError(nodes, 'Nodes_BadField')
      .withArgs('endpoint');
  });

  it('names roles and permissions by single bits', async () => {
    const { nodes } = await loadFixture(registry);
    const roles = [nodes.ROLE_INFERENCE(), nodes.ROLE_VERIFIER(), nodes.ROLE_STORAGE(), nodes.ROLE_DATA()];
    expect(await Promise.all(roles)).to.deep.equal([1n, 2n, 4n, 8n]);
    const permissions = [nodes.MAY_ACCEPT(), nodes.MAY_DECLINE(), nodes.MAY_SUBMIT()];
    expect(await Promise.all(permissions)).to.deep.equal([1n, 2n, 4n]);
  });
});

describe('NodeRegistry.setKey', () => {
  it('lets a key do what is permitted, for this node, until and including its last second', async () => {
    const { nodes, node, key, other, now } = await loadFixture(registry);
    const until = now + 100n;
    await expect(nodes.setKey(key, until, 5))
      .to.emit(nodes, 'KeySet')
      .withArgs(node.address, key.address, until, 5);
    expect([...(await nodes.keyOf(node, key))]).to.deep.equal([until, 5n]);
    const may = (permission: number) => nodes.mayAct(node, key, permission);
    expect(await Promise.all([1, 2, 4, 5, 3, 0].map(may))).to.deep.equal([true, false, true, true, false, false]);
    expect(await nodes.mayAct(other, key, 1)).to.equal(false);
    expect(await nodes.mayAct(node, other, 1)).to.equal(false);
    await time.increaseTo(until);
    expect(await may(1)).to.equal(true);
    await time.increaseTo(until + 1n);
    expect(await may(1)).to.equal(false);
  });

  it('takes effect at once when permissions change', async () => {
    const { nodes, node, key, now } = await loadFixture(registry);
    await nodes.setKey(key, now + 100n, 7);
    await nodes.setKey(key, now + 100n, 2);
    expect(await Promise.all([1, 2, 4].map((p) => nodes.mayAct(node, key, p)))).to.deep.equal([false, true, false]);
  });

  it('until 0 revokes, and leaves no permission behind', async () => {
    const { nodes, node, key, now } = await loadFixture(registry);
    await nodes.setKey(key, now + 100n, 7);
    await expect(nodes.setKey(key, 0, 7))
      .to.emit(nodes, 'KeySet')
      .withArgs(node.address, key.address, 0, 0);
    expect([...(await nodes.keyOf(node, key))]).to.deep.equal([0n, 0n]);
    expect(await nodes.mayAct(node, key, 1)).to.equal(false);
  });

  it('lets one key serve two nodes, each in its own right', async () => {
    const { nodes, node, key, other, now } = await loadFixture(registry);
    await nodes.setKey(key, now + 100n, 1);
    await nodes.connect(other).setKey(key, now + 100n, 4);
    expect([await nodes.mayAct(node, key, 1), await nodes.mayAct(node, key, 4)]).to.deep.equal([true, false]);
    expect([await nodes.mayAct(other, key, 1), await nodes.mayAct(other, key, 4)]).to.deep.equal([false, true]);
  });

  it('keeps 64 bits of time beside 8 of permissions', async () => {
    const { nodes, node, key } = await loadFixture(registry);
    await nodes.setKey(key, 2n ** 64n - 1n, 7);
    expect([...(await nodes.keyOf(node, key))]).to.deep.equal([2n ** 64n - 1n, 7n]);
    const slot = await keySlot(node.address, key.address);
    expect(BigInt(await ethers.provider.getStorage(nodes, slot))).to.equal((7n << 64n) | (2n ** 64n - 1n));
  });

  it('refuses keys that could never act', async () => {
    const { nodes, key, now } = await loadFixture(registry);
    await time.setNextBlockTimestamp(now + 50n);
    for (const [who, until, permissions, field] of [
      [ethers.ZeroAddress, now + 100n, 1, 'key'],
      [key.address, now - 1n, 1, 'until'],
      [key.address, now + 100n, 0, 'permissions'],
      [key.address, now + 100n, 8, 'permissions'],
    ] as const)
      await expect(nodes.setKey(who, until, permissions))
        .to.be.revertedWithCustomError(nodes, 'Nodes_BadField')
        .withArgs(field);
  });

  it('accepts a key whose last second is now', async () => {
    const { nodes, key, now } = await loadFixture(registry);
    await time.setNextBlockTimestamp(now + 50n);
    await nodes.setKey(key, now + 50n, 1);
  });
});

describe('NodeRegistry.setOffer', () => {
  it('packs the offer of the caller', async () => {
    const { nodes, node, other } = await loadFixture(registry);
    const { price, until, minReserved } = MAX;
    await expect(nodes.setOffer(VERSION, price, minReserved, until))
      .to.emit(nodes, 'OfferSet')
      .withArgs(node.address, VERSION, price, minReserved, until);
    expect(await nodes.offerOf(node, VERSION)).to.equal((minReserved << 136n) | (until << 96n) | price);
    expect(await nodes.offerOf(other, VERSION)).to.equal(0n);
    expect(await nodes.offerOf(node, `0x${'cd'.repeat(32)}`)).to.equal(0n);
  });

  it('keeps each field apart', async () => {
    const { nodes, node, now } = await loadFixture(registry);
    await nodes.setOffer(VERSION, 3, 2, now + 100n);
    expect(await nodes.offerOf(node, VERSION)).to.equal((2n << 136n) | ((now + 100n) << 96n) | 3n);
  });

  it('until 0 withdraws it without a trace', async () => {
    const { nodes, node, now } = await loadFixture(registry);
    await nodes.setOffer(VERSION, 3, 2, now + 100n);
    await expect(nodes.setOffer(VERSION, 3, 2, 0))
      .to.emit(nodes, 'OfferSet')
      .withArgs(node.address, VERSION, 0, 0, 0);
    expect(await nodes.offerOf(node, VERSION)).to.equal(0n);
  });

  it('takes a price of 0: a node may work for nothing', async () => {
    const { nodes, node, now } = await loadFixture(registry);
    await nodes.setOffer(VERSION, 0, 0, now + 100n);
    expect(await nodes.offerOf(node, VERSION)).to.equal((now + 100n) << 96n);
  });

  it('refuses a past until and the empty version', async () => {
    const { nodes, now } = await loadFixture(registry);
    await expect(nodes.setOffer(VERSION, 3, 2, now - 1n))
      .to.be.revertedWithCustomError(nodes, 'Nodes_BadField')
      .withArgs('until');
    await expect(nodes.setOffer(ethers.ZeroHash, 3, 2, now + 100n))
      .to.be.revertedWithCustomError(nodes, 'Nodes_BadField')
      .withArgs('version');
  });
});

/** Storage slot of _keys[node][key]: the second mapping of the contract. */
async function keySlot(node: string, key: string) {
  const word = (value: string) => ethers.zeroPadValue(value, 32);
  const outer = ethers.keccak256(ethers.concat([word(node), ethers.toBeHex(1, 32)]));
  return ethers.keccak256(ethers.concat([word(key), outer]));
}
