import { expect } from 'chai';
import { id } from 'ethers';
import { domainOf, ethers, networkHelpers, SUPPLY, token } from './fixture.ts';

describe('OPG', () => {
  it('mints the whole supply to the address named at deployment, and to nobody else', async () => {
    const [deployer, holder] = await ethers.getSigners();
    const opg = await ethers.deployContract('OPG', [holder?.address ?? '']);
    expect(await opg.totalSupply()).to.equal(SUPPLY);
    expect(await opg.balanceOf(holder?.address ?? '')).to.equal(SUPPLY);
    expect(await opg.balanceOf(deployer?.address ?? '')).to.equal(0n);
    expect(SUPPLY).to.be.lessThan(2n ** 90n);
  });

  it('is named OpenGradient, OPG, with 18 decimals', async () => {
    const { opg } = await networkHelpers.loadFixture(token);
    expect([await opg.name(), await opg.symbol(), await opg.decimals()]).to.deep.equal(['OpenGradient', 'OPG', 18n]);
  });

  it('has the EIP-712 domain that wallets build from name and version', async () => {
    const { opg } = await networkHelpers.loadFixture(token);
    expect(await opg.DOMAIN_SEPARATOR()).to.equal(ethers.TypedDataEncoder.hashDomain(await domainOf(opg)));
    const { name, version } = await opg.eip712Domain();
    expect([name, version]).to.deep.equal(['OpenGradient', '1']);
  });

  it('refuses deployment to the zero address', async () => {
    const factory = await ethers.getContractFactory('OPG');
    await expect(factory.deploy(ethers.ZeroAddress)).to.be.revertedWithCustomError(factory, 'ERC20InvalidReceiver');
  });

  it('offers no way to mint, burn, pause or block', async () => {
    const { opg } = await networkHelpers.loadFixture(token);
    const functions = opg.interface.fragments.filter(ethers.FunctionFragment.isFragment);
    const writes = functions.filter((f) => !f.constant).map((f) => f.name);
    expect([...new Set(writes)].sort()).to.deep.equal([
      'approve',
      'cancelAuthorization',
      'permit',
      'receiveWithAuthorization',
      'transfer',
      'transferFrom',
      'transferWithAuthorization',
    ]);
  });

  it('uses the type hashes of EIP-3009', () => {
    const fields = 'address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce';
    expect(id(`TransferWithAuthorization(${fields})`)).to.equal(
      '0x7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267',
    );
    expect(id(`ReceiveWithAuthorization(${fields})`)).to.equal(
      '0xd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de8',
    );
    expect(id('CancelAuthorization(address authorizer,bytes32 nonce)')).to.equal(
      '0x158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429',
    );
  });
});
