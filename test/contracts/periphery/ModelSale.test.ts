import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import { ethers, inOneBlock, loadFixture, time } from '../../support/contracts/chain.ts';
import { availableOf, changes, nobodyLoses } from '../../support/contracts/money.ts';
import { request } from '../../support/contracts/request.ts';
import { DAY, OPG_1, ROYALTY, system } from '../../support/contracts/system.ts';
import { earned } from './owners.ts';

const PRICE = 50n * OPG_1;

async function offered() {
  const s = await system();
  const sale = await ethers.deployContract('ModelSale', [s.escrow]);
  const until = BigInt((await time.latest()) + 30 * DAY);
  await sale.connect(s.owner).offer(s.model, s.other, PRICE, until);
  await s.models.connect(s.owner).approve(sale, s.model);
  for (const buyer of [s.other, s.attacker]) await s.token.connect(buyer).approve(sale, PRICE);
  return { ...s, sale, until };
}
type Offered = Awaited<ReturnType<typeof offered>>;

const refused = (s: Offered, by: Offered['other'], error: string, max = PRICE) =>
  nobodyLoses(s, () => expect(s.sale.connect(by).accept(s.model, max)).to.be.revertedWithCustomError(s.sale, error));

describe('ModelSale', () => {
  it('hands over the token for the price, after the seller has got what is final', async () => {
    const s = await loadFixture(offered);
    await earned(s, 0);
    const tokens = await s.token.balanceOf(s.other);
    const parts = await changes(s, { owner: s.owner, other: s.other }, async () => {
      await expect(s.sale.connect(s.other).accept(s.model, PRICE))
        .to.emit(s.sale, 'Sold')
        .withArgs(s.model, s.owner.address, s.other.address, PRICE);
    });
    expect(parts).to.deep.equal({ owner: ROYALTY + PRICE, other: 0n });
    expect(tokens - (await s.token.balanceOf(s.other))).to.equal(PRICE);
    expect(await s.models.ownerOfModel(s.model)).to.equal(s.other.address);
    expect(await s.token.balanceOf(s.sale)).to.equal(0n);
    await refused(s, s.other, 'Sale_NotOffered');
  });

  it("leaves requests in flight as they are: their royalty is the buyer's, at the amount they were asked with", async () => {
    const s = await loadFixture(offered);
    const [asked, submitted] = [await request(s), await request(s, { lane: 1 })];
    await submitted.submit();
    await s.sale.connect(s.other).accept(s.model, PRICE);
    await s.models.connect(s.other).setRoyalty(s.version, 7n * ROYALTY);
    await asked.submit();
    for (const story of [asked, submitted]) await story.finalise();
    const parts = await changes(s, { owner: s.owner, other: s.other }, async () => {
      await s.escrow.connect(s.attacker).claimRoyalty(s.model);
    });
    expect(parts).to.deep.equal({ owner: 0n, other: 2n * ROYALTY });
  });

  it('needs both: an offer binds nobody until it is accepted, and nobody is given a model unasked', async () => {
    const s = await loadFixture(offered);
    expect(await s.models.ownerOfModel(s.model)).to.equal(s.owner.address);
    await expect(s.sale.connect(s.owner).take(s.model))
      .to.emit(s.sale, 'OfferTaken')
      .withArgs(s.model, s.owner.address);
    await refused(s, s.other, 'Sale_NotOffered');
    await expect(s.sale.connect(s.owner).take(s.model)).to.be.revertedWithCustomError(s.sale, 'Sale_NotOffered');
  });

  it('sells to the named buyer only, or to whoever comes', async () => {
    const s = await loadFixture(offered);
    await refused(s, s.attacker, 'Sale_NotForYou');
    await s.sale.connect(s.owner).offer(s.model, ZeroAddress, 0n, s.until);
    await s.sale.connect(s.attacker).accept(s.model, 0n);
    expect(await s.models.ownerOfModel(s.model)).to.equal(s.attacker.address);
  });

  it('is offered by the owner, until a second that is to come', async () => {
    const s = await loadFixture(offered);
    await expect(s.sale.connect(s.attacker).offer(s.model, s.attacker, 0n, s.until))
      .to.be.revertedWithCustomError(s.sale, 'Sale_NotOwner')
      .withArgs(s.attacker.address, s.owner.address);
    await expect(s.sale.connect(s.owner).offer(s.model, s.other, 0n, 1n))
      .to.be.revertedWithCustomError(s.sale, 'Sale_UntilInvalid')
      .withArgs(1n);
    await time.setNextBlockTimestamp(s.until + 1n);
    await refused(s, s.other, 'Sale_NotOffered');
  });

  it('is accepted until its last second', async () => {
    const s = await loadFixture(offered);
    await time.setNextBlockTimestamp(s.until);
    await s.sale.connect(s.other).accept(s.model, PRICE);
  });

  it('works without the contract too: approve is the offer, transferFrom the acceptance', async () => {
    const s = await loadFixture(offered);
    await s.models.connect(s.owner).approve(s.other, s.model);
    await s.models.connect(s.other).transferFrom(s.owner, s.other, s.model);
    expect(await s.models.ownerOfModel(s.model)).to.equal(s.other.address);
  });
});

describe('attacks on a sale', () => {
  it('a seller cannot raise the price in front of the buyer', async () => {
    const s = await loadFixture(offered);
    await s.token.connect(s.other).approve(s.sale, 10n * PRICE);
    const [raised, accepted] = await inOneBlock(
      (await time.latest()) + 10,
      () => s.sale.connect(s.owner).offer(s.model, s.other, PRICE + 1n, s.until, { gasLimit: 200_000 }),
      () => s.sale.connect(s.other).accept(s.model, PRICE, { gasLimit: 400_000 }),
    );
    expect([raised, accepted]).to.deep.equal([true, false]);
    await refused(s, s.other, 'Sale_PriceAbove');
  });

  it('a seller cannot sell what it has given away, nor the same model twice', async () => {
    const s = await loadFixture(offered);
    await s.models.connect(s.owner).transferFrom(s.owner, s.buyer, s.model);
    await refused(s, s.other, 'Sale_NotOffered');
  });

  it('an old offer does not come back with the model', async () => {
    const s = await loadFixture(offered);
    await s.models.connect(s.owner).setApprovalForAll(s.sale, true);
    await s.models.connect(s.owner).transferFrom(s.owner, s.buyer, s.model);
    await s.models.connect(s.buyer).transferFrom(s.buyer, s.owner, s.model);
    await refused(s, s.other, 'Sale_NotOffered');
  });

  it("a seller who claims in front of the buyer has only what is the seller's", async () => {
    const s = await loadFixture(offered);
    await earned(s, 0);
    await s.escrow.claimRoyalty(s.model);
    await s.sale.connect(s.other).accept(s.model, PRICE);
    expect(await availableOf(s, s.owner)).to.equal(ROYALTY + PRICE);
  });
});
