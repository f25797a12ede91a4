import { expect } from 'chai';
import { AskFlags } from '#core/protocol/terms.ts';
import { loadFixture, time } from '../support/contracts/chain.ts';
import { OTHER_OUTPUT } from '../support/contracts/model.ts';
import { availableOf, changes, checkMoney, holdingOf, nobodyLoses, stakeOf } from '../support/contracts/money.ts';
import { refused } from '../support/contracts/refusals.ts';
import { request, requestMany, tryRequest } from '../support/contracts/request.ts';
import { FEE, FUNDS, OPG_1, PARAMETERS, system, systemWith, UNBONDING } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
const PENALTY = SLICE / 20n; // 5 %, exactly FEE

describe('attacks on stake', () => {
  it('attack 1: 1,000 requests that name a node lock none of its stake', async () => {
    const s = await loadFixture(system);
    const before = await s.escrow.accountOf(s.node);
    for (let lane = 0; lane < 1000; lane += 25)
      await requestMany(s, 25, { by: s.attacker, fee: OPG_1 / 50n, lane, dueIn: 7200 });

    expect([...(await s.escrow.accountOf(s.node))]).to.deep.equal([...before]);
    expect(await availableOf(s, s.attacker)).to.equal(FUNDS - 20n * OPG_1);
    await (await request(s)).submit(); // the node works for others as if nothing had happened
    await checkMoney(s);
  });

  it('attack 2: dust fees that fill a queue are below the quote, or are dropped without a transaction', async () => {
    const s = await loadFixture(system);
    await s.nodes.connect(s.node).setOffer(s.version, OPG_1, 60, 2 ** 40 - 1);
    const dust = OPG_1 / 50n;
    const quote = await s.requests.quote(s.version, s.node, 1);

    await expect(tryRequest(s, { by: s.attacker, fee: dust, flags: AskFlags.QUOTE }))
      .to.be.revertedWithCustomError(s.requests, 'Requests_FeeBelowQuote')
      .withArgs(dust, quote);
    const dropped = await request(s, { by: s.attacker, fee: dust, dueIn: 7200 });
    const gains = await changes(s, { node: s.node, attacker: s.attacker }, async () => {
      await time.increaseTo(dropped.terms.deadline);
      await dropped.attempt.expire();
    });
    expect(gains).to.deep.equal({ node: 0n, attacker: dust });
  });

  it('attack 3: a rival that accepts and never delivers pays each requester, and never before the named node passed', async () => {
    const s = await loadFixture(system);
    const reserved = await request(s, { lane: 9 });
    await expect(reserved.attempt.accept({ by: s.rival }))
      .to.be.revertedWithCustomError(s.requests, 'Requests_Reserved')
      .withArgs(reserved.terms.openAt);

    const open = await requestMany(s, 3, { node: null, openIn: 0 });
    const gains = await changes(s, { rival: s.rival, requester: s.requester }, async () => {
      for (const story of open) await story.accept(s.rival);
      await time.increaseTo(Math.max(...open.map(({ terms }) => terms.deadline)));
      for (const story of open)
        await expect(story.attempt.expire()).to.emit(s.requests, 'Undelivered').withArgs(story.id, s.rival, PENALTY);
    });
    expect(gains).to.deep.equal({ rival: -3n * PENALTY, requester: 3n * (FEE + PENALTY) });
  });

  it('attack 33: block stuffing until the deadline costs a silent node nothing, and a node that accepted at most the fee', async () => {
    const s = await loadFixture(system);
    const implied = await request(s);
    const accepted = await (await request(s, { lane: 1, fee: OPG_1 / 2n })).accept();
    await time.increaseTo(accepted.terms.deadline);
    for (const late of [implied, accepted])
      await expect(late.attempt.submit()).to.be.revertedWithCustomError(s.requests, 'Requests_TooLate');
    const gains = await changes(s, { node: s.node, requester: s.requester }, async () => {
      await implied.attempt.expire();
      await accepted.attempt.expire();
    });
    expect(gains.node).to.equal(-(OPG_1 / 2n) + SLICE);
    expect(gains.requester).to.equal(FEE + OPG_1);
  });

  it('attack 37: penalties cannot be farmed with inputs that were never handed over', async () => {
    const s = await systemWith({ penaltyBps: 10_000 });
    const story = await request(s, { by: s.attacker, flags: AskFlags.ROOT_INPUT });
    await expect(story.attempt.submit()).to.be.revertedWithCustomError(s.requests, 'Requests_NeedsAccept');

    await story.accept(); // a node that says it holds the bytes, and does not
    await time.increaseTo(story.terms.deadline);
    const gains = await changes(s, { attacker: s.attacker, node: s.node }, () => story.attempt.expire());
    expect(gains).to.deep.equal({ attacker: 2n * FEE, node: SLICE - FEE });
  });

  it('attack 38: stake that leaves ahead of the slash does not take the slice with it', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).submit(s.node, OTHER_OUTPUT);
    const free = await stakeOf(s, s.node);
    await s.escrow.connect(s.node).unstake(free);
    await story.freeze();
    const gains = await changes(s, { node: s.node, requester: s.requester }, () => story.attempt.condemn());

    expect(gains).to.deep.equal({ node: 0n, requester: 2n * FEE }); // the slice had left the node at submit
    expect((await holdingOf(s, s.node.address)).unbonding).to.equal(FUNDS / 2n - SLICE);
    await time.increase(UNBONDING);
    await s.escrow.connect(s.node).release();
    expect(await availableOf(s, s.node)).to.equal(FUNDS - SLICE);
  });

  it('attack 39: a stolen hot key burns free stake slice by slice and reaches nothing else, until it is revoked', async () => {
    const s = await loadFixture(system);
    await s.nodes.connect(s.node).setKey(s.hotKey, 2 ** 40, 7);
    await s.escrow.connect(s.node).unstake(FUNDS / 2n - 2n * SLICE - 1n); // planned exposure: two slices
    const stories = await requestMany(s, 4);

    await nobodyLoses(s, async () => {
      const thief = s.escrow.connect(s.hotKey);
      await refused(
        s.escrow,
        'Escrow_Overdraw',
        () => thief.withdraw(1n, s.hotKey),
        () => thief.unstake(1n),
        () => thief.restake(1n),
      );
      await s.nodes.connect(s.hotKey).setOffer(s.version, 1n, 0, 2 ** 40 - 1); // its own offer, not the node's
      expect(await s.nodes.offerOf(s.node, s.version)).to.equal(0n);
    });
    for (const story of stories.slice(0, 2)) {
      const sent = await story.attempt.submit({ by: s.hotKey, output: OTHER_OUTPUT });
      await story.submitted(sent, s.node, OTHER_OUTPUT);
    }
    await expect(stories[2]?.attempt.submit({ by: s.hotKey })).to.be.revertedWithCustomError(
      s.escrow,
      'Escrow_Overdraw',
    );
    await s.nodes.connect(s.node).setKey(s.hotKey, 0, 0);
    await s.escrow.connect(s.node).restake(SLICE);
    await expect(stories[3]?.attempt.submit({ by: s.hotKey })).to.be.revertedWithCustomError(
      s.nodes,
      'Nodes_KeyNotAllowed',
    );
    expect(await stakeOf(s, s.node)).to.equal(SLICE + 1n);
    await checkMoney(s);
  });

  it('attack 40: a key that was rotated or whose node was sold in flight acts for nobody; credits go to the account', async () => {
    const s = await loadFixture(system);
    const nodes = s.nodes.connect(s.node);
    await nodes.setKey(s.hotKey, 2 ** 40, 4);
    const story = await request(s);
    await nodes.setKey(s.hotKey, 0, 0);
    await nodes.setKey(s.buyer, 2 ** 40, 4);

    await nobodyLoses(s, () =>
      expect(story.attempt.submit({ by: s.hotKey })).to.be.revertedWithCustomError(s.nodes, 'Nodes_KeyNotAllowed'),
    );
    await story.submitted(await story.attempt.submit({ by: s.buyer }), s.node);
    const gains = await changes(s, { node: s.node, hotKey: s.hotKey, buyer: s.buyer }, () => story.finalise());
    expect(gains).to.deep.equal({ node: SLICE + FEE - FEE / 20n - FEE / 100n, hotKey: 0n, buyer: 0n });
  });
});
