import { FetchRequest, JsonRpcProvider, Network } from 'ethers';
import { ProtocolError } from '#core/errors.ts';
import { assertAnswer } from './answers.ts';
import { type EthersFailure, sorted } from './failure.ts';
import type { JsonRpc, NamedBlock } from './jsonRpc.ts';

export interface RpcOptions {
  readonly url: string;
  readonly chainId: number;
  /** Calls per HTTP request; 1 sends each at once, more wait 10 ms for company. */
  readonly batchMaxCount?: number;
  readonly timeoutMs?: number;
}

/** Longest time a provider can tell us to leave it alone. */
const LONGEST_QUIET_MS = 60_000;

/** One provider, with every failure sorted: a Reverted, or a ProtocolError `rpc.*` that says whether to try again. */
export class Rpc implements JsonRpc {
  readonly #provider: JsonRpcProvider;
  readonly #chainId: number;
  readonly url: string;
  readonly agreement = 1;
  /** Unix milliseconds until which the provider wants no calls (Retry-After of a 429 or 503). */
  #quietUntil = 0;

  private constructor(provider: JsonRpcProvider, { url, chainId }: RpcOptions) {
    this.#provider = provider;
    this.#chainId = chainId;
    this.url = new URL(url).origin;
  }

  /** Asks nothing yet. */
  static open(options: RpcOptions): Rpc {
    const request = new FetchRequest(options.url);
    request.timeout = options.timeoutMs ?? 10_000;
    request.setThrottleParams({ maxAttempts: 1 });
    const network = Network.from(options.chainId);
    const provider = new JsonRpcProvider(request, network, {
      staticNetwork: network,
      batchMaxCount: options.batchMaxCount ?? 1,
      cacheTimeout: -1,
    });
    return new Rpc(provider, options);
  }

  /** Throws `chain.wrong_id` unless the node is of the expected chain. */
  static async connect(options: RpcOptions): Promise<Rpc> {
    const rpc = Rpc.open(options);
    try {
      await rpc.verify();
    } catch (error) {
      rpc.close();
      throw error;
    }
    return rpc;
  }

  /** Throws `chain.wrong_id` unless the node is of the expected chain. */
  async verify(): Promise<void> {
    const found = Number(await this.send<string>('eth_chainId', []));
    if (found !== this.#chainId) throw new ProtocolError('chain.wrong_id', { expected: this.#chainId, got: found });
  }

  async send<T>(method: string, parameters: readonly unknown[]): Promise<T> {
    if (Date.now() < this.#quietUntil) throw new ProtocolError('rpc.rate_limited', { url: this.url, method });
    let answer: T;
    try {
      answer = await this.#provider.send(method, [...parameters]);
    } catch (error) {
      const wait = quietMs(error as EthersFailure);
      if (wait > 0) this.#quietUntil = Date.now() + wait;
      throw sorted(error, method, this.url);
    }
    assertAnswer(answer, method, this.url);
    return answer;
  }

  agreed<T>(method: string, parameters: readonly unknown[]): Promise<T> {
    return this.send(method, parameters);
  }

  async reached(method: string, parameters: readonly unknown[]): Promise<bigint> {
    return BigInt(await this.send<string>(method, parameters));
  }

  newest<T extends NamedBlock>(name: string): Promise<T | null> {
    return this.send('eth_getBlockByNumber', [name, false]);
  }

  each<T>(method: string, parameters: readonly unknown[]): Promise<readonly PromiseSettledResult<T>[]> {
    return Promise.allSettled([this.send<T>(method, parameters)]);
  }

  close(): void {
    this.#provider.destroy();
  }
}

/** Milliseconds of a Retry-After, in seconds or as a date; 0 = there is none. */
function quietMs({ response }: EthersFailure): number {
  const after = response?.headers?.['retry-after'];
  if (after === undefined) return 0;
  const ms = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
  return Math.min(Math.max(ms, 0) || 0, LONGEST_QUIET_MS);
}
