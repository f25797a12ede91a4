import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createFileSource } from '../../workers/adapters/blobs/file.ts';
import { createHttpSource } from '../../workers/adapters/blobs/http.ts';
import { createIpfsSource } from '../../workers/adapters/blobs/ipfs/source.ts';
import { placesOf } from '../../workers/adapters/blobs/places.ts';
import { scratch, sha256 } from '../support/graphs.ts';
import { serveHttp, type TestServer } from '../support/httpServer.ts';
import { storageNodes } from '../support/storageNode.ts';
import { addFile, answerBlock, type Blocks } from '../support/unixfs.ts';
import { shouldBehaveLikeBlobSource } from './blobsSuite.ts';

describe('blob sources', () => {
  const directory = scratch();
  after(() => directory.remove());

  describe('a directory', () => {
    shouldBehaveLikeBlobSource(() => ({
      source: createFileSource(directory.path),
      async publish(bytes) {
        writeFileSync(path.join(directory.path, sha256(bytes)), bytes);
        return `file:///models/${sha256(bytes)}`;
      },
      uriOf: (hash) => `file:${hash}`,
    }));
  });

  describe('a storage node over HTTP', () => {
    const nodes = storageNodes();
    let node: Awaited<ReturnType<typeof nodes.start>>;
    before(async () => {
      node = await nodes.start({ quota: 2 ** 24, maxBlobBytes: 2 ** 23 });
    });
    after(() => nodes.close());
    shouldBehaveLikeBlobSource(() => ({
      source: createHttpSource({ privateOrigins: [node.origin] }),
      async publish(bytes) {
        await node.put(new Uint8Array(bytes));
        return `${node.url}/${sha256(bytes)}`;
      },
      uriOf: (hash) => `${node.url}/${hash}`,
    }));
  });

  describe('a Walrus aggregator', () => {
    const nodes = storageNodes();
    let node: Awaited<ReturnType<typeof nodes.start>>;
    before(async () => {
      node = await nodes.start({ quota: 2 ** 24, maxBlobBytes: 2 ** 23 });
    });
    after(() => nodes.close());
    const place = (blobId: string) => {
      const found = placesOf(`walrus://${blobId}`, { aggregators: [node.origin], gateways: [] });
      return 'places' in found ? (found.places[0] as string) : found.reason;
    };
    shouldBehaveLikeBlobSource(() => ({
      source: createHttpSource({ privateOrigins: [node.origin] }),
      async publish(bytes) {
        await node.put(new Uint8Array(bytes));
        const [hash, size] = [sha256(bytes), bytes.length];
        const blobId = idLike(hash);
        await node.index.record({ blobId, sha256: hash, size, registeredEpoch: 0, endEpoch: 9999, deletable: true });
        return place(blobId);
      },
      uriOf: (hash) => place(idLike(hash)),
    }));
  });

  describe('an IPFS gateway', () => {
    const blocks: Blocks = new Map();
    let gateway: TestServer;
    before(async () => {
      gateway = await serveHttp((request, response) => answerBlock(blocks, request, response));
    });
    after(() => gateway.close());
    const place = (cid: string) => `ipfs://${cid}?gateway=${gateway.url}`;
    shouldBehaveLikeBlobSource(() => ({
      source: createIpfsSource({ privateOrigins: [gateway.url] }),
      publish: async (bytes) => place(addFile(blocks, bytes)),
      uriOf: (hash) => place(addFile(new Map(), Buffer.from(hash))),
    }));
  });
});

/** True ids take seconds; what is tested here is how a blob comes from where it is. */
function idLike(hash: string): string {
  return Buffer.from(hash, 'hex').toString('base64url');
}
