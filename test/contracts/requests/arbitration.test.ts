// freeze, thaw, condemn, rescue: what the arbiter of a request's set can do, and the way out if it is stuck.
import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import { FEE, opg } from './system.ts';
import type { Job, World } from './world.ts';
import { begin, outcome, STATE } from './world.ts';

const SLICE = opg('5');
const [PSI, RHO] = [opg('0.5'), opg('2')];
const answered = async (w: World) => BigInt(await w.s.game.answer()) === 1n;

describe('InferenceRequests.freeze', () => {
  it('holds a submitted request, until its end', async () => {
    const w = await begin();
    const job = await w.submit(await w.request());
    for (const [t, told] of [
      [job.end - 1n, 'DONE'],
      [job.end, 'DONE'],
      [job.end + 1n, 'Requests_TooLate'],
    ] as const)
      expect(await w.attempt(t, () => w.game('freeze', job))).to.equal(told);
    expect(await w.moved(() => w.game('freeze', job))).to.deep.equal({});
    await expect(w.last).to.emit(w.s.requests, 'Frozen').withArgs(job.id);
    expect(await w.isIn(job, STATE.Frozen)).to.equal(true);
    expect(await outcome(w.game('freeze', job))).to.equal('Requests_NotCurrent');
    await w.warp(job.end + 1n);
    expect(await outcome(w.finalise(job))).to.equal('Requests_NotCurrent');
  });

  it("is the arbiter's of the request's own set", async () => {
    const w = await begin();
    const job = await w.submit(await w.request());
    expect(await outcome(w.s.requests.connect(w.s.stranger).freeze(job.terms, job))).to.equal('Requests_NotArbiter');
    await w.s.requests.connect(w.s.admin).appendSet({ ...w.s.set, arbiter: ZeroAddress });
    expect(await outcome(w.game('freeze', job))).to.equal('DONE');

    // the set without an arbiter: nobody can freeze, and the old set's arbiter has no say
    const later = await w.request();
    const under2 = { ...later.terms, shape: later.terms.shape + (1n << 168n) };
    const call = w.s.requests.interface.encodeFunctionData('freeze', [under2, { ...later, end: 2n ** 40n - 1n }]);
    expect(await outcome(w.s.game.act(w.s.requests, call))).to.equal('Requests_NotArbiter');
  });

  it('needs a submission', async () => {
    const w = await begin();
    const open = await w.request();
    const accepted = await w.accept(await w.request());
    for (const job of [open, accepted])
      expect(await outcome(w.game('freeze', { ...job, end: 2n ** 40n - 1n }))).to.equal('Requests_NotCurrent');
  });
});

describe('InferenceRequests.thaw', () => {
  it('moves the end by at most two response times in all', async () => {
    const w = await begin();
    const job = await w.frozen(await w.request());
    const latest = job.challengeEnd + 7_200n;
    for (const [newEnd, told] of [
      [job.end - 1n, 'Requests_EndOutOfRange'],
      [job.end, 'DONE'],
      [latest, 'DONE'],
      [latest + 1n, 'Requests_EndOutOfRange'],
    ] as const)
      expect(await w.attempt((await w.now()) + 5n, () => w.thaw(job, newEnd))).to.equal(told);
    expect(await w.moved(() => w.thaw(job, latest))).to.deep.equal({});
    await expect(w.last).to.emit(w.s.requests, 'Thawed').withArgs(job.id, latest);
    expect(await answered(w)).to.equal(true);
    job.end = latest;
    expect(await w.isIn(job, STATE.Submitted)).to.equal(true);

    // again, from the moved end: the bound stays where it was
    await w.warp(latest - 10n);
    expect(await outcome(w.game('freeze', job))).to.equal('DONE');
    expect(await outcome(w.thaw(job, latest + 1n))).to.equal('Requests_EndOutOfRange');
    expect(await outcome(w.thaw(job, latest - 1n))).to.equal('Requests_EndOutOfRange');
    expect(await outcome(w.thaw(job, latest))).to.equal('DONE');
    await w.warp(latest + 1n);
    expect(await w.moved(() => w.finalise(job), job)).to.include({ 'node.stake': SLICE });
  });

  it('answers false, whatever end is proposed, if the request is not frozen', async () => {
    const w = await begin();
    const job = await w.submit(await w.request());
    for (const newEnd of [0n, job.end, 2n ** 40n - 1n]) {
      expect(await outcome(w.thaw(job, newEnd))).to.equal('DONE');
      expect(await answered(w)).to.equal(false);
    }
    expect(await w.isIn(job, STATE.Submitted)).to.equal(true);
  });
});

