import { expect } from 'chai';
import type { Content } from './fixture.ts';
import {
  contentOf,
  FLAG,
  idOf,
  MAX_ROYALTY,
  networkHelpers,
  publish,
  published,
  readContent,
  readWord,
  registry,
  schemaOf,
  word,
} from './fixture.ts';

const { loadFixture } = networkHelpers;

describe('ModelRegistry.publish', () => {
  it('stores the content and packs the hot word', async () => {
    const { models, version, content } = await loadFixture(published);
    const [hot, schema] = await models.terms(version);
    expect(readWord(hot)).to.deep.equal({
      model: 1n,
      royalty: 7n,
      outputBytes: content.outputBytes,
      cost: content.cost,
      flags: FLAG.PUBLISHED | FLAG.VERIFIABLE,
      sliceFloorGwei: content.sliceFloorGwei,
      spare: 0n,
    });
    expect(schema).to.equal(schemaOf(content));
    expect(await readContent(models, version)).to.deep.equal(content);
  });

  it('tells everything in its event', async () => {
    const { models, chainId } = await loadFixture(registry);
    const content = contentOf();
    const version = idOf(chainId, await models.getAddress(), 1n, content);
    await expect(publish(models, content))
      .to.emit(models, 'VersionPublished')
      .withArgs(1n, version, Object.values(content), 7n, ['walrus://blob'], '{"inputs":[]}', '{"task":"test"}');
  });

  it('keeps every field apart from its neighbours at their limits', async () => {
    const { models } = await loadFixture(registry);
    const full: Content = contentOf({
      size: 2n ** 64n - 1n,
      atol: 0n,
      rtol: 0n,
      outputBytes: 2n ** 24n - 1n,
      cost: ((2n ** 24n - 1n) << 8n) | 200n,
      sliceFloorGwei: 2n ** 40n - 1n,
      exact: true,
      rows: true,
    });
    const tolerant = contentOf({ atol: 0x7f7fffffn, rtol: 2n ** 32n - 1n, size: 1n, outputBytes: 16_384n, cost: 256n });
    for (const content of [full, tolerant]) {
      await publish(models, content, MAX_ROYALTY);
      const version = await models.versionId(1n, content);
      expect(await readContent(models, version)).to.deep.equal(content);
      const hot = readWord((await models.terms(version)).word);
      expect([hot.model, hot.royalty, hot.spare]).to.deep.equal([1n, MAX_ROYALTY, 0n]);
    }
  });

  for (const [name, content, flags] of [
    ['with a program root is verifiable', {}, FLAG.PUBLISHED | FLAG.VERIFIABLE],
    ['without one is not', { programRoot: word('00') }, FLAG.PUBLISHED],
    ['exact', { exact: true, atol: 0n, rtol: 0n }, FLAG.PUBLISHED | FLAG.VERIFIABLE | FLAG.EXACT],
    ['row by row', { rows: true }, FLAG.PUBLISHED | FLAG.VERIFIABLE | FLAG.ROWS],
  ] as const)
    it(`sets the flags: ${name}`, async () => {
      const { models } = await loadFixture(registry);
      await publish(models, contentOf(content));
      const version = await models.versionId(1n, contentOf(content));
      expect(readWord((await models.terms(version)).word).flags).to.equal(flags);
    });

  for (const [field, value, why] of [
    ['sha256Hash', word('00'), 'A2-36: zero-hash model'],
    ['size', 0n, 'no bytes'],
    ['inputSchema', word('00'), 'no inputs'],
    ['outputSchema', word('00'), 'no outputs'],
    ['atol', 0x7f800000n, 'infinite'],
    ['atol', 0x7fc00000n, 'not a number'],
    ['atol', 0xb8d1b717n, 'negative'],
    ['atol', 0x80000000n, 'negative zero'],
    ['outputBytes', 0n, 'no output'],
    ['outputBytes', 16_385n, 'too long to be submitted'],
    ['cost', 0n, 'no work'],
    ['cost', 200n, 'mantissa 0'],
    ['cost', (1n << 8n) | 201n, 'exponent above 200'],
  ] as const)
    it(`given ${field} is ${value} (${why}), it should revert and say which field`, async () => {
      const { models } = await loadFixture(registry);
      await expect(publish(models, contentOf({ [field]: value })))
        .to.be.revertedWithCustomError(models, 'Models_BadField')
        .withArgs(field);
    });

  for (const [field, content] of [
    ['atol', { rtol: 0n }],
    ['rtol', { atol: 0n }],
    ['outputBytes', { atol: 0n, rtol: 0n, outputBytes: 0n }],
  ] as const)
    it(`given an exact version with ${field} out of place, it should revert`, async () => {
      const { models } = await loadFixture(registry);
      await expect(publish(models, contentOf({ exact: true, ...content })))
        .to.be.revertedWithCustomError(models, 'Models_BadField')
        .withArgs(field);
    });

  it('takes a royalty of 0 and of 2^90, and none above', async () => {
    const { models } = await loadFixture(registry);
    await expect(publish(models, contentOf(), MAX_ROYALTY + 1n))
      .to.be.revertedWithCustomError(models, 'Models_BadField')
      .withArgs('royalty');
    await publish(models, contentOf(), MAX_ROYALTY);
    await publish(models, contentOf({ size: 1n }), 0n);
  });

  it('by anybody but the owner, it should revert; an approved operator is not the owner', async () => {
    const { models, owner, stranger } = await loadFixture(registry);
    await models.setApprovalForAll(stranger, true);
    await expect(publish(models.connect(stranger), contentOf()))
      .to.be.revertedWithCustomError(models, 'Models_NotOwner')
      .withArgs(stranger.address, owner.address);
  });

  it('under a model that does not exist, it should revert', async () => {
    const { models } = await loadFixture(registry);
    for (const model of [0n, 2n])
      await expect(publish(models, contentOf(), 7n, model)).to.be.revertedWithCustomError(models, 'Models_Unknown');
  });

  it('A2-36: the same content under the same model again, it should revert, also after retirement', async () => {
    const { models, version, content } = await loadFixture(published);
    const again = () => expect(publish(models, content, 9n));
    await again().to.be.revertedWithCustomError(models, 'Models_AlreadyPublished').withArgs(version);
    await models.retire(version);
    await again().to.be.revertedWithCustomError(models, 'Models_AlreadyPublished').withArgs(version);
  });

  it('A2-36: the same content under another model is another version, and touches nothing of the first', async () => {
    const { models, stranger, version, content } = await loadFixture(published);
    await models.connect(stranger).createModel('copycat', 'digits');
    await publish(models.connect(stranger), content, 0n, 2n);
    const copy = await models.versionId(2n, content);
    expect(copy).not.to.equal(version);
    expect(readWord((await models.terms(version)).word).royalty).to.equal(7n);
    expect(readWord((await models.terms(copy)).word).model).to.equal(2n);
  });
});

