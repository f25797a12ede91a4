// What cannot be deployed at all: a wiring that would only be noticed when money is in it.
import { expect } from 'chai';
import { ethers, loadFixture } from '../../support/contracts/chain.ts';
import { system } from '../../support/contracts/system.ts';

const ZERO = ethers.ZeroAddress;

describe('deployments that are refused', () => {
  it('Escrow without a token, a registry or a treasury', async () => {
    const s = await loadFixture(system);
    const [token, models, treasury] = [await s.token.getAddress(), await s.models.getAddress(), s.other.address];
    const factory = await ethers.getContractFactory('Escrow');
    for (const wiring of [
      [ZERO, models, treasury],
      [token, ZERO, treasury],
      [token, models, ZERO],
    ] as const) {
      const [first, second, last] = wiring;
      await expect(factory.deploy(first, second, s.owner, last, 60)).to.be.revertedWithCustomError(
        s.escrow,
        'Escrow_ZeroAddress',
      );
    }
    await factory.deploy(token, models, s.owner, treasury, 60);
  });

  it('a challenge game whose gas costs nothing, or more than its fees can hold', async () => {
    const s = await loadFixture(system);
    const factory = await ethers.getContractFactory('ChallengeGame');
    for (const price of [0n, 2n ** 64n])
      await expect(factory.deploy(s.requests, s.other, s.other, price))
        .to.be.revertedWithCustomError(factory, 'Game_BadPrice')
        .withArgs(price);
    await factory.deploy(s.requests, s.other, s.other, 2n ** 64n - 1n);
  });
});
