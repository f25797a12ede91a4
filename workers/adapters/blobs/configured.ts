import path from 'node:path';
import type { ModelStore } from '#ports/blobs.ts';
import { createFileSource } from './file.ts';
import { createHttpSource } from './http.ts';
import { createModelStore } from './store.ts';

export interface ModelSettings {
  /** URLs of blob stores to ask besides the published URIs. */
  readonly stores: readonly string[];
  /** A directory of files named by their sha256; undefined = <dataDir>/files, which is not asked unless a URI says so. */
  readonly directory: string | undefined;
  readonly privateOrigins: 'all' | readonly string[];
  readonly cacheBytes: number;
}

/** The model store of a process, as its configuration describes it. The process's own stores may have private addresses. */
export function configuredModelStore(settings: ModelSettings, dataDir: string): ModelStore {
  const { stores, directory, privateOrigins, cacheBytes } = settings;
  const own = stores.map((store) => new URL(store).origin);
  const origins = privateOrigins === 'all' ? privateOrigins : [...privateOrigins, ...own];
  return createModelStore({
    directory: path.join(dataDir, 'models'),
    maxBytes: cacheBytes,
    sources: [
      createHttpSource({ privateOrigins: origins }),
      createFileSource(directory ?? path.join(dataDir, 'files')),
    ],
    mirrors: (sha256) => [
      ...(directory ? [`file:${sha256}`] : []),
      ...stores.map((store) => `${store.replace(/\/$/, '')}/v1/blobs/${sha256}`),
    ],
  });
}
