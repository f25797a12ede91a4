// requestMany, submitBatch, submitEach, finaliseBatch, finaliseEach: each item has its own fate, all items one account write.
import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import { FEE, INPUTS, networkHelpers, OUTPUTS, opg, ROYALTY } from './system.ts';
import type { Job, World } from './world.ts';
import { begin, FLAG, floats, outcome, STATE, STATUS } from './world.ts';

const SLICE = opg('5');
const PROTOCOL = (FEE * 500n) / 10_000n;
const names = (statuses: bigint[]) => statuses.map((status) => STATUS[Number(status)]);

/** `n` open requests with shared terms, made by one call. */
async function many(w: World, n: number, overrides: Record<string, unknown> = {}): Promise<Job[]> {
  const ask = await w.fresh({ lane: 100n, ...overrides });
  const inputs = Array.from({ length: n }, (_, i) => floats(64, 20 + i));
  const first = (await w.s.escrow.accountOf(w.s.requester)).nonce;
  await (await w.s.requests.connect(w.s.requester).requestMany(ask, INPUTS, inputs, '0x')).wait();
  const jobs = inputs.map((input, i) =>
    w.jobOf({ ...ask, lane: ask.lane + BigInt(i) }, w.s.requester.address, input, first + BigInt(i)),
  );
  await w.conserved();
  return jobs;
}
const submitItem = (job: Job, output = job.output) => ({
  nonce: job.nonce,
  lane: job.fields.lane,
  input: job.terms.input,
  output,
});
const finalItem = (job: Job) => ({ ...job, lane: job.fields.lane, input: job.terms.input });
const submitCall = (job: Job, overrides: Record<string, unknown> = {}) => ({
  terms: job.terms,
  nonce: job.nonce,
  acceptedBy: ZeroAddress,
  outputHeaders: OUTPUTS,
  output: job.output,
  ...overrides,
});
const finalCall = (job: Job, overrides: Record<string, unknown> = {}) => ({
  terms: job.terms,
  submission: job,
  outputHeaders: job.fields.callbackGas ? OUTPUTS : [],
  output: job.fields.callbackGas ? job.output : '0x',
  ...overrides,
});

describe('InferenceRequests.requestMany', () => {
  it('makes requests that differ in input, lane and nonce', async () => {
    const w = await begin();
    const jobs = await many(w, 10);
    for (const job of jobs) expect(await w.isIn(job, STATE.Requested)).to.equal(true);
    expect(new Set(jobs.map((job) => job.id)).size).to.equal(10);
    const [available, , nonce] = await w.s.escrow.accountOf(w.s.requester);
    expect([available, nonce]).to.deep.equal([opg('1000') - 10n * FEE, 10n]);
  });

  it('pulls the sum by allowance', async () => {
    const w = await begin();
    const before = await w.s.token.balanceOf(w.s.requester);
    await many(w, 3, { flags: FLAG.PULL });
    expect(await w.s.token.balanceOf(w.s.requester)).to.equal(before - 3n * FEE);
  });

  it('is all or nothing', async () => {
    const w = await begin();
    await w.request({ lane: 102n });
    const send = async (n: number, overrides = {}, bad?: string) => {
      const inputs = Array.from({ length: n }, (_, i) => (i === 1 && bad ? bad : floats(64, i)));
      const ask = await w.fresh({ lane: 100n, ...overrides });
      return outcome(w.s.requests.connect(w.s.requester).requestMany(ask, INPUTS, inputs, '0x'));
    };
    expect(await send(3)).to.equal('Escrow_LaneBusy');
    expect(await send(2, { lane: 65_535n })).to.equal('Escrow_LaneBusy');
    expect(await send(2, { fee: opg('500') })).to.equal('Escrow_Overdraw');
    expect(await send(2, {}, floats(63))).to.equal('Requests_InputLength');
    expect(await send(0)).to.equal('Requests_ItemsInvalid');
    expect(await send(33, { lane: 200n })).to.equal('Requests_ItemsInvalid');
    expect(await send(32, { lane: 200n })).to.equal('DONE');
  });
});

