import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { BlobSource } from '#ports/blobs.ts';
import { createFileSource } from '../../../workers/adapters/blobs/file.ts';
import { createHttpSource } from '../../../workers/adapters/blobs/http.ts';
import { createModelStore, type ModelStoreOptions } from '../../../workers/adapters/blobs/store.ts';
import { eventually } from '../../support/eventually.ts';
import { scratch, sha256 } from '../../support/graphs.ts';
import { serveHttp, type TestServer } from '../../support/httpServer.ts';
import { rejectsLater } from '../../support/rejects.ts';

const never = new AbortController().signal;
const kilobytes = (count: number, fill: string) => Buffer.alloc(count * 1024, fill);

describe('the model store', () => {
  let directory: ReturnType<typeof scratch>;
  let server: TestServer;
  /** What the server sends for a path. */
  const served = new Map<string, Uint8Array | number>();
  before(async () => {
    server = await serveHttp((request, response) => {
      const answer = served.get(request.url ?? '');
      if (answer instanceof Uint8Array) {
        response.flushHeaders(); // the length is not announced
        response.end(answer);
      } else response.writeHead(answer ?? 404).end();
    });
  });
  after(() => server.close());
  beforeEach(() => {
    directory = scratch();
    served.clear();
  });
  afterEach(() => directory.remove());

  const cache = () => path.join(directory.path, 'cache');
  const open = (options: Partial<ModelStoreOptions> = {}) =>
    createModelStore({
      directory: cache(),
      maxBytes: 10_240,
      sources: [createHttpSource({ privateOrigins: 'all' }), createFileSource(directory.path)],
      ...options,
    });
  const wanted = (bytes: Uint8Array, ...paths: string[]) => ({
    sha256: sha256(bytes),
    size: bytes.length,
    uris: paths.map((one) => (one.startsWith('/') ? `${server.url}${one}` : one)),
  });
  const kept = () => readdirSync(cache()).filter((name) => name !== 'incoming');
  const requests = (where: string) => server.seen.filter((line) => line === `GET ${where}`).length;
  const model = kilobytes(4, 'm');

  it('should fetch, verify and keep a file, and ask nobody the second time', async () => {
    served.set('/m', model);
    const store = open();
    const { path: file } = await store.fetch(wanted(model, '/m'), never);
    expect(sha256(readFileSync(file))).to.equal(sha256(model));
    served.clear();
    expect((await store.fetch(wanted(model, '/m'), never)).path).to.equal(file);
  });

  it('should fetch once for many that ask at the same time', async () => {
    served.set('/shared', model);
    const store = open();
    await Promise.all(Array.from({ length: 20 }, () => store.fetch(wanted(model, '/shared'), never)));
    expect(requests('/shared')).to.equal(1);
  });

  describe('asked by several for the same file', () => {
    /** Serves a path when it is let to, and tells when it is asked for. */
    function held(bytes: Uint8Array) {
      const asked = Promise.withResolvers<void>();
      const allowed = Promise.withResolvers<void>();
      const source: BlobSource = {
        schemes: ['held'],
        async open(_, signal) {
          asked.resolve();
          const aborted = new Promise<never>((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
          );
          await Promise.race([allowed.promise, aborted]);
          return (async function* () {
            yield bytes;
          })();
        },
      };
      return { source, asked: asked.promise, go: () => allowed.resolve() };
    }

    it('S17 the places of a stranger serve other bytes: whoever names the right ones has the file nevertheless', async () => {
      served.set('/honest', model);
      const stranger = held(kilobytes(4, 'x'));
      const sources = [createHttpSource({ privateOrigins: 'all' }), stranger.source];
      const store = open({ sources, maxBytes: 20_480 });
      const bad = store
        .fetch(wanted(model, 'held:m'), never)
        .catch(({ code }) => expect(code).to.equal('blobs.corrupt'));
      await stranger.asked;
      const good = store.fetch(wanted(model, '/honest', '/other'), never);
      const wrongSize = store.fetch({ ...wanted(model, 'held:m'), size: 4095 }, never);
      stranger.go();
      await Promise.all([good, bad, rejectsLater('blobs.corrupt', wrongSize)]);
      expect(kept()).to.deep.equal([sha256(model)]);
    });

    it('S18 the places of a stranger never end: the file that another brings is its file too', async () => {
      served.set('/honest', model);
      const stranger = held(model);
      const store = open({ sources: [createHttpSource({ privateOrigins: 'all' }), stranger.source] });
      const slow = store.fetch(wanted(model, 'held:m'), never);
      await stranger.asked;
      await store.fetch(wanted(model, '/honest'), never);
      expect((await slow).path).to.equal(path.join(cache(), sha256(model)));
    });

    it('S19 a version that says another size than its file has is refused, whether the file is there or not', async () => {
      served.set('/m', model);
      const store = open();
      const small = { ...wanted(model, '/m'), size: 4095 };
      await rejectsLater('blobs.corrupt', store.fetch(small, never));
      await store.fetch(wanted(model, '/m'), never);
      const error = await rejectsLater('blobs.corrupt', store.fetch(small, never));
      expect(error.payload.sources).to.equal('the file has 4096 bytes, not 4095');
    });

    it('S20 a file changed on disk is fetched anew for all of them, and stays', async () => {
      served.set('/a', model);
      served.set('/b', model);
      const store = open();
      const { path: file } = await store.fetch(wanted(model, '/a'), never);
      for (let i = 0; i < 5; i++) {
        writeFileSync(file, kilobytes(4, 'evil'));
        await Promise.all([store.fetch(wanted(model, '/a'), never), store.fetch(wanted(model, '/b'), never)]);
        expect(sha256(readFileSync(file))).to.equal(sha256(model));
      }
    });
  });

  describe('whose sources are slow', () => {
    let dripping: TestServer;
    /** Connections that drip and were left. */
    let left = 0;
    before(async () => {
      dripping = await serveHttp((_, response) => {
        const timer = setInterval(() => response.write('m'), 10);
        response.on('close', () => {
          clearInterval(timer);
          left++;
        });
      });
    });
    after(() => dripping.close());
    const web = { privateOrigins: 'all', minBytesPerSecond: 1 } as const;

    it('S21 a server sends on and on, faster than the floor: left when the time of the file is over, and asked last the next time', async () => {
      served.set('/m', model);
      const store = open({ sources: [createHttpSource(web)], limitMs: () => 200 });
      const request = wanted(model, `${dripping.url}/m`, '/m');
      const error = await rejectsLater('blobs.unavailable', store.fetch(request, never));
      expect(error.payload.sources).to.equal(
        `${dripping.url}/m had not sent it after 1 s; ${server.url}/m was not asked any more`,
      );
      await eventually('it is left', () => left === 1);
      await store.fetch(request, never);
      expect(dripping.seen).to.have.length(1);
    });

    it('S22 another file on its way leaves no room: told in time, and fetched when that one is given up', async () => {
      served.set('/m', model);
      const limits = [60_000, 50, 60_000];
      const store = open({ sources: [createHttpSource(web)], limitMs: () => limits.shift() ?? 0 });
      const leave = new AbortController();
      const { length: seen } = dripping.seen;
      const slow = store.fetch(wanted(kilobytes(8, 's'), `${dripping.url}/s`), leave.signal).catch(() => 'left');
      await eventually('it is on its way', () => dripping.seen.length > seen);
      const error = await rejectsLater('blobs.unavailable', store.fetch(wanted(model, '/m'), never));
      expect(error.payload.sources).to.equal('others on their way left no room for it in time');
      const second = store.fetch(wanted(model, '/m'), never);
      leave.abort();
      expect(await slow).to.equal('left');
      expect(sha256(readFileSync((await second).path))).to.equal(sha256(model));
    });
  });

  for (const [what, sent, reason] of [
    ['S1 other bytes of the same length (substituted)', kilobytes(4, 'x'), 'sent bytes with sha256'],
    ['S2 one bit changed (corrupt)', Buffer.concat([model.subarray(1), Buffer.from('n')]), 'sent bytes with sha256'],
    ['S3 a truncated file', model.subarray(0, 1000), 'sent 1000 of 4096 bytes'],
    ['S4 more bytes than registered', kilobytes(5, 'm'), 'sent more than 4096 bytes'],
    ['S5 nothing', Buffer.alloc(0), 'sent 0 of 4096 bytes'],
  ] as const)
    it(`${what}: blobs.corrupt, final, naming the URI and what it sent; nothing is kept`, async () => {
      served.set('/bad', sent);
      const error = await rejectsLater('blobs.corrupt', open().fetch(wanted(model, '/bad'), never));
      expect(error.retryable).to.equal(false);
      expect(error.payload.sources).to.include(`${server.url}/bad`).and.to.include(reason);
      expect(kept()).to.deep.equal([]);
      expect(readdirSync(path.join(cache(), 'incoming'))).to.deep.equal([]);
    });

  it('S6 corrupt at the first, absent at the second, right at the third source: delivered', async () => {
    served.set('/bad', kilobytes(4, 'x'));
    writeFileSync(path.join(directory.path, sha256(model)), model);
    const uris = ['/bad', '/absent', `file:${sha256(model)}`];
    await open().fetch(wanted(model, ...uris), never);
    expect(kept()).to.deep.equal([sha256(model)]);
  });

  it('S7 every source down: blobs.unavailable, retryable, naming each; later up: delivered', async () => {
    served.set('/down', 503);
    const store = open();
    const request = wanted(model, '/down', '/absent', 'ftp://nowhere');
    const error = await rejectsLater('blobs.unavailable', store.fetch(request, never));
    expect(error.retryable).to.equal(true);
    for (const part of [
      '/down answered status 503',
      '/absent does not have it',
      'ftp://nowhere no source for this scheme',
    ])
      expect(error.payload.sources).to.include(part);
    served.set('/down', model);
    await store.fetch(request, never);
    expect(kept()).to.deep.equal([sha256(model)]);
  });

  it('S8 corrupt at one source while another is down: retryable, because that one may have it', async () => {
    served.set('/bad', kilobytes(4, 'x'));
    served.set('/down', 503);
    await rejectsLater('blobs.unavailable', open().fetch(wanted(model, '/bad', '/down'), never));
  });

  it('S9 no URI at all: blobs.unavailable; with a mirror: delivered', async () => {
    await rejectsLater('blobs.unavailable', open().fetch(wanted(model), never));
    served.set(`/v1/blobs/${sha256(model)}`, model);
    const mirrors = (hash: string) => [`${server.url}/v1/blobs/${hash}`];
    await open({ mirrors }).fetch(wanted(model), never);
    expect(kept()).to.deep.equal([sha256(model)]);
  });

  it('S10 larger than the bound: blobs.too_large before anything is fetched', async () => {
    const big = kilobytes(11, 'b');
    served.set('/big', big);
    const error = await rejectsLater('blobs.too_large', open().fetch(wanted(big, '/big'), never));
    expect(error.payload).to.include({ size: 11_264, bound: 10_240 });
    expect(requests('/big')).to.equal(0);
  });

  it('should keep to its bound: the least recently used file goes', async () => {
    const store = open();
    const [a, b, c] = ['a', 'b', 'c'].map((fill) => kilobytes(4, fill)) as [Buffer, Buffer, Buffer];
    for (const [name, bytes] of Object.entries({ a, b, c })) served.set(`/${name}`, bytes);
    await store.fetch(wanted(a, '/a'), never);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await store.fetch(wanted(b, '/b'), never);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await store.fetch(wanted(a, '/a'), never);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await store.fetch(wanted(c, '/c'), never);
    expect(kept()).to.have.members([sha256(a), sha256(c)]);
  });

  it('should not pass its bound with several fetches at once', async () => {
    const store = open();
    const files = ['a', 'b', 'c', 'd', 'e', 'f'].map((fill) => kilobytes(4, fill));
    files.forEach((bytes, i) => {
      served.set(`/${i}`, bytes);
    });
    await Promise.all(files.map((bytes, i) => store.fetch(wanted(bytes, `/${i}`), never)));
    await store.fetch(wanted(kilobytes(4, 'f'), '/5'), never);
    expect(kept().length).to.be.at.most(2);
  });

  it('should not lose room when an old file cannot be removed', async () => {
    const [a, b] = [kilobytes(6, 'a'), kilobytes(6, 'b')];
    served.set('/a', a);
    served.set('/b', b);
    const store = open();
    const { path: file } = await store.fetch(wanted(a, '/a'), never);
    // A directory cannot be removed as a file is; the store has not looked at it since.
    rmSync(file);
    mkdirSync(file);
    for (let i = 0; i < 3; i++) {
      const error = await store.fetch(wanted(b, '/b'), never).catch(({ code }) => code);
      if (i === 0) expect(error).to.equal('ERR_FS_EISDIR');
    }
    expect(kept()).to.include(sha256(b));
  });

  it('S11 after a restart the cache is used, its order of use too', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((fill) => kilobytes(4, fill)) as [Buffer, Buffer, Buffer];
    for (const [name, bytes] of Object.entries({ a, b, c })) served.set(`/${name}`, bytes);
    const first = open();
    const { path: fileA } = await first.fetch(wanted(a, '/a'), never);
    await first.fetch(wanted(b, '/b'), never);
    utimesSync(fileA, new Date(Date.now() + 60_000), statSync(fileA).mtime); // a was used last
    const before = server.seen.length;
    const second = open();
    await second.fetch(wanted(c, '/c'), never);
    expect(kept()).to.have.members([sha256(a), sha256(c)]);
    await second.fetch(wanted(a, '/a'), never);
    expect(server.seen.slice(before)).to.deep.equal(['GET /c']);
  });

  it('S12 a cached file changed while the node was down: fetched anew, never handed out', async () => {
    served.set('/m', model);
    const { path: file } = await open().fetch(wanted(model, '/m'), never);
    writeFileSync(file, kilobytes(4, 'evil'));
    const before = requests('/m');
    await open().fetch(wanted(model, '/m'), never);
    expect(requests('/m')).to.equal(before + 1);
    expect(sha256(readFileSync(file))).to.equal(sha256(model));
  });

  it('S13 a cached file changed while the node runs: noticed at the next use', async () => {
    served.set('/m', model);
    const store = open();
    const { path: file } = await store.fetch(wanted(model, '/m'), never);
    appendFileSync(file, 'x');
    await store.fetch(wanted(model, '/m'), never);
    expect(sha256(readFileSync(file))).to.equal(sha256(model));
    await store.discard(sha256(model));
    expect(existsSync(file)).to.equal(false);
  });

  it('S14 what a killed process left half-received is removed when it is old, and never served', async () => {
    served.set('/m', model);
    await open().fetch(wanted(model, '/m'), never);
    const incoming = path.join(cache(), 'incoming');
    writeFileSync(path.join(incoming, 'old'), 'half');
    writeFileSync(path.join(incoming, 'new'), 'half');
    utimesSync(path.join(incoming, 'old'), new Date(0), new Date(0));
    await open().fetch(wanted(model, '/m'), never);
    expect(readdirSync(incoming)).to.deep.equal(['new']);
  });

  it('S15 one of two callers gives up: the other is served; both give up: the fetch ends', async () => {
    let release: (() => void) | undefined;
    let aborted = false;
    const slow: BlobSource = {
      schemes: ['slow'],
      open: (_, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason);
          });
          release = () =>
            resolve(
              (async function* () {
                yield model;
              })(),
            );
        }),
    };
    const store = open({ sources: [slow] });
    const leave = new AbortController();
    const first = store.fetch(wanted(model, 'slow:m'), leave.signal).catch((error: Error) => error.message);
    const second = store.fetch(wanted(model, 'slow:m'), never);
    while (!release) await new Promise((resolve) => setImmediate(resolve));
    leave.abort(new Error('left'));
    expect(await first).to.equal('left');
    expect(aborted).to.equal(false);
    release();
    await second;
    await store.discard(sha256(model));

    const alone = new AbortController();
    release = undefined;
    const third = store.fetch(wanted(model, 'slow:m'), alone.signal).catch((error: Error) => error.message);
    while (!release) await new Promise((resolve) => setImmediate(resolve));
    alone.abort(new Error('left too'));
    expect(await third).to.equal('left too');
    expect(aborted).to.equal(true);
  });

  it('S16 file URIs reach into the store directory only', async () => {
    const source = createFileSource(path.join(directory.path, 'empty'));
    for (const uri of ['file:///etc/passwd', 'file:///dev/zero', `file:///x/../${'A'.repeat(64)}`, 'file:'])
      await rejectsLater('blobs.source_failed', source.open(uri, never));
    writeFileSync(path.join(directory.path, sha256(model)), model);
    expect(await source.open(`file://${directory.path}/${sha256(model)}`, never)).to.equal(undefined);
  });
});
