import { expect } from 'chai';
import { AbiCoder, concat, keccak256, ZeroAddress } from 'ethers';
import { ethers, networkHelpers, published, word } from './fixture.ts';

const { loadFixture } = networkHelpers;

// The tree of the npm package "openzeppelin merkle-tree", by its definition: double-hashed leaves, sorted pairs.
const leafOf = (account: string) => keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(['address'], [account])));
const pair = (a: string, b: string) => keccak256(concat(BigInt(a) < BigInt(b) ? [a, b] : [b, a]));
const proofData = (proof: string[]) => AbiCoder.defaultAbiCoder().encode(['bytes32[]'], [proof]);

async function allowList() {
  const all = await published();
  const policy = await ethers.deployContract('AllowListPolicy', [await all.models.getAddress()]);
  await all.models.setPolicy(all.version, policy);
  const may = (who: string, data = '0x') => policy.mayRequest(all.version, who, data);
  return { ...all, policy, may };
}

async function kindHolders() {
  const all = await published();
  const policy = await ethers.deployContract('MultiTokenPolicy', [await all.models.getAddress()]);
  await all.models.setPolicy(all.version, policy);
  const token = await ethers.deployContract('KindToken');
  return { ...all, policy, token };
}

async function tokenHolders() {
  const all = await published();
  const policy = await ethers.deployContract('TokenHolderPolicy', [await all.models.getAddress()]);
  await all.models.setPolicy(all.version, policy);
  const token = await ethers.deployContract('MintableToken');
  return { ...all, policy, token };
}

describe('AllowListPolicy', () => {
  it('lists and unlists accounts, each with an event', async () => {
    const { models, policy, version, stranger, buyer, may } = await loadFixture(allowList);
    expect(await may(stranger.address)).to.equal(false);
    await expect(policy.setAllowed(version, [stranger, buyer], true))
      .to.emit(policy, 'Allowed')
      .withArgs(version, stranger.address, true)
      .and.to.emit(policy, 'Allowed')
      .withArgs(version, buyer.address, true);
    await models.requireAccess(version, stranger, '0x');
    await policy.setAllowed(version, [stranger], false);
    expect([await may(stranger.address), await may(buyer.address)]).to.deep.equal([false, true]);
    await expect(models.requireAccess(version, stranger, '0x')).to.be.revertedWithCustomError(
      models,
      'Models_AccessDenied',
    );
  });

  it('accepts a Merkle proof of the requester, and of nobody else', async () => {
    const { models, policy, version, owner, stranger, buyer, may } = await loadFixture(allowList);
    const sibling = leafOf(owner.address);
    const top = leafOf(policy.target.toString());
    const root = pair(pair(leafOf(stranger.address), sibling), top);
    await expect(policy.setRoot(version, root)).to.emit(policy, 'RootSet').withArgs(version, root);
    const proof = proofData([sibling, top]);
    expect(await may(stranger.address, proof)).to.equal(true);
    await models.requireAccess(version, stranger, proof);
    expect(await may(buyer.address, proof)).to.equal(false);
    expect(await may(stranger.address, proofData([sibling]))).to.equal(false);
    expect(await may(stranger.address)).to.equal(false);
    await policy.setRoot(version, word('00'));
    expect(await may(stranger.address, proof)).to.equal(false);
  });

  it('denies malformed proofs, by reverting', async () => {
    const { models, policy, version, stranger, may } = await loadFixture(allowList);
    await policy.setRoot(version, leafOf(stranger.address));
    await models.requireAccess(version, stranger, proofData([]));
    for (const data of ['0x01', word('ff'), proofData([word('01')]).slice(0, -2)]) {
      await expect(may(stranger.address, data)).to.be.revert(ethers);
      await expect(models.requireAccess(version, stranger, data)).to.be.revertedWithCustomError(
        models,
        'Models_AccessDenied',
      );
    }
  });

  it('does not take an inner node for an account', async () => {
    const { policy, version, owner, stranger, may } = await loadFixture(allowList);
    const [a, b] = [leafOf(owner.address), leafOf(stranger.address)];
    await policy.setRoot(version, pair(a, b));
    expect(await may(`0x${pair(a, b).slice(-40)}`, proofData([]))).to.equal(false);
  });

  it('verifies a proof of 32 levels within its gas', async () => {
    const { models, policy, version, stranger } = await loadFixture(allowList);
    const proof = Array.from({ length: 32 }, (_, level) => keccak256(ethers.toBeHex(level, 32)));
    await policy.setRoot(version, proof.reduce(pair, leafOf(stranger.address)));
    await models.requireAccess(version, stranger, proofData(proof));
  });

  it('keeps versions apart', async () => {
    const { policy, version, stranger, may } = await loadFixture(allowList);
    await policy.setAllowed(version, [stranger], true);
    expect(await may(stranger.address)).to.equal(true);
    expect(await policy.mayRequest(word('99'), stranger, '0x')).to.equal(false);
  });
});

