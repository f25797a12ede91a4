// setRoyalty, setPolicy, retire, and what they may not touch (A2-35: a request keeps the version it paid for).
import { expect } from 'chai';
import {
  ethers,
  FLAG,
  MAX_ROYALTY,
  networkHelpers,
  published,
  readContent,
  readsOf,
  readWord,
  word,
} from './fixture.ts';

const { loadFixture } = networkHelpers;

type Published = Awaited<ReturnType<typeof published>>;
const SETTERS: Record<string, (of: Published, version: string) => ReturnType<Published['models']['retire']>> = {
  setRoyalty: ({ models }, version) => models.setRoyalty(version, 9n),
  setPolicy: ({ models, buyer }, version) => models.setPolicy(version, buyer),
  retire: ({ models }, version) => models.retire(version),
};

describe('ModelRegistry.setRoyalty', () => {
  it('changes the royalty and nothing else of the word', async () => {
    const { models, version } = await loadFixture(published);
    const before = readWord((await models.terms(version)).word);
    await expect(models.setRoyalty(version, MAX_ROYALTY)).to.emit(models, 'RoyaltySet').withArgs(version, MAX_ROYALTY);
    const after = readWord((await models.terms(version)).word);
    expect(after).to.deep.equal({ ...before, royalty: MAX_ROYALTY });
  });

  it('above 2^90, it should revert', async () => {
    const { models, version } = await loadFixture(published);
    await expect(models.setRoyalty(version, MAX_ROYALTY + 1n))
      .to.be.revertedWithCustomError(models, 'Models_BadField')
      .withArgs('royalty');
  });
});

describe('ModelRegistry.setPolicy', () => {
  it('sets and clears the flag that makes a request ask', async () => {
    const { models, version, buyer } = await loadFixture(published);
    const before = readWord((await models.terms(version)).word);
    await expect(models.setPolicy(version, buyer)).to.emit(models, 'PolicySet').withArgs(version, buyer.address);
    expect(await models.policyOf(version)).to.equal(buyer.address);
    const asked = readWord((await models.terms(version)).word);
    expect(asked).to.deep.equal({ ...before, flags: before.flags | FLAG.POLICY });
    await models.setPolicy(version, ethers.ZeroAddress);
    expect(readWord((await models.terms(version)).word)).to.deep.equal(before);
    expect(await models.policyOf(version)).to.equal(ethers.ZeroAddress);
  });
});

describe('ModelRegistry.retire', () => {
  it('sets a flag, for good', async () => {
    const { models, version } = await loadFixture(published);
    const before = readWord((await models.terms(version)).word);
    await expect(models.retire(version)).to.emit(models, 'VersionRetired').withArgs(version);
    const after = readWord((await models.terms(version)).word);
    expect(after).to.deep.equal({ ...before, flags: before.flags | FLAG.RETIRED });
  });

  it('A2-35: leaves the content, schema and royalty readable for those who paid for them', async () => {
    const { models, version, content } = await loadFixture(published);
    const [, schema] = await models.terms(version);
    await models.retire(version);
    expect(await readContent(models, version)).to.deep.equal(content);
    expect((await models.terms(version)).schema).to.equal(schema);
  });
});

for (const [name, set] of Object.entries(SETTERS))
  describe(`ModelRegistry.${name}: who and when`, () => {
    it('by anybody but the owner of the model, it should revert', async () => {
      const all = await loadFixture(published);
      const { models, owner, stranger, version } = all;
      await expect(set({ ...all, models: models.connect(stranger) }, version))
        .to.be.revertedWithCustomError(models, 'Models_NotOwner')
        .withArgs(stranger.address, owner.address);
    });

    it('after a sale, the buyer may and the seller may not', async () => {
      const all = await loadFixture(published);
      const { models, owner, buyer, version } = all;
      await models.transferFrom(owner, buyer, 1n);
      await expect(set(all, version)).to.be.revertedWithCustomError(models, 'Models_NotOwner');
      await set({ ...all, models: models.connect(buyer) }, version);
    });

    it('given the version is unknown, it should revert', async () => {
      const all = await loadFixture(published);
      await expect(set(all, word('99')))
        .to.be.revertedWithCustomError(all.models, 'Models_Unknown')
        .withArgs(word('99'));
    });

    it('A2-36: given the version is retired, it should revert', async () => {
      const all = await loadFixture(published);
      await all.models.retire(all.version);
      await expect(set(all, all.version))
        .to.be.revertedWithCustomError(all.models, 'Models_Retired')
        .withArgs(all.version);
    });
  });

describe('ModelRegistry: views of what is unknown', () => {
  it('terms answers 0, contentOf reverts, policyOf answers nobody', async () => {
    const { models } = await loadFixture(published);
    expect([...(await models.terms(word('99')))]).to.deep.equal([0n, word('00')]);
    await expect(models.contentOf(word('99'))).to.be.revertedWithCustomError(models, 'Models_Unknown');
    expect(await models.policyOf(word('99'))).to.equal(ethers.ZeroAddress);
  });

  it('terms reads two slots', async () => {
    const { models, version } = await loadFixture(published);
    const call = { to: await models.getAddress(), data: models.interface.encodeFunctionData('terms', [version]) };
    expect(await readsOf(call)).to.equal(2);
  });
});
