/** What an inference node serves over HTTP besides /healthz and /metrics. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';

export interface RouteParts {
  readonly journal: Journal;
  readonly maxInputBytes: number;
  /** No output is handed out: what a node for testnets does that tries its verifiers. */
  readonly withholds?: boolean;
  offerInput(id: Hex, input: Uint8Array): Promise<'taken' | 'not_waiting' | 'mismatch'>;
}

type Handler = (id: Hex, request: IncomingMessage, response: ServerResponse, parts: RouteParts) => Promise<void>;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  outputs: { GET: giveOutput },
  inputs: { PUT: takeInput },
  requests: { GET: tellRequest },
};

/** Stages in which the chain has the commitment: before that an output is nobody's to read. */
const PUBLISHED: readonly string[] = ['submitted', 'settled'];

/** GET /v1/outputs/<id>, PUT /v1/inputs/<id>, GET /v1/requests/<id>. */
export function nodeRoutes(parts: RouteParts): RequestListener {
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
async function giveOutput(id: Hex, _request: IncomingMessage, response: ServerResponse, parts: RouteParts) {
  const { journal, withholds } = parts;
  const row = withholds ? undefined : await journal.row('serve', id);
  const result = row && PUBLISHED.includes(row.stage) ? await journal.result(id) : undefined;
  if (!result) return answer(response, 404, 'output_unknown', 'This node has submitted no result for the request.');
  const headers = { 'content-type': 'application/octet-stream', etag: `"${result.outputHash}"` };
  response.writeHead(200, { ...headers, 'content-length': result.output.length }).end(result.output);
}

async function takeInput(id: Hex, request: IncomingMessage, response: ServerResponse, parts: RouteParts) {
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

async function tellRequest(id: Hex, _request: IncomingMessage, response: ServerResponse, { journal }: RouteParts) {
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
