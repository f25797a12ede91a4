import { expect } from 'chai';
import { network } from 'hardhat';
import { failures } from '../../deploy/checks/check.ts';
import { checkToken } from '../../deploy/checks/token.ts';

const connection = await network.create('local');
const { ethers } = connection;

async function findingsOf(token: string, holder: string): Promise<string[]> {
  return failures(await checkToken(ethers, token, holder)).map(({ what, found }) => `${what}: ${found}`);
}

async function minted(name: string) {
  const [holder] = await ethers.getSigners();
  if (!holder) throw new Error('the local network has no accounts');
  const token = await ethers.getContractAt('MintableToken', await (await ethers.deployContract(name)).getAddress());
  await token.mint(holder, 10n ** 24n);
  return { token, address: await token.getAddress(), holder: holder.address };
}

describe('the check of the token', () => {
  it('passes OPG and a plain ERC-20, and moves nothing', async () => {
    const { token, address, holder } = await minted('MintableToken');
    expect(await findingsOf(address, holder)).to.deep.equal([]);
    expect(await token.balanceOf(holder)).to.equal(10n ** 24n);
    const opg = await ethers.deployContract('OPG', [holder]);
    expect(await findingsOf(await opg.getAddress(), holder)).to.deep.equal([]);
  });

  for (const [name, what] of [
    ['FeeToken', /byTransfer, wei that arrived: 495000000000000000000000/],
    ['BonusToken', /byTransferFrom, wei that arrived: 500000000000000000000001/],
    ['FalseToken', /byTransfer answers true: false/],
    ['LyingToken', /byTransfer, wei that left the sender: 0/],
    ['SilentToken', /byTransfer answers true: false/],
    ['BlocklistToken', /function isBlocked\(address\): there is one/],
    ['PausableToken', /function paused\(\): there is one/],
  ] as const)
    it(`refuses a ${name}`, async () => {
      const { address, holder } = await minted(name);
      expect((await findingsOf(address, holder)).join('\n')).to.match(what);
    });

  it('refuses a token that calls its receiver', async () => {
    const { address, holder } = await minted('InsistingHookToken');
    expect((await findingsOf(address, holder)).join('\n')).to.match(/a transfer tried in eth_call/);
  });

  it('refuses to guess when the holder has nothing to try with', async () => {
    const { address } = await minted('MintableToken');
    const poor = '0x000000000000000000000000000000000000dEaD';
    expect(await findingsOf(address, poor)).to.deep.equal([`token: holder to try transfers with: ${poor} with 0 wei`]);
  });

  it('refuses a supply that 96 bits do not hold', async () => {
    const { token, address, holder } = await minted('MintableToken');
    await token.mint(holder, 2n ** 96n - 10n ** 24n);
    expect((await findingsOf(address, holder)).join('\n')).to.match(/supply is above 0 and below 2\^96 wei: false/);
  });
});
