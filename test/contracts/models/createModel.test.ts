import { expect } from 'chai';
import { id } from 'ethers';
import { ethers, networkHelpers, registry } from './fixture.ts';

const { loadFixture } = networkHelpers;

describe('ModelRegistry.createModel', () => {
  it('claims the namespace, mints the token and gives the next id', async () => {
    const { models, stranger } = await loadFixture(registry);
    await expect(models.connect(stranger).createModel('globex', 'vol-1'))
      .to.emit(models, 'NamespaceClaimed')
      .withArgs('globex', stranger.address)
      .and.to.emit(models, 'ModelCreated')
      .withArgs(2n, stranger.address, 'globex', 'vol-1')
      .and.to.emit(models, 'Transfer')
      .withArgs(ethers.ZeroAddress, stranger.address, 2n);
    expect(await models.ownerOfModel(2n)).to.equal(stranger.address);
    expect(await models.modelOf('globex', 'vol-1')).to.equal(2n);
    expect([...(await models.nameOf(2n))]).to.deep.equal(['globex', 'vol-1']);
    expect(await models.modelCount()).to.equal(2n);
  });

  it('in a namespace of its own, it claims nothing again', async () => {
    const { models } = await loadFixture(registry);
    await expect(models.createModel('acme', 'letters')).not.to.emit(models, 'NamespaceClaimed');
    expect(await models.modelOf('acme', 'letters')).to.equal(2n);
  });

  it('A2-36: in the namespace of somebody else, it should revert', async () => {
    const { models, owner, stranger } = await loadFixture(registry);
    await expect(models.connect(stranger).createModel('acme', 'digits-2'))
      .to.be.revertedWithCustomError(models, 'Models_NotOwner')
      .withArgs(stranger.address, owner.address);
  });

  it('A2-36: given the name is taken, it should revert, also for the owner and after a sale', async () => {
    const { models, owner, buyer } = await loadFixture(registry);
    const taken = () => expect(models.createModel('acme', 'digits'));
    await taken().to.be.revertedWithCustomError(models, 'Models_NameTaken').withArgs('acme', 'digits');
    await models.transferFrom(owner, buyer, 1n);
    await taken().to.be.revertedWithCustomError(models, 'Models_NameTaken').withArgs('acme', 'digits');
  });

  it('takes the same name in another namespace, and keeps "ab" / "c" apart from "a" / "bc"', async () => {
    const { models } = await loadFixture(registry);
    await models.createModel('globex', 'digits');
    await models.createModel('ab', 'c');
    await models.createModel('a', 'bc');
    const found = [
      await models.modelOf('globex', 'digits'),
      await models.modelOf('ab', 'c'),
      await models.modelOf('a', 'bc'),
    ];
    expect(found).to.deep.equal([2n, 3n, 4n]);
  });

  it('accepts exactly the characters a-z, 0-9 and "-" in both names', async () => {
    const { models } = await loadFixture(registry);
    const allowed = /[a-z0-9-]/;
    for (let code = 0; code < 128; code++) {
      const letter = String.fromCharCode(code);
      for (const [namespace, name, field] of [
        [`x${letter}`, 'm', 'namespace'],
        ['x', `m${letter}`, 'name'],
      ] as const) {
        const call = models.createModel.staticCall(namespace, name);
        if (allowed.test(letter)) await call;
        else
          await expect(call, `code ${code}`).to.be.revertedWithCustomError(models, 'Models_BadField').withArgs(field);
      }
    }
    for (const beyond of ['é', 'а', '​', '🙂'])
      await expect(models.createModel(beyond, 'm'), beyond).to.be.revertedWithCustomError(models, 'Models_BadField');
  });

  it('accepts 1 to 64 characters', async () => {
    const { models } = await loadFixture(registry);
    for (const length of [0, 65])
      await expect(models.createModel('acme', 'x'.repeat(length)))
        .to.be.revertedWithCustomError(models, 'Models_BadField')
        .withArgs('name');
    await expect(models.createModel('', 'x'))
      .to.be.revertedWithCustomError(models, 'Models_BadField')
      .withArgs('namespace');
    await models.createModel('acme', 'x');
    await models.createModel('acme', 'x'.repeat(64));
    expect([...(await models.nameOf(3n))]).to.deep.equal(['acme', 'x'.repeat(64)]);
  });

  it('mints to a contract that knows nothing of ERC-721, without calling it', async () => {
    const { models } = await loadFixture(registry);
    const account = await ethers.deployContract('HostileRequester');
    await account.execute(models, models.interface.encodeFunctionData('createModel', ['robot', 'one']));
    expect(await models.ownerOfModel(2n)).to.equal(await account.getAddress());
  });
});

