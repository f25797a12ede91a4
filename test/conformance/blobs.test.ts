import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createFileSource } from '../../workers/adapters/blobs/file.ts';
import { createHttpSource } from '../../workers/adapters/blobs/http.ts';
import { scratch, sha256 } from '../support/graphs.ts';
import { storageNodes } from '../support/storageNode.ts';
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
});
