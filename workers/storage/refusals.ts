/** How a store says no: Walrus's JSON, `{error: {status, code, message, details}}`, with our own code in the details. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isProtocolError } from '#core/errors.ts';

type Kind = readonly [http: number, status: string, reason: string, domain?: string];

const AUTH = 'auth.publisher.walrus.space';
const DAEMON = 'daemon.walrus.space';
const LINGER_MS = 2000;
/** Of reasons that Walrus does not have. */
const OURS = 'storage.opg';

/** By our code: HTTP status, Walrus's word for it, and the reason in the domain that defines it. */
const KINDS = {
  'storage.unauthorised': [401, 'UNAUTHENTICATED', 'INVALID_SIGNATURE', AUTH],
  // Walrus answers 504 here, which asks clients to try again; 401 does not.
  'storage.token_expired': [401, 'UNAUTHENTICATED', 'EXPIRED_SIGNATURE', AUTH],
  'storage.token_malformed': [400, 'FAILED_PRECONDITION', 'INVALID_TOKEN', AUTH],
  'storage.token_inconsistent': [400, 'FAILED_PRECONDITION', 'INCONSISTENT_TOKEN', AUTH],
  'storage.token_size': [400, 'FAILED_PRECONDITION', 'INVALID_SIZE', AUTH],
  'storage.token_epochs': [400, 'FAILED_PRECONDITION', 'INVALID_EPOCHS', AUTH],
  'storage.token_used': [429, 'RESOURCE_EXHAUSTED', 'TOKEN_ALREADY_USED', AUTH],
  'storage.query': [400, 'INVALID_ARGUMENT', 'MALFORMED_REQUEST', DAEMON],
  'storage.persistence': [400, 'INVALID_ARGUMENT', 'INVALID_BLOB_PERSISTENCE', DAEMON],
  'storage.unknown': [404, 'NOT_FOUND', 'BLOB_NOT_FOUND', DAEMON],
  'storage.route': [404, 'NOT_FOUND', 'ROUTE_NOT_FOUND', OURS],
  'storage.too_slow': [408, 'DEADLINE_EXCEEDED', 'UPLOAD_TOO_SLOW', OURS],
  'storage.length': [411, 'INVALID_ARGUMENT', 'LENGTH_REQUIRED', OURS],
  'storage.range': [416, 'RANGE_NOT_SATISFIABLE', 'INVALID_BYTE_RANGE', DAEMON],
  'storage.failed': [500, 'INTERNAL', 'INTERNAL', OURS],
  'blobs.too_large': [413, 'SIZE_EXCEEDED', 'BLOB_TOO_LARGE', DAEMON],
  'blobs.other_bytes': [400, 'INVALID_ARGUMENT', 'OTHER_BYTES', OURS],
  'blobs.quota': [507, 'RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED', OURS],
  'blobs.corrupt': [500, 'INTERNAL', 'BLOB_CORRUPT', OURS],
  'walrus.failed': [503, 'UNAVAILABLE', 'BLOB_ID_FAILED', OURS],
} as const satisfies Record<string, Kind>;

export type RefusalCode = keyof typeof KINDS;

export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RefusalCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }

  get status(): number {
    return KINDS[this.code][0];
  }
}

/** What a store answers to a failure; messages of errors that nobody foresaw stay inside. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (isProtocolError(error) && error.code in KINDS) return new Refusal(error.code as RefusalCode, error.message);
  return new Refusal('storage.failed', 'The store could not read or write.');
}

export function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const [code, status, reason, domain] = KINDS[refusal.code];
  for (const name of ['cache-control', 'etag']) response.removeHeader(name);
  if (!request.complete) linger(request);
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
  const details = [{ '@type': 'ErrorInfo', reason, domain, metadata: { code: refusal.code } }];
  json(response, code, { error: { status, code, message: refusal.message, details } });
}

/**
 * An upload that is refused is not read to its end; but a connection that is closed on bytes under way is reset, and the client might
 * never see why. So they are thrown away for a moment.
 */
function linger(request: IncomingMessage): void {
  request.setTimeout(0);
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS);
  request.once('close', () => clearTimeout(timer));
  request.resume();
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}
