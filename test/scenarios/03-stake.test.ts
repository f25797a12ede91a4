import { expect } from 'chai';
import { submitBatch } from '../support/contracts/batch.ts';
import { loadFixture, time } from '../support/contracts/chain.ts';
import { availableOf, changes, checkMoney, holdingOf, stakeOf } from '../support/contracts/money.ts';
import { request, requestMany } from '../support/contracts/request.ts';
import { FEE, FUNDS, PARAMETERS, system, UNBONDING } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
const STAKE = FUNDS / 2n;

describe('stake and its slices', () => {
  it('scenario 6: 1,000 requests that name one node leave its account word untouched', async () => {
    const s = await loadFixture(system);
    const before = [...(await s.escrow.accountOf(s.node))];
    for (let lane = 0; lane < 1000; lane += 25) await requestMany(s, 25, { lane, fee: FEE / 10n });
    expect([...(await s.escrow.accountOf(s.node))]).to.deep.equal(before);
    await checkMoney(s);
  });

  it('scenario 7: stake for n slices serves n requests; the next one is NOSTAKE and its fee comes back', async () => {
    const s = await loadFixture(system);
    await s.escrow.connect(s.node).unstake(STAKE - 2n * SLICE);
    const stories = await requestMany(s, 3);
    const last = stories[2];
    if (last === undefined) throw new Error('three requests');
    expect(await submitBatch(s, s.node, stories)).to.deep.equal(['DONE', 'DONE', 'NOSTAKE']);
    await expect(last.attempt.submit())
      .to.be.revertedWithCustomError(s.escrow, 'Escrow_Overdraw')
      .withArgs(s.node, SLICE, 0n);
    await time.increaseTo(last.terms.openAt);
    const gains = await changes(s, { requester: s.requester }, () => last.attempt.cancel());
    expect(gains.requester).to.equal(FEE);
  });

  it('scenario 17: a node that unstakes everything keeps its slices where they are; paid or slashed, both end right', async () => {
    const s = await loadFixture(system);
    const paid = await (await request(s)).submit();
    const slashed = await (await request(s, { lane: 1 })).submit();
    await s.escrow.connect(s.node).unstake(STAKE - 2n * SLICE);
    await slashed.freeze();
    await slashed.attempt.condemn();
    await slashed.over();
    await paid.finalise();
    expect(await stakeOf(s, s.node)).to.equal(SLICE);
    await time.increase(UNBONDING);
    await s.escrow.connect(s.node).release();
    expect(await holdingOf(s, s.node.address)).to.deep.equal({
      available: FUNDS - 2n * SLICE + FEE - FEE / 100n - FEE / 20n,
      stake: SLICE,
      unbonding: 0n,
    });
  });

  it('scenario 18: a second unstake adds to the first and restarts the delay for all of it', async () => {
    const s = await loadFixture(system);
    const escrow = s.escrow.connect(s.node);
    await escrow.unstake(3n);
    await time.increase(UNBONDING - 10);
    await escrow.unstake(4n);
    const { amount, readyAt } = await s.escrow.unbondingOf(s.node);
    expect(amount).to.equal(7n);
    expect(Number(readyAt)).to.equal((await time.latest()) + UNBONDING);
    await time.increase(20);
    await expect(escrow.release()).to.be.revertedWithCustomError(s.escrow, 'Escrow_StillUnbonding').withArgs(readyAt);
    await checkMoney(s);
  });

  it('scenario 18: restake takes back part of it without touching the clock of the rest', async () => {
    const s = await loadFixture(system);
    const escrow = s.escrow.connect(s.node);
    await escrow.unstake(10n);
    const { readyAt } = await s.escrow.unbondingOf(s.node);
    await time.increase(100);
    await expect(escrow.restake(11n)).to.be.revertedWithCustomError(s.escrow, 'Escrow_Overdraw');
    await escrow.restake(4n);
    expect([...(await s.escrow.unbondingOf(s.node))]).to.deep.equal([6n, readyAt]);
    expect(await stakeOf(s, s.node)).to.equal(STAKE - 6n);
    await time.increaseTo(readyAt);
    await escrow.release();
    expect(await availableOf(s, s.node)).to.equal(STAKE + 6n);
    await checkMoney(s);
  });
});
