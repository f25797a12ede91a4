/** What a monitor serves over HTTP besides /healthz and /metrics. */
import type { RequestListener, ServerResponse } from 'node:http';
import { alarmsOf } from './alarms.ts';
import { type Sight, tableOf } from './table.ts';

const JSON_PATH = '/v1/disputes';
const TEXT_PATH = '/';

/** GET / for people, GET /v1/disputes for machines: wei as strings. */
export function monitorRoutes(look: () => Sight): RequestListener {
  return (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    if (path !== TEXT_PATH && path !== JSON_PATH)
      return json(response, 404, { error: 'not_found', message: `The paths are ${TEXT_PATH} and ${JSON_PATH}.` });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return json(response, 405, { error: 'method_not_allowed', message: 'Use GET.' });
    }
    const sight = look();
    if (path === TEXT_PATH) return send(response, 200, 'text/plain; charset=utf-8', tableOf(sight));
    return json(response, 200, { ...sight, alarms: alarmsOf(sight.disputes, sight.now) });
  };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
  send(response, status, 'application/json', `${text}\n`);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}
