import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { AbiCoder, keccak256 } from 'ethers';
import { ethers, loadFixture } from '../../support/contracts/chain.ts';
import { system } from '../../support/contracts/system.ts';

async function either() {
  const s = await system();
  const list = await ethers.deployContract('AllowListPolicy', [s.models]);
  const holders = await ethers.deployContract('TokenHolderPolicy', [s.models]);
  const piece = await ethers.deployContract('PieceToken');
  const policy = await ethers.deployContract('EitherPolicy', [list, holders]);
  await s.models.connect(s.owner).setPolicy(s.version, policy);
  await list.connect(s.owner).setAllowed(s.version, [s.other], true);
  await holders.connect(s.owner).setRule(s.version, piece, 1n);
  await piece.mint(s.requester, 1n);
  return { ...s, list, policy };
}

describe('EitherPolicy', () => {
  it('is the code that docs/contracts/Policies.md shows', () => {
    const blocks = [...readFileSync('docs/contracts/Policies.md', 'utf8').matchAll(/```solidity\n([\s\S]*?)```/g)];
    expect(blocks.map(([, shown]) => shown)).to.include(readFileSync('contracts/examples/EitherPolicy.sol', 'utf8'));
  });

  it('admits whom either admits, through the registry', async () => {
    const s = await loadFixture(either);
    for (const admitted of [s.other, s.requester]) await s.models.requireAccess(s.version, admitted, '0x');
    await expect(s.models.requireAccess(s.version, s.attacker, '0x')).to.be.revertedWithCustomError(
      s.models,
      'Models_AccessDenied',
    );
  });

  it('lets one revert without silencing the other, and gives both enough gas for the dearest question', async () => {
    const s = await loadFixture(either);
    const proof = Array.from({ length: 32 }, (_, i) => keccak256(ethers.toBeHex(i, 32)));
    await s.list.connect(s.owner).setRoot(s.version, `0x${'11'.repeat(32)}`);
    const data = AbiCoder.defaultAbiCoder().encode(['bytes32[]'], [proof]);
    for (const any of [data, '0x01']) await s.models.requireAccess(s.version, s.requester, any);
  });
});
