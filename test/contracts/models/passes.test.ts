import { expect } from 'chai';
import { ethers, loadFixture, time } from '../../support/contracts/chain.ts';
import { EXACT } from '../../support/contracts/model.ts';
import { availableOf, changes } from '../../support/contracts/money.ts';
import { request, requestMany, tryRequest } from '../../support/contracts/request.ts';
import { ROYALTY } from '../../support/contracts/system.ts';
import {
  BY_TIME,
  BY_USE,
  buy,
  MONTH,
  may,
  NOTHING,
  now,
  passOf,
  sellingByTime,
  sellingByUse,
  UNLIMITED,
} from './passes.ts';

describe('PassPolicy.setOffer', () => {
  it("is the owner of the model's, and is told", async () => {
    const s = await loadFixture(sellingByTime);
    await expect(s.passes.connect(s.owner).setOffer(s.version, BY_USE))
      .to.emit(s.passes, 'OfferSet')
      .withArgs(s.version, BY_USE.price, BY_USE.period, BY_USE.uses);
    await expect(s.passes.connect(s.attacker).setOffer(s.version, NOTHING))
      .to.be.revertedWithCustomError(s.passes, 'Policies_NotOwner')
      .withArgs(s.attacker.address, s.owner.address);
  });

  it('refuses a price or uses without a period, and periods beyond a century', async () => {
    const s = await loadFixture(sellingByTime);
    for (const offer of [
      { ...NOTHING, price: 1n },
      { ...NOTHING, uses: 1n },
      { ...BY_TIME, period: 36_500n * 86_400n + 1n },
    ])
      await expect(s.passes.connect(s.owner).setOffer(s.version, offer))
        .to.be.revertedWithCustomError(s.passes, 'Policies_BadField')
        .withArgs('period');
  });
});

describe('a pass for a period', () => {
  it('reaches no further than a century ahead', async () => {
    const s = await loadFixture(sellingByTime);
    const long = { ...BY_TIME, period: 36_500n * 86_400n };
    await s.passes.connect(s.owner).setOffer(s.version, long);
    await buy(s, s.requester, long);
    await expect(buy(s, s.requester, long))
      .to.be.revertedWithCustomError(s.passes, 'Policies_BadField')
      .withArgs('period');
    expect((await passOf(s, s.requester)).until).to.equal((await passOf(s, s.requester)).from + long.period);
  });

  it('lets its holder ask until its last second, and nobody else', async () => {
    const s = await loadFixture(sellingByTime);
    await expect(tryRequest(s)).to.be.revertedWithCustomError(s.models, 'Models_AccessDenied');
    const bought = await buy(s, s.requester, BY_TIME);
    const until = (await now()) + MONTH;
    await expect(bought)
      .to.emit(s.passes, 'PassBought')
      .withArgs(s.version, s.requester.address, s.requester.address, BY_TIME.price, until, UNLIMITED);
    await expect(bought).to.changeTokenBalances(
      ethers,
      s.token,
      [s.requester, s.passes],
      [-BY_TIME.price, BY_TIME.price],
    );
    await request(s);
    await expect(tryRequest(s, { by: s.other })).to.be.revertedWithCustomError(s.models, 'Models_AccessDenied');
    await time.increaseTo(until - 1n);
    await request(s, { lane: 1 }); // in the next second
    await expect(tryRequest(s, { lane: 2 })).to.be.revertedWithCustomError(s.models, 'Models_AccessDenied');
  });

  it('bought again, goes on where it ends; bought after its end, begins anew', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    const { until } = await passOf(s, s.requester);
    await time.increase(1000);
    await buy(s, s.requester, BY_TIME);
    expect((await passOf(s, s.requester)).until).to.equal(until + MONTH);
    await time.increaseTo(until + MONTH + 1n);
    await buy(s, s.requester, BY_TIME);
    expect((await passOf(s, s.requester)).until).to.equal((await now()) + MONTH);
  });

  it('can be given to another account, which alone may ask', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.other, BY_TIME, s.requester);
    expect([await may(s, s.requester), await may(s, s.other)]).to.deep.equal([true, false]);
  });

  it('is of one version', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    expect(await s.passes.mayRequest(s.exactVersion, s.requester, '0x')).to.equal(false);
  });

  it('is not sold without an offer, for a retired version, or where another policy decides', async () => {
    const s = await loadFixture(sellingByTime);
    const refused = async (version = s.version) =>
      expect(s.passes.connect(s.requester).buy(version, s.requester, BY_TIME, ROYALTY))
        .to.be.revertedWithCustomError(s.passes, 'Passes_NotForSale')
        .withArgs(version);
    await s.passes.connect(s.owner).setOffer(s.exactVersion, BY_TIME);
    await refused(s.exactVersion); // its policy is none
    await s.passes.connect(s.owner).setOffer(s.version, NOTHING);
    await refused();
    await s.passes.connect(s.owner).setOffer(s.version, BY_TIME);
    await s.models.connect(s.owner).retire(s.version);
    await refused();
  });
});

