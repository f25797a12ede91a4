// A splitter's manager and the policies of this repository: every call on the closed list does what it says in the splitter's name.
import { expect } from 'chai';
import { getCreateAddress, keccak256, toUtf8Bytes } from 'ethers';
import { ethers, loadFixture } from '../../support/contracts/chain.ts';
import { TOLERANT } from '../../support/contracts/model.ts';
import { OPG_1, ROYALTY, system } from '../../support/contracts/system.ts';
import { shared } from './owners.ts';

const OFFER = { price: OPG_1, period: 86_400n, uses: 0n };

describe('the manager of a splitter, and policies', () => {
  it('lists accounts and sets a root', async () => {
    const s = await loadFixture(shared);
    const policy = await ethers.deployContract('AllowListPolicy', [s.models]);
    const manage = (data: string) => s.splitter.connect(s.manager).manage(policy, data);
    const abi = policy.interface;
    await manage(abi.encodeFunctionData('setAllowed', [s.version, [s.buyer.address], true]));
    expect(await policy.mayRequest(s.version, s.buyer, '0x')).to.equal(true);
    expect(await policy.mayRequest(s.version, s.other, '0x')).to.equal(false);
    const root = keccak256(toUtf8Bytes('a root'));
    await expect(manage(abi.encodeFunctionData('setRoot', [s.version, root])))
      .to.emit(policy, 'RootSet')
      .withArgs(s.version, root);
    // Not by anybody else, and not by the manager itself: the splitter owns the model.
    for (const who of [s.manager, s.attacker])
      await expect(policy.connect(who).setRoot(s.version, root)).to.be.revertedWithCustomError(
        policy,
        'Policies_NotOwner',
      );
  });

  it('asks for balances of tokens, of one kind and of many', async () => {
    const s = await loadFixture(shared);
    const one = await ethers.deployContract('TokenHolderPolicy', [s.models]);
    const many = await ethers.deployContract('MultiTokenPolicy', [s.models]);
    const kinds = await ethers.deployContract('KindToken');
    const by = s.splitter.connect(s.manager);
    await expect(
      by.manage(one, one.interface.encodeFunctionData('setRule', [s.version, await s.token.getAddress(), 1n])),
    )
      .to.emit(one, 'RuleSet')
      .withArgs(s.version, await s.token.getAddress(), 1n);
    expect(await one.mayRequest(s.version, s.requester, '0x')).to.equal(true);
    expect(await one.mayRequest(s.version, s.buyer, '0x')).to.equal(false);
    const rule: [string, string, bigint, bigint] = [s.version, await kinds.getAddress(), 7n, 2n];
    await expect(by.manage(many, many.interface.encodeFunctionData('setRule', rule)))
      .to.emit(many, 'RuleSet')
      .withArgs(...rule);
  });

  it('ends a pass, and its holder has back what is not earned', async () => {
    const s = await loadFixture(shared);
    const passes = await ethers.deployContract('PassPolicy', [s.models, s.escrow]);
    const by = s.splitter.connect(s.manager);
    await by.manage(
      s.models,
      s.models.interface.encodeFunctionData('setPolicy', [s.version, await passes.getAddress()]),
    );
    await by.manage(passes, passes.interface.encodeFunctionData('setOffer', [s.version, OFFER]));
    await s.token.connect(s.requester).approve(passes, OFFER.price);
    await passes.connect(s.requester).buy(s.version, s.requester, OFFER, ROYALTY);
    const [before] = await s.escrow.accountOf(s.requester);
    await by.manage(passes, passes.interface.encodeFunctionData('revoke', [s.version, s.requester.address]));
    const [after] = await s.escrow.accountOf(s.requester);
    const [earned] = await s.escrow.accountOf(s.splitter);
    expect(after - before + earned).to.equal(OFFER.price);
    expect(await passes.mayRequest(s.version, s.requester, '0x')).to.equal(false);
  });

  it('describes, labels and puts forward versions in the directory', async () => {
    const s = await loadFixture(shared);
    const directory = await ethers.deployContract('ModelDirectory', [s.models]);
    const manage = (data: string) => s.splitter.connect(s.manager).manage(directory, data);
    const abi = directory.interface;
    const { inputHeaders, outputHeaders } = TOLERANT;
    await manage(abi.encodeFunctionData('describe', [s.version, inputHeaders, ['x'], outputHeaders, ['y']]));
    await manage(abi.encodeFunctionData('setLabel', [s.version, 'v1']));
    await manage(abi.encodeFunctionData('setCurrent', [s.version]));
    expect((await directory.inputsOf(s.version)).inputs.map(({ name }) => name)).to.deep.equal(['x']);
    expect(await directory.resolve('acme/digits@v1')).to.equal(s.version);
    expect(await directory.resolve('acme/digits')).to.equal(s.version);
  });

  it('has no splitter that pays itself', async () => {
    const s = await loadFixture(system);
    const factory = await ethers.getContractFactory('RoyaltySplitter', s.owner);
    const nonce = await ethers.provider.getTransactionCount(s.owner);
    const itself = getCreateAddress({ from: s.owner.address, nonce });
    await expect(factory.deploy(s.escrow, [s.buyer, itself], [5000, 5000], s.owner))
      .to.be.revertedWithCustomError(factory, 'Splitter_BadField')
      .withArgs('payees');
  });
});