describe('InferenceRequests.submitBatch', () => {
  it('answers DONE, GONE and BADOUTPUT item by item', async () => {
    const w = await begin();
    const jobs = await many(w, 4);
    const [a, b, c, d] = jobs as [Job, Job, Job, Job];
    await w.submit(c);
    const items = [submitItem(a), submitItem(b, floats(9)), submitItem(c), submitItem(a), submitItem(d)];
    const batch = () => w.s.requests.connect(w.s.node).submitBatch(a.terms, ZeroAddress, OUTPUTS, items);
    const statuses = await w.s.requests.connect(w.s.node).submitBatch.staticCall(a.terms, ZeroAddress, OUTPUTS, items);
    expect(names(statuses)).to.deep.equal(['DONE', 'BADOUTPUT', 'GONE', 'GONE', 'DONE']);
    const t = (await w.now()) + 5n;
    await w.at(t);
    w.submitted(a, w.s.node.address, t);
    w.submitted(d, w.s.node.address, t);
    expect(await w.moved(batch)).to.deep.equal({ 'node.stake': -2n * SLICE });
    await expect(w.last)
      .to.emit(w.s.requests, 'Submitted')
      .withArgs(d.id, w.s.node.address, d.challengeEnd, d.outputHash, d.output);
    for (const job of [a, d]) expect(await w.isIn(job, STATE.Submitted)).to.equal(true);
    expect(await w.isIn(b, STATE.Requested)).to.equal(true);
  });

  it('answers NOSTAKE where the free stake ends', async () => {
    const w = await begin();
    await (await w.s.escrow.connect(w.s.node).unstake(opg('886'))).wait(); // 14 left: two slices of 5
    const jobs = await many(w, 3);
    const [first] = jobs as [Job];
    const call = [first.terms, ZeroAddress, OUTPUTS, jobs.map((job) => submitItem(job))] as const;
    expect(names(await w.s.requests.connect(w.s.node).submitBatch.staticCall(...call))).to.deep.equal([
      'DONE',
      'DONE',
      'NOSTAKE',
    ]);
  });

  it('answers LATE for all after the deadline, and refuses a stranger', async () => {
    const w = await begin();
    const jobs = await many(w, 2);
    const [first] = jobs as [Job];
    const call = [first.terms, ZeroAddress, OUTPUTS, jobs.map((job) => submitItem(job))] as const;
    expect(await outcome(w.s.requests.connect(w.s.rival).submitBatch(...call))).to.equal('Nodes_KeyNotAllowed');
    await w.warp(first.fields.deadline + 1n);
    expect(names(await w.s.requests.connect(w.s.node).submitBatch.staticCall(...call))).to.deep.equal(['LATE', 'LATE']);
  });

  it('submits what a node had accepted', async () => {
    const w = await begin();
    const jobs = await many(w, 2);
    for (const job of jobs) await w.accept(job);
    const [first] = jobs as [Job];
    const t = (await w.now()) + 5n;
    await w.at(t);
    for (const job of jobs) w.submitted(job, w.s.node.address, t);
    const items = jobs.map((job) => submitItem(job));
    expect(
      await w.moved(() => w.s.requests.connect(w.s.node).submitBatch(first.terms, w.s.node, OUTPUTS, items)),
    ).to.deep.equal({});
    for (const job of jobs) expect(await w.isIn(job, STATE.Submitted)).to.equal(true);
  });
});

describe('InferenceRequests.submitEach', () => {
  it('takes a mixture of payers, nodes and states', async () => {
    const w = await begin();
    const [a, b, c, d, e, f] = [
      await w.request(),
      await w.requestByContract(),
      await w.accept(await w.request()),
      await w.request({ node: w.s.rival.address }),
      await w.request({ node: ZeroAddress }),
      await w.request({ deadline: (await w.now()) + 60n, openAt: 0n }),
    ] as [Job, Job, Job, Job, Job, Job];
    await w.warp(f.fields.deadline + 1n);
    const calls = [
      submitCall(a),
      submitCall(b),
      submitCall(c, { acceptedBy: w.s.node.address }),
      submitCall(d),
      submitCall(e),
      submitCall(f),
      submitCall(a),
      submitCall(a, { output: '0x' }),
      submitCall(a, { outputHeaders: [`0x${'ff'.repeat(32)}`] }),
    ];
    const by = w.s.requests.connect(w.s.node);
    expect(names(await by.submitEach.staticCall(calls))).to.deep.equal([
      'DONE',
      'DONE',
      'DONE',
      'DENIED',
      'DENIED',
      'LATE',
      'GONE',
      'BADOUTPUT',
      'BADOUTPUT',
    ]);
    const t = (await w.now()) + 5n;
    await w.at(t);
    for (const job of [a, b, c]) w.submitted(job, w.s.node.address, t);
    expect(await w.moved(() => by.submitEach(calls))).to.deep.equal({ 'node.stake': -2n * SLICE });
    for (const job of [a, b, c]) expect(await w.isIn(job, STATE.Submitted)).to.equal(true);
  });
});

