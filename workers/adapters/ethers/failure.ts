import { failedInExecution, type NodeError } from '#core/errors/execution.ts';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import { redactUrls } from '#core/redactUrls.ts';

/** A contract refused a call. `data` is what it reverted with. */
export class Reverted extends Error {
  readonly data: string;
  constructor(data: string, reason: string) {
    super(reason);
    this.name = 'Reverted';
    this.data = data;
  }
}

/** What ethers throws, as far as it is looked at. `error` or `info.error` is the node's own error object. */
export interface EthersFailure {
  readonly code?: string;
  readonly data?: string | null;
  readonly message?: string;
  readonly shortMessage?: string;
  readonly response?: { readonly statusCode?: number; readonly headers?: Readonly<Record<string, string>> };
  readonly error?: NodeError;
  readonly info?: { readonly error?: NodeError };
}

/** The last of these are ethers' own words for a 429. */
const RATE_LIMIT =
  /rate limit|too many requests|exceeded .*(capacity|quota|credits)|request limit|exceeded maximum retry limit/i;
/** -32005 is "limit exceeded" (EIP-1474). */
const LIMIT_EXCEEDED = -32005;

/** A node that is starting, syncing, behind, or on another fork says so in words; the next call may succeed. */
const PASSING =
  /timeout|timed out|not found|not exist|unknown block|invalid block tag|out ?of ?range|not currently canonical|missing trie node|state .*pruned|not available|(resource|state|service|temporarily) unavailable|internal error|busy|try again|syncing/i;
/** "Resource not found" and "resource unavailable" (EIP-1474): of a call, the block it is to be made at. */
const PASSING_CODES = [-32001, -32002];
/** Not about a block, whatever else it says: the node will never know it. */
const UNSUPPORTED = /method .*not|not supported|unsupported/i;
const METHOD_NOT_FOUND = -32601;

/** A failure of a chain node's as a Reverted, or as a ProtocolError `rpc.*` that says whether to try again. */
export function sorted(error: unknown, method: string, url: string): Error {
  if (isProtocolError(error)) return error;
  const failure = error as EthersFailure;
  const said = failure.error ?? failure.info?.error;
  const found = said?.message ?? failure.shortMessage ?? failure.message ?? (failure.code || 'no reason given');
  const reason = redactUrls(found);
  const cause = withoutUrls(error);
  if (isRevert(failure, said, reason)) return new Reverted(failure.data ?? '0x', reason);
  if (failure.response?.statusCode === 429 || said?.code === LIMIT_EXCEEDED || RATE_LIMIT.test(reason))
    return new ProtocolError('rpc.rate_limited', { url, method }, { cause });
  // An answer with an error object is the node's word; anything else means there was no answer.
  return said !== undefined && !passes(said, reason)
    ? new ProtocolError('rpc.refused', { url, method, reason }, { cause })
    : new ProtocolError('rpc.unavailable', { url, method, reason }, { cause });
}

/** What ethers throws has the whole URL in its message and its properties, and the provider's key in that. */
function withoutUrls(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(redactUrls(String(error)));
  const plain = new Error(redactUrls(error.message));
  const { stack = '' } = error;
  plain.stack = redactUrls(stack);
  return plain;
}

/** A node's answer to a call or an estimate may be about the contract, or about itself. */
function isRevert({ code, data }: EthersFailure, said: NodeError | undefined, reason: string): boolean {
  if (code !== 'CALL_EXCEPTION') return false;
  return (data ?? '0x') !== '0x' || failedInExecution({ ...said, message: reason });
}

function passes({ code }: NodeError, reason: string): boolean {
  if (PASSING_CODES.includes(code ?? 0)) return true;
  return PASSING.test(reason) && code !== METHOD_NOT_FOUND && !UNSUPPORTED.test(reason);
}