describe('a pass for a number of requests', () => {
  it('lets its holder ask exactly so often', async () => {
    const s = await loadFixture(sellingByUse);
    await buy(s, s.requester, BY_USE);
    for (let lane = 0; lane < 3; lane++) await request(s, { lane });
    await expect(tryRequest(s, { lane: 3 })).to.be.revertedWithCustomError(s.models, 'Models_AccessDenied');
  });

  it('counts every request of the account, of other versions too', async () => {
    const s = await loadFixture(sellingByUse);
    await buy(s, s.requester, BY_USE);
    for (let lane = 0; lane < 3; lane++) await request(s, { lane, shape: EXACT });
    expect(await may(s, s.requester)).to.equal(false);
  });

  it('is asked once by requestMany: the last use is worth as many as it takes', async () => {
    const s = await loadFixture(sellingByUse);
    await buy(s, s.requester, BY_USE);
    await request(s);
    await request(s, { lane: 1 });
    await requestMany(s, 32, { lane: 2 });
    expect(await may(s, s.requester)).to.equal(false);
  });

  it('bought again, keeps what is left; used up, begins anew', async () => {
    const s = await loadFixture(sellingByUse);
    await buy(s, s.requester, BY_USE);
    const { nonceEnd } = await passOf(s, s.requester);
    await request(s);
    await buy(s, s.requester, BY_USE);
    expect((await passOf(s, s.requester)).nonceEnd).to.equal(nonceEnd + 3n);
    for (let lane = 1; lane < 6; lane++) await request(s, { lane });
    expect(await may(s, s.requester)).to.equal(false);
    await buy(s, s.requester, BY_USE);
    const renewed = await passOf(s, s.requester);
    expect(renewed.until).to.equal((await now()) + MONTH);
    expect(renewed.nonceEnd).to.equal(nonceEnd + 6n);
  });

  it('bought again in its last second, keeps what is left; revoked then, is still a pass', async () => {
    const s = await loadFixture(sellingByUse);
    await buy(s, s.requester, BY_USE);
    const { until, nonceEnd } = await passOf(s, s.requester);
    await time.setNextBlockTimestamp(until);
    await buy(s, s.requester, BY_USE);
    expect((await passOf(s, s.requester)).nonceEnd).to.equal(nonceEnd + 3n);
    await time.setNextBlockTimestamp(until + MONTH);
    await expect(s.passes.connect(s.owner).revoke(s.version, s.requester))
      .to.emit(s.passes, 'PassEnded')
      .withArgs(s.version, s.requester.address, 0n);
  });

  it('ends with its period, whatever is left of it', async () => {
    const s = await loadFixture(sellingByUse);
    await buy(s, s.requester, BY_USE);
    await time.increase(MONTH + 1n);
    expect(await may(s, s.requester)).to.equal(false);
  });

  it('does not mix with one for a period, until that is over', async () => {
    const s = await loadFixture(sellingByUse);
    await buy(s, s.requester, BY_USE);
    await s.passes.connect(s.owner).setOffer(s.version, BY_TIME);
    await expect(buy(s, s.requester, BY_TIME))
      .to.be.revertedWithCustomError(s.passes, 'Passes_OtherKind')
      .withArgs(s.version, s.requester.address);
    await time.increase(MONTH + 1n);
    await buy(s, s.requester, BY_TIME);
  });
});