describe('ModelRegistry.transferNamespace', () => {
  it('hands the right to create models over, and leaves the models where they are', async () => {
    const { models, owner, buyer } = await loadFixture(registry);
    await expect(models.transferNamespace('acme', buyer))
      .to.emit(models, 'NamespaceTransferred')
      .withArgs('acme', owner.address, buyer.address);
    expect(await models.namespaceOwner('acme')).to.equal(buyer.address);
    expect(await models.ownerOfModel(1n)).to.equal(owner.address);
    await expect(models.createModel('acme', 'more')).to.be.revertedWithCustomError(models, 'Models_NotOwner');
    await models.connect(buyer).createModel('acme', 'more');
  });

  it('by anybody else, it should revert', async () => {
    const { models, owner, stranger } = await loadFixture(registry);
    await expect(models.connect(stranger).transferNamespace('acme', stranger))
      .to.be.revertedWithCustomError(models, 'Models_NotOwner')
      .withArgs(stranger.address, owner.address);
  });

  it('given nobody claimed it, it should revert', async () => {
    const { models, owner } = await loadFixture(registry);
    await expect(models.transferNamespace('nobodys', owner))
      .to.be.revertedWithCustomError(models, 'Models_Unknown')
      .withArgs(id('nobodys'));
  });

  it('to the zero address, which would free the name, it should revert', async () => {
    const { models } = await loadFixture(registry);
    await expect(models.transferNamespace('acme', ethers.ZeroAddress))
      .to.be.revertedWithCustomError(models, 'Models_BadField')
      .withArgs('to');
  });
});

describe('ModelRegistry: the token', () => {
  it('carries its name as JSON in a data: URI', async () => {
    const { models } = await loadFixture(registry);
    const uri = await models.tokenURI(1n);
    const [head, body] = uri.split(',');
    expect(head).to.equal('data:application/json;base64');
    expect(JSON.parse(Buffer.from(body ?? '', 'base64').toString())).to.deep.equal({ name: 'acme/digits' });
  });

  it('has an owner who can sell it', async () => {
    const { models, owner, buyer } = await loadFixture(registry);
    await models.transferFrom(owner, buyer, 1n);
    expect(await models.ownerOfModel(1n)).to.equal(buyer.address);
  });

  it('is unknown for ids never created, also for those that fit 48 bits only when cut', async () => {
    const { models } = await loadFixture(registry);
    for (const model of [0n, 2n]) {
      const unknown = ethers.toBeHex(model, 32);
      await expect(models.ownerOfModel(model))
        .to.be.revertedWithCustomError(models, 'Models_Unknown')
        .withArgs(unknown);
      await expect(models.nameOf(model)).to.be.revertedWithCustomError(models, 'Models_Unknown').withArgs(unknown);
    }
    await expect(models.tokenURI(2n ** 48n + 1n)).to.be.revertedWithCustomError(models, 'ERC721NonexistentToken');
    expect(await models.modelOf('acme', 'none')).to.equal(0n);
    expect(await models.namespaceOwner('none')).to.equal(ethers.ZeroAddress);
  });

  it('A2-36: cannot be burned, so its id is never used again', async () => {
    const { models, owner } = await loadFixture(registry);
    await expect(models.transferFrom(owner, ethers.ZeroAddress, 1n)).to.be.revertedWithCustomError(
      models,
      'ERC721InvalidReceiver',
    );
  });
});
