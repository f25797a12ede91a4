import { expect } from 'chai';
import { ZeroAddress, zeroPadValue } from 'ethers';
import { header, headersHash } from '../lib/commitment.ts';
import { CONTENT, DAY, FEE, INPUTS, opg, publish, ROYALTY } from './system.ts';
import { lockWord, tagOf, termsHash } from './terms.ts';
import type { Ask, World } from './world.ts';
import { begin, FLAG, floats, inputHash, outcome, STATE } from './world.ts';

const INPUT = floats(64);
const send = (w: World, ask: Ask, input = INPUT, headers = INPUTS, data = '0x') =>
  w.s.requests.connect(w.s.requester).request(ask, headers, input, data);

/** The least fee f with f >= royalty + floor(5 % of f) + floor(0.5 % of f) + 1, approached from below. */
let LEAST = ROYALTY;
while (LEAST < ROYALTY + (LEAST * 500n) / 10_000n + (LEAST * 50n) / 10_000n + 1n)
  LEAST = ROYALTY + (LEAST * 500n) / 10_000n + (LEAST * 50n) / 10_000n + 1n;

describe('InferenceRequests.request', () => {
  it('locks the fee, writes the terms and tells everything in its event', async () => {
    const w = await begin();
    const ask = await w.fresh({ lane: 9n });
    const job = w.jobOf(ask, w.s.requester.address, INPUT, 0n);
    const id = await w.s.requests.connect(w.s.requester).request.staticCall(ask, INPUTS, INPUT, '0x');
    expect(id).to.equal(job.id);

    expect(await w.moved(() => send(w, ask))).to.deep.equal({ 'requester.available': -FEE });
    await expect(w.last)
      .to.emit(w.s.requests, 'Requested')
      .withArgs(job.id, w.s.requester.address, w.s.node.address, Object.values(job.terms), 0n, INPUT);

    const word = lockWord(tagOf.requested(termsHash(job.terms)), 0n, 0n, FEE);
    expect(await w.s.escrow.lockOf(w.s.requests, w.s.requester, 9)).to.equal(word);
    expect(await w.isIn(job, STATE.Requested)).to.equal(true);
    expect(await w.s.requests.idOf(job.terms, 0)).to.equal(job.id);
    await (await send(w, { ...ask, lane: 10n })).wait();
    expect((await w.s.escrow.accountOf(w.s.requester)).nonce).to.equal(2n);
  });

  it('commits to a bundle, with royalty, window and output length for all items', async () => {
    const w = await begin();
    const job = await w.request({ items: 10n, fee: opg('20') }, floats(640));
    expect(job.terms.input).to.equal(inputHash(floats(640), 10));
    expect(await w.isIn(job, STATE.Requested)).to.equal(true);
    expect(job.fields.tc).to.equal(639n);
    expect(job.slice).to.equal(opg('40')); // theta 200 % of the fee
  });

  it('pulls the fee by allowance when asked to', async () => {
    const w = await begin();
    const before = await w.s.token.balanceOf(w.s.requester);
    const ask = await w.fresh({ flags: FLAG.PULL });
    w.jobOf(ask, w.s.requester.address, INPUT, 0n);
    expect(await w.moved(() => send(w, ask))).to.deep.equal({});
    expect(await w.s.token.balanceOf(w.s.requester)).to.equal(before - FEE);
  });

  it('takes a 32-byte commitment for ROOT_INPUT', async () => {
    const w = await begin();
    const job = await w.request({ flags: FLAG.ROOT_INPUT }, zeroPadValue('0x77', 32));
    expect(await w.isIn(job, STATE.Requested)).to.equal(true);
    const ask = await w.fresh({ flags: FLAG.ROOT_INPUT });
    expect(await outcome(send(w, ask, '0x77'))).to.equal('Requests_InputLength');
  });

  it('fits deadline and openAt to the second', async () => {
    const w = await begin();
    const t = (await w.now()) + 100n;
    const at = async (overrides: Partial<Ask>) => w.attempt(t, () => send(w, w.ask({ ...overrides })));
    const latest = t + 7n * DAY;
    for (const [deadline, told] of [
      [t - 1n, 'Requests_DeadlineInvalid'],
      [t, 'Requests_DeadlineInvalid'],
      [t + 1n, 'DONE'],
      [latest - 1n, 'DONE'],
      [latest, 'DONE'],
      [latest + 1n, 'Requests_DeadlineInvalid'],
    ] as const)
      expect(await at({ deadline, openAt: 0n })).to.equal(told, `deadline t + ${deadline - t}`);
    for (const [openAt, told] of [
      [0n, 'DONE'],
      [t + 49n, 'DONE'],
      [t + 50n, 'DONE'],
      [t + 51n, 'Requests_OpenAtInvalid'],
    ] as const)
      expect(await at({ deadline: t + 50n, openAt })).to.equal(told, `openAt t + ${openAt - t}`);
  });

  for (const [name, overrides, told] of [
    ['fee 0', { fee: 0n }, 'Requests_FeeBelowShares'],
    ['a fee one below royalty, shares and 1', { fee: LEAST - 1n }, 'Requests_FeeBelowShares'],
    ['a fee that covers them', { fee: LEAST }, 'DONE'],
    ['a royalty one above the guard', { maxRoyalty: ROYALTY - 1n }, 'Requests_RoyaltyAbove'],
    ['a royalty at the guard', { maxRoyalty: ROYALTY }, 'DONE'],
    ['a guard for another set', { set: 2n }, 'Requests_SetChanged'],
    ['the guard for this set', { set: 1n }, 'DONE'],
    ['a mode without a verifier', { mode: 1n }, 'Requests_ModeUnsupported'],
    ['no items', { items: 0n }, 'Requests_ItemsInvalid'],
    ['33 items', { items: 33n }, 'Requests_ItemsInvalid'],
    ['a callback to an account without code', { callbackGas: 1n }, 'Requests_NotAContract'],
    ['more callback gas than the cap', { callbackGas: 2_000_001n }, 'Requests_CallbackGas'],
    ['an unknown version', { version: zeroPadValue('0x01', 32) }, 'Models_Unknown'],
    ['a hash for an inexact version', { flags: FLAG.EXACT_OUTPUT }, 'Requests_NotExact'],
    ['another output schema', { outputSchema: zeroPadValue('0x01', 32) }, 'Requests_SchemaMismatch'],
    ['a quote of a node without offer', { flags: FLAG.QUOTE }, 'Nodes_NoOffer'],
    ['a fee above the free balance', { fee: opg('1001') }, 'Escrow_Overdraw'],
    ['the whole free balance', { fee: opg('1000') }, 'DONE'],
  ] as [string, Partial<Ask>, string][])
    it(`answers ${told} to ${name}`, async () => {
      const w = await begin();
      expect(await outcome(send(w, await w.fresh(overrides)))).to.equal(told);
    });

  for (const [name, input, headers, told] of [
    ['one byte too few', floats(64).slice(0, -2), INPUTS, 'Requests_InputLength'],
    ['one byte too many', `${floats(64)}00`, INPUTS, 'Requests_InputLength'],
    ['nothing', '0x', INPUTS, 'Requests_InputLength'],
    ['a NaN with a payload', `0x7fc00001${floats(63).slice(2)}`, INPUTS, 'Requests_InputNotCanonical'],
    ['headers of another schema', floats(64), [header(1, [64])], 'Requests_SchemaMismatch'],
    ['no headers', floats(64), [], 'Requests_SchemaMismatch'],
    ['more than maxInput', floats(64 * 33), INPUTS, 'Requests_InputTooLarge'],
  ] as const)
    it(`answers ${told} to an input with ${name}`, async () => {
      const w = await begin();
      expect(await outcome(send(w, await w.fresh(), input, [...headers]))).to.equal(told);
    });

  it('refuses a version whose published headers are malformed', async () => {
    const w = await begin();
    const bad = [header(4, [1])];
    const version = await publish(w.s.models, w.s.owner, { inputSchema: headersHash(bad) });
    expect(await outcome(send(w, await w.fresh({ version }), '0x', bad))).to.match(
      /Requests_(SchemaMismatch|InputLength)/,
    );
  });

  it('refuses a retired version and one that cannot be disputed while there is an arbiter', async () => {
    const w = await begin();
    const idle = await publish(w.s.models, w.s.owner, { programRoot: zeroPadValue('0x', 32) });
    expect(await outcome(send(w, await w.fresh({ version: idle })))).to.equal('Requests_NotVerifiable');
    await w.s.requests.connect(w.s.admin).appendSet({ ...w.s.set, arbiter: ZeroAddress });
    expect(await outcome(send(w, await w.fresh({ version: idle })))).to.equal('DONE');
    await w.s.models.connect(w.s.owner).retire(w.s.version);
    expect(await outcome(send(w, await w.fresh()))).to.equal('Models_Retired');
  });

  it('asks the policy of the version about its caller', async () => {
    const w = await begin();
    const policy = await (await import('./system.ts')).ethers.deployContract('TokenHolderPolicy', [w.s.models]);
    await w.s.models.connect(w.s.owner).setPolicy(w.s.version, policy);
    expect(await outcome(send(w, await w.fresh()))).to.equal('Models_AccessDenied');
  });

  it('takes exact output as one hash of an exact version', async () => {
    const w = await begin();
    const version = await publish(w.s.models, w.s.owner, { exact: true, atol: 0n, rtol: 0n, outputBytes: 16_385n });
    expect(await outcome(send(w, await w.fresh({ version })))).to.equal('Requests_OutputTooLarge');
    expect(await outcome(send(w, await w.fresh({ version, flags: FLAG.EXACT_OUTPUT })))).to.equal('DONE');
  });

  it('holds the fee against the offer for QUOTE', async () => {
    const w = await begin();
    const t = (await w.now()) + 100n;
    await w.s.nodes.connect(w.s.node).setOffer(w.s.version, opg('1'), 60, t);
    // ceil((1 + 0.01) * 10,000 / 9,450)
    const quote = (opg('1.01') * 10_000n + 9_449n) / 9_450n;
    expect(await w.s.requests.quote(w.s.version, w.s.node, 1)).to.equal(quote);
    const at = (when: bigint, overrides: Partial<Ask>) =>
      w.attempt(when, () =>
        send(w, w.ask({ flags: FLAG.QUOTE, deadline: t + 1_000n, openAt: t + 500n, ...overrides })),
      );
    expect(await at(t, { fee: quote })).to.equal('DONE');
    expect(await at(t, { fee: quote - 1n })).to.equal('Requests_FeeBelowQuote');
    expect(await at(t + 1n, { fee: quote })).to.equal('Nodes_NoOffer');
    expect(await at(t, { fee: quote, openAt: t + 60n })).to.equal('DONE');
    expect(await at(t, { fee: quote, openAt: t + 59n })).to.equal('Requests_OpenAtInvalid');
  });

  it('takes the quote of a node that works for nothing: a wei of each item is the node’s', async () => {
    const w = await begin();
    const t = (await w.now()) + 100n;
    await w.s.nodes.connect(w.s.node).setOffer(w.s.version, 0n, 60, t);
    // Shares that divide the royalty, and none at all.
    for (const royalty of [opg('0.00945'), 0n]) {
      await w.s.models.connect(w.s.owner).setRoyalty(w.s.version, royalty);
      const fee = await w.s.requests.quote(w.s.version, w.s.node, 1);
      expect(fee).to.equal(((royalty + 1n) * 10_000n + 9_449n) / 9_450n);
      const asked = w.ask({ flags: FLAG.QUOTE, deadline: t + 1_000n, openAt: t + 500n, fee });
      expect(await w.attempt(t, () => send(w, asked))).to.equal('DONE');
    }
  });

  it('refuses a busy lane and takes it again once it is free', async () => {
    const w = await begin();
    const job = await w.request({ lane: 5n });
    expect(await outcome(send(w, await w.fresh({ lane: 5n })))).to.equal('Escrow_LaneBusy');
    await w.warp(job.fields.deadline + 1n);
    await w.moved(() => w.s.requests.expire(job.terms, job.nonce, STATE.Requested, ZeroAddress), job);
    const again = await w.request({ lane: 5n });
    expect(again.nonce).to.equal(1n);
    expect(await w.isIn(job, STATE.Requested)).to.equal(false);
  });

  it('grants checkers at most 14 days for what a program costs', async () => {
    const w = await begin();
    const days = 14n * 86_400n; // at 2^20 multiply-adds per second; mantissa << 8 | exponent
    const most = { cost: (days << 8n) | w.s.set.tcRateLog2 };
    const version = await publish(w.s.models, w.s.owner, most);
    const dearer = await publish(w.s.models, w.s.owner, { cost: ((days + 1n) << 8n) | w.s.set.tcRateLog2 });
    const endless = await publish(w.s.models, w.s.owner, { cost: (1n << 8n) | 200n });
    expect((await w.s.requests.windowsOf(version, 1, 1))[0]).to.equal(w.s.set.tcBase + days);
    expect(await outcome(send(w, await w.fresh({ version })))).to.equal('DONE');
    for (const costly of [dearer, endless])
      expect(await outcome(send(w, await w.fresh({ version: costly, lane: 9n })))).to.equal('Requests_TooCostly');
    const twice = await publish(w.s.models, w.s.owner, { rows: true, cost: (days << 8n) | (w.s.set.tcRateLog2 - 1n) });
    expect(await outcome(send(w, await w.fresh({ version: twice, lane: 9n, items: 2n }), floats(128)))).to.equal(
      'DONE',
    );
    expect(await outcome(send(w, await w.fresh({ version: twice, lane: 10n, items: 3n }), floats(192)))).to.equal(
      'Requests_TooCostly',
    );
  });

  it('tells the window and slice of a request to come', async () => {
    const w = await begin();
    expect(await w.s.requests.windowsOf(w.s.version, 10, opg('20'))).to.deep.equal([639n, opg('40')]);
    expect(await w.s.requests.windowsOf(w.s.version, 1, 1)).to.deep.equal([603n, opg('5')]);
    expect(CONTENT.sliceFloorGwei).to.be.below(opg('5') / 10n ** 9n);
  });
});