describe('what a pass earns', () => {
  it('is the share of the seconds that went by, credited in Escrow to the owner', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    const { from } = await passOf(s, s.requester);
    let collected = 0n;
    for (const at of [1n, 1_000_003n, MONTH - 1n, MONTH]) {
      await time.setNextBlockTimestamp(from + at);
      const before = collected;
      const { owner } = await changes(s, { owner: s.owner }, async () => {
        await s.passes.connect(s.attacker).collect(s.version, [s.requester]);
      });
      collected += owner;
      // Linear from the last collection: within a wei per collection of linear from the purchase.
      const linear = (BY_TIME.price * at) / MONTH;
      expect(collected <= linear && collected >= linear - 4n, `${collected} after ${before}, of ${linear}`).to.equal(
        true,
      );
    }
    expect((await passOf(s, s.requester)).held).to.equal(BY_TIME.price - collected);
    await time.setNextBlockTimestamp(from + MONTH + 1n);
    await s.passes.collect(s.version, [s.requester]);
    expect(await s.token.balanceOf(s.passes)).to.equal(0n);
    expect(await availableOf(s, s.owner)).to.equal(BY_TIME.price);
  });

  it('is nothing more in the last second of a pass that was collected in it', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    const { from, until } = await passOf(s, s.requester);
    await time.setNextBlockTimestamp(from + MONTH / 2n);
    await buy(s, s.requester, BY_TIME);
    await time.setNextBlockTimestamp(until + MONTH);
    await s.passes.collect(s.version, [s.requester]);
    const last = await passOf(s, s.requester);
    expect([last.from, last.held]).to.deep.equal([until + MONTH, 0n]);
    expect(await s.passes.earnedOf(s.version, s.requester)).to.equal(0n);
    expect(await may(s, s.requester)).to.equal(true);
  });

  it('is all of it as soon as the uses are used up', async () => {
    const s = await loadFixture(sellingByUse);
    await buy(s, s.requester, BY_USE);
    for (let lane = 0; lane < 3; lane++) await request(s, { lane });
    expect(await s.passes.earnedOf(s.version, s.requester)).to.equal(BY_USE.price);
  });

  it('is paid at the next purchase too', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    const { from } = await passOf(s, s.requester);
    await time.setNextBlockTimestamp(from + MONTH / 2n);
    const earned = BY_TIME.price / 2n;
    await expect(buy(s, s.requester, BY_TIME))
      .to.emit(s.passes, 'PassEarned')
      .withArgs(s.version, s.requester.address, s.owner.address, earned);
    expect((await passOf(s, s.requester)).held).to.equal(2n * BY_TIME.price - earned);
  });

  it('goes to whoever owns the model when it is collected', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    await time.increase(MONTH / 2n);
    await s.passes.collect(s.version, [s.requester]);
    const sellers = await availableOf(s, s.owner);
    await s.models.connect(s.owner).transferFrom(s.owner, s.buyer, s.model);
    await time.increase(MONTH);
    await s.passes.collect(s.version, [s.requester, s.other]);
    expect(await availableOf(s, s.owner)).to.equal(sellers);
    expect(await availableOf(s, s.buyer)).to.equal(BY_TIME.price - sellers);
  });
});

describe('what a pass gives back', () => {
  for (const [why, end] of [
    ['the version is retired', 'retire'],
    ['another policy decides', 'policy'],
    ['nobody decides any more', 'none'],
  ] as const)
    it(`is what is not earned, once ${why}`, async () => {
      const s = await loadFixture(sellingByTime);
      await buy(s, s.requester, BY_TIME);
      const { from } = await passOf(s, s.requester);
      await expect(s.passes.refund(s.version, s.requester)).to.be.revertedWithCustomError(
        s.passes,
        'Passes_StillServed',
      );
      const models = s.models.connect(s.owner);
      if (end === 'retire') await models.retire(s.version);
      else await models.setPolicy(s.version, end === 'none' ? `0x${'0'.repeat(40)}` : s.arbiter);
      await time.setNextBlockTimestamp(from + MONTH / 3n);
      const earned = (BY_TIME.price * (MONTH / 3n)) / MONTH;
      const parts = await changes(s, { owner: s.owner, requester: s.requester }, async () => {
        await expect(s.passes.connect(s.attacker).refund(s.version, s.requester))
          .to.emit(s.passes, 'PassEnded')
          .withArgs(s.version, s.requester.address, BY_TIME.price - earned);
      });
      expect(parts).to.deep.equal({ owner: earned, requester: BY_TIME.price - earned });
      expect(await s.token.balanceOf(s.passes)).to.equal(0n);
      await expect(s.passes.refund(s.version, s.requester)).to.be.revertedWithCustomError(s.passes, 'Passes_NoPass');
    });

  it('is all of it where not a wei is earned', async () => {
    const cheap = { ...BY_TIME, price: 1n };
    const s = await loadFixture(sellingByTime);
    await s.passes.connect(s.owner).setOffer(s.version, cheap);
    await buy(s, s.requester, cheap);
    await time.increase(MONTH / 2n);
    const parts = await changes(s, { owner: s.owner, requester: s.requester }, async () => {
      await s.passes.connect(s.owner).revoke(s.version, s.requester);
    });
    expect(parts).to.deep.equal({ owner: 0n, requester: 1n });
  });

  it('is nothing of a pass that is over', async () => {
    const s = await loadFixture(sellingByTime);
    await buy(s, s.requester, BY_TIME);
    await time.increase(MONTH + 1n);
    await s.models.connect(s.owner).retire(s.version);
    await expect(s.passes.refund(s.version, s.requester)).to.be.revertedWithCustomError(s.passes, 'Passes_NoPass');
    await s.passes.collect(s.version, [s.requester]);
    expect(await availableOf(s, s.owner)).to.equal(BY_TIME.price);
  });
});