describe('InferenceRequests.condemn', () => {
  it('splits the slice between requester, pot and fire, and returns the fee', async () => {
    const w = await begin();
    const job = await w.frozen(await w.request());
    expect(await w.moved(() => w.game('condemn', job), job)).to.deep.equal({
      'requester.available': FEE + PSI,
      'game.available': RHO,
      'burn.available': SLICE - PSI - RHO,
    });
    await expect(w.last)
      .to.emit(w.s.requests, 'Condemned')
      .withArgs(job.id, w.s.node.address, FEE + PSI, RHO, SLICE - PSI - RHO);
    expect(await answered(w)).to.equal(true);

    expect(await w.moved(() => w.game('condemn', job))).to.deep.equal({});
    expect(await answered(w)).to.equal(false);
    expect(await w.s.escrow.flushBurn.staticCall()).to.equal(SLICE - PSI - RHO);
  });

  it('never gives the requester more than the fee again; roundings burn', async () => {
    const w = await begin();
    const fee = opg('0.02');
    const job = await w.frozen(await w.request({ fee }));
    expect(await w.moved(() => w.game('condemn', job), job)).to.deep.equal({
      'requester.available': 2n * fee,
      'game.available': RHO,
      'burn.available': SLICE - fee - RHO,
    });
    const odd = await w.frozen(await w.request({ fee: opg('3') + 7n })); // slice 6 + 14 wei
    const slice = opg('6') + 14n;
    const [psi, rho] = [slice / 10n, (slice * 4n) / 10n];
    expect(await w.moved(() => w.game('condemn', odd), odd)).to.deep.equal({
      'requester.available': opg('3') + 7n + psi,
      'game.available': rho,
      'burn.available': slice - psi - rho,
    });
  });

  it('needs a frozen request and the arbiter', async () => {
    const w = await begin();
    const job = await w.submit(await w.request());
    expect(await outcome(w.game('condemn', job))).to.equal('DONE');
    expect(await answered(w)).to.equal(false);
    expect(await outcome(w.s.requests.connect(w.s.stranger).condemn(job.terms, job))).to.equal('Requests_NotArbiter');
  });
});

describe('InferenceRequests.rescue', () => {
  const send = (w: World, job: Job) => w.s.requests.connect(w.s.stranger).rescue(job.terms, job);

  it('frees a frozen request of a broken game, after rescueDelay', async () => {
    const w = await begin();
    const job = await w.frozen(await w.request());
    const from = job.challengeEnd + w.s.set.rescueDelay;
    for (const [t, told] of [
      [from - 1n, 'Requests_TooEarly'],
      [from, 'Requests_TooEarly'],
      [from + 1n, 'DONE'],
    ] as const)
      expect(await w.attempt(t, () => send(w, job))).to.equal(told);
    await w.warp(from + 1n);
    expect(await w.moved(() => send(w, job), job)).to.deep.equal({ 'requester.available': FEE, 'node.stake': SLICE });
    await expect(w.last).to.emit(w.s.requests, 'Rescued').withArgs(job.id);
    expect(await outcome(w.thaw(job, 2n ** 40n - 1n))).to.equal('DONE');
    expect(await answered(w)).to.equal(false);
    expect(await outcome(w.game('condemn', job))).to.equal('DONE');
    expect(await answered(w)).to.equal(false);
  });

  it('never frees a submitted one', async () => {
    const w = await begin();
    const job = await w.submit(await w.request());
    await w.warp(job.challengeEnd + w.s.set.rescueDelay + 1n);
    expect(await outcome(send(w, job))).to.equal('Requests_NotCurrent');
  });
});
