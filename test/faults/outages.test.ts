import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { buildModel } from '#core/onnx/build.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import { tensorFrom } from '#core/tensor.ts';
import { upload } from '../../scripts/demo/publishing.ts';
import { balanceOf, connect, request, waitForResult } from '../../sdk/index.ts';
import { type E2e, e2e, reaches, STAKE, serve, sha256, sumsAddUp, told, until } from '../e2e/network.ts';
import { eventually } from '../support/eventually.ts';
import { identity } from '../support/graphs.ts';
import { rejectsLater } from '../support/rejects.ts';

/** A model of its own each time, so that no cache has it. */
let made = 0;
const fresh = () => {
  const width = ++made + 20;
  return { width, onnx: buildModel(identity('int32', [1, width])), card: cardOf(width) };
};
const cardOf = (width: number) => ({
  inputs: [{ name: 'x', dtype: 'int32', shape: [1, width] }],
  outputs: [{ name: 'y', dtype: 'int32', shape: [1, width] }],
});

describe('when something is down or lies', function () {
  this.timeout(120_000);
  let net: E2e;
  before(async () => {
    net = await e2e();
  });
  afterEach(() => sumsAddUp(net));

  const ask = (version: VersionId, width: number, change = {}) =>
    request(
      net.accounts.requester,
      { version, node: net.accounts.node.address, ...change },
      { x: tensorFrom('int32', [1, width], Array<number>(width).fill(7)) },
    );
  const short = { deadlineSeconds: 5, reservedSeconds: 5 };
  const free = async () => (await balanceOf(net.net, net.accounts.requester.address)).available;

  it('the storage node is down: the request waits for it, and is served when it is back', async () => {
    const { width, onnx, card } = fresh();
    const { version } = await serve(net, onnx, card);
    await net.local.storage.stop();
    const asked = await ask(version, width);
    await eventually('the node looks for the file', () => net.node.tail().includes('blobs.unavailable'));
    expect((await told(net, asked.id)).stage).to.equal('admitted');
    await net.local.storage.start();
    const { items } = await waitForResult(net.net, asked, { pollMs: 50 });
    expect(items?.[0]?.['y']?.data).to.deep.equal(new Int32Array(width).fill(7));
    await until(net, 'Finalised', [asked.id]);
  });

  it('the chain does not answer: the node goes on where it was when it does again', async () => {
    const { width, onnx, card } = fresh();
    const { version } = await serve(net, onnx, card);
    await net.door.shut();
    const asked = await ask(version, width); // by another way
    try {
      await rejectsLater('chain.unavailable', connect({ provider: net.door.url, deployment: net.net.deployment }));
      await eventually('the node notices', () => net.node.tail().includes('rpc.unavailable'));
    } finally {
      await net.door.open();
    }
    await until(net, 'Finalised', [asked.id]);
  });

  it('a published address holds other bytes: the request is given up by name and paid back', async () => {
    const { width, onnx, card } = fresh();
    const uri = await upload(net.local.storage.url, randomBytes(onnx.length));
    const { version } = await serve(net, onnx, card, { uris: [uri] });
    const before = await free();
    // Time for a fetch that fails on the way and is tried again: a request that is late is `expired`, and never quarantined.
    const asked = await ask(version, width, { deadlineSeconds: 12, reservedSeconds: 12 });
    expect((await reaches(net, asked.id, 'quarantined')).reason).to.match(/they sent other bytes/);
    await until(net, 'Expired', [asked.id]);
    expect(await free()).to.equal(before);
  });

  it('a file was damaged in the store: nobody computes with it', async () => {
    const { width, onnx, card } = fresh();
    const { version } = await serve(net, onnx, card);
    const hash = sha256(onnx);
    appendFileSync(path.join(net.local.directory, 'storage/data/blobs', hash), 'x');
    const answer = await fetch(`${net.local.storage.url}/v1/blobs/${hash}`);
    expect(answer.status).to.equal(500);
    expect(await answer.json()).to.have.nested.property('error.details[0].metadata.code', 'blobs.corrupt');

    const asked = await ask(version, width);
    await eventually('the node looks for the file', () => net.node.tail().includes(hash));
    await upload(net.local.storage.url, onnx); // which repairs it
    await until(net, 'Finalised', [asked.id]);
  });

  it('the node has less stake than the slice: it does not work for nothing, and the fee returns', async () => {
    const { width, onnx, card } = fresh();
    const { version } = await serve(net, onnx, card);
    const before = await free();
    const asked = await ask(version, width, { ...short, fee: STAKE }); // a slice is twice the fee
    expect((await reaches(net, asked.id, 'waiting')).reason).to.match(/free stake/);
    await until(net, 'Expired', [asked.id]);
    expect(await free()).to.equal(before);
  });
});
