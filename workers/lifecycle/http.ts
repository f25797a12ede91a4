import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '#ports/telemetry.ts';
import type { Health } from './health.ts';

/** A text of measurements with the content type it is served with. */
export interface Exposition {
  readonly contentType: string;
  text(): Promise<string>;
}

export interface HttpOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly health: Health;
  readonly metrics: Exposition;
  /** What the role serves besides, by the beginning of the path, for instance '/v1/'; '/' is that path alone. */
  readonly routes?: Readonly<Record<string, RequestListener>>;
  /** How long a request may take to arrive; 5 minutes if absent. Large uploads take longer. */
  readonly requestTimeoutMs?: number;
  /** CONNECTIONS if absent. */
  readonly connections?: number;
  /** STALLED_MS if absent. */
  readonly stalledMs?: number;
  readonly log: Log;
}

/**
 * Open at a time; more are closed at once. A process may have 1,024 files open where nobody raised that, and its database, queue, files and
 * the chain's node need theirs; strangers get half.
 */
const CONNECTIONS = 512;
/** A reader who takes nothing of what waits for him for so long is cut off: an answer is in memory until it is read. */
const STALLED_MS = 30_000;
/** Refused connections are told of at most so often. */
const TOLD_MS = 60_000;

export interface HttpServer {
  readonly url: string;
  /** Takes no more requests, lets running ones end within the grace, then cuts them off. */
  close(graceMs: number): Promise<void>;
}

/** Serves GET /healthz (200 or 503, JSON per component), GET /metrics, and the role's routes. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const routes = Object.entries(options.routes ?? {});
  let closing = false;
  const server = createServer((request, response) => {
    response.on('timeout', () => response.writableLength > 0 && response.destroy());
    // A connection kept alive would otherwise hold the closing up after its last answer.
    response.once('close', () => closing && setImmediate(() => server.closeIdleConnections()));
    const path = request.url?.split('?', 1)[0] ?? '/';
    const route = routes.find(([prefix]) => (prefix === '/' ? path === prefix : path.startsWith(prefix)));
    const answer = async () => (route ? route[1](request, response) : own(path, request, response, options));
    answer().catch((error) => {
      options.log.error('http request failed', { method: request.method, path, error });
      if (response.headersSent) response.destroy();
      else json(response, 500, { error: 'internal' });
    });
  });
  server.requestTimeout = options.requestTimeoutMs ?? 300_000;
  // Of silence in both directions. It ends a connection unless a request is on its way or being answered: then the listener above decides.
  server.timeout = options.stalledMs ?? STALLED_MS;
  server.maxConnections = options.connections ?? CONNECTIONS;
  let toldAt = Number.NEGATIVE_INFINITY;
  server.on('drop', () => {
    if (performance.now() - toldAt < TOLD_MS) return;
    toldAt = performance.now();
    options.log.warn('more connections than are taken', { most: server.maxConnections });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: async (graceMs) => {
      closing = true;
      const closed = once(server, 'close');
      server.close();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function own(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpOptions,
): Promise<void> {
  if (path !== '/healthz' && path !== '/metrics') return json(response, 404, { error: 'not_found' });
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return json(response, 405, { error: 'method_not_allowed' });
  }
  if (path === '/healthz') {
    const report = await options.health.report();
    return json(response, report.healthy ? 200 : 503, report);
  }
  const text = await options.metrics.text();
  response.writeHead(200, { 'content-type': options.metrics.contentType }).end(text);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(`${text}\n`);
}
