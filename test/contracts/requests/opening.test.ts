// decline, accept, cancel: how an open request is taken or taken back.
import { expect } from 'chai';
import { ZeroAddress, zeroPadValue } from 'ethers';
import { FEE, opg } from './system.ts';
import type { World } from './world.ts';
import { begin, FLAG, outcome, STATE } from './world.ts';

const MAY_ACCEPT = 1;
const MAY_DECLINE = 2;
const ROOT = zeroPadValue('0x77', 32);
const key = async (w: World, permissions: number, until = 2n ** 40n) =>
  (await w.s.nodes.connect(w.s.node).setKey(w.s.key, until, permissions)).wait();

describe('InferenceRequests.decline', () => {
  it('opens the request to all, moves nothing, can happen once', async () => {
    const w = await begin();
    const job = await w.request();
    expect(await w.moved(() => w.s.requests.connect(w.s.node).decline(job.terms, job.nonce))).to.deep.equal({});
    await expect(w.last).to.emit(w.s.requests, 'Declined').withArgs(job.id);
    expect(await w.isIn(job, STATE.Declined)).to.equal(true);
    expect(await w.isIn(job, STATE.Requested)).to.equal(false);
    expect(await outcome(w.s.requests.connect(w.s.node).decline(job.terms, job.nonce))).to.equal('Requests_NotCurrent');
  });

  it("is the named node's until openAt", async () => {
    const w = await begin();
    const job = await w.request();
    for (const [by, t, told] of [
      [w.s.node, job.fields.openAt - 1n, 'DONE'],
      [w.s.node, job.fields.openAt, 'DONE'],
      [w.s.node, job.fields.openAt + 1n, 'Requests_TooLate'],
      [w.s.rival, job.fields.openAt, 'Nodes_KeyNotAllowed'],
      [w.s.requester, job.fields.openAt, 'Nodes_KeyNotAllowed'],
    ] as const)
      expect(await w.attempt(t, () => w.s.requests.connect(by).decline(job.terms, job.nonce))).to.equal(told);
    const open = await w.request({ node: ZeroAddress });
    expect(await outcome(w.s.requests.connect(w.s.node).decline(open.terms, open.nonce))).to.equal(
      'Nodes_KeyNotAllowed',
    );
  });

  it('may be done by a hot key with this permission, as long as it has it', async () => {
    const w = await begin();
    const job = await w.request();
    const by = () => w.s.requests.connect(w.s.key).decline(job.terms, job.nonce);
    expect(await outcome(by())).to.equal('Nodes_KeyNotAllowed');
    await key(w, MAY_ACCEPT | 4);
    expect(await outcome(by())).to.equal('Nodes_KeyNotAllowed');
    await key(w, MAY_DECLINE, job.fields.openAt - 10n);
    expect(await w.attempt(job.fields.openAt - 10n, by)).to.equal('DONE');
    expect(await w.attempt(job.fields.openAt - 9n, by)).to.equal('Nodes_KeyNotAllowed');
  });
});

