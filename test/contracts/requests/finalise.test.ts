// finalise: the split to the wei, the bounds, the tip, and the callback.
import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import { header } from '../lib/commitment.ts';
import { FEE, OUTPUTS, opg, ROYALTY } from './system.ts';
import type { Job, World } from './world.ts';
import { begin, floats, outcome, STATE } from './world.ts';

const PROTOCOL = (FEE * 500n) / 10_000n;
const TIP = (FEE * 50n) / 10_000n;
const SLICE = opg('5');
const CALLBACK = { None: 0n, Succeeded: 1n, Failed: 2n } as const;

describe('InferenceRequests.finalise', () => {
  it('pays royalty, protocol and node, returns the slice, and is told once', async () => {
    const w = await begin();
    const job = await w.ripe(await w.request());
    expect(await w.moved(() => w.finalise(job, w.s.stranger), job)).to.deep.equal({
      'node.available': FEE - ROYALTY - PROTOCOL,
      'node.stake': SLICE,
      'purse.available': ROYALTY,
      'purse.stake': PROTOCOL,
    });
    await expect(w.last)
      .to.emit(w.s.requests, 'Finalised')
      .withArgs(job.id, w.s.node.address, FEE - ROYALTY - PROTOCOL, ROYALTY, PROTOCOL, 0n, ZeroAddress, CALLBACK.None);
    expect(await outcome(w.finalise(job))).to.equal('Requests_NotCurrent');
    expect(await w.s.escrow.lockOf(w.s.requests, w.s.requester, job.fields.lane)).to.equal(1n);
  });

  it('floors the shares in favour of the node', async () => {
    const w = await begin();
    const fee = opg('1') + 19n; // 5 % and 0.5 % leave remainders
    const job = await w.ripe(await w.request({ fee }));
    await w.warp(job.challengeEnd + 601n);
    const [protocol, tip] = [(fee * 500n) / 10_000n, (fee * 50n) / 10_000n];
    expect(await w.moved(() => w.finalise(job, w.s.keeper, true), job)).to.deep.equal({
      'node.available': fee - ROYALTY - protocol - tip,
      'node.stake': SLICE,
      'purse.available': ROYALTY,
      'purse.stake': protocol,
      'keeper.available': tip,
    });
    await expect(w.last)
      .to.emit(w.s.requests, 'Finalised')
      .withArgs(
        job.id,
        w.s.node.address,
        fee - ROYALTY - protocol - tip,
        ROYALTY,
        protocol,
        tip,
        w.s.keeper.address,
        0n,
      );
  });

  it('is possible from the second after the end', async () => {
    const w = await begin();
    const job = await w.submit(await w.request());
    for (const [t, told] of [
      [job.end - 1n, 'Requests_TooEarly'],
      [job.end, 'Requests_TooEarly'],
      [job.end + 1n, 'DONE'],
    ] as const)
      expect(await w.attempt(t, () => w.finalise(job))).to.equal(told);
  });

  it("gives the tip to whoever asks, after the node's head start", async () => {
    const w = await begin();
    const job = await w.submit(await w.request());
    const from = job.challengeEnd + w.s.set.tipDelay;
    for (const [t, told] of [
      [from - 1n, 'Requests_TooEarly'],
      [from, 'Requests_TooEarly'],
      [from + 1n, 'DONE'],
    ] as const)
      expect(await w.attempt(t, () => w.finalise(job, w.s.keeper, true))).to.equal(told);
    await w.warp(from + 1n);
    expect((await w.moved(() => w.finalise(job, w.s.keeper, true), job))['keeper.available']).to.equal(TIP);
  });

  it('pays a node that accepted, not the one that was named', async () => {
    const w = await begin();
    const job = await w.decline(await w.request());
    await w.accept(job, w.s.rival, true);
    await w.submit(job, w.s.rival, true);
    await w.warp(job.end + 1n);
    expect((await w.moved(() => w.finalise(job), job))['rival.stake']).to.equal(SLICE);
  });

  for (const [name, forge] of [
    ['another node', (_: Job, w: World) => ({ node: w.s.rival.address })],
    ['another output', () => ({ outputHash: `0x${'11'.repeat(32)}` })],
    ['an earlier end', (job: Job) => ({ end: job.end - 600n })],
    ['an earlier challengeEnd', (job: Job) => ({ challengeEnd: job.challengeEnd - 1n })],
    ['another nonce', () => ({ nonce: 1n })],
  ] as [string, (job: Job, w: World) => Partial<Job>][])
    it(`does not know a submission of ${name}`, async () => {
      const w = await begin();
      const job = await w.ripe(await w.request());
      expect(await outcome(w.finalise({ ...job, ...forge(job, w) }))).to.equal('Requests_NotCurrent');
    });

  for (const [name, forge] of [
    ['a smaller royalty', (job: Job) => ({ shares: job.terms.shares - (1n << 160n) })],
    ['a smaller protocol share', (job: Job) => ({ shares: job.terms.shares - (1n << 32n) })],
    ['a larger slice', (job: Job) => ({ nodeSlice: job.terms.nodeSlice + 1n })],
    ['a larger fee', (job: Job) => ({ requesterFee: job.terms.requesterFee + 1n })],
    ['another model', (job: Job) => ({ shape: job.terms.shape + (1n << 208n) })],
  ] as [string, (job: Job) => Partial<Job['terms']>][])
    it(`does not know terms with ${name}`, async () => {
      const w = await begin();
      const job = await w.ripe(await w.request());
      const forged = { ...job, terms: { ...job.terms, ...forge(job) } };
      expect(await outcome(w.finalise(forged))).to.equal('Requests_NotCurrent');
    });
});