/** Open requests of one call, submitted one by one so that their ends differ. */
async function ripening(w: World, n: number) {
  const jobs = await many(w, n);
  for (const job of jobs) await w.submit(job);
  return jobs;
}

describe('InferenceRequests.finaliseBatch', () => {
  it('answers DONE, EARLY and GONE, and pays the sum of what it did', async () => {
    const w = await begin();
    const jobs = await ripening(w, 3);
    const [a, b, c] = jobs as [Job, Job, Job];
    const late = { ...finalItem(c), end: c.end + 10_000n };
    const items = [
      finalItem(a),
      late,
      finalItem(b),
      finalItem(a),
      { ...finalItem(c), outputHash: `0x${'22'.repeat(32)}` },
    ];
    await w.warp(c.end + 1n);
    const call = [a.terms, w.s.node.address, false, items] as const;
    expect(names(await w.s.requests.finaliseBatch.staticCall(...call))).to.deep.equal([
      'DONE',
      'EARLY',
      'DONE',
      'GONE',
      'GONE',
    ]);
    expect(await w.moved(() => w.s.requests.connect(w.s.stranger).finaliseBatch(...call), a, b)).to.deep.equal({
      'node.available': 2n * (FEE - ROYALTY - PROTOCOL),
      'node.stake': 2n * SLICE,
      'purse.available': 2n * ROYALTY,
      'purse.stake': 2n * PROTOCOL,
    });
    await expect(w.last)
      .to.emit(w.s.requests, 'Finalised')
      .withArgs(b.id, w.s.node.address, FEE - ROYALTY - PROTOCOL, ROYALTY, PROTOCOL, 0n, ZeroAddress, 0n);
  });

  it('gives tips item by item, each after its own delay', async () => {
    const w = await begin();
    const jobs = await ripening(w, 2);
    const [a, b] = jobs as [Job, Job];
    await w.warp(a.challengeEnd + w.s.set.tipDelay);
    await w.at(a.challengeEnd + w.s.set.tipDelay + 1n);
    const call = [a.terms, w.s.node.address, true, jobs.map(finalItem)] as const;
    expect(b.challengeEnd).to.be.above(a.challengeEnd);
    const moved = await w.moved(() => w.s.requests.connect(w.s.keeper).finaliseBatch(...call), a);
    expect(moved['keeper.available']).to.equal((FEE * 50n) / 10_000n);
    expect(await w.isIn(b, STATE.Submitted)).to.equal(true);
  });

  it('does not serve requests with a callback, nor more than 256 items', async () => {
    const w = await begin();
    const job = await w.ripe(await w.requestByContract());
    const batch = (terms: Job['terms'], items: ReturnType<typeof finalItem>[]) =>
      outcome(w.s.requests.finaliseBatch(terms, w.s.node, false, items));
    expect(await batch(job.terms, [finalItem(job)])).to.equal('Requests_CallbackNeedsOutput');
    const plain = await w.ripe(await w.request());
    expect(await batch(plain.terms, new Array(257).fill(finalItem(plain)))).to.equal('Requests_ItemsInvalid');
    expect(await batch(plain.terms, [])).to.equal('DONE');
  });
});

