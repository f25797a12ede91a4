import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createContentStore } from '../../workers/adapters/blobs/content.ts';
import { createFileSource } from '../../workers/adapters/blobs/file.ts';
import { createHttpSource } from '../../workers/adapters/blobs/http.ts';
import { createStorageHandler } from '../../workers/storage/serve.ts';
import { scratch, sha256 } from '../support/graphs.ts';
import { recordedLog, recordedMetrics } from '../support/telemetry.ts';
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
    let server: Server;
    let url = '';
    before((done) => {
      const store = createContentStore({ directory: path.join(directory.path, 'node'), quota: 2 ** 24 });
      const telemetry = { log: recordedLog(), metrics: recordedMetrics() };
      server = createServer(createStorageHandler({ store, maxBlobBytes: 2 ** 23, ...telemetry }));
      server.listen(0, '127.0.0.1', () => {
        url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        done();
      });
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });
    shouldBehaveLikeBlobSource(() => ({
      source: createHttpSource({ privateOrigins: [url] }),
      async publish(bytes) {
        const answer = await fetch(`${url}/v1/blobs`, { method: 'PUT', body: new Uint8Array(bytes) });
        return `${url}/v1/blobs/${((await answer.json()) as { sha256: string }).sha256}`;
      },
      uriOf: (hash) => `${url}/v1/blobs/${hash}`,
    }));
  });
});
