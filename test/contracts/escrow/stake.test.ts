// stake, unstake, restake, release: nothing here can reach a slice that is in a lock.
import { expect } from 'chai';
import { opg, UNBONDING } from '../requests/system.ts';
import type { World } from '../requests/world.ts';
import { begin, outcome } from '../requests/world.ts';

const node = (w: World) => w.s.escrow.connect(w.s.node);

describe('Escrow.stake', () => {
  it('moves free balance into free stake', async () => {
    const w = await begin();
    expect(await w.moved(() => node(w).stake(opg('100')))).to.deep.equal({
      'node.available': -opg('100'),
      'node.stake': opg('100'),
    });
    await expect(w.last).to.emit(w.s.escrow, 'Staked').withArgs(w.s.node.address, opg('100'));
    expect(await outcome(node(w).stake(1))).to.equal('Escrow_Overdraw');
  });
});

describe('Escrow.unstake', () => {
  it('unbonds free stake, ready after the delay, to the second', async () => {
    const w = await begin();
    const t = (await w.now()) + 10n;
    await w.at(t);
    expect(await w.moved(() => node(w).unstake(opg('900')))).to.deep.equal({
      'node.stake': -opg('900'),
      'node.unbonding': opg('900'),
    });
    const readyAt = t + UNBONDING;
    await expect(w.last).to.emit(w.s.escrow, 'Unstaked').withArgs(w.s.node.address, opg('900'), readyAt);
    expect([...(await w.s.escrow.unbondingOf(w.s.node))]).to.deep.equal([opg('900'), readyAt]);
    expect(await w.attempt(readyAt - 1n, () => node(w).release())).to.equal('Escrow_StillUnbonding');
    expect(await w.attempt(readyAt, () => node(w).release())).to.equal('DONE');
    await w.warp(readyAt);
    expect(await w.moved(() => node(w).release())).to.deep.equal({
      'node.available': opg('900'),
      'node.unbonding': -opg('900'),
    });
    await expect(w.last).to.emit(w.s.escrow, 'Released').withArgs(w.s.node.address, opg('900'));
  });

  it('restarts the delay for all of it when more is added', async () => {
    const w = await begin();
    await (await node(w).unstake(1)).wait();
    await w.warp((await w.now()) + UNBONDING - 10n);
    await (await node(w).unstake(2)).wait();
    const readyAt = (await w.now()) + UNBONDING;
    expect([...(await w.s.escrow.unbondingOf(w.s.node))]).to.deep.equal([3n, readyAt]);
    await w.warp(readyAt - 5n);
    expect(await outcome(node(w).release())).to.equal('Escrow_StillUnbonding');
  });

  it('cannot take slices out of locks', async () => {
    const w = await begin();
    const job = await w.submit(await w.request());
    expect(await outcome(node(w).unstake(opg('900')))).to.equal('Escrow_Overdraw');
    await (await node(w).unstake(opg('895'))).wait();
    await w.warp(job.end + 1n);
    expect(await w.moved(() => w.finalise(job), job)).to.include({ 'node.stake': opg('5') });
  });
});

describe('Escrow.restake', () => {
  it("takes unbonding stake back without touching the rest's delay", async () => {
    const w = await begin();
    await (await node(w).unstake(10)).wait();
    const [, readyAt] = await w.s.escrow.unbondingOf(w.s.node);
    expect(await outcome(node(w).restake(11))).to.equal('Escrow_Overdraw');
    expect(await w.moved(() => node(w).restake(4))).to.deep.equal({ 'node.stake': 4n, 'node.unbonding': -4n });
    await expect(w.last).to.emit(w.s.escrow, 'Restaked').withArgs(w.s.node.address, 4n);
    expect([...(await w.s.escrow.unbondingOf(w.s.node))]).to.deep.equal([6n, readyAt]);
  });
});