describe('InferenceRequests.finaliseEach', () => {
  it('closes all first, then calls back, and refuses a batch inside a batch', async () => {
    const w = await begin();
    const a = await w.submit(await w.requestByContract({ callbackGas: 700_000n }));
    const b = await w.submit(await w.request());
    const c = await w.submit(await w.requestByContract({ callbackGas: 700_000n }));
    await w.warp(c.end + 1n);
    const inner = w.s.requests.interface.encodeFunctionData('finaliseEach', [[finalCall(b)], false]);
    await (await w.s.consumer.behave(5, w.s.requests, inner)).wait();
    const calls = [finalCall(a), finalCall(b), finalCall(c, { output: floats(10) }), finalCall(a)];
    expect(names(await w.s.requests.finaliseEach.staticCall(calls, false))).to.deep.equal([
      'DONE',
      'DONE',
      'BADOUTPUT',
      'GONE',
    ]);
    const moved = await w.moved(() => w.s.requests.connect(w.s.node).finaliseEach(calls, false), a, b);
    expect(moved['node.stake']).to.equal(2n * SLICE);
    expect(await w.s.consumer.reentrySucceeded()).to.equal(false);
    expect((await w.s.consumer.reentryReturned()).slice(0, 10)).to.equal(
      w.s.requests.interface.getError('Requests_Reentered')?.selector,
    );
    // the guard is gone with the batch
    expect(await w.moved(() => w.s.requests.finaliseEach([finalCall(c)], false), c)).to.include({
      'node.stake': SLICE,
    });
  });

  it('passes over what would exceed 8,000,000 gas of callbacks', async () => {
    const w = await begin();
    const jobs: Job[] = [];
    for (let i = 0; i < 5; ++i) jobs.push(await w.submit(await w.requestByContract({ callbackGas: 2_000_000n })));
    await w.warp((jobs.at(-1) as Job).end + 1n);
    const statuses = await w.s.requests.finaliseEach.staticCall(
      jobs.map((job) => finalCall(job)),
      false,
    );
    expect(names(statuses)).to.deep.equal(['DONE', 'DONE', 'DONE', 'DONE', 'GAS']);
  });

  it('does everything it promises at any gas limit, or nothing', async () => {
    const w = await begin();
    const jobs = [await w.submit(await w.requestByContract()), await w.submit(await w.requestByContract())];
    await w.warp((jobs[1] as Job).end + 1n);
    await (await w.s.consumer.behave(5, w.s.stranger, '0x')).wait();
    const calls = jobs.map((job) => finalCall(job));
    const data = w.s.requests.interface.encodeFunctionData('finaliseEach', [calls, false]);
    const told = new Set<string>();
    for (let gasLimit = 1_000_000n; gasLimit > 500_000n; gasLimit -= 20_000n) {
      const snapshot = await networkHelpers.takeSnapshot();
      const name = await outcome(w.s.node.sendTransaction({ to: String(w.s.requests.target), data, gasLimit }));
      told.add(name);
      if (name === 'DONE') {
        expect(await w.s.consumer.calls()).to.equal(2n);
        expect(await w.s.consumer.gasSeen()).to.be.within(199_000n, 200_000n);
      }
      await snapshot.restore();
    }
    expect([...told].sort()).to.deep.equal(['DONE', 'Requests_GasTooLow']);
  });

  it('answers EARLY and lets the keeper take tips', async () => {
    const w = await begin();
    const a = await w.submit(await w.request());
    const b = await w.submit(await w.request());
    await w.warp(a.challengeEnd + w.s.set.tipDelay);
    await w.at(a.challengeEnd + w.s.set.tipDelay + 1n);
    const moved = await w.moved(
      () => w.s.requests.connect(w.s.keeper).finaliseEach([finalCall(a), finalCall(b)], true),
      a,
    );
    expect(moved['keeper.available']).to.equal((FEE * 50n) / 10_000n);
    expect(await w.isIn(b, STATE.Submitted)).to.equal(true);
  });
});

describe('A bundle', () => {
  it('is one request with one slice and one fate', async () => {
    const w = await begin();
    const job = await w.request({ items: 10n, fee: opg('20') });
    expect(job.slice).to.equal(opg('40'));
    await w.submit(job);
    expect(await w.isIn(job, STATE.Submitted)).to.equal(true);
    await w.warp(job.end + 1n);
    const protocol = (opg('20') * 500n) / 10_000n;
    expect(await w.moved(() => w.finalise(job), job)).to.deep.equal({
      'node.available': opg('20') - 10n * ROYALTY - protocol,
      'node.stake': opg('40'),
      'purse.available': 10n * ROYALTY,
      'purse.stake': protocol,
    });
  });

  it('is refused with another number of items than was asked', async () => {
    const w = await begin();
    const job = await w.request({ items: 3n });
    const submit = (output: string) =>
      outcome(w.s.requests.connect(w.s.node).submit(job.terms, job.nonce, ZeroAddress, OUTPUTS, output));
    for (const n of [20, 40, 10]) expect(await submit(floats(n))).to.equal('Requests_OutputLength');
    expect(await submit(floats(30))).to.equal('DONE');
  });
});
