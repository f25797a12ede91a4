import { expect } from 'chai';
import { slashSplit } from '#core/protocol/split.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import { loadFixture, time } from '../support/contracts/chain.ts';
import { OTHER_OUTPUT } from '../support/contracts/model.ts';
import { availableOf, BURN, changes, checkMoney, nobodyLoses, purse } from '../support/contracts/money.ts';
import { request, storiesOf, tryRequest } from '../support/contracts/request.ts';
import { appendSet, FEE, FUNDS, OPG_1, PARAMETERS, ROYALTY, system, systemWith } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
const PROTOCOL = FEE / 20n;

describe('attacks on terms and sums', () => {
  it('attack 7: a price raised between quote and request is refused by QUOTE, or binds nobody', async () => {
    const s = await loadFixture(system);
    const offer = (price: bigint) => s.nodes.connect(s.node).setOffer(s.version, price, 60, 2 ** 40 - 1);
    await offer(FEE / 2n);
    const fee = await s.requests.quote(s.version, s.node, 1);
    await offer(FEE);

    await nobodyLoses(s, () =>
      expect(tryRequest(s, { fee, flags: AskFlags.QUOTE }))
        .to.be.revertedWithCustomError(s.requests, 'Requests_FeeBelowQuote')
        .withArgs(fee, (price: bigint) => price > fee),
    );
    const unserved = await request(s, { fee });
    const gains = await changes(s, { requester: s.requester }, async () => {
      await time.increaseTo(unserved.terms.openAt + 1);
      await unserved.attempt.cancel();
    });
    expect(gains.requester).to.equal(fee);
  });

  it('attack 8: a royalty raised ahead of the request exceeds the guard, and a raised one afterwards changes nothing', async () => {
    const s = await loadFixture(system);
    const flying = await (await request(s)).submit();
    await s.models.connect(s.owner).setRoyalty(s.version, 2n * ROYALTY);
    await nobodyLoses(s, () =>
      expect(tryRequest(s, { lane: 1 }))
        .to.be.revertedWithCustomError(s.requests, 'Requests_RoyaltyAbove')
        .withArgs(2n * ROYALTY, ROYALTY),
    );
    const gains = await changes(s, { purse: purse(s) }, () => flying.finalise());
    expect(gains.purse).to.equal(ROYALTY + PROTOCOL);
  });

  it('attack 9: windows and shares changed by governance in flight reach only requests to come', async () => {
    const s = await loadFixture(system);
    const flying = await (await request(s, { set: 1 })).submit();
    await appendSet(s, { protocolBps: 1000, tipBps: 500, tcBase: 86_400, tipDelay: 0, penaltyBps: 10_000 });

    await expect(tryRequest(s, { set: 1, lane: 1 }))
      .to.be.revertedWithCustomError(s.requests, 'Requests_SetChanged')
      .withArgs(2);
    expect((await request(s, { set: 2, lane: 1 })).terms.protocolBps).to.equal(1000);
    const gains = await changes(s, { purse: purse(s), node: s.node }, () => flying.finalise());
    expect(gains).to.deep.equal({ purse: ROYALTY + PROTOCOL, node: SLICE + FEE - ROYALTY - PROTOCOL });
  });

  it('attack 10: who asks itself earns nothing: the protocol share is lost', async () => {
    const s = await loadFixture(system);
    await s.models.connect(s.owner).transferFrom(s.owner, s.node, s.model);
    const gains = await changes(s, { farmer: s.node }, async () => {
      const story = await request(s, { by: s.node });
      await (await story.submit()).finalise(s.node);
      await s.escrow.claimRoyalty(s.model);
    });
    expect(gains.farmer).to.equal(-PROTOCOL);
  });

  it('attack 11: requester, challenger and node in one hand lose at least a quarter of the slice they wash', async () => {
    const s = await loadFixture(system);
    const arbiter = await s.arbiter.getAddress();
    const gains = await changes(s, { washer: s.node, pot: arbiter, burn: BURN }, async () => {
      const story = await (await request(s, { by: s.node })).submit(s.node, OTHER_OUTPUT);
      await (await story.freeze()).attempt.condemn();
      await story.over();
    });
    const { toPot, burned } = slashSplit({ fee: FEE, slice: SLICE }, PARAMETERS);
    expect(gains.pot).to.equal(toPot); // grant the washer all of the pot as well
    expect(-(gains.washer + gains.pot)).to.equal(burned);
    expect(burned * 4n >= SLICE).to.equal(true);
  });

  it('attack 11: no parameter set lets a washed slice come back by more than three quarters', async () => {
    const s = await loadFixture(system);
    const arbiter = await s.arbiter.getAddress();
    const good = { ...PARAMETERS, arbiter };
    for (const bad of [
      { psiBps: 1001, rhoBps: 6500 },
      { psiBps: 4100, rhoBps: 3400 },
      { psiBps: 2000, rhoBps: 1999 },
    ]) {
      const data = s.requests.interface.encodeFunctionData('appendSet', [{ ...good, ...bad }]);
      await s.authority.connect(s.governor).schedule(s.requests, data, 0);
      await time.increase(7 * 86_400);
      await expect(s.authority.connect(s.governor).execute(s.requests, data)).to.be.revertedWithCustomError(
        s.requests,
        'Requests_BadParameter',
      );
    }
  });

  it('attack 25: with dust the node still gets a wei and the slice its floor; nothing rounds to free', async () => {
    const s = await loadFixture(system);
    await s.models.connect(s.owner).setRoyalty(s.version, 0);
    await nobodyLoses(s, () =>
      expect(tryRequest(s, { fee: 0n })).to.be.revertedWithCustomError(s.requests, 'Requests_FeeBelowShares'),
    );
    for (const [lane, fee] of [1n, 2n, 19n, 20n, 199n, 200n].entries()) {
      const story = await request(s, { fee, lane });
      expect(story.terms.slice).to.equal(SLICE);
      const protocol = fee / 20n;
      const gains = await changes(s, { node: s.node, purse: purse(s) }, async () => (await story.submit()).finalise());
      expect(gains).to.deep.equal({ node: fee - protocol, purse: protocol });
      expect(gains.node > 0n).to.equal(true);
    }
  });

  it('attack 25: a fee that the shares eat up entirely is refused; one wei more is served', async () => {
    const s = await loadFixture(system);
    // shares of 550 bps: fee = royalty + floor(5 %) + floor(0.5 %) + 1 at the least
    let least = ROYALTY;
    while (least < ROYALTY + (least * 500n) / 10_000n + (least * 50n) / 10_000n + 1n)
      least = ROYALTY + (least * 500n) / 10_000n + (least * 50n) / 10_000n + 1n;
    await expect(tryRequest(s, { fee: least - 1n })).to.be.revertedWithCustomError(
      s.requests,
      'Requests_FeeBelowShares',
    );
    const story = await (await request(s, { fee: least })).submit();
    await time.increaseTo(story.end + PARAMETERS.tipDelay + 1);
    const gains = await changes(s, { node: s.node }, () => story.finalise(s.keeper, true));
    expect(gains.node).to.equal(SLICE + 1n);
  });

  it('attack 26: no split of an odd fee or slice mints or loses a wei', async () => {
    const s = await systemWith({ sliceFloor: 10n ** 19n + 7n, psiBps: 333, rhoBps: 777, protocolBps: 333, tipBps: 77 });
    const fees = [FEE + 1n, FEE + 9999n, 1_234_567_890_123_456_789n, 10n ** 18n - 1n];
    for (const [i, fee] of fees.entries()) {
      const paid = await (await request(s, { fee, lane: 2 * i })).submit();
      const slashed = await (await request(s, { fee, lane: 2 * i + 1 })).submit();
      await (await slashed.freeze()).attempt.condemn();
      await slashed.over();
      await time.increaseTo(paid.end + PARAMETERS.tipDelay + 1);
      await paid.finalise(s.keeper, true);
    }
    const burned = await availableOf(s, BURN);
    expect(burned > 0n).to.equal(true);
    await s.escrow.flushBurn();
    expect(await availableOf(s, BURN)).to.equal(0n);
    expect(await s.token.balanceOf(BURN)).to.equal(burned);
    await checkMoney(s);
  });

  it('attack 46: the purse goes with the token, so seller and buyer see what they trade', async () => {
    const s = await loadFixture(system);
    await (await (await request(s)).submit()).finalise();
    const unclaimed = await availableOf(s, purse(s));
    expect(unclaimed).to.equal(ROYALTY); // what the buyer sees
    await s.models.connect(s.owner).transferFrom(s.owner, s.buyer, s.model);
    const gains = await changes(s, { owner: s.owner, buyer: s.buyer, thief: s.attacker }, () =>
      s.escrow.connect(s.attacker).claimRoyalty(s.model),
    );
    expect(gains).to.deep.equal({ owner: 0n, buyer: ROYALTY, thief: 0n });
  });

  it('attack 51: whoever lost the logs finds the terms in the calldata of the request', async () => {
    const s = await loadFixture(system);
    const sent = await tryRequest(s);
    const [story] = await storiesOf(s, sent);
    if (story === undefined) throw new Error('no request');
    const call = s.requests.interface.parseTransaction({ data: sent.data });
    const ask = call?.args.getValue('ask');
    const { terms } = story;
    expect(ask.version).to.equal(terms.version);
    expect([ask.fee, ask.deadline, ask.openAt, ask.lane]).to.deep.equal(
      [terms.fee, terms.deadline, terms.openAt, terms.lane].map(BigInt),
    );
    expect(sent.from.toLowerCase()).to.equal(terms.requester);
    // All the rest are facts of the chain: the version's word, the parameter set, the account's nonce.
    const [tc, slice] = await s.requests.windowsOf(terms.version, terms.items, terms.fee);
    expect([Number(tc), slice]).to.deep.equal([terms.tc, terms.slice]);
    expect((await s.requests.parametersOf(terms.set)).protocolBps).to.equal(BigInt(terms.protocolBps));
    expect((await s.escrow.accountOf(s.requester)).nonce).to.equal(story.nonce + 1n);
    expect(await availableOf(s, s.requester)).to.equal(FUNDS - OPG_1);
  });
});