describe('ModelRegistry.versionId', () => {
  it('is the formula of the documentation', async () => {
    const { models, chainId } = await loadFixture(registry);
    for (const content of [contentOf(), contentOf({ exact: true, rows: true, atol: 0n, rtol: 0n })])
      expect(await models.versionId(5n, content)).to.equal(idOf(chainId, await models.getAddress(), 5n, content));
  });

  it('depends on every field but the licence, on the model and on the registry', async () => {
    const { models } = await loadFixture(registry);
    const changes: Partial<Content>[] = [
      {},
      { sha256Hash: word('00') },
      { size: 1n },
      { inputSchema: word('01') },
      { outputSchema: word('01') },
      { programRoot: word('00') },
      { atol: 1n },
      { rtol: 1n },
      { outputBytes: 1n },
      { cost: 256n },
      { sliceFloorGwei: 0n },
      { exact: true },
      { rows: true },
    ];
    const ids = await Promise.all(changes.map((change) => models.versionId(1n, contentOf(change))));
    ids.push(await models.versionId(2n, contentOf()));
    const other = await (await import('./fixture.ts')).ethers.deployContract('ModelRegistry');
    ids.push(await other.versionId(1n, contentOf()));
    expect(new Set(ids).size).to.equal(changes.length + 2);
    expect(await models.versionId(1n, contentOf({ licenceHash: word('00') }))).to.equal(ids[0]);
  });
});
