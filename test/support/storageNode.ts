/** Storage nodes in this process, on ports of their own: the real parts, wired as main.ts does. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Pace } from '#core/pace.ts';
import type { BlobIds } from '#ports/walrus.ts';
import { createContentStore } from '../../workers/adapters/blobs/content.ts';
import { createBlobIndex } from '../../workers/adapters/blobs/walrus/blobIndex.ts';
import { createStorageHandler } from '../../workers/storage/serve.ts';
import { scratch, sha256 } from './graphs.ts';
import { recordedLog, recordedMetrics } from './telemetry.ts';

export interface NodeOptions {
  readonly quota?: number;
  readonly maxBlobBytes?: number;
  readonly writeToken?: string;
  readonly jwtSecret?: string;
  /** Where it keeps its blobs, to start one again on the same. */
  readonly folder?: string;
  /** Absent: no Walrus ids. */
  readonly ids?: BlobIds;
  readonly pace?: Pace;
}

type Headers = Record<string, string>;
type Bytes = Uint8Array<ArrayBuffer>;

/** `close` ends all of them and removes what they kept. */
export function storageNodes() {
  const directory = scratch();
  const open: Server[] = [];

  async function start(options: NodeOptions = {}) {
    const folder = options.folder ?? path.join(directory.path, `${open.length}`);
    const store = createContentStore({ directory: folder, quota: options.quota ?? 10_000 });
    const index = createBlobIndex(path.join(folder, 'walrus'));
    const [log, metrics] = [recordedLog(), recordedMetrics()];
    const { ids, writeToken, jwtSecret, pace, maxBlobBytes = 1000 } = options;
    const parts = { store, index, ids, log, metrics, maxBlobBytes, writeToken, jwtSecret, ...(pace ? { pace } : {}) };
    const server = createServer(createStorageHandler(parts));
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const origin = `http://127.0.0.1:${port}`;
    const url = `${origin}/v1/blobs`;
    return {
      ...{ folder, store, index, log, metrics, origin, url, port },
      /** By content hash. */
      put: (bytes: Bytes, headers: Headers = {}) =>
        fetch(`${url}/${sha256(bytes)}`, { method: 'PUT', body: bytes, headers }),
      /** As a Walrus publisher takes it. */
      publish: (bytes: Bytes, query = '', headers: Headers = {}) =>
        fetch(`${url}${query}`, { method: 'PUT', body: bytes, headers }),
      get: (id: string, headers: Headers = {}, method = 'GET') => fetch(`${url}/${id}`, { method, headers }),
    };
  }

  return {
    start,
    directory: directory.path,
    close() {
      for (const server of open) {
        server.closeAllConnections();
        server.close();
      }
      directory.remove();
    },
  };
}

export interface WalrusError {
  readonly error: {
    readonly status: string;
    readonly code: number;
    readonly message: string;
    readonly details: readonly { readonly reason: string; readonly metadata: { readonly code: string } }[];
  };
}

/** Our code of a refusal. */
export async function codeOf(response: Response): Promise<string | undefined> {
  return ((await response.json()) as WalrusError).error.details[0]?.metadata.code;
}
