/** The HTTP side of an indexer: what core/search/routes.ts lists, read only, every parameter checked before anything is asked. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { z } from 'zod';
import { isProtocolError } from '#core/errors.ts';
import { type Parameter, parameters, type RouteName, routes } from '#core/search/routes.ts';
import type { Answers } from '#ports/indexing.ts';
import type { Metrics } from '#ports/telemetry.ts';

const LONGEST_URL = 4_096;

interface Matched {
  readonly name: RouteName;
  readonly at: Readonly<Partial<Record<Parameter, string>>>;
}

const patterns = Object.entries(routes).map(([name, { path }]) => {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter as Parameter);
  return { name: name as RouteName, names, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '([^/]+)')}$`) };
});

/** Answers questions; at most `atOnce` of them at a time, so that a crowd gets 503 and the index goes on. */
export function indexRoutes(answers: Answers, metrics: Metrics, atOnce: number): RequestListener {
  let running = 0;
  return async (request, response) => {
    if (running >= atOnce) {
      response.setHeader('retry-after', '1');
      refuse(response, 503, 'busy', `More than ${atOnce} questions are being answered. Ask again in a moment.`);
      return;
    }
    running++;
    const began = performance.now();
    try {
      const route = await answer(answers, request, response);
      const labels = { route, status: String(response.statusCode) };
      metrics.count('worker_index_requests_total', labels);
      metrics.observe('worker_index_answer_seconds', (performance.now() - began) / 1_000);
    } finally {
      running--;
    }
  };
}

/** Gives the name of the route, for the measurements. */
async function answer(answers: Answers, request: IncomingMessage, response: ServerResponse): Promise<string> {
  // Anybody's page may ask: there is nothing to read here but what the chain says.
  response.setHeader('access-control-allow-origin', '*');
  const url = request.url ?? '';
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    refuse(response, 405, 'method_not_allowed', 'Use GET.');
    return 'none';
  }
  const [path = '', search = ''] = url.split('?', 2);
  const matched = url.length > LONGEST_URL ? undefined : match(path);
  if (!matched) {
    const known = Object.values(routes).map((route) => route.path);
    refuse(response, 404, 'not_found', `The paths are ${known.join(', ')}.`);
    return 'none';
  }
  const { name, at } = matched;
  const query = routes[name].query.safeParse(given(search));
  if (!query.success) refuse(response, 400, 'question', z.prettifyError(query.error));
  else await tell(response, () => (answers[name] as Ask)(at, query.data));
  return name;
}

type Ask = (at: Matched['at'], query: unknown) => Promise<unknown>;

async function tell(response: ServerResponse, ask: () => Promise<unknown>): Promise<void> {
  try {
    const reply = await ask();
    if (reply === undefined) refuse(response, 404, 'unknown', 'The index knows nothing of that name.');
    else send(response, 200, reply);
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    if (error.code === 'search.cursor') refuse(response, 400, 'question', error.message);
    else if (error.retryable) refuse(response, 503, 'unavailable', error.message);
    else throw error;
  }
}

/** The first route whose path has this shape and whose parameters are well formed. */
function match(path: string): Matched | undefined {
  for (const { name, names, pattern } of patterns) {
    const values = pattern.exec(path)?.slice(1);
    if (!values) continue;
    const at = Object.fromEntries(names.map((parameter, i) => [parameter, values[i] ?? '']));
    if (names.every((parameter) => parameters[parameter].test(at[parameter] ?? ''))) return { name, at };
  }
  return undefined;
}

/** A parameter that is given twice is refused like one that is not known: which of the two is meant? */
function given(search: string): Record<string, string> {
  const entries = [...new URLSearchParams(search)];
  const twice = entries.find(([name], i) => entries.findIndex(([other]) => other === name) !== i);
  return Object.fromEntries(twice ? [...entries, [`${twice[0]} (given twice)`, '']] : entries);
}

function refuse(response: ServerResponse, status: number, error: string, message: string): void {
  send(response, status, { error, message });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(`${text}\n`);
}
