import path from 'node:path';
import type { BlobSource, ModelStore } from '#ports/blobs.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { createFileSource } from './file.ts';
import { createHttpSource } from './http.ts';
import { createIpfsSource } from './ipfs/source.ts';
import type { Gateways } from './places.ts';
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

/** Where blobs are looked for, as the section `models` says. */
export interface BlobPlaces {
  readonly sources: readonly BlobSource[];
  readonly gateways: Gateways;
  /** Where a blob may be besides the published URIs, by its sha256. */
  readonly mirrors: (sha256: string) => readonly string[];
}

/** What the configuration names may have private addresses. */
export function configuredPlaces(settings: Omit<ModelSettings, 'cacheBytes'>, dataDir: string): BlobPlaces {
  const { stores, directory, aggregators, gateways, privateOrigins } = settings;
  const own = [...stores, ...aggregators, ...gateways].map((url) => new URL(url).origin);
  const origins = privateOrigins === 'all' ? privateOrigins : [...privateOrigins, ...own];
  return {
    sources: [
      createHttpSource({ privateOrigins: origins }),
      createIpfsSource({ privateOrigins: origins }),
      createFileSource(directory ?? path.join(dataDir, 'files')),
    ],
    gateways: { aggregators, gateways },
    mirrors: (sha256) => [
      ...(directory ? [`file:${sha256}`] : []),
      ...stores.map((store) => `${store.replace(/\/$/, '')}/v1/blobs/${sha256}`),
    ],
  };
}

/** The model store of a process, as its configuration describes it. */
export function configuredModelStore(
  settings: ModelSettings,
  dataDir: string,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): ModelStore {
  const directory = path.join(dataDir, 'models');
  return createModelStore({
    directory,
    maxBytes: settings.cacheBytes,
    ...configuredPlaces(settings, dataDir),
    log,
    metrics,
  });
}
