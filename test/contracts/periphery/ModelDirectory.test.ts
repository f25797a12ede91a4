import { expect } from 'chai';
import { headersHash, headersOf } from '#core/commitment/schema.ts';
import type { Bytes32 } from '#core/hex.ts';
import { loadFixture } from '../../support/contracts/chain.ts';
import { contentOf, TOLERANT } from '../../support/contracts/model.ts';
import { faced, publishTyped } from './facade.ts';

const { inputHeaders, outputHeaders } = TOLERANT;
const X = { name: 'x', dtype: 'float32', shape: [8] } as const;

/** A second version, and one that is not described. */
async function directory() {
  const s = await faced();
  const second = await publishTyped(s, [X], [{ name: 'y', dtype: 'int64', shape: [2, 2] }]);
  const content = { ...contentOf(TOLERANT), size: 77n };
  await s.models.connect(s.owner).publish(s.model, content, 0n, [], '{}', '{}');
  return { ...s, second, bare: await s.models.versionId(s.model, content), d: s.directory.connect(s.owner) };
}

describe('ModelDirectory.describe', () => {
  it('keeps names and headers, in schema order, and how many elements outputs have', async () => {
    const s = await loadFixture(directory);
    const { inputs, index, outputSchema, size } = await s.d.inputsOf(s.second);
    expect(inputs.map(({ header, name }) => [header, name])).to.deep.equal([[headersOf([X])[0], 'x']]);
    expect(outputSchema).to.equal((await s.models.contentOf(s.second)).outputSchema);
    expect([index, size.tensors, size.elements]).to.deep.equal([1n, 1n, 4n]);
    const outputs = await s.d.outputsAt(index);
    expect(outputs.map(({ header, name }) => [header, name])).to.deep.equal([
      [headersOf([{ dtype: 'int64', shape: [2, 2] }])[0], 'y'],
    ]);
    await expect(s.d.inputsOf(s.bare)).to.be.revertedWithCustomError(s.d, 'Directory_NotDescribed').withArgs(s.bare);
  });

  it("is the owner's, for versions there are, once", async () => {
    const s = await loadFixture(directory);
    const describe = (version: string, by = s.owner) =>
      s.d.connect(by).describe(version, inputHeaders, ['x'], outputHeaders, ['probs']);
    await expect(describe(s.bare, s.attacker))
      .to.be.revertedWithCustomError(s.d, 'Directory_NotOwner')
      .withArgs(s.attacker.address, s.owner.address);
    const unknown = `0x${'99'.repeat(32)}`;
    await expect(describe(unknown)).to.be.revertedWithCustomError(s.d, 'Directory_UnknownVersion').withArgs(unknown);
    await expect(describe(s.bare)).to.emit(s.d, 'Described').withArgs(s.bare, 2n);
    await expect(describe(s.bare)).to.be.revertedWithCustomError(s.d, 'Directory_AlreadyDescribed').withArgs(s.bare);
  });

  for (const [what, side, args] of [
    ["headers that are not the version's", 'inputs', [outputHeaders, ['x'], outputHeaders, ['y']]],
    ["headers that are not the version's", 'outputs', [inputHeaders, ['x'], inputHeaders, ['y']]],
    ['too few names', 'inputs', [inputHeaders, [], outputHeaders, ['y']]],
    ['too many names', 'outputs', [inputHeaders, ['x'], outputHeaders, ['y', 'z']]],
    ['an empty name', 'inputs', [inputHeaders, [''], outputHeaders, ['y']]],
    ['a name of 65 bytes', 'outputs', [inputHeaders, ['x'], outputHeaders, ['y'.repeat(65)]]],
  ] as const)
    it(`refuses ${what}, of the ${side}`, async () => {
      const s = await loadFixture(directory);
      const [inputs, inputNames, outputs, outputNames] = args;
      await expect(s.d.describe(s.bare, [...inputs], [...inputNames], [...outputs], [...outputNames]))
        .to.be.revertedWithCustomError(s.d, 'Directory_SchemaMismatch')
        .withArgs(side);
    });

  it('refuses headers of no tensor, though a version was published with them', async () => {
    const s = await loadFixture(directory);
    const bad = [`0x04${inputHeaders[0]?.slice(4)}` as Bytes32];
    const content = { ...contentOf(TOLERANT), inputSchema: headersHash(bad) };
    await s.models.connect(s.owner).publish(s.model, content, 0n, [], '{}', '{}');
    const version = await s.models.versionId(s.model, content);
    await expect(s.d.describe(version, bad, ['x'], outputHeaders, ['probs']))
      .to.be.revertedWithCustomError(s.d, 'Directory_SchemaMismatch')
      .withArgs('inputs');
  });

  it('refuses two tensors of one name', async () => {
    const s = await loadFixture(directory);
    await expect(
      publishTyped(s, [X, { ...X, shape: [4] }], [{ name: 'y', dtype: 'bool', shape: [] }]),
    ).to.be.revertedWithCustomError(s.d, 'Directory_SchemaMismatch');
  });
});

