import { readdirSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { expect } from 'chai';
import { createSourceHealth } from '../../../workers/adapters/blobs/health.ts';
import { createHttpSource } from '../../../workers/adapters/blobs/http.ts';
import { createIpfsSource } from '../../../workers/adapters/blobs/ipfs/source.ts';
import { createModelStore } from '../../../workers/adapters/blobs/store.ts';
import { scratch, sha256 } from '../../support/graphs.ts';
import { serveHttp, type TestServer } from '../../support/httpServer.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';
import { addFile, answerBlock, type Blocks } from '../../support/unixfs.ts';

const never = new AbortController().signal;
const model = Buffer.from(Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));
const hash = sha256(model);
/** Nobody computes it: these aggregators answer to any id. */
const BLOB_ID = 'M4hsZGQ1oCktdzegB6HnI6Mi28S2nqOPHxK-W7_4BUk';

type Behaviour = (response: ServerResponse) => void;
const unannounced: Behaviour = (response) => {
  response.flushHeaders();
  response.end(model.subarray(1));
};
const cutOff: Behaviour = (response) => {
  response.writeHead(200, { 'content-length': model.length });
  response.write(model.subarray(9), () => response.destroy());
};
const honest: Behaviour = (response) => void response.end(model);

describe('a model of several sources', () => {
  let directory: ReturnType<typeof scratch>;
  const open: TestServer[] = [];
  beforeEach(() => {
    directory = scratch();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
    directory.remove();
  });

  async function serve(behaviour: Behaviour): Promise<TestServer> {
    const server = await serveHttp((_, response) => behaviour(response));
    open.push(server);
    return server;
  }

  function store(
    privateOrigins: 'all' | string[] = 'all',
    gateways = { aggregators: [] as string[], gateways: [] as string[] },
  ) {
    const [log, metrics] = [recordedLog(), recordedMetrics()];
    const web = { privateOrigins, idleTimeoutMs: 300, minBytesPerSecond: 100_000 };
    const health = createSourceHealth();
    const models = createModelStore({
      directory: path.join(directory.path, 'models'),
      maxBytes: 2 ** 20,
      sources: [createHttpSource(web), createIpfsSource(web)],
      ...{ gateways, health, log, metrics },
    });
    const fetch = (...uris: string[]) => models.fetch({ sha256: hash, size: model.length, uris }, never);
    return { fetch, log, metrics, health };
  }
  const kept = () => readdirSync(path.join(directory.path, 'models')).filter((name) => name !== 'incoming');
  const halfSent = () => readdirSync(path.join(directory.path, 'models/incoming'));

  /** Bytes written by a server that would never stop. */
  let written = 0;
  const endless: Behaviour = (response) => {
    written = 0;
    const more = () => {
      while (!response.destroyed) {
        written += 65_536;
        if (!response.write(Buffer.alloc(65_536, 'e'))) return void response.once('drain', more);
      }
    };
    more();
  };
  const dripping: Behaviour = (response) => {
    const timer = setInterval(() => response.write('d'), 20);
    response.on('close', () => clearInterval(timer));
  };

  for (const [what, behaviour, outcome, reason] of [
    ['L1 other bytes', (response) => void response.end(Buffer.alloc(model.length)), 'lied', /sent bytes with sha256/],
    [
      'L2 fewer bytes, announced',
      (response) => void response.end(model.subarray(1)),
      'lied',
      /announces 99999 of 100000/,
    ],
    ['L3 fewer bytes, not announced', unannounced, 'lied', /sent 99999 of 100000/],
    [
      'L4 more bytes, announced',
      (response) => void response.end(Buffer.alloc(model.length + 1)),
      'lied',
      /announces 100001/,
    ],
    ['L5 bytes without end', endless, 'lied', /sent more than 100000 bytes/],
    ['L6 fewer bytes than announced', cutOff, 'silent', /aborted|ECONNRESET/],
    ['L7 a byte now and then', dripping, 'silent', /which is too slow/],
    [
      'L8 the right beginning, then nothing',
      (response) => void response.write(model.subarray(0, 50_000)),
      'silent',
      /silent for 300 ms|aborted/,
    ],
    ['L9 nothing at all', () => undefined, 'silent', /silent for 300 ms/],
    ['L10 an error', (response) => void response.writeHead(500).end(model), 'silent', /answered status 500/],
    [
      'L11 compressed bytes that nobody asked for',
      (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(Buffer.alloc(50)),
      'lied',
      /sent 50 of 100000/,
    ],
    [
      'L12 a page with status 200',
      (response) => void response.end('<html>not found</html>'),
      'lied',
      /announces 22 of 100000/,
    ],
  ] as const satisfies readonly (readonly [string, Behaviour, string, RegExp])[])
    it(`${what}: the next source delivers, and this one is asked last from now on`, async () => {
      const [first, second] = [await serve(behaviour), await serve(honest)];
      const { fetch, metrics, log, health } = store();
      await fetch(`${first.url}/m`, `${second.url}/m`);
      expect(kept()).to.deep.equal([hash]);
      expect(halfSent()).to.deep.equal([]);
      expect(health.inOrder([first.url, second.url], (url) => url)).to.deep.equal([second.url, first.url]);
      const counted = (name: string) =>
        metrics.values.get(`worker_blobs_attempts_total{outcome="${name}",scheme="http"}`);
      expect([counted(outcome), counted('delivered')]).to.deep.equal([1, 1]);
      expect(metrics.values.get('worker_blobs_origins_resting')).to.equal(1);
      const warned = log.lines.filter(({ level }) => level === 'warn').map((line) => `${line['reason']}`);
      expect(warned).to.have.length(outcome === 'lied' ? 1 : 0);
      if (outcome === 'lied') expect(warned[0]).to.match(reason);
      // What it said of itself is in the error when nobody else can help.
      const alone = await rejectsLater(
        outcome === 'lied' ? 'blobs.corrupt' : 'blobs.unavailable',
        again(`${first.url}/m`),
      );
      expect(alone.payload.sources).to.match(reason);
    });

  function again(uri: string) {
    directory.remove();
    directory = scratch();
    return store().fetch(uri);
  }

  it('L13 a server without end is left after the size and what was on its way', async () => {
    const server = await serve(endless);
    await rejectsLater('blobs.corrupt', store().fetch(`${server.url}/m`));
    expect(written).to.be.below(32 * 2 ** 20); // buffers of both sockets
  });

  it('L14 a redirect to elsewhere: followed in public, refused into a private network', async () => {
    const target = await serve(honest);
    const first = await serve((response) => void response.writeHead(302, { location: `${target.url}/m` }).end());
    await store().fetch(`${first.url}/m`);
    directory.remove();
    directory = scratch();
    const error = await rejectsLater('blobs.unavailable', store([first.url]).fetch(`${first.url}/m`));
    expect(error.payload.sources).to.match(/127\.0\.0\.1 is a private address/);
    expect(target.seen).to.have.length(1);
  });

  it('should ask again in the order of the version once a rest is over, and until then the others first', async () => {
    const asked: string[] = [];
    const named = (name: string, behaviour: Behaviour) =>
      serve((response) => {
        asked.push(name);
        behaviour(response);
      });
    const [a, b] = [await named('a', (response) => void response.writeHead(503).end()), await named('b', honest)];
    let now = 0;
    const models = createModelStore({
      directory: path.join(directory.path, 'models'),
      maxBytes: 2 ** 20,
      sources: [createHttpSource({ privateOrigins: 'all' })],
      health: createSourceHealth(() => now),
    });
    for (const pause of [0, 500, 500]) {
      now += pause;
      await models.fetch({ sha256: hash, size: model.length, uris: [`${a.url}/m`, `${b.url}/m`] }, never);
      await models.discard(hash);
    }
    expect(asked).to.deep.equal(['a', 'b', 'b', 'a', 'b']);
  });

  it('should get it from Walrus: the first aggregator lies, the second has it', async () => {
    const [liar, good] = [
      await serve((response) => void response.end(Buffer.alloc(model.length))),
      await serve(honest),
    ];
    const { fetch, health } = store('all', { aggregators: [liar.url, good.url], gateways: [] });
    await fetch(`walrus://${BLOB_ID}`);
    for (const server of [liar, good]) expect(server.seen).to.deep.equal([`GET /v1/blobs/${BLOB_ID}`]);
    expect(health.inOrder([liar.url, good.url], (url) => url)).to.deep.equal([good.url, liar.url]);
  });

  it('should get it from IPFS: the first gateway lies about one block, the second has all', async () => {
    const blocks: Blocks = new Map();
    const cid = addFile(blocks, model, { chunk: 10_000 });
    const forged = new Map(
      [...blocks].map(([name, block]) => [name, block.length === 10_000 ? block.with(5, 0xff) : block]),
    );
    const gateways = await Promise.all(
      [forged, blocks].map((served) => serveHttp((request, response) => answerBlock(served, request, response))),
    );
    open.push(...gateways);
    const { fetch, metrics } = store('all', { aggregators: [], gateways: gateways.map(({ url }) => url) });
    await fetch(`ipfs://${cid}`);
    expect(kept()).to.deep.equal([hash]);
    expect(metrics.values.get('worker_blobs_attempts_total{outcome="lied",scheme="ipfs"}')).to.equal(1);
    expect(metrics.values.get('worker_blobs_attempts_total{outcome="delivered",scheme="ipfs"}')).to.equal(1);
  });

  it('should not blame a gateway for a CID that names another file, and say who is wrong', async () => {
    const blocks: Blocks = new Map();
    const cid = addFile(blocks, model.subarray(1));
    const gateway = await serveHttp((request, response) => answerBlock(blocks, request, response));
    open.push(gateway);
    const { fetch, health } = store('all', { aggregators: [], gateways: [gateway.url] });
    const error = await rejectsLater('blobs.corrupt', fetch(`ipfs://${cid}`));
    expect(error.payload.sources).to.include(`${cid} has 99999 bytes, not 100000`);
    expect(health.resting).to.equal(0);
  });

  it('should ask sixteen URIs of a version and no more', async () => {
    const server = await serve((response) => void response.writeHead(404).end());
    const uris = Array.from({ length: 20 }, (_, i) => `${server.url}/${i}`);
    await rejectsLater('blobs.unavailable', store().fetch(...uris));
    expect(server.seen).to.deep.equal(Array.from({ length: 16 }, (_, i) => `GET /${i}`));
  });
});
