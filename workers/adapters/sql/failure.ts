import { isProtocolError, ProtocolError } from '#core/errors.ts';

/** serialization_failure, deadlock_detected: PostgreSQL's documentation says to run the transaction again. */
const LOST_RACE = new Set(['40001', '40P01']);

/** Connection lost or refused, shutting down, too slow, out of disk, memory or connections: the server's state, not the statement's. */
const SERVER_STATE = /^(08|53|57014$|57P0[1-5]|58|55P03$|28)/;
const SOCKET = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/;
/** pg reports these without a code. */
const WORDS =
  /connection terminated|query read timeout|timeout exceeded when trying to connect|client has encountered a connection error/i;

export function lostRace(error: unknown): boolean {
  return LOST_RACE.has(codeOf(error));
}

/** The same error, or `sql.unavailable` when the server is the reason. Errors of a statement are bugs and stay as they are. */
export function failure(error: unknown, url: string): unknown {
  if (isProtocolError(error)) return error;
  const code = codeOf(error);
  const unavailable = SERVER_STATE.test(code) || SOCKET.test(code) || WORDS.test(reasonOf(error));
  return unavailable ? new ProtocolError('sql.unavailable', { url, reason: reasonOf(error) }, { cause: error }) : error;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** An AggregateError of several addresses tried has an empty message; its parts say why. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