describe('InferenceRequests.finalise with a callback', () => {
  const behave = async (w: World, behaviour: number, callee?: string, data = '0x') =>
    (await w.s.consumer.behave(behaviour, callee ?? w.s.stranger.address, data)).wait();
  const told = async (w: World, job: Job, callback: bigint) =>
    expect(w.last)
      .to.emit(w.s.requests, 'Finalised')
      .withArgs(job.id, w.s.node.address, FEE - ROYALTY - PROTOCOL, ROYALTY, PROTOCOL, 0n, ZeroAddress, callback);

  it('hands the requester the output after everybody is paid', async () => {
    const w = await begin();
    const job = await w.ripe(await w.requestByContract());
    expect(await w.moved(() => w.finalise(job), job)).to.include({ 'node.stake': SLICE, 'purse.available': ROYALTY });
    await told(w, job, CALLBACK.Succeeded);
    expect(await w.s.consumer.lastId()).to.equal(job.id);
    expect(await w.s.consumer.lastWord()).to.equal(job.output.slice(0, 66));
  });

  for (const [name, behaviour] of [
    ['reverts', 1],
    ['burns all its gas', 2],
    ['returns a megabyte', 3],
    ['reverts with a megabyte', 4],
  ] as const)
    it(`settles all the same if it ${name}`, async () => {
      const w = await begin();
      const job = await w.ripe(await w.requestByContract());
      await behave(w, behaviour);
      expect(await w.moved(() => w.finalise(job), job)).to.include({ 'node.stake': SLICE });
      await told(w, job, CALLBACK.Failed);
    });

  it('gives exactly the gas asked for, or reverts whole', async () => {
    const w = await begin();
    const job = await w.ripe(await w.requestByContract());
    await behave(w, 5, w.s.stranger.address, '0x');
    const data = w.s.requests.interface.encodeFunctionData('finalise', [job.terms, job, false, OUTPUTS, job.output]);
    const to = String(w.s.requests.target);
    const told = new Set<string>();
    for (let gas = 420_000n; gas > 240_000n; gas -= 4_000n) {
      const snapshot = await (await import('./system.ts')).networkHelpers.takeSnapshot();
      const name = await outcome(w.s.node.sendTransaction({ to, data, gasLimit: gas }));
      told.add(name);
      // whatever limit the keeper chose: the callback had its 200,000 or nothing happened
      if (name === 'DONE') expect(await w.s.consumer.gasSeen()).to.be.within(199_000n, 200_000n);
      await snapshot.restore();
    }
    expect([...told].sort()).to.deep.equal(['DONE', 'Requests_GasTooLow']);
  });

  for (const [name, output, headers, error] of [
    ['nothing', '0x', [], 'Requests_OutputLength'],
    ['zeros appended', `${floats(10, 7)}00000000`, OUTPUTS, 'Requests_OutputLength'],
    ['another output', floats(10, 8), OUTPUTS, 'Requests_OutputMismatch'],
    ['other headers', floats(10, 7), [header(1, [10])], 'Requests_SchemaMismatch'],
  ] as const)
    it(`answers ${error} if handed ${name}`, async () => {
      const w = await begin();
      const job = await w.ripe(await w.requestByContract());
      const sent = w.s.requests.connect(w.s.node).finalise(job.terms, job, false, [...headers], output);
      expect(await outcome(sent)).to.equal(error);
    });

  it('may ask again from its callback, and finds its own lock closed', async () => {
    const w = await begin();
    const job = await w.ripe(await w.requestByContract({ callbackGas: 600_000n }));
    const again = w.s.requests.interface.encodeFunctionData('finalise', [job.terms, job, false, OUTPUTS, job.output]);
    await behave(w, 5, String(w.s.requests.target), again);
    await w.moved(() => w.finalise(job), job);
    expect(await w.s.consumer.reentrySucceeded()).to.equal(false);
    expect((await w.s.consumer.reentryReturned()).slice(0, 10)).to.equal(
      w.s.requests.interface.getError('Requests_NotCurrent')?.selector,
    );

    const second = await w.ripe(await w.requestByContract({ callbackGas: 600_000n }));
    const ask = await w.fresh();
    const bytes = floats(64);
    await behave(
      w,
      5,
      String(w.s.requests.target),
      w.s.requests.interface.encodeFunctionData('request', [ask, [header(1, [1, 64])], bytes, '0x']),
    );
    w.jobOf(ask, String(w.s.consumer.target), bytes, (await w.s.escrow.accountOf(w.s.consumer)).nonce);
    await w.moved(() => w.finalise(second), second);
    expect(await w.s.consumer.reentrySucceeded()).to.equal(true);
    expect(await w.isIn(w.jobs.at(-1) as Job, STATE.Requested)).to.equal(true);
  });
});
