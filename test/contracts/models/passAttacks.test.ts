// Attacks on paid passes and token gates: who could lose money or service, and why nobody does.
import { expect } from 'chai';
import { type HookToken, OPG__factory } from '#types';
import { ethers, inOneBlock, loadFixture, time } from '../../support/contracts/chain.ts';
import { availableOf, nobodyLoses } from '../../support/contracts/money.ts';
import { request, tryRequest } from '../../support/contracts/request.ts';
import { fund, ROYALTY, system, systemOn } from '../../support/contracts/system.ts';
import {
  BY_TIME,
  BY_USE,
  buy,
  MONTH,
  may,
  NOTHING,
  now,
  passOf,
  type Selling,
  selling,
  sellingByTime,
  sellingByUse,
} from './passes.ts';

const denied = (s: Selling, lane: number, by = s.requester) =>
  expect(tryRequest(s, { lane, by })).to.be.revertedWithCustomError(s.models, 'Models_AccessDenied');

/** The same on a token that calls somebody in the middle of a transfer. */
async function onHooks(): Promise<Selling & { hooks: HookToken }> {
  const hooks = await ethers.deployContract('HookToken');
  const s = await selling(BY_TIME, async () => fund(await systemOn(hooks)));
  return { ...s, hooks };
}

describe('attacks on passes', () => {
  it('a pass revoked or unbound in flight stops the next request, not the one that was made', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    const story = await request(s);
    await s.passes.connect(s.owner).revoke(s.version, s.requester);
    await denied(s, 1);
    await (await story.submit()).finalise();
  });

  it('revoking costs the owner what it has not earned, and only the owner can', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    await nobodyLoses(s, () =>
      expect(s.passes.connect(s.attacker).revoke(s.version, s.requester)).to.be.revertedWithCustomError(
        s.passes,
        'Policies_NotOwner',
      ),
    );
    const before = await availableOf(s, s.requester);
    await s.passes.connect(s.owner).revoke(s.version, s.requester);
    const back = (await availableOf(s, s.requester)) - before;
    const earned = (2n * BY_TIME.price) / MONTH; // the second block after the purchase: the first was refused
    expect(back).to.equal(BY_TIME.price - earned);
    expect(await availableOf(s, s.owner)).to.equal(earned);
  });

  it('an owner cannot slip a worse offer in front of a buyer', async () => {
    const s = await loadFixture(sellingByTime);
    const worse = [
      { ...BY_TIME, price: BY_TIME.price + 1n },
      { ...BY_TIME, period: BY_TIME.period - 1n },
      { ...BY_TIME, uses: 1_000_000n },
    ];
    for (const offer of worse) {
      await s.passes.connect(s.owner).setOffer(s.version, offer);
      await nobodyLoses(s, () =>
        expect(buy(s, s.requester, BY_TIME))
          .to.be.revertedWithCustomError(s.passes, 'Passes_OfferChanged')
          .withArgs(s.version, offer.price, offer.period, offer.uses),
      );
    }
    await s.passes.connect(s.owner).setOffer(s.version, BY_USE);
    await expect(buy(s, s.requester, { ...BY_USE, uses: BY_USE.uses + 1n })).to.be.revertedWithCustomError(
      s.passes,
      'Passes_OfferChanged',
    );
    // The same in one block, the owner first: the purchase fails whole.
    await s.passes.connect(s.owner).setOffer(s.version, BY_TIME);
    const [raised, bought] = await inOneBlock(
      Number(await now()) + 10,
      () =>
        s.passes.connect(s.owner).setOffer(s.version, { ...BY_TIME, price: BY_TIME.price * 2n }, { gasLimit: 200_000 }),
      () => s.passes.connect(s.requester).buy(s.version, s.requester, BY_TIME, ROYALTY, { gasLimit: 300_000 }),
    );
    expect([raised, bought]).to.deep.equal([true, false]);
    expect((await passOf(s, s.requester)).until).to.equal(0n);
  });

  it('an owner cannot slip a royalty in front of a buyer', async () => {
    const s = await loadFixture(sellingByTime);
    await s.models.connect(s.owner).setRoyalty(s.version, ROYALTY + 1n);
    await nobodyLoses(s, () =>
      expect(buy(s, s.requester, BY_TIME))
        .to.be.revertedWithCustomError(s.passes, 'Passes_RoyaltyAbove')
        .withArgs(ROYALTY + 1n, ROYALTY),
    );
  });

  it('an owner who prices a holder out by the royalty gives back what the pass has not earned', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    const { from } = await passOf(s, s.requester);
    await s.models.connect(s.owner).setRoyalty(s.version, 2n ** 90n);
    await expect(tryRequest(s, { maxRoyalty: 2n ** 96n - 1n, fee: 10n ** 27n })).to.be.revertedWithCustomError(
      s.requests,
      'Requests_FeeBelowShares',
    );
    await time.setNextBlockTimestamp(from + MONTH / 2n);
    const before = [await availableOf(s, s.requester), await availableOf(s, s.owner)] as const;
    await s.passes.connect(s.attacker).refund(s.version, s.requester);
    const earned = BY_TIME.price / 2n;
    expect((await availableOf(s, s.requester)) - before[0]).to.equal(BY_TIME.price - earned);
    expect((await availableOf(s, s.owner)) - before[1]).to.equal(earned);
    expect(await may(s, s.requester)).to.equal(false);
  });

  it('a gift does not raise the royalty that a holder was promised, nor does the end of a pass keep it', async () => {
    const s = await loadFixture(sellingByTime);
    const promised = () => s.passes.royaltyOf(s.version, s.requester);
    await buy(s, s.requester, BY_TIME);
    await s.models.connect(s.owner).setRoyalty(s.version, 2n * ROYALTY);
    await buy(s, s.attacker, BY_TIME, s.requester, 2n * ROYALTY);
    expect(await promised()).to.equal(ROYALTY);
    await s.models.connect(s.owner).setRoyalty(s.version, ROYALTY / 2n);
    await buy(s, s.requester, BY_TIME);
    expect(await promised()).to.equal(ROYALTY / 2n);
    await expect(s.passes.refund(s.version, s.requester)).to.be.revertedWithCustomError(s.passes, 'Passes_StillServed');
    await time.increase(3n * MONTH);
    await s.models.connect(s.owner).setRoyalty(s.version, ROYALTY);
    await buy(s, s.requester, BY_TIME);
    expect(await promised()).to.equal(ROYALTY);
    await s.passes.connect(s.owner).revoke(s.version, s.requester);
    expect(await promised()).to.equal(0n);
  });

  it('takes a better offer at its own price', async () => {
    const s = await loadFixture(sellingByTime);
    const better = { ...BY_TIME, price: BY_TIME.price - 1n, period: BY_TIME.period + 1n };
    await s.passes.connect(s.owner).setOffer(s.version, better);
    const tokens = await s.token.balanceOf(s.requester);
    await buy(s, s.requester, BY_TIME);
    expect(tokens - (await s.token.balanceOf(s.requester))).to.equal(better.price);
  });

  it('a pass sold to two is two passes, each for its own account and money', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    await buy(s, s.other, BY_TIME);
    await s.passes.connect(s.owner).revoke(s.version, s.other);
    expect([await may(s, s.requester), await may(s, s.other)]).to.deep.equal([true, false]);
    expect(await s.token.balanceOf(s.passes)).to.equal((await passOf(s, s.requester)).held);
  });

  it('bought twice in one block, it is twice as long: nothing is paid for nothing', async () => {
    const s = await loadFixture(sellingByTime);
    const second = Number(await now()) + 10;
    const purchase = () =>
      s.passes.connect(s.requester).buy(s.version, s.requester, BY_TIME, ROYALTY, { gasLimit: 300_000 });
    expect(await inOneBlock(second, purchase, purchase)).to.deep.equal([true, true]);
    const { until, held } = await passOf(s, s.requester);
    expect(until).to.equal(BigInt(second) + 2n * MONTH);
    expect(held).to.equal(2n * BY_TIME.price);
  });

  it("whoever buys pays: a gift is the giver's money, and without an allowance there is no purchase", async () => {
    const s = await loadFixture(sellingByTime);
    const [mine, theirs] = await Promise.all([s.token.balanceOf(s.attacker), s.token.balanceOf(s.requester)]);
    await buy(s, s.attacker, BY_TIME, s.requester);
    expect(mine - (await s.token.balanceOf(s.attacker))).to.equal(BY_TIME.price);
    expect(await s.token.balanceOf(s.requester)).to.equal(theirs);
    await s.token.connect(s.requester).approve(s.passes, BY_TIME.price - 1n);
    await nobodyLoses(s, () =>
      expect(buy(s, s.requester, BY_TIME)).to.be.revertedWithCustomError(
        { interface: OPG__factory.createInterface() },
        'ERC20InsufficientAllowance',
      ),
    );
  });

  for (const [what, afterMove] of [
    ['before', false],
    ['after', true],
  ] as const)
    it(`a token that enters again ${what} the tokens move gets nowhere`, async () => {
      const s = await loadFixture(onHooks);
      await buy(s, s.requester, BY_TIME);
      await s.models.connect(s.owner).retire(s.version);
      // The refund deposits into Escrow: in the middle of it, the same refund again.
      await s.hooks.arm(
        s.passes,
        s.passes.interface.encodeFunctionData('refund', [s.version, s.requester.address]),
        afterMove,
      );
      const before = await availableOf(s, s.requester);
      await s.passes.refund(s.version, s.requester);
      expect(await s.hooks.lastSucceeded()).to.equal(false);
      expect((await availableOf(s, s.requester)) - before).to.equal(BY_TIME.price - (await availableOf(s, s.owner)));
      expect(await s.token.balanceOf(s.passes)).to.equal(0n);
    });

  it('a pass of another account cannot be refunded to oneself, nor a running one at all', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    await nobodyLoses(s, () =>
      expect(s.passes.connect(s.requester).refund(s.version, s.requester)).to.be.revertedWithCustomError(
        s.passes,
        'Passes_StillServed',
      ),
    );
    await s.models.connect(s.owner).retire(s.version);
    await expect(s.passes.connect(s.attacker).refund(s.version, s.attacker)).to.be.revertedWithCustomError(
      s.passes,
      'Passes_NoPass',
    );
    const before = await availableOf(s, s.attacker);
    await s.passes.connect(s.attacker).refund(s.version, s.requester);
    expect(await availableOf(s, s.attacker)).to.equal(before);
  });

  it('the question stays within a fifth of its gas, cold, for a counted pass', async () => {
    const s = await loadFixture(sellingByUse);
    await buy(s, s.requester, BY_USE);
    const call = s.passes.mayRequest.populateTransaction(s.version, s.requester, '0x');
    const gas = (await ethers.provider.estimateGas(await call)) - 21_000n - 1_500n; // of which calldata is some 1,500
    expect(gas < 10_000n, `${gas} gas`).to.equal(true);
  });

  it('an owner who ends the sale takes nothing from who has bought', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    await s.passes.connect(s.owner).setOffer(s.version, NOTHING);
    await time.increase(MONTH / 2n);
    await request(s);
  });
});

