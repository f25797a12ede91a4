// Royalty and protocol share wait in the purse of a model: claimed by its owner, swept to the treasury, by anybody's call.
import { expect } from 'chai';
import { toBeHex, zeroPadValue } from 'ethers';
import { FEE, ROYALTY } from '../requests/system.ts';
import type { World } from '../requests/world.ts';
import { begin, outcome } from '../requests/world.ts';

const PROTOCOL = (FEE * 500n) / 10_000n;
async function settled(): Promise<World> {
  const w = await begin();
  const job = await w.ripe(await w.request());
  await w.moved(() => w.finalise(job), job);
  return w;
}

describe('Escrow.claimRoyalty', () => {
  it('credits the owner of the model, whoever calls', async () => {
    const w = await settled();
    expect(await w.moved(() => w.s.escrow.connect(w.s.stranger).claimRoyalty(1))).to.deep.equal({
      'owner.available': ROYALTY,
      'purse.available': -ROYALTY,
    });
    await expect(w.last).to.emit(w.s.escrow, 'RoyaltyClaimed').withArgs(1, w.s.owner.address, ROYALTY);
    expect(await w.moved(() => w.s.escrow.claimRoyalty(1))).to.deep.equal({});
  });

  it('goes with the token', async () => {
    const w = await settled();
    await w.s.models.connect(w.s.owner).transferFrom(w.s.owner, w.s.rival, 1);
    expect(await w.moved(() => w.s.escrow.claimRoyalty(1))).to.include({ 'rival.available': ROYALTY });
  });

  it('knows no other models', async () => {
    const w = await settled();
    expect(await outcome(w.s.escrow.claimRoyalty(2))).to.match(/Models_Unknown|ERC721NonexistentToken/);
  });
});

describe('Escrow.sweepProtocol', () => {
  it('credits the treasury with the shares of all models named', async () => {
    const w = await settled();
    expect(await w.moved(() => w.s.escrow.connect(w.s.stranger).sweepProtocol([1, 1, 2]))).to.deep.equal({
      'treasury.available': PROTOCOL,
      'purse.stake': -PROTOCOL,
    });
    await expect(w.last).to.emit(w.s.escrow, 'ProtocolSwept').withArgs(1, w.s.treasury.address, PROTOCOL);
  });

  it('pays the treasury of the day', async () => {
    const w = await settled();
    await (await w.s.escrow.connect(w.s.admin).setTreasury(w.s.keeper)).wait();
    expect(await w.moved(() => w.s.escrow.sweepProtocol([1]))).to.include({ 'keeper.available': PROTOCOL });
  });
});

describe('Escrow.purseOf', () => {
  it('is an address of its own for each model', async () => {
    const w = await begin();
    for (const model of [1n, 2n, 2n ** 48n - 1n])
      expect((await w.s.escrow.purseOf(model)).toLowerCase()).to.equal(
        zeroPadValue(toBeHex((0xa0de1n << 48n) | model), 20),
      );
  });
});
