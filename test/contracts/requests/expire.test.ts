import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import { FEE, OUTPUTS, opg } from './system.ts';
import type { Job, World } from './world.ts';
import { begin, outcome, STATE, STATUS } from './world.ts';

const PENALTY = opg('0.25'); // 5 % of the slice of 5
const send = (w: World, job: Job, state: number, acceptedBy: string = ZeroAddress) =>
  w.s.requests.connect(w.s.stranger).expire(job.terms, job.nonce, state, acceptedBy);

describe('InferenceRequests.expire', () => {
  it('returns the fee of a request nobody served, to the second after the deadline', async () => {
    const w = await begin();
    const job = await w.request();
    const { deadline } = job.fields;
    for (const [t, told] of [
      [deadline - 1n, 'Requests_TooEarly'],
      [deadline, 'Requests_TooEarly'],
      [deadline + 1n, 'DONE'],
    ] as const)
      expect(await w.attempt(t, () => send(w, job, STATE.Requested))).to.equal(told);
    await w.warp(deadline + 1n);
    expect(await w.moved(() => send(w, job, STATE.Requested), job)).to.deep.equal({ 'requester.available': FEE });
    await expect(w.last).to.emit(w.s.requests, 'Expired').withArgs(job.id);
  });

  it('returns the fee of a declined request', async () => {
    const w = await begin();
    const job = await w.decline(await w.request());
    await w.warp(job.fields.deadline + 1n);
    expect(await outcome(send(w, job, STATE.Requested))).to.equal('Requests_NotCurrent');
    expect(await w.moved(() => send(w, job, STATE.Declined), job)).to.deep.equal({ 'requester.available': FEE });
  });

  it('charges a node that accepted and did not deliver', async () => {
    const w = await begin();
    const job = await w.accept(await w.request());
    await w.warp(job.fields.deadline + 1n);
    const by = w.s.node.address;
    expect(await w.moved(() => send(w, job, STATE.Accepted, by), job)).to.deep.equal({
      'requester.available': FEE + PENALTY,
      'node.stake': opg('5') - PENALTY,
    });
    await expect(w.last).to.emit(w.s.requests, 'Undelivered').withArgs(job.id, by, PENALTY);
  });

  it('never charges more than the fee', async () => {
    const w = await begin();
    const fee = opg('0.02');
    const job = await w.accept(await w.request({ fee }));
    await w.warp(job.fields.deadline + 1n);
    expect(await w.moved(() => send(w, job, STATE.Accepted, w.s.node.address), job)).to.deep.equal({
      'requester.available': 2n * fee,
      'node.stake': opg('5') - fee,
    });
  });

  it('excludes submit at every second', async () => {
    const w = await begin();
    const job = await w.request();
    const submit = () => w.s.requests.connect(w.s.node).submit(job.terms, job.nonce, ZeroAddress, OUTPUTS, job.output);
    const at = async (t: bigint) => [
      await w.attempt(t, submit),
      await w.attempt(t, () => send(w, job, STATE.Requested)),
    ];
    expect(await at(job.fields.deadline)).to.deep.equal(['DONE', 'Requests_TooEarly']);
    expect(await at(job.fields.deadline + 1n)).to.deep.equal(['Requests_TooLate', 'DONE']);
  });

  it('refuses states that cannot expire', async () => {
    const w = await begin();
    const job = await w.submit(await w.request());
    await w.warp(job.fields.deadline + 1n);
    for (const state of [STATE.None, STATE.Requested, STATE.Declined, STATE.Submitted, STATE.Frozen])
      expect(await outcome(send(w, job, state))).to.equal('Requests_NotCurrent');
    expect(await outcome(send(w, job, STATE.Accepted, w.s.node.address))).to.equal('Requests_NotCurrent');
  });
});

describe('InferenceRequests.expireBatch and expireEach', () => {
  const item = (job: Job, declined = false) => ({ ...job, lane: job.fields.lane, input: job.terms.input, declined });
  const times = async (w: World) => {
    const now = await w.now();
    return { deadline: now + 10_000n, openAt: now + 1_000n };
  };

  it('answers item by item and pays the sum of what it did', async () => {
    const w = await begin();
    const shared = await times(w);
    const [one, two, gone] = [await w.request(shared), await w.request(shared), await w.request(shared)];
    await w.decline(two);
    const call = () =>
      w.s.requests
        .connect(w.s.stranger)
        .expireBatch(one.terms, ZeroAddress, [item(one), item(two, true), item(one), item(gone, true)]);
    expect(await w.attempt(shared.deadline, call)).to.equal('DONE'); // EARLY, all of them
    await w.warp(shared.deadline + 1n);
    const statuses = await w.s.requests.expireBatch.staticCall(one.terms, ZeroAddress, [
      item(one),
      item(two, true),
      item(one),
      item(gone, true),
    ]);
    expect(statuses.map((s) => STATUS[Number(s)])).to.deep.equal(['DONE', 'DONE', 'GONE', 'GONE']);
    expect(await w.moved(call, one, two)).to.deep.equal({ 'requester.available': 2n * FEE });
    await expect(w.last).to.emit(w.s.requests, 'Expired').withArgs(two.id);
  });

  it('charges each undelivered item', async () => {
    const w = await begin();
    const shared = await times(w);
    const jobs = [await w.accept(await w.request(shared)), await w.accept(await w.request(shared))];
    await w.warp(shared.deadline + 1n);
    const [first] = jobs as [Job];
    expect(
      await w.moved(
        () =>
          w.s.requests.expireBatch(
            first.terms,
            w.s.node,
            jobs.map((job) => item(job)),
          ),
        ...jobs,
      ),
    ).to.deep.equal({ 'requester.available': 2n * (FEE + PENALTY), 'node.stake': 2n * (opg('5') - PENALTY) });
  });

  it('takes a mixture of payers and states', async () => {
    const w = await begin();
    const jobs = [
      await w.request(),
      await w.accept(await w.request()),
      await w.requestByContract(),
      await w.submit(await w.request()),
    ];
    const [a, b, c, d] = jobs as [Job, Job, Job, Job];
    const far = await w.request({ deadline: (await w.now()) + 50_000n });
    await w.warp(d.fields.deadline + 1n);
    const of = (job: Job, state: number, acceptedBy: string = ZeroAddress) => ({ ...job, state, acceptedBy });
    const calls = [
      of(a, STATE.Requested),
      of(b, STATE.Accepted, w.s.node.address),
      of(c, STATE.Requested),
      of(d, STATE.Requested),
      of(far, STATE.Requested),
      of(a, STATE.Requested),
      of(d, STATE.Submitted),
    ];
    const statuses = await w.s.requests.expireEach.staticCall(calls);
    expect(statuses.map((s) => STATUS[Number(s)])).to.deep.equal([
      'DONE',
      'DONE',
      'DONE',
      'GONE',
      'EARLY',
      'GONE',
      'GONE',
    ]);
    expect(await w.moved(() => w.s.requests.expireEach(calls), a, b, c)).to.deep.equal({
      'requester.available': 2n * FEE + PENALTY,
      'node.stake': opg('5') - PENALTY,
      'consumer.available': FEE,
    });
  });
});
