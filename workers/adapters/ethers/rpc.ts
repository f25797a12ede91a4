import { FetchRequest, JsonRpcProvider, Network } from 'ethers';
import { isProtocolError, ProtocolError } from '#core/errors.ts';

export interface RpcOptions {
  readonly url: string;
  readonly chainId: number;
  /** Calls per HTTP request; 1 sends each at once, more wait 10 ms for company. */
  readonly batchMaxCount?: number;
  readonly timeoutMs?: number;
}

/** A contract refused a call. `data` is what it reverted with. */
export class Reverted extends Error {
  readonly data: string;
  constructor(data: string, reason: string) {
    super(reason);
    this.name = 'Reverted';
    this.data = data;
  }
}

/** JSON-RPC with every failure sorted: a Reverted, or a ProtocolError `rpc.*` that says whether to try again. */
export class Rpc {
  readonly #provider: JsonRpcProvider;
  /** What errors show: without path, query and credentials, where providers put their keys. */
  readonly url: string;

  private constructor(provider: JsonRpcProvider, url: string) {
    this.#provider = provider;
    this.url = url;
  }

  /** Throws `chain.wrong_id` unless the node is of the expected chain. */
  static async connect(options: RpcOptions): Promise<Rpc> {
    const request = new FetchRequest(options.url);
    request.timeout = options.timeoutMs ?? 10_000;
    request.setThrottleParams({ maxAttempts: 1 });
    const network = Network.from(options.chainId);
    const provider = new JsonRpcProvider(request, network, {
      staticNetwork: network,
      batchMaxCount: options.batchMaxCount ?? 1,
      cacheTimeout: -1,
    });
    const rpc = new Rpc(provider, new URL(options.url).origin);
    try {
      const found = Number(await rpc.send<string>('eth_chainId', []));
      if (found !== options.chainId)
        throw new ProtocolError('chain.wrong_id', { expected: options.chainId, got: found });
    } catch (error) {
      rpc.close();
      throw error;
    }
    return rpc;
  }

  async send<T>(method: string, parameters: readonly unknown[]): Promise<T> {
    try {
      return await this.#provider.send(method, [...parameters]);
    } catch (error) {
      throw sorted(error, method, this.url);
    }
  }

  close(): void {
    this.#provider.destroy();
  }
}

interface EthersFailure {
  readonly code?: string;
  readonly data?: string | null;
  readonly message?: string;
  readonly shortMessage?: string;
  readonly response?: { readonly statusCode?: number };
  readonly error?: { readonly code?: number; readonly message?: string };
  readonly info?: { readonly error?: { readonly message?: string } };
}

const RATE_LIMIT = /rate limit|too many requests|exceeded .*(capacity|quota|credits)|request limit/i;
/** A node that is starting, syncing or behind says so in words; the next call may succeed. */
const PASSING =
  /timeout|timed out|header not found|unknown block|block not found|missing trie node|not available|internal error|busy|try again|syncing/i;

function sorted(error: unknown, method: string, url: string): Error {
  if (isProtocolError(error)) return error;
  const failure = error as EthersFailure;
  const reason = reasonOf(failure);
  if (failure.code === 'CALL_EXCEPTION') return new Reverted(failure.data ?? '0x', reason);
  const status = failure.response?.statusCode ?? 0;
  if (status === 429 || failure.error?.code === -32005 || RATE_LIMIT.test(reason))
    return new ProtocolError('rpc.rate_limited', { url, method }, { cause: error });
  // An answer with an error object is the node's word; anything else means there was no answer.
  const answered = failure.error !== undefined || failure.info?.error !== undefined;
  return answered && !PASSING.test(reason)
    ? new ProtocolError('rpc.refused', { url, method, reason }, { cause: error })
    : new ProtocolError('rpc.unavailable', { url, method, reason }, { cause: error });
}

function reasonOf(failure: EthersFailure): string {
  return (
    failure.error?.message ??
    failure.info?.error?.message ??
    failure.shortMessage ??
    failure.message ??
    (failure.code || 'no reason given')
  );
}
