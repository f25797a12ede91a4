/** Reading: GET and HEAD of blobs by Walrus id or sha256, as a Walrus aggregator answers them, with ranges. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { ContentStore } from '#ports/blobs.ts';
import type { Metrics } from '#ports/telemetry.ts';
import type { BlobIndex } from '#ports/walrus.ts';
import { parseRange, type Range } from './range.ts';
import { Refusal } from './refusals.ts';

export interface AggregatorOptions {
  readonly store: ContentStore;
  readonly index: BlobIndex;
  readonly metrics: Metrics;
}

/** Content never changes under its name. */
const FOREVER = 'public, max-age=31536000, immutable';

export interface Aggregator {
  readonly get: (request: IncomingMessage, response: ServerResponse, id: string) => Promise<void>;
  readonly getPart: (
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    query: URLSearchParams,
  ) => Promise<void>;
}

export function createAggregator({ store, index, metrics }: AggregatorOptions): Aggregator {
  async function find(id: string): Promise<{ readonly sha256: string; readonly size: number }> {
    const sha256 = id.length === 64 ? id : index.find(id)?.sha256;
    const found = sha256 === undefined ? undefined : await store.stat(sha256);
    if (sha256 === undefined || !found) throw new Refusal('storage.unknown', `There is no blob ${id} here.`);
    return { sha256, size: found.size };
  }

  async function send(response: ServerResponse, head: boolean, sha256: string, { start, end }: Range): Promise<void> {
    const length = end - start + 1;
    response.setHeader('content-length', length);
    response.setHeader('content-type', 'application/octet-stream');
    response.setHeader('x-content-type-options', 'nosniff'); // a browser must not run what strangers stored
    if (head || length === 0) return void response.end();
    await pipeline(store.read(sha256, start, end), response);
    metrics.count('worker_storage_served_bytes_total', {}, length);
  }

  function cacheable(request: IncomingMessage, response: ServerResponse, etag: string): boolean {
    response.setHeader('cache-control', FOREVER);
    response.setHeader('etag', etag);
    const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
    if (!known.includes(etag) && !known.includes('*')) return false;
    response.writeHead(304).end();
    return true;
  }

  return {
    async get(request, response, id) {
      const { sha256, size } = await find(id);
      const etag = `"${id}"`;
      if (cacheable(request, response, etag)) return;
      response.setHeader('accept-ranges', 'bytes');
      const { method, headers } = request;
      const head = method === 'HEAD';
      const current = headers['if-range'] === undefined || headers['if-range'] === etag;
      const range = !head && current ? parseRange(headers.range, size) : undefined;
      if (range === 'unsatisfiable')
        throw new Refusal('storage.range', `The blob has ${size} bytes.`, { 'content-range': `bytes */${size}` });
      if (range) response.setHeader('content-range', `bytes ${range.start}-${range.end}/${size}`);
      response.statusCode = range ? 206 : 200;
      await send(response, head, sha256, range ?? { start: 0, end: size - 1 });
    },

    /** Walrus's own way to ask for a part; 200, so that caches keep it. */
    async getPart(request, response, id, query) {
      const { sha256, size } = await find(id);
      const [start, length] = [whole(query, 'start'), whole(query, 'length')];
      if (length === 0 || start + length > size)
        throw new Refusal('storage.range', `The blob has ${size} bytes: not ${length} from ${start}.`);
      if (cacheable(request, response, `"${id}-${start}-${length}"`)) return;
      await send(response, request.method === 'HEAD', sha256, { start, end: start + length - 1 });
    },
  };
}

function whole(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  if (!/^\d{1,15}$/.test(text)) throw new Refusal('storage.query', `${name} is a whole number, not "${text}".`);
  return Number(text);
}
