/**
 * Content-addressed blobs over HTTP. The URL space is Walrus's (PUT /v1/blobs, GET and HEAD /v1/blobs/<id>), and so is the shape of the
 * answer to PUT, so that a client of one works with the other; here an id is the sha256 in lower-case hex.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { ContentStore } from '#ports/blobs.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { parseRange } from './range.ts';

export interface StorageOptions {
  readonly store: ContentStore;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Largest blob accepted. */
  readonly maxBlobBytes: number;
  /** If set, PUT needs `Authorization: Bearer <token>`. */
  readonly writeToken?: string | undefined;
}

const STATUS: Readonly<Record<string, number>> = { 'blobs.too_large': 413, 'blobs.quota': 507, 'blobs.corrupt': 500 };
/** Content never changes under its hash. */
const FOREVER = 'public, max-age=31536000, immutable';

/** Answers requests below /v1/blobs; `undefined` from the returned function's caller side means 404. */
export function createStorageHandler(options: StorageOptions): RequestListener {
  const { store, log, metrics, maxBlobBytes } = options;
  const mayWrite = writeCheck(options.writeToken);

  async function put(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!mayWrite(request.headers.authorization)) {
      response.setHeader('www-authenticate', 'Bearer');
      return refuse(request, response, 401, 'storage.unauthorised', 'Writing needs the bearer token of this store.');
    }
    const declared = Number(request.headers['content-length'] ?? Number.NaN);
    if (declared > maxBlobBytes)
      throw new ProtocolError('blobs.too_large', { sha256: 'announced', size: declared, bound: maxBlobBytes });
    const maxBytes = Number.isNaN(declared) ? maxBlobBytes : declared;
    const { sha256, size, created } = await store.put(request, { maxBytes });
    gauge();
    if (created) log.info('blob stored', { sha256, size });
    const body = created
      ? { newlyCreated: { blobObject: { blobId: sha256, size } } }
      : { alreadyCertified: { blobId: sha256 } };
    json(response, created ? 201 : 200, { sha256, size, ...body });
  }

  async function get(request: IncomingMessage, response: ServerResponse, sha256: string): Promise<void> {
    const found = await store.stat(sha256);
    if (!found) return refuse(request, response, 404, 'storage.unknown', `There is no blob ${sha256} here.`);
    const { size } = found;
    const etag = `"${sha256}"`;
    response.setHeader('cache-control', FOREVER);
    response.setHeader('etag', etag);
    response.setHeader('accept-ranges', 'bytes');
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    response.setHeader('content-type', 'application/octet-stream');
    const range = request.method === 'GET' ? parseRange(request.headers.range, size) : undefined;
    if (range === 'unsatisfiable') {
      response.setHeader('content-range', `bytes */${size}`);
      return refuse(request, response, 416, 'storage.range', `The blob has ${size} bytes.`);
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    if (range) response.setHeader('content-range', `bytes ${start}-${end}/${size}`);
    response.writeHead(range ? 206 : 200, { 'content-length': end - start + 1 });
    if (request.method === 'HEAD' || size === 0) return void response.end();
    await pipeline(store.read(sha256, start, end), response);
    metrics.count('worker_storage_served_bytes_total', {}, end - start + 1);
  }

  function gauge(): void {
    const { blobs, bytes } = store.stats();
    metrics.gauge('worker_storage_blobs', blobs);
    metrics.gauge('worker_storage_used_bytes', bytes);
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://store');
    const id = /^\/v1\/blobs\/([0-9a-f]{64})$/.exec(pathname)?.[1];
    if (pathname === '/v1/blobs' && request.method === 'PUT') return put(request, response);
    if (id && (request.method === 'GET' || request.method === 'HEAD')) return get(request, response, id);
    const known = 'PUT /v1/blobs, GET and HEAD /v1/blobs/<sha256 in lower-case hex>';
    return refuse(request, response, 404, 'storage.route', `This store answers ${known}.`);
  }

  gauge();
  return (request, response) => {
    response.once('close', () =>
      metrics.count('worker_storage_requests_total', {
        method: request.method ?? '',
        status: `${response.statusCode}`,
      }),
    );
    route(request, response).catch((error: unknown) => {
      const status = isProtocolError(error) ? (STATUS[error.code] ?? 500) : 500;
      const gone = request.destroyed && !request.complete;
      if (gone || response.headersSent) return void response.destroy(); // the client went away, or will see a short body
      if (status === 500) log.error('blob request failed', { url: request.url, reason: String(error) });
      const code = isProtocolError(error) ? error.code : 'storage.failed';
      refuse(
        request,
        response,
        status,
        code,
        isProtocolError(error) ? error.message : 'The store could not read or write.',
      );
    });
  };
}

/** Hashed before comparing: equal lengths, and time that does not depend on where they differ. */
function writeCheck(token: string | undefined): (header: string | undefined) => boolean {
  if (token === undefined) return () => true;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return (header) => timingSafeEqual(digest(header ?? ''), expected);
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  response.removeHeader('cache-control');
  response.removeHeader('etag');
  // An upload that is refused is not read to its end.
  if (!request.complete && request.method === 'PUT') response.setHeader('connection', 'close');
  json(response, status, { error: { code, message } });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}
