/** What an inference node serves over HTTP besides /healthz and /metrics. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import { Turns } from './turns.ts';

export interface RouteParts {
  readonly journal: Journal;
  readonly maxInputBytes: number;
  /** No output is handed out: what a node for testnets does that tries its verifiers. */
  readonly withholds?: boolean;
  /** OUTPUTS_AT_ONCE if absent. */
  readonly outputsAtOnce?: number;
  offerInput(id: Hex, input: Uint8Array): Promise<'taken' | 'not_waiting' | 'mismatch'>;
}

interface Parts extends RouteParts {
  readonly turns: Turns;
}

type Handler = (id: Hex, request: IncomingMessage, response: ServerResponse, parts: Parts) => Promise<void>;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  outputs: { GET: giveOutput },
  inputs: { PUT: takeInput },
  requests: { GET: tellRequest },
};

/** Stages in which the chain has the commitment: before that an output is nobody's to read. */
const PUBLISHED: readonly string[] = ['submitted', 'settled'];

/** Outputs in memory at a time, each whole until it is read; the others wait. With outputs of 16 MiB they take 256 MiB. */
const OUTPUTS_AT_ONCE = 16;
/** An output is read within so long, twice what our own clients wait for one, or is cut off: slow readers must not keep others waiting. */
const OUTPUT_MS = 60_000;

/** GET /v1/outputs/<id>, PUT /v1/inputs/<id>, GET /v1/requests/<id>. */
export function nodeRoutes(given: RouteParts): RequestListener {
  const parts: Parts = { ...given, turns: new Turns(given.outputsAtOnce ?? OUTPUTS_AT_ONCE) };
  return async (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    const [, kind = '', id = ''] = /^\/v1\/(outputs|inputs|requests)\/(0x[0-9a-f]{64})$/i.exec(path) ?? [];
    const methods = ROUTES[kind];
    if (!methods) return answer(response, 404, 'not_found', 'The path is /v1/{outputs,inputs,requests}/<request id>.');
    const handler = methods[request.method ?? ''];
    if (handler) return handler(id.toLowerCase() as Hex, request, response, parts);
    response.setHeader('allow', Object.keys(methods).join(', '));
    return answer(response, 405, 'method_not_allowed', `Use ${Object.keys(methods).join(' or ')}.`);
  };
}

/** Canonical bytes. Whoever asks checks them against the commitment on chain. */
async function giveOutput(id: Hex, _request: IncomingMessage, response: ServerResponse, parts: Parts) {
  const { journal, withholds, turns } = parts;
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  const row = withholds ? undefined : await journal.row('serve', id);
  const isPublished = row !== undefined && PUBLISHED.includes(row.stage);
  if (isPublished && !(await turns.take(closed.signal))) return;
  const result = isPublished ? await journal.result(id) : undefined;
  if (!result) return answer(response, 404, 'output_unknown', 'This node has submitted no result for the request.');
  const timer = setTimeout(() => response.destroy(), OUTPUT_MS);
  closed.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  const headers = { 'content-type': 'application/octet-stream', etag: `"${result.outputHash}"` };
  response.writeHead(200, { ...headers, 'content-length': result.output.length }).end(result.output);
}

async function takeInput(id: Hex, request: IncomingMessage, response: ServerResponse, parts: Parts) {
  const { maxInputBytes } = parts;
  const input = await bodyOf(request, maxInputBytes);
  if (!input) {
    response.setHeader('connection', 'close');
    return answer(response, 413, 'input_too_large', `At most ${maxInputBytes} bytes are taken.`);
  }
  const outcome = await parts.offerInput(id, input);
  if (outcome === 'taken') response.writeHead(204).end();
  else if (outcome === 'mismatch')
    answer(response, 422, 'input_mismatch', 'These bytes are not what the request commits to.');
  else answer(response, 409, 'not_waiting', 'The node waits for no input of this request (yet, or any more).');
}

async function tellRequest(id: Hex, _request: IncomingMessage, response: ServerResponse, { journal }: Parts) {
  const row = await journal.row('serve', id);
  if (!row) return answer(response, 404, 'request_unknown', 'This node has nothing to do with the request.');
  const { reason, outputHash, intent } = row.facts;
  const told = { id, stage: row.stage, reason, dueAt: row.dueAt, outputHash, transaction: intent };
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(told)}\n`);
}

/** undefined = larger than allowed; nothing beyond the limit is kept. */
async function bodyOf(request: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function answer(response: ServerResponse, status: number, error: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify({ error, message })}\n`);
}
