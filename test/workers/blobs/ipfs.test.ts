import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'chai';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { createIpfsSource } from '../../../workers/adapters/blobs/ipfs/source.ts';
import { eventually } from '../../support/eventually.ts';
import { sha256 } from '../../support/graphs.ts';
import { serveHttp, type TestServer } from '../../support/httpServer.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { addFile, answerBlock, type Blocks, fileNode, keep } from '../../support/unixfs.ts';

const never = new AbortController().signal;
const text = (words: string) => new TextEncoder().encode(words);
const pattern = (size: number) =>
  Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8) * 13 + (i >> 16)) & 255);
const [RAW, DAG_PB, DAG_CBOR] = [0x55, 0x70, 0x71] as const;
const [IDENTITY, SHA2_512] = [0x00, 0x13] as const;

async function read(bytes: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('files from IPFS gateways', () => {
  const source = createIpfsSource({ privateOrigins: 'all', idleTimeoutMs: 300 });
  let gateway: TestServer;
  let blocks: Blocks;
  /** What the gateway does instead, by CID. */
  let instead: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  beforeEach(async () => {
    [blocks, instead] = [new Map(), new Map()];
    gateway = await serveHttp((request, response) => {
      const twisted = instead.get(/^\/ipfs\/(\w+)/.exec(request.url ?? '')?.[1] ?? '');
      if (twisted) twisted(request, response);
      else answerBlock(blocks, request, response);
    });
  });
  afterEach(() => gateway.close());
  const uri = (cid: string) => `ipfs://${cid}?gateway=${gateway.url}`;
  const fetched = async (cid: string, size?: number) => read(await source.open(uri(cid), never, size));

  // The first three CIDs are well known; the others are what ipfs-unixfs-importer 17.1.1 gives.
  for (const [what, bytes, layout, cid] of [
    ['"hello world"', text('hello world'), {}, 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'],
    ['"hello world\\n", CIDv0', text('hello world\n'), { v0: true }, 'QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o'],
    ['nothing, CIDv0', text(''), { v0: true }, 'QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH'],
    ['nothing', text(''), {}, 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
    ['4 leaves', pattern(1e6), {}, 'bafybeidhb26jmvykr3qwkgy3gkhyfn7sd2dxuq3z4uzyjlxw3ak7lioxpy'],
    ['4 leaves, CIDv0', pattern(1e6), { v0: true }, 'QmX9wmVtFzAWuFLnAHFbPXzTZzRHYDEtrR6rvWENDTb46e'],
    ['12 leaves', pattern(3_000_001), {}, 'bafybeihhtm66ruvczmgiygxytanfvuyeqdhw2uhyz4sjn6detw3pkicnlu'],
    [
      '100 leaves on 4 levels',
      pattern(10_000),
      { chunk: 100, width: 5 },
      'bafybeif2okyhrlud2lhutyabnsos76ci5tuj6l2ohfnsvpovtparag4esi',
    ],
  ] as const)
    it(`should give ${what}`, async () => {
      expect(addFile(blocks, bytes, layout)).to.equal(cid);
      const distinct = blocks.size;
      expect(sha256(await fetched(cid, bytes.length))).to.equal(sha256(bytes));
      expect(sha256(await fetched(cid))).to.equal(sha256(bytes));
      expect(gateway.seen.length).to.be.at.least(2 * distinct);
    });

  it('should say undefined for a file that the gateway does not have', async () => {
    const cid = addFile(new Map(), pattern(1000));
    expect(await source.open(uri(cid), never, 1000)).to.equal(undefined);
  });

  it('should ask for a bounded number of blocks ahead, and for none after its reader left', async () => {
    const cid = addFile(blocks, pattern(10_000), { chunk: 100, width: 200 });
    for await (const chunk of (await source.open(uri(cid), never, 10_000)) ?? []) {
      expect(chunk.length).to.equal(100);
      break;
    }
    // Of the root and 100 leaves, all of which are read afterwards.
    await read(await source.open(uri(cid), never, 10_000));
    expect(gateway.seen.length).to.be.within(2 + 101, 1 + 8 + 101);
  });

  const large = pattern(10_000);
  const leafOf = (at: number) => keep(new Map(), RAW, large.subarray(at, at + 100)).toString();
  for (const [what, twist, reason] of [
    [
      'I1 a leaf with a bit flipped',
      (_: IncomingMessage, response: ServerResponse) =>
        response.end(large.map((byte, i) => (i === 9 ? byte ^ 1 : byte)).subarray(0, 100)),
      /sent 100 other bytes for block/,
    ],
    [
      'I2 a leaf cut short',
      (_: IncomingMessage, response: ServerResponse) => response.end(large.subarray(0, 99)),
      /sent 99 other bytes/,
    ],
    [
      'I3 a leaf that is announced too long',
      (_: IncomingMessage, response: ServerResponse) => response.end(large),
      /announces 10000 bytes, more than 100/,
    ],
    ['I4 a leaf without end', endless, /sent more than 100 bytes/],
    [
      'I5 a page instead of a block',
      (_: IncomingMessage, response: ServerResponse) => response.end('<html>'),
      /sent 6 other bytes/,
    ],
  ] as const)
    it(`${what}: blobs.source_lied`, async () => {
      const cid = addFile(blocks, large, { chunk: 100, width: 5 });
      instead.set(leafOf(0), twist);
      const error = await rejectsLater('blobs.source_lied', fetched(cid, large.length));
      expect(error.payload.reason).to.match(reason);
      expect(error.payload.uri).to.equal(uri(cid));
    });

  it('I6 other blocks than asked for, each a block of the same file: blobs.source_lied', async () => {
    const cid = addFile(blocks, large, { chunk: 100, width: 5 });
    instead.set(leafOf(0), (_, response) => response.end(large.subarray(100, 200)));
    await rejectsLater('blobs.source_lied', fetched(cid, large.length));
  });

  it('I7 a block that is missing, refused or never comes: blobs.source_failed, nothing wrong passed on', async () => {
    for (const [twist, reason] of [
      [(_: IncomingMessage, response: ServerResponse) => response.writeHead(404).end(), /does not have block/],
      [(_: IncomingMessage, response: ServerResponse) => response.writeHead(429).end(), /answered status 429/],
      [() => undefined, /silent for 300 ms/],
    ] as const) {
      const cid = addFile(blocks, large, { chunk: 100, width: 5 });
      instead.set(leafOf(5000), twist);
      const passed: Uint8Array[] = [];
      const reading = (async () => {
        for await (const chunk of (await source.open(uri(cid), never, large.length)) ?? []) passed.push(chunk);
      })();
      const error = await rejectsLater('blobs.source_failed', reading);
      expect(error.payload.reason).to.match(reason);
      expect(Buffer.concat(passed).equals(large.subarray(0, 5000))).to.equal(true);
    }
  });

  it('I8 a redirect into a private network is refused', async () => {
    const cid = addFile(blocks, large, { chunk: 100, width: 5 });
    const strict = createIpfsSource({ privateOrigins: [gateway.url] });
    const secret = await serveHttp((_, response) => response.end('secret'));
    instead.set(leafOf(0), (_, response) => response.writeHead(302, { location: `${secret.url}/` }).end());
    const error = await rejectsLater('blobs.source_failed', strict.open(uri(cid), never).then(read));
    expect(error.payload.reason).to.match(/private address/);
    expect(secret.seen).to.deep.equal([]);
    await secret.close();
  });

  describe('graphs that are not the file', () => {
    const wrong = async (cid: string, size: number | undefined, reason: RegExp) => {
      const error = await rejectsLater('blobs.wrong_address', fetched(cid, size));
      expect(error.payload.reason).to.match(reason);
      expect(error.retryable).to.equal(false);
    };
    const link = (cid: CID) => ({ Name: '', Hash: cid, Tsize: 1 });

    it('of another size: refused at the root', async () => {
      const cid = addFile(blocks, large, { chunk: 100, width: 5 });
      await wrong(cid, 9999, /has 10000 bytes, not 9999/);
      expect(gateway.seen).to.have.length(1);
      await wrong(addFile(blocks, text('abc')), 4, /has 3 bytes, not 4/);
    });

    it('a directory, or no UnixFS at all', async () => {
      await wrong(`${keep(blocks, DAG_PB, fileNode([], [], 'directory'))}`, 5, /is a directory/);
      await wrong(`${keep(blocks, DAG_PB, text('no protobuf'))}`, 5, /is no UnixFS file/);
    });

    it('whose sizes and links do not agree', async () => {
      const leaf = keep(blocks, RAW, text('abc'));
      await wrong(`${keep(blocks, DAG_PB, fileNode([3], []))}`, 3, /0 links and 1 sizes/);
      await wrong(`${keep(blocks, DAG_PB, fileNode([3, 0], [link(leaf), link(leaf)]))}`, 3, /a part of no size/);
      await wrong(`${keep(blocks, DAG_PB, fileNode([4], [link(leaf)]))}`, 4, /has 3 bytes, not 4/);
      await rejectsLater('blobs.source_lied', fetched(`${keep(blocks, DAG_PB, fileNode([2], [link(leaf)]))}`, 2));
    });

    it('deeper than any file', async () => {
      let cid = keep(blocks, RAW, text('abc'));
      for (let level = 0; level < 40; level++) cid = keep(blocks, DAG_PB, fileNode([3], [link(cid)]));
      await wrong(`${cid}`, 3, /deeper than 32 levels/);
    });

    it('in crumbs: more bytes of links than are worth it', async () => {
      const leaf = keep(blocks, RAW, text('a'));
      const crumbs = keep(blocks, DAG_PB, fileNode(Array(30_000).fill(1), Array(30_000).fill(link(leaf))));
      const root = keep(blocks, DAG_PB, fileNode(Array(9).fill(30_000), Array(9).fill(link(crumbs))));
      await wrong(`${root}`, 270_000, /in crumbs/);
      await wrong(`${root}`, undefined, /in crumbs/);
      expect(gateway.seen.length).to.be.below(25);
    });

    it('named by what is no CID of a file', async () => {
      await wrong('nonsense', 1, /is no CID/);
      const digest = CID.parse(addFile(blocks, text('a'))).multihash;
      await wrong(`${CID.createV1(DAG_CBOR, digest)}`, 1, /is not of a file/);
      await wrong(`${CID.createV1(RAW, create(SHA2_512, new Uint8Array(64)))}`, 1, /is not of a file/);
      await wrong(`${CID.createV1(RAW, create(IDENTITY, text('a')))}`, 1, /is not of a file/);
      await rejectsLater('blobs.wrong_address', source.open('ipfs://bafy', never));
    });
  });

  it('should end what it asked for ahead when its reader leaves', async () => {
    const cid = addFile(blocks, large, { chunk: 100, width: 200 });
    let [hanging, closed] = [0, 0];
    for (const at of [100, 200, 300])
      instead.set(leafOf(at), (_, response) => {
        hanging++;
        response.on('close', () => closed++);
      });
    const patient = createIpfsSource({ privateOrigins: 'all' }); // for 15 s
    for await (const chunk of (await patient.open(uri(cid), never, large.length)) ?? []) {
      expect(chunk.length).to.equal(100);
      await eventually('three are asked for ahead', () => hanging === 3);
      expect(closed).to.equal(0);
      break;
    }
    await eventually('their connections end', () => closed === 3, 10_000);
  });

  it('should end its requests when it is told to give up', async () => {
    const cid = addFile(blocks, large, { chunk: 100, width: 5 });
    let closed = false;
    instead.set(leafOf(0), (_, response) => void response.on('close', () => (closed = true)));
    const leave = new AbortController();
    const reading = source.open(uri(cid), leave.signal, large.length).then(read);
    await eventually('it is asked', () => gateway.seen.some((line) => line.includes(leafOf(0))));
    leave.abort(new Error('left'));
    await rejectsLater('blobs.source_failed', reading);
    await eventually('the connection ends', () => closed);
  });
});

function endless(_: IncomingMessage, response: ServerResponse): void {
  const timer = setInterval(() => response.write(new Uint8Array(60)), 5);
  response.on('close', () => clearInterval(timer));
}
