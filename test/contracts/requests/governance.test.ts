// Parameter sets and the pause: all that governance can do, and what it cannot.
import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import { DAY, INPUTS } from './system.ts';
import type { World } from './world.ts';
import { begin, floats, outcome, STATE } from './world.ts';

const append = (w: World, overrides: Record<string, unknown>) =>
  w.s.requests.connect(w.s.admin).appendSet({ ...w.s.set, ...overrides });

describe('InferenceRequests.appendSet', () => {
  it('makes the set current and keeps the old one', async () => {
    const w = await begin();
    const next = { ...w.s.set, tcBase: 1_200n, protocolBps: 0n };
    await expect(append(w, next)).to.emit(w.s.requests, 'SetAppended').withArgs(2, Object.values(next));
    expect(await w.s.requests.currentSet()).to.equal(2n);
    expect([...(await w.s.requests.parametersOf(1))]).to.deep.equal(Object.values(w.s.set));
    expect([...(await w.s.requests.parametersOf(2))]).to.deep.equal(Object.values(next));
  });

  it('keeps every field apart from its neighbours at their limits', async () => {
    const w = await begin();
    const next = {
      ...w.s.set,
      tcBase: 2n ** 32n - 1n,
      tcRateLog2: 60n,
      maxLifeDays: 255n,
      sliceFloor: 2n ** 96n - 1n,
      thetaPct: 65_535n,
      protocolBps: 1_000n,
      tipBps: 500n,
      maxInput: 2n ** 24n - 1n,
      penaltyBps: 10_000n,
      psiBps: 3_750n,
      rhoBps: 3_750n,
      tipDelay: 2n ** 32n - 1n,
      rescueDelay: 2n ** 32n - 1n,
    };
    await (await append(w, next)).wait();
    expect([...(await w.s.requests.parametersOf(2))]).to.deep.equal(Object.values(next));
    const [tc, slice] = await w.s.requests.windowsOf(w.s.version, 1, 1);
    expect([tc, slice]).to.deep.equal([2n ** 32n - 1n, 2n ** 96n - 1n]);
  });

  for (const [field, bad, good] of [
    ['tcBase', 299n, 300n],
    ['tcRateLog2', 61n, 60n],
    ['maxLifeDays', 0n, 1n],
    ['protocolBps', 1_001n, 1_000n],
    ['tipBps', 501n, 500n],
    ['penaltyBps', 10_001n, 10_000n],
    ['psiBps', 4_001n, 3_500n],
    ['rhoBps', 6_501n, 6_500n],
    ['callbackCap', 2_000_001n, 2_000_000n],
    ['rescueDelay', 2n * (DAY + 16n * 3_600n) + 30n * DAY, 2n * (DAY + 16n * 3_600n) + 30n * DAY + 1n],
  ] as const)
    it(`refuses ${field} ${bad} and takes ${good}`, async () => {
      const w = await begin();
      await expect(append(w, { [field]: bad }))
        .to.be.revertedWithCustomError(w.s.requests, 'Requests_BadParameter')
        .withArgs(field);
      expect(await outcome(append(w, { [field]: good }))).to.equal('DONE');
    });

  it('takes an arbiter with code or none', async () => {
    const w = await begin();
    expect(await outcome(append(w, { arbiter: w.s.stranger.address }))).to.equal('Requests_BadParameter');
    expect(await outcome(append(w, { arbiter: ZeroAddress, rescueDelay: 0n }))).to.equal('DONE');
  });

  it("is the governor's", async () => {
    const w = await begin();
    const by = w.s.requests.connect(w.s.stranger);
    expect(await outcome(by.appendSet(w.s.set))).to.equal('AccessManagedUnauthorized');
    expect(await outcome(by.pause())).to.equal('AccessManagedUnauthorized');
    expect(await outcome(by.unpause())).to.equal('AccessManagedUnauthorized');
  });

  it('refuses requests before the first set', async () => {
    const w = await begin();
    const { deployRequests } = await import('./system.ts');
    const [token, models, nodes, authority] = [w.s.token, w.s.models, w.s.nodes, w.s.authority].map((c) =>
      String(c.target),
    ) as [string, string, string, string];
    const config = {
      token,
      models,
      nodes,
      authority,
      treasury: w.s.treasury.address,
      unbondingDelay: 1n,
      minTcBase: 1n,
    };
    const fresh = await deployRequests(config);
    const sent = fresh.connect(w.s.requester).request(await w.fresh(), INPUTS, floats(64), '0x');
    expect(await outcome(sent)).to.equal('Requests_SetChanged');
  });
});

