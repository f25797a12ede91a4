import path from 'node:path';
import { expect } from 'chai';
import { configuredModelStore, type ModelSettings } from '../../../workers/adapters/blobs/configured.ts';
import { scratch, sha256 } from '../../support/graphs.ts';
import { serveHttp, type TestServer } from '../../support/httpServer.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';
import { addFile, answerBlock, type Blocks } from '../../support/unixfs.ts';

const never = new AbortController().signal;
const model = Buffer.alloc(1000, 'model');
const BLOB_ID = 'M4hsZGQ1oCktdzegB6HnI6Mi28S2nqOPHxK-W7_4BUk';

describe('the model store of a process', () => {
  const directory = scratch();
  const blocks: Blocks = new Map();
  const cid = addFile(blocks, model);
  let server: TestServer;
  before(async () => {
    server = await serveHttp((request, response) => {
      if (request.url?.startsWith('/ipfs/')) answerBlock(blocks, request, response);
      else if (request.url === `/v1/blobs/${BLOB_ID}`) response.end(model);
      else if (request.url === `/v1/blobs/${sha256(model)}`) response.end(model);
      else response.writeHead(404).end();
    });
  });
  after(async () => {
    await server.close();
    directory.remove();
  });

  let count = 0;
  function fetch(settings: Partial<ModelSettings>, ...uris: string[]) {
    const absent = { stores: [], directory: undefined, aggregators: [], gateways: [], privateOrigins: [] };
    const dataDir = path.join(directory.path, `${count++}`);
    const telemetry = { log: recordedLog(), metrics: recordedMetrics() };
    const store = configuredModelStore({ ...absent, cacheBytes: 10_000, ...settings }, dataDir, telemetry);
    return store.fetch({ sha256: sha256(model), size: model.length, uris }, never);
  }

  it('should ask what its configuration names, private or not', async () => {
    await fetch({ aggregators: [server.url] }, `walrus://${BLOB_ID}`);
    await fetch({ gateways: [server.url] }, `ipfs://${cid}`);
    await fetch({ stores: [server.url] });
    expect(server.seen.map((line) => line.slice(0, 20))).to.deep.equal([
      'GET /v1/blobs/M4hsZG',
      `GET /ipfs/${cid.slice(0, 10)}`,
      `GET /v1/blobs/${sha256(model).slice(0, 6)}`,
    ]);
  });

  it('should not let a version lead it into its own network', async () => {
    const before = server.seen.length;
    for (const uri of [`walrus://${BLOB_ID}?aggregator=${server.url}`, `ipfs://${cid}?gateway=${server.url}`]) {
      const error = await rejectsLater('blobs.unavailable', fetch({}, uri));
      expect(error.payload.sources, uri).to.match(/private address/);
    }
    expect(server.seen).to.have.length(before);
    await fetch({ privateOrigins: [server.url] }, `ipfs://${cid}?gateway=${server.url}`);
  });
});
