// The edges of requests: batches of too many, versions that contradict themselves, wiring that does not fit, gas that runs out.
import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import { CONTENT, deployRequests, ethers, INPUTS, networkHelpers, OUTPUTS, opg, publish } from './system.ts';
import { packTerms } from './terms.ts';
import { begin, floats, type Job, outcome, STATE, STATUS, type World } from './world.ts';

const names = (statuses: bigint[]) => statuses.map((status) => STATUS[Number(status)]);
/** A call of any function: the generated types know one by one only. */
const encode = (w: World, name: string, args: unknown[]) =>
  (w.s.requests.interface.encodeFunctionData as unknown as (name: string, args: unknown[]) => string)(name, args);
const submitItem = ({ nonce, fields, terms, output }: Job) => ({
  nonce,
  lane: fields.lane,
  input: terms.input,
  output,
});

describe('limits of batches', () => {
  it('are 256 items: Escrow answers in bits of one word', async () => {
    const w = await begin();
    const job = await w.request();
    const node = w.s.requests.connect(w.s.node);
    const item = submitItem(job);
    const submits = (n: number) => node.submitBatch(job.terms, ZeroAddress, OUTPUTS, new Array(n).fill(item));
    expect(await outcome(submits(257))).to.equal('Requests_ItemsInvalid');
    const expired = { nonce: job.nonce, lane: job.fields.lane, input: job.terms.input, declined: false };
    const expires = (n: number) => node.expireBatch(job.terms, ZeroAddress, new Array(n).fill(expired));
    expect(await outcome(expires(257))).to.equal('Requests_ItemsInvalid');
    await w.warp(job.fields.deadline + 1n);
    const statuses = await node.expireBatch.staticCall(job.terms, ZeroAddress, new Array(256).fill(expired));
    expect(names(statuses)).to.deep.equal(['DONE', ...new Array(255).fill('GONE')]);
  });

  it('take no output under headers of another schema', async () => {
    const w = await begin();
    const job = await w.request();
    const node = w.s.requests.connect(w.s.node);
    expect(names(await node.submitBatch.staticCall(job.terms, ZeroAddress, INPUTS, [submitItem(job)]))).to.deep.equal([
      'BADOUTPUT',
    ]);
  });
});

describe('a version that contradicts itself', () => {
  it('about the bytes of its outputs can be asked and not served', async () => {
    const w = await begin();
    const version = await publish(w.s.models, w.s.owner, { outputBytes: 44n });
    const ask = await w.fresh({ version });
    const { nonce } = await w.s.escrow.accountOf(w.s.requester);
    await (await w.s.requests.connect(w.s.requester).request(ask, INPUTS, floats(64), '0x')).wait();
    const terms = packTerms({ ...w.fieldsOf(ask, w.s.requester.address, floats(64)), outputBytes: 44n });
    const submit = (output: string) =>
      w.s.requests.connect(w.s.node).submit(terms, nonce, ZeroAddress, OUTPUTS, output);
    await expect(submit(floats(11)))
      .to.be.revertedWithCustomError(w.s.requests, 'Requests_OutputLength')
      .withArgs(44, 40);
    await expect(submit(floats(10)))
      .to.be.revertedWithCustomError(w.s.requests, 'Requests_OutputLength')
      .withArgs(40, 44);
  });

  it('in nothing may ask for more stake than its set does', async () => {
    const w = await begin();
    const dear = await publish(w.s.models, w.s.owner, { sliceFloorGwei: opg('7') / 10n ** 9n });
    expect((await w.s.requests.windowsOf(w.s.version, 1, 1))[1]).to.equal(opg('5'));
    expect((await w.s.requests.windowsOf(dear, 1, 1))[1]).to.equal(opg('7'));
    expect(CONTENT.sliceFloorGwei * 10n ** 9n).to.equal(opg('1'));
  });
});

