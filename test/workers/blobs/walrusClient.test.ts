import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { expect } from 'chai';
import { createWalrusClient, storeOnWalrus } from '../../../workers/adapters/blobs/walrus/client.ts';
import { scratch } from '../../support/graphs.ts';
import { serveHttp, type TestServer } from '../../support/httpServer.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { storageNodes } from '../../support/storageNode.ts';
import { rememberedIds } from '../../support/walrusIds.ts';

const never = new AbortController().signal;
const text = 'some other string';
const id = 'M4hsZGQ1oCktdzegB6HnI6Mi28S2nqOPHxK-W7_4BUk'; // as Walrus documents it

describe('the Walrus client', () => {
  const ids = rememberedIds(1000);
  const nodes = storageNodes();
  const directory = scratch();
  const servers: TestServer[] = [];
  let node: Awaited<ReturnType<typeof nodes.start>>;
  let file = '';
  before(async () => {
    node = await nodes.start({ ids, writeToken: 'own' });
    file = path.join(directory.path, 'file');
    writeFileSync(file, text);
  });
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
  after(async () => {
    nodes.close();
    directory.remove();
    await ids.close();
  });

  async function serve(answer: (response: ServerResponse) => void): Promise<TestServer> {
    const server = await serveHttp((request, response) => {
      request.resume();
      answer(response);
    });
    servers.push(server);
    return server;
  }
  const store = (publisher: string, token = 'own') =>
    storeOnWalrus(file, { publisher, token, epochs: 5, ids, signal: never });
  let count = 0;
  const client = (...aggregators: string[]) => {
    const folder = path.join(directory.path, `${count++}`);
    const { read } = createWalrusClient({ aggregators, ids, directory: folder, privateOrigins: 'all' });
    const left = () => readdirSync(folder).concat(readdirSync(path.join(folder, 'incoming')));
    return { read: (blobId = id, maxBytes = 100) => read(blobId, { maxBytes, signal: never }), left };
  };

  it('should store a file and read it back by its id', async () => {
    expect(await store(`${node.origin}/`)).to.equal(id);
    expect(node.index.find(id)).to.include({ deletable: false });
    expect(await store(node.origin), 'certified already').to.equal(id);
    const kept = await client(node.origin).read();
    expect(readFileSync(kept.path, 'utf8')).to.equal(text);
    expect(kept.size).to.equal(text.length);
  });

  it('should not believe an aggregator: the next one is asked, and the liar last from then on', async () => {
    const liar = await serve((response) => response.end('some other bytes!'));
    const { read, left } = client(liar.url, node.origin);
    const { sha256 } = await read();
    expect(left()).to.deep.equal([sha256, 'incoming']);
    await read();
    expect(liar.seen).to.have.length(1);
  });

  it('should keep nothing of what is too long, other bytes, or cut off, and say who sent what', async () => {
    const liar = await serve((response) => response.end('some other bytes!'));
    const long = await serve((response) => response.end('x'.repeat(101)));
    const { read, left } = client(liar.url, long.url);
    const error = await rejectsLater('blobs.corrupt', read());
    expect(error.payload.sources).to.include(`${liar.url}/v1/blobs/${id}: sent bytes with the id `);
    expect(error.payload.sources).to.include(`${long.url}/v1/blobs/${id}: sent more than 100 bytes`);
    expect(left()).to.deep.equal(['incoming']);

    const down = await serve((response) => response.writeHead(503).end());
    const absent = await serve((response) => response.writeHead(404).end());
    const retryable = await rejectsLater('blobs.unavailable', client(liar.url, down.url, absent.url).read());
    expect(retryable.payload.sources).to.include('answered status 503').and.to.include('does not have it');
    await rejectsLater('blobs.unavailable', client(node.origin).read('nonsense'));
  });

  it('should not believe a publisher that names another id, none, or sends without end', async () => {
    const other = `${id.slice(0, -1)}o`;
    const publisher = await serve((response) => response.end(JSON.stringify({ alreadyCertified: { blobId: other } })));
    const error = await rejectsLater('blobs.source_lied', store(publisher.url));
    expect(error.payload.reason).to.equal(`stored ${other}, not ${id}`);
    for (const [answer, reason] of [
      ['{}', /without a blob id/],
      ['<html>', /not valid JSON/],
      ['x'.repeat(70_000), /more than 65536 bytes/],
    ] as const) {
      const odd = await serve((response) => response.end(answer));
      const refused = await rejectsLater('blobs.source_failed', store(odd.url));
      expect(refused.payload.reason).to.match(reason);
    }
  });

  it('should say what a publisher said, and send no token to where it redirects', async () => {
    const refused = await rejectsLater('blobs.source_failed', store(node.origin, 'wrong'));
    expect(refused.payload.reason).to.match(/status 401: .*INVALID_SIGNATURE/);
    const elsewhere = await serve((response) => response.end());
    const publisher = await serve((response) => response.writeHead(307, { location: elsewhere.url }).end());
    await rejectsLater('blobs.source_failed', store(publisher.url));
    expect(elsewhere.seen).to.deep.equal([]);
  });
});