describe('InferenceRequests.accept', () => {
  it("moves the slice from the node's free stake into the lock", async () => {
    const w = await begin();
    const job = await w.request();
    job.held = FEE + opg('5');
    expect(
      await w.moved(() => w.s.requests.connect(w.s.node).accept(job.terms, job.nonce, w.s.node, false)),
    ).to.deep.equal({ 'node.stake': -opg('5') });
    await expect(w.last).to.emit(w.s.requests, 'Accepted').withArgs(job.id, w.s.node.address);
    expect(await w.isIn(job, STATE.Accepted)).to.equal(true);
  });

  it("is the named node's until openAt, then anybody's until the deadline", async () => {
    const w = await begin();
    const job = await w.request();
    const by = (who: typeof w.s.node) => () => w.s.requests.connect(who).accept(job.terms, job.nonce, who, false);
    const { openAt, deadline } = job.fields;
    for (const [who, t, told] of [
      [w.s.node, openAt, 'DONE'],
      [w.s.rival, openAt - 1n, 'Requests_Reserved'],
      [w.s.rival, openAt, 'Requests_Reserved'],
      [w.s.rival, openAt + 1n, 'DONE'],
      [w.s.rival, deadline - 1n, 'DONE'],
      [w.s.rival, deadline, 'DONE'],
      [w.s.rival, deadline + 1n, 'Requests_TooLate'],
      [w.s.stranger, deadline, 'Escrow_Overdraw'],
    ] as const)
      expect(await w.attempt(t, by(who))).to.equal(told);
  });

  it("is anybody's at once if no node is named or the named one declined", async () => {
    const w = await begin();
    await w.accept(await w.request({ node: ZeroAddress }), w.s.rival);
    const job = await w.decline(await w.request());
    await w.accept(job, w.s.rival, true);
    expect(await w.isIn(job, STATE.Accepted)).to.equal(true);
  });

  it('cannot pretend that the named node declined', async () => {
    const w = await begin();
    const job = await w.request();
    const sent = w.s.requests.connect(w.s.rival).accept(job.terms, job.nonce, w.s.rival, true);
    expect(await outcome(sent)).to.equal('Requests_NotCurrent');
  });

  it('needs the node or a key of it', async () => {
    const w = await begin();
    const job = await w.request();
    const by = () => w.s.requests.connect(w.s.key).accept(job.terms, job.nonce, w.s.node, false);
    expect(await outcome(by())).to.equal('Nodes_KeyNotAllowed');
    await key(w, MAY_DECLINE | 4);
    expect(await outcome(by())).to.equal('Nodes_KeyNotAllowed');
    await key(w, MAY_ACCEPT);
    expect(await outcome(w.s.requests.connect(w.s.key).accept(job.terms, job.nonce, w.s.rival, false))).to.equal(
      'Nodes_KeyNotAllowed',
    );
    expect(await outcome(by())).to.equal('DONE');
  });
});

describe('InferenceRequests.cancel', () => {
  it('returns the fee after openAt, to the requester only', async () => {
    const w = await begin();
    const job = await w.request();
    const by = (who: typeof w.s.node) => () => w.s.requests.connect(who).cancel(job.terms, job.nonce, false);
    const { openAt } = job.fields;
    for (const [who, t, told] of [
      [w.s.requester, openAt - 1n, 'Requests_Reserved'],
      [w.s.requester, openAt, 'Requests_Reserved'],
      [w.s.requester, openAt + 1n, 'DONE'],
      [w.s.node, openAt + 1n, 'Requests_NotYours'],
    ] as const)
      expect(await w.attempt(t, by(who))).to.equal(told);
    await w.warp(openAt + 1n);
    expect(await w.moved(() => by(w.s.requester)(), job)).to.deep.equal({ 'requester.available': FEE });
    await expect(w.last).to.emit(w.s.requests, 'Cancelled').withArgs(job.id);
  });

  it('returns it at once if nobody is named, if the input is a root, or after a decline', async () => {
    const w = await begin();
    for (const job of [await w.request({ node: ZeroAddress }), await w.request({ flags: FLAG.ROOT_INPUT }, ROOT)])
      await w.moved(() => w.s.requests.connect(w.s.requester).cancel(job.terms, job.nonce, false), job);
    const declined = await w.decline(await w.request());
    await w.moved(() => w.s.requests.connect(w.s.requester).cancel(declined.terms, declined.nonce, true), declined);
  });

  it('cannot pretend that the named node declined', async () => {
    const w = await begin();
    const job = await w.request();
    const sent = w.s.requests.connect(w.s.requester).cancel(job.terms, job.nonce, true);
    expect(await outcome(sent)).to.equal('Requests_NotCurrent');
  });

  it('excludes accept, in both orders, in one block', async () => {
    for (const first of ['cancel', 'accept'] as const) {
      const w = await begin();
      const job = await w.request();
      await w.warp(job.fields.openAt + 1n);
      const cancel = () => w.s.requests.connect(w.s.requester).cancel(job.terms, job.nonce, false);
      const accept = () => w.s.requests.connect(w.s.node).accept(job.terms, job.nonce, w.s.node, false);
      const [one, two] = first === 'cancel' ? [cancel, accept] : [accept, cancel];
      expect(await outcome(one())).to.equal('DONE');
      expect(await outcome(two())).to.equal('Requests_NotCurrent');
    }
  });
});
