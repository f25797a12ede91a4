import path from 'node:path';
import type { ModelStore } from '#ports/blobs.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { createFileSource } from './file.ts';
import { createHttpSource } from './http.ts';
import { createIpfsSource } from './ipfs/source.ts';
import { createModelStore } from './store.ts';

export interface ModelSettings {
  /** URLs of blob stores to ask besides the published URIs. */
  readonly stores: readonly string[];
  /** A directory of files named by their sha256; undefined = <dataDir>/files, which is not asked unless a URI says so. */
  readonly directory: string | undefined;
  /** URLs of Walrus aggregators and IPFS trustless gateways, for walrus: and ipfs: URIs. */
  readonly aggregators: readonly string[];
  readonly gateways: readonly string[];
  readonly privateOrigins: 'all' | readonly string[];
  readonly cacheBytes: number;
}

/** The model store of a process, as its configuration describes it. What that names may have private addresses. */
export function configuredModelStore(
  settings: ModelSettings,
  dataDir: string,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): ModelStore {
  const { stores, directory, aggregators, gateways, privateOrigins, cacheBytes } = settings;
  const own = [...stores, ...aggregators, ...gateways].map((url) => new URL(url).origin);
  const origins = privateOrigins === 'all' ? privateOrigins : [...privateOrigins, ...own];
  return createModelStore({
    directory: path.join(dataDir, 'models'),
    maxBytes: cacheBytes,
    sources: [
      createHttpSource({ privateOrigins: origins }),
      createIpfsSource({ privateOrigins: origins }),
      createFileSource(directory ?? path.join(dataDir, 'files')),
    ],
    gateways: { aggregators, gateways },
    log,
    metrics,
    mirrors: (sha256) => [
      ...(directory ? [`file:${sha256}`] : []),
      ...stores.map((store) => `${store.replace(/\/$/, '')}/v1/blobs/${sha256}`),
    ],
  });
}