describe('TokenHolderPolicy', () => {
  it('lets holders of the least balance in, and those with one wei less not', async () => {
    const { models, policy, token, version, stranger, buyer } = await loadFixture(tokenHolders);
    await expect(policy.setRule(version, token, 100n))
      .to.emit(policy, 'RuleSet')
      .withArgs(version, await token.getAddress(), 100n);
    await token.mint(stranger, 100n);
    await token.mint(buyer, 99n);
    await models.requireAccess(version, stranger, '0x');
    expect(await policy.mayRequest(version, buyer, '0x')).to.equal(false);
  });

  it('counts pieces of an ERC-721', async () => {
    const { models, policy, version, owner, stranger } = await loadFixture(tokenHolders);
    await policy.setRule(version, models, 1n);
    expect(await policy.mayRequest(version, owner, '0x')).to.equal(true);
    expect(await policy.mayRequest(version, stranger, '0x')).to.equal(false);
  });

  it('without a rule, nobody may; a rule can be taken back', async () => {
    const { policy, token, version, stranger } = await loadFixture(tokenHolders);
    await token.mint(stranger, 100n);
    expect(await policy.mayRequest(version, stranger, '0x')).to.equal(false);
    await policy.setRule(version, token, 1n);
    expect(await policy.mayRequest(version, stranger, '0x')).to.equal(true);
    await policy.setRule(version, ZeroAddress, 0n);
    expect(await policy.mayRequest(version, stranger, '0x')).to.equal(false);
  });

  it('refuses half a rule and a token without code', async () => {
    const { policy, token, version, stranger } = await loadFixture(tokenHolders);
    for (const [address, least, field] of [
      [stranger.address, 1n, 'token'],
      [await token.getAddress(), 0n, 'minBalance'],
      [ZeroAddress, 1n, 'minBalance'],
    ] as const)
      await expect(policy.setRule(version, address, least))
        .to.be.revertedWithCustomError(policy, 'Policies_BadField')
        .withArgs(field);
  });
});

describe('MultiTokenPolicy', () => {
  it('lets holders of enough pieces of the kind in, and of no other kind', async () => {
    const { models, policy, token, version, stranger, buyer } = await loadFixture(kindHolders);
    await expect(policy.setRule(version, token, 5n, 2n))
      .to.emit(policy, 'RuleSet')
      .withArgs(version, await token.getAddress(), 5n, 2n);
    await token.mint(stranger, 5n, 2n);
    await token.mint(buyer, 5n, 1n);
    await token.mint(buyer, 6n, 100n);
    await models.requireAccess(version, stranger, '0x');
    expect(await policy.mayRequest(version, buyer, '0x')).to.equal(false);
  });

  it('without a rule, nobody may; a rule can be taken back', async () => {
    const { policy, token, version, stranger } = await loadFixture(kindHolders);
    await token.mint(stranger, 0n, 1n);
    expect(await policy.mayRequest(version, stranger, '0x')).to.equal(false);
    await policy.setRule(version, token, 0n, 1n);
    expect(await policy.mayRequest(version, stranger, '0x')).to.equal(true);
    await policy.setRule(version, ZeroAddress, 0n, 0n);
    expect(await policy.mayRequest(version, stranger, '0x')).to.equal(false);
  });

  it('refuses half a rule, a token without code, and strangers', async () => {
    const { policy, token, version, owner, stranger } = await loadFixture(kindHolders);
    for (const [address, least, field] of [
      [stranger.address, 1n, 'token'],
      [await token.getAddress(), 0n, 'minBalance'],
      [ZeroAddress, 1n, 'minBalance'],
    ] as const)
      await expect(policy.setRule(version, address, 1n, least))
        .to.be.revertedWithCustomError(policy, 'Policies_BadField')
        .withArgs(field);
    await expect(policy.connect(stranger).setRule(version, token, 1n, 1n))
      .to.be.revertedWithCustomError(policy, 'Policies_NotOwner')
      .withArgs(stranger.address, owner.address);
  });
});

for (const name of ['AllowListPolicy', 'TokenHolderPolicy'] as const)
  describe(`${name}: who may set its rule`, () => {
    const set = (of: Awaited<ReturnType<typeof published>> & { policy: Setters }, version: string) =>
      'setRoot' in of.policy ? of.policy.setRoot(version, word('01')) : of.policy.setRule(version, of.models, 1n);
    type Setters = Awaited<ReturnType<typeof allowList>>['policy'] | Awaited<ReturnType<typeof tokenHolders>>['policy'];
    const fixture = () => (name === 'AllowListPolicy' ? loadFixture(allowList) : loadFixture(tokenHolders));

    it('not a stranger', async () => {
      const all = await fixture();
      await expect(set({ ...all, policy: all.policy.connect(all.stranger) }, all.version))
        .to.be.revertedWithCustomError(all.policy, 'Policies_NotOwner')
        .withArgs(all.stranger.address, all.owner.address);
    });

    it('the buyer of the model, and the seller no more', async () => {
      const all = await fixture();
      await all.models.transferFrom(all.owner, all.buyer, 1n);
      await expect(set(all, all.version)).to.be.revertedWithCustomError(all.policy, 'Policies_NotOwner');
      await set({ ...all, policy: all.policy.connect(all.buyer) }, all.version);
    });

    it('nobody for a version that does not exist', async () => {
      const all = await fixture();
      await expect(set(all, word('99')))
        .to.be.revertedWithCustomError(all.policy, 'Policies_UnknownVersion')
        .withArgs(word('99'));
    });
  });

describe('AllowListPolicy.setAllowed', () => {
  it('by a stranger, it should revert', async () => {
    const { policy, owner, stranger, version } = await loadFixture(allowList);
    await expect(policy.connect(stranger).setAllowed(version, [stranger], true))
      .to.be.revertedWithCustomError(policy, 'Policies_NotOwner')
      .withArgs(stranger.address, owner.address);
  });
});