describe('ModelDirectory.resolve', () => {
  it('knows a version by its id, in any case of digits', async () => {
    const s = await loadFixture(directory);
    for (const id of [s.second, `0x${s.second.slice(2).toUpperCase()}`])
      expect(await s.d.resolve(id)).to.equal(s.second);
  });

  it('knows a name that is as long as an id and begins like one', async () => {
    const s = await loadFixture(directory);
    const [namespace, name] = [`0x${'a'.repeat(30)}`, 'b'.repeat(33)];
    await s.models.connect(s.owner).createModel(namespace, name);
    const content = contentOf(TOLERANT);
    const model = await s.models.modelOf(namespace, name);
    await s.models.connect(s.owner).publish(model, content, 0n, [], '{}', '{}');
    const version = await s.models.versionId(model, content);
    await s.d.connect(s.owner).setCurrent(version);
    expect(`${namespace}/${name}`.length).to.equal(66);
    expect(await s.d.resolve(`${namespace}/${name}`)).to.equal(version);
  });

  it('knows the current version of a model by its name, as the owner moves it', async () => {
    const s = await loadFixture(directory);
    expect(await s.d.resolve('acme/digits')).to.equal(s.version);
    await expect(s.d.setCurrent(s.second)).to.emit(s.d, 'CurrentSet').withArgs(s.second);
    expect(await s.d.resolve('acme/digits')).to.equal(s.second);
    await expect(s.d.connect(s.attacker).setCurrent(s.version)).to.be.revertedWithCustomError(
      s.d,
      'Directory_NotOwner',
    );
  });

  it('knows a label, which never moves', async () => {
    const s = await loadFixture(directory);
    await expect(s.d.setLabel(s.second, '1.00-b')).to.emit(s.d, 'LabelSet').withArgs(s.second, '1.00-b');
    expect(await s.d.resolve('acme/digits@1.00-b')).to.equal(s.second);
    await expect(s.d.setLabel(s.version, '1.00-b'))
      .to.be.revertedWithCustomError(s.d, 'Directory_LabelTaken')
      .withArgs('1.00-b', s.second);
    await expect(s.d.connect(s.attacker).setLabel(s.version, '2')).to.be.revertedWithCustomError(
      s.d,
      'Directory_NotOwner',
    );
    await s.models.connect(s.owner).createModel('acme', 'other');
    await expect(s.d.resolve('acme/other@1.00-b'), 'labels are of a model').to.be.revertedWithCustomError(
      s.d,
      'Directory_NoSuchName',
    );
  });

  for (const label of ['', 'A', 'a b', 'a/b', 'a@b', 'é', 'x'.repeat(33)])
    it(`takes no label "${label}"`, async () => {
      const s = await loadFixture(directory);
      await expect(s.d.setLabel(s.second, label))
        .to.be.revertedWithCustomError(s.d, 'Directory_BadLabel')
        .withArgs(label);
    });

  for (const name of [
    '',
    '/',
    '@',
    'acme',
    'acme/',
    '/digits',
    'acme/digit',
    'acme/digits/x',
    'acme/digits@',
    'acme/digits@1',
    'acme@digits',
    'acme@x/digits',
    'Acme/digits',
    'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
    // As long as an id, and none.
    `0x${'zz'.repeat(32)}`,
    `0x${'::'.repeat(32)}`,
    `0x${'!!'.repeat(32)}`,
    `0y${'11'.repeat(32)}`,
    `1x${'11'.repeat(32)}`,
  ])
    it(`knows no version called "${name.slice(0, 20)}" (${name.length} characters)`, async () => {
      const s = await loadFixture(directory);
      await expect(s.d.resolve(name)).to.be.revertedWithCustomError(s.d, 'Directory_NoSuchName').withArgs(name);
    });
});

describe('an alias of a caller', () => {
  const CID = 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG';

  it("makes an id of OpenGradient's mean a version, for that caller", async () => {
    const s = await loadFixture(directory);
    await expect(s.facade.connect(s.requester).setAlias(CID, s.second))
      .to.emit(s.facade, 'AliasSet')
      .withArgs(s.requester.address, CID, s.second);
    expect(await s.facade.versionOf(s.requester, CID)).to.equal(s.second);
    await expect(s.facade.versionOf(s.other, CID)).to.be.revertedWithCustomError(s.d, 'Directory_NoSuchName');
  });

  it('pins a name against its owner, until it is taken back', async () => {
    const s = await loadFixture(directory);
    await s.facade.connect(s.requester).setAlias('acme/digits', s.version);
    await s.d.setCurrent(s.second);
    expect(await s.facade.versionOf(s.requester, 'acme/digits')).to.equal(s.version);
    await s.facade.connect(s.requester).setAlias('acme/digits', `0x${'00'.repeat(32)}`);
    expect(await s.facade.versionOf(s.requester, 'acme/digits')).to.equal(s.second);
  });
});
