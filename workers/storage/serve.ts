/**
 * Blobs over HTTP as Walrus has it: PUT /v1/blobs, GET and HEAD /v1/blobs/<id>, answers and errors in its JSON. An id is a Walrus blob
 * id or the sha256 in lower-case hex.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Pace } from '#core/pace.ts';
import type { ContentStore } from '#ports/blobs.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { BLOB_ID, type BlobIds, type BlobIndex } from '#ports/walrus.ts';
import { type AccessOptions, createAccess } from './access.ts';
import { createAggregator } from './aggregator.ts';
import { createPublisher } from './publisher.ts';
import { Refusal, refusalOf, refuse } from './refusals.ts';

export interface StorageOptions extends AccessOptions {
  readonly store: ContentStore;
  readonly index: BlobIndex;
  /** Absent: this store gives no Walrus ids. */
  readonly ids?: BlobIds | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Largest blob accepted. */
  readonly maxBlobBytes: number;
  /** How slow an upload may be. */
  readonly pace?: Pace;
}

const SHA256 = /^[0-9a-f]{64}$/;
const KNOWN =
  'PUT /v1/blobs, PUT /v1/blobs/<sha256>, GET and HEAD /v1/blobs/<id> and /v1/blobs/<id>/byte-range; an id is a Walrus blob id or a sha256 in lower-case hex';

/** Answers requests below /v1/. */
export function createStorageHandler(options: StorageOptions): RequestListener {
  const { store, log, metrics, index } = options;
  const publisher = createPublisher({ ...options, access: createAccess(options) });
  const aggregator = createAggregator({ store, index, metrics });
  metrics.gauge('worker_storage_blobs', store.stats().blobs);
  metrics.gauge('worker_storage_used_bytes', store.stats().bytes);
  metrics.gauge('worker_storage_blob_ids', index.count);

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://store');
    const { method } = request;
    const [, id = '', part] = /^\/v1\/blobs\/([^/]+)(\/byte-range)?$/.exec(pathname) ?? [];
    const read = method === 'GET' || method === 'HEAD';
    if (pathname === '/v1/blobs' && method === 'PUT') return publisher.putBlob(request, response, searchParams);
    if (SHA256.test(id) && method === 'PUT' && !part) return publisher.putContent(request, response, id);
    if (!read || !(SHA256.test(id) || BLOB_ID.test(id)))
      throw new Refusal('storage.route', `This store answers ${KNOWN}.`);
    if (part) return aggregator.getPart(request, response, id, searchParams);
    return aggregator.get(request, response, id);
  }

  return (request, response) => {
    response.once('close', () => {
      const { method = '' } = request;
      const known = ['GET', 'HEAD', 'PUT'].includes(method) ? method : 'other';
      metrics.count('worker_storage_requests_total', { method: known, status: `${response.statusCode}` });
    });
    route(request, response).catch((error: unknown) => {
      const gone = request.destroyed && !request.complete;
      if (gone || response.headersSent) return void response.destroy(); // the client went away, or will see a short body
      const refusal = refusalOf(error);
      if (refusal.status >= 500) log.error('blob request failed', { url: request.url, reason: String(error) });
      refuse(request, response, refusal);
    });
  };
}
