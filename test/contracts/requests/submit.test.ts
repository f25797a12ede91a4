import { expect } from 'chai';
import { ZeroAddress, zeroPadValue } from 'ethers';
import { header } from '../lib/commitment.ts';
import { FEE, OUTPUTS, opg, publish } from './system.ts';
import { submissionId } from './terms.ts';
import type { Job, World } from './world.ts';
import { begin, FLAG, floats, outcome, outputHash, STATE } from './world.ts';

const MAY_SUBMIT = 4;
const send = (w: World, job: Job, overrides: { by?: typeof w.s.node; acceptedBy?: string; output?: string } = {}) =>
  w.s.requests
    .connect(overrides.by ?? w.s.node)
    .submit(job.terms, job.nonce, overrides.acceptedBy ?? ZeroAddress, OUTPUTS, overrides.output ?? job.output);

describe('InferenceRequests.submit', () => {
  it('takes the slice by implied acceptance and starts the challenge window', async () => {
    const w = await begin();
    const job = await w.request();
    const t = (await w.now()) + 10n;
    await w.at(t);
    w.submitted(job, w.s.node.address, t);
    expect(await w.moved(() => send(w, job))).to.deep.equal({ 'node.stake': -opg('5') });
    await expect(w.last)
      .to.emit(w.s.requests, 'Submitted')
      .withArgs(job.id, w.s.node.address, t + 603n, outputHash(job.output), job.output);
    expect(await w.isIn(job, STATE.Submitted)).to.equal(true);
    expect(await w.s.requests.submissionIdOf(job.terms, job.nonce, job.node, job.outputHash)).to.equal(
      submissionId(job.id, job.node, job.outputHash),
    );
  });

  it('takes nothing more from a node that had accepted', async () => {
    const w = await begin();
    const job = await w.accept(await w.request());
    w.submitted(job, w.s.node.address, (await w.now()) + 10n);
    await w.at((await w.now()) + 10n);
    expect(await w.moved(() => send(w, job, { acceptedBy: w.s.node.address }))).to.deep.equal({});
    expect(await w.isIn(job, STATE.Submitted)).to.equal(true);
  });

  it('happens once', async () => {
    const w = await begin();
    const job = await w.submit(await w.request());
    expect(await outcome(send(w, job))).to.equal('Requests_NotCurrent');
    expect(await outcome(send(w, job, { acceptedBy: w.s.node.address }))).to.equal('Requests_NotCurrent');
  });

  it('ends with the deadline', async () => {
    const w = await begin();
    const job = await w.request();
    const { deadline } = job.fields;
    for (const [t, told] of [
      [deadline - 1n, 'DONE'],
      [deadline, 'DONE'],
      [deadline + 1n, 'Requests_TooLate'],
    ] as const)
      expect(await w.attempt(t, () => send(w, job))).to.equal(told);
  });

  it("is the named node's, or the one's that accepted, or a key's of it", async () => {
    const w = await begin();
    const job = await w.request();
    expect(await outcome(send(w, job, { by: w.s.rival }))).to.equal('Nodes_KeyNotAllowed');
    expect(await outcome(send(w, job, { by: w.s.rival, acceptedBy: w.s.rival.address }))).to.equal(
      'Requests_NotCurrent',
    );
    await w.s.nodes.connect(w.s.node).setKey(w.s.key, 2n ** 40n, 3);
    expect(await outcome(send(w, job, { by: w.s.key }))).to.equal('Nodes_KeyNotAllowed');
    await w.s.nodes.connect(w.s.node).setKey(w.s.key, 2n ** 40n, MAY_SUBMIT);
    expect(await outcome(send(w, job, { by: w.s.key }))).to.equal('DONE');
  });

  it('cannot copy a submission out of the mempool after another node accepted', async () => {
    const w = await begin();
    const job = await w.request();
    await w.warp(job.fields.openAt);
    await w.accept(job, w.s.rival);
    expect(await outcome(send(w, job))).to.equal('Requests_NotCurrent');
    expect((await w.s.escrow.accountOf(w.s.node))[1]).to.equal(opg('900'));
  });

  for (const [name, overrides, input] of [
    ['no node is named', { node: ZeroAddress }, undefined],
    ['the input is a root', { flags: FLAG.ROOT_INPUT }, zeroPadValue('0x77', 32)],
  ] as const)
    it(`needs an accept first if ${name}`, async () => {
      const w = await begin();
      const job = await w.request(overrides, input);
      expect(await outcome(send(w, job))).to.equal('Requests_NeedsAccept');
      await w.accept(job, w.s.node);
      expect(await outcome(send(w, job, { acceptedBy: w.s.node.address }))).to.equal('DONE');
    });

  it('does not serve a declined request without an accept', async () => {
    const w = await begin();
    const job = await w.decline(await w.request());
    expect(await outcome(send(w, job))).to.equal('Requests_NotCurrent');
  });

  for (const [name, output, headers, told] of [
    ['one byte too few', floats(10).slice(0, -2), OUTPUTS, 'Requests_OutputLength'],
    ['zeros appended', `${floats(10)}00000000`, OUTPUTS, 'Requests_OutputLength'],
    ['nothing', '0x', OUTPUTS, 'Requests_OutputLength'],
    ['a NaN with a payload', `${floats(9)}ffc00000`, OUTPUTS, 'Requests_OutputNotCanonical'],
    ['headers of another schema', floats(10), [header(1, [10])], 'Requests_SchemaMismatch'],
  ] as const)
    it(`answers ${told} to an output with ${name}`, async () => {
      const w = await begin();
      const job = await w.request();
      const sent = w.s.requests.connect(w.s.node).submit(job.terms, job.nonce, ZeroAddress, [...headers], output);
      expect(await outcome(sent)).to.equal(told);
    });

  it('accepts the canonical NaN', async () => {
    const w = await begin();
    expect(await outcome(send(w, await w.request(), { output: `${floats(9)}7fc00000` }))).to.equal('DONE');
  });

  it('takes one hash for exact output', async () => {
    const w = await begin();
    const version = await publish(w.s.models, w.s.owner, { exact: true, atol: 0n, rtol: 0n });
    const job = await w.request({ version, flags: FLAG.EXACT_OUTPUT });
    const hash = zeroPadValue('0xabcd', 32);
    expect(await outcome(send(w, job))).to.equal('Requests_OutputLength');
    await expect(w.s.requests.connect(w.s.node).submit(job.terms, job.nonce, ZeroAddress, [], hash))
      .to.emit(w.s.requests, 'Submitted')
      .withArgs(job.id, w.s.node.address, (t: bigint) => t > 0n, hash, hash);
  });

  it('refuses a node without free stake and leaves the fee refundable', async () => {
    const w = await begin();
    await (await w.s.escrow.connect(w.s.node).unstake(opg('896'))).wait();
    const job = await w.request();
    expect(await outcome(send(w, job))).to.equal('Escrow_Overdraw');
    await w.warp(job.fields.openAt + 1n);
    expect(
      await w.moved(() => w.s.requests.connect(w.s.requester).cancel(job.terms, job.nonce, false), job),
    ).to.deep.equal({
      'requester.available': FEE,
    });
  });

  it('keeps to the agreed terms whatever changes meanwhile', async () => {
    const w = await begin();
    const job = await w.request();
    await w.s.models.connect(w.s.owner).setRoyalty(w.s.version, opg('1'));
    await w.s.requests.connect(w.s.admin).appendSet({ ...w.s.set, protocolBps: 1_000, tcBase: 6_000 });
    await w.s.models.connect(w.s.owner).retire(w.s.version);
    await w.submit(job);
    expect(await w.isIn(job, STATE.Submitted)).to.equal(true);
  });
});