describe('wiring', () => {
  const config = (w: World) => ({
    token: String(w.s.token.target),
    models: String(w.s.models.target),
    nodes: String(w.s.nodes.target),
    authority: String(w.s.authority.target),
    treasury: w.s.treasury.address,
    unbondingDelay: 1n,
    minTcBase: 0n,
  });

  it('refuses an extension of other registries', async () => {
    const w = await begin();
    const { models, nodes, authority, ...rest } = config(w);
    const others = await Promise.all([ethers.deployContract('ModelRegistry'), ethers.deployContract('NodeRegistry')]);
    const factory = await ethers.getContractFactory('InferenceRequests');
    for (const [m, n] of [
      [String(others[0].target), nodes],
      [models, String(others[1].target)],
    ] as const) {
      const extension = String((await ethers.deployContract('RequestsExtension', [m, n, authority])).target);
      await expect(factory.deploy({ models, nodes, authority, ...rest, extension }))
        .to.be.revertedWithCustomError(factory, 'Requests_BadParameter')
        .withArgs('extension');
    }
  });

  it('wants a window of a second at least, whatever the chain', async () => {
    const w = await begin();
    const requests = (await deployRequests(config(w))).connect(w.s.admin);
    await expect(requests.appendSet({ ...w.s.set, tcBase: 0n }))
      .to.be.revertedWithCustomError(requests, 'Requests_BadParameter')
      .withArgs('tcBase');
    expect(await outcome(requests.appendSet({ ...w.s.set, tcBase: 1n }))).to.equal('DONE');
  });

  it('knows no request that is in no state', async () => {
    const w = await begin();
    const job = await w.request();
    expect(await w.isIn(job, STATE.Requested)).to.equal(true);
    expect(await w.isIn(job, STATE.None)).to.equal(false);
  });
});

describe('gas that runs out in a call of the arbiter', () => {
  /** What the arbiter is told with so much gas: 'true', 'false', or 'reverts'. */
  const told = async (w: World, name: 'freeze' | 'condemn' | 'thaw', job: Job, gasLimit: bigint) => {
    const { requests, game } = w.s;
    const args = name === 'thaw' ? [job.terms, job, job.end] : [job.terms, job];
    const data = encode(w, name, args);
    try {
      const answer = await game.act.staticCall(requests, data, { gasLimit });
      return name === 'freeze' ? 'true' : String(BigInt(answer) === 1n);
    } catch {
      return 'reverts';
    }
  };

  for (const name of ['freeze', 'thaw', 'condemn'] as const)
    it(`${name} is done or reverts at any gas limit: it never takes a shortage for an answer`, async () => {
      const w = await begin();
      const job = name === 'freeze' ? await w.submit(await w.request()) : await w.frozen(await w.request());
      let [low, high] = [21_000n, 2_000_000n];
      expect(await told(w, name, job, high)).to.equal('true');
      while (high - low > 1n) {
        const middle = (low + high) / 2n;
        if ((await told(w, name, job, middle)) === 'true') high = middle;
        else low = middle;
      }
      for (let gas = low; gas > low - 24_000n; gas -= 311n)
        expect(await told(w, name, job, gas), `${gas} gas`).to.equal('reverts');
    });

  it('is no answer either where the call may not write', async () => {
    const w = await begin();
    const { requests, admin, set } = w.s;
    // An arbiter that only ever makes static calls; what it has to write, this test writes in its name.
    const reader = await ethers.deployContract('StepBatch');
    const arbiter = String(reader.target);
    await (await requests.connect(admin).appendSet({ ...set, arbiter })).wait();
    const job = await w.request();
    const fields = { ...job.fields, set: 2n };
    const terms = packTerms(fields);
    await (await requests.connect(w.s.node).submit(terms, job.nonce, ZeroAddress, OUTPUTS, job.output)).wait();
    w.submitted(job, w.s.node.address, await w.now());
    const call = (name: string, ...args: unknown[]) => encode(w, name, [terms, job, ...args]);
    const outcomesOf = async (...calls: string[]) => [...(await reader.run(requests, calls))[0]];

    expect(await outcomesOf(call('freeze'))).to.deep.equal(['0x']);
    await networkHelpers.setBalance(arbiter, 10n ** 20n);
    const writer = requests.connect(await ethers.getImpersonatedSigner(arbiter));
    await (await writer.freeze(terms, job)).wait();
    expect(await outcomesOf(call('thaw', job.end), call('condemn'))).to.deep.equal(['0x', '0x']);
    // Of a request that is not frozen, false is the answer: nothing is written.
    await (await writer.thaw(terms, job, job.end)).wait();
    const word = (await outcomesOf(call('thaw', job.end)))[0] ?? '0x';
    expect([word.length, BigInt(word)]).to.deep.equal([66, 0n]);
  });
});