describe('InferenceRequests.pause', () => {
  const admin = (w: World) => w.s.requests.connect(w.s.admin);
  const ask = async (w: World, t: bigint) =>
    w.attempt(t, () => {
      const times = { deadline: t + 100n, openAt: 0n, lane: 99n };
      return w.s.requests.connect(w.s.requester).request(w.ask(times), INPUTS, floats(64), '0x');
    });

  it('stops new requests for fourteen days and lapses', async () => {
    const w = await begin();
    const t = (await w.now()) + 10n;
    await w.at(t);
    const until = t + 14n * DAY;
    await expect(admin(w).pause()).to.emit(w.s.requests, 'Paused').withArgs(until);
    expect(await w.s.requests.pausedUntil()).to.equal(until);
    expect(await ask(w, t + 1n)).to.equal('Requests_Paused');
    expect(await ask(w, until)).to.equal('Requests_Paused');
    expect(await ask(w, until + 1n)).to.equal('DONE');
  });

  it('stops nothing else', async () => {
    const w = await begin();
    const jobs = [await w.request(), await w.request(), await w.request()] as const;
    await (await admin(w).pause()).wait();
    await w.decline(jobs[0]);
    await w.moved(() => w.s.requests.connect(w.s.requester).cancel(jobs[0].terms, jobs[0].nonce, true), jobs[0]);
    await w.ripe(jobs[1]);
    await w.moved(() => w.finalise(jobs[1]), jobs[1]);
    await w.warp(jobs[2].fields.deadline + 1n);
    await w.moved(() => w.s.requests.expire(jobs[2].terms, jobs[2].nonce, STATE.Requested, ZeroAddress), jobs[2]);
  });

  it('comes again only fourteen days after the lapse', async () => {
    const w = await begin();
    await (await admin(w).pause()).wait();
    const from = (await w.s.requests.pausedUntil()) + 14n * DAY;
    expect(await w.attempt(from - 1n, () => admin(w).pause())).to.equal('Requests_TooEarly');
    expect(await w.attempt(from, () => admin(w).pause())).to.equal('DONE');
  });

  it('ends with an unpause, and then comes again fourteen days later', async () => {
    const w = await begin();
    await (await admin(w).pause()).wait();
    const t = (await w.now()) + 100n;
    await w.at(t);
    await expect(admin(w).unpause()).to.emit(w.s.requests, 'Unpaused');
    expect(await ask(w, t + 1n)).to.equal('DONE');
    expect(await w.attempt(t + 14n * DAY - 1n, () => admin(w).pause())).to.equal('Requests_TooEarly');
    expect(await w.attempt(t + 14n * DAY, () => admin(w).pause())).to.equal('DONE');
  });

  it('needs no second break if it is lifted after its lapse', async () => {
    const w = await begin();
    await (await admin(w).pause()).wait();
    const from = (await w.s.requests.pausedUntil()) + 14n * DAY;
    await w.warp(from - 10n);
    await (await admin(w).unpause()).wait();
    expect(await w.attempt(from, () => admin(w).pause())).to.equal('DONE');
  });

  it('survives a new parameter set', async () => {
    const w = await begin();
    await (await admin(w).pause()).wait();
    await (await append(w, {})).wait();
    expect(await ask(w, (await w.now()) + 10n)).to.equal('Requests_Paused');
  });
});