describe('attacks on token gates', () => {
  const gated = async () => {
    const s = await system();
    const policy = await ethers.deployContract('TokenHolderPolicy', [s.models]);
    const piece = await ethers.deployContract('PieceToken');
    await s.models.connect(s.owner).setPolicy(s.version, policy);
    await policy.connect(s.owner).setRule(s.version, piece, 1n);
    await piece.mint(s.requester, 7n);
    return { ...s, policy, piece };
  };

  it('a piece sold between ask and execution does not hurt the request; its buyer may ask next, its seller not', async () => {
    const s = await loadFixture(gated);
    const story = await request(s);
    await s.piece.connect(s.requester).transferFrom(s.requester, s.other, 7n);
    await expect(tryRequest(s, { lane: 1 })).to.be.revertedWithCustomError(s.models, 'Models_AccessDenied');
    const next = await request(s, { by: s.other });
    await (await story.submit()).finalise();
    await (await next.submit()).finalise();
  });

  it('a piece passed on within one block lets each holder in once: stated, not prevented', async () => {
    const s = await loadFixture(gated);
    await request(s);
    await s.piece.connect(s.requester).transferFrom(s.requester, s.other, 7n);
    await request(s, { by: s.other });
    await s.piece.connect(s.other).transferFrom(s.other, s.requester, 7n);
    await request(s, { lane: 1 });
  });
});
