import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { JsonRpc, NamedBlock } from '../jsonRpc.ts';
import { Rpc } from '../rpc.ts';
import { type Gathering, gather, type Provider, type Vote } from './gather.ts';
import { type Failure, Health, inOrder } from './health.ts';
import { ABSENT, type Group, groups, isWord, shortage, wordOf } from './votes.ts';

export interface ProviderOptions {
  readonly urls: readonly string[];
  readonly chainId: number;
  /** How many must say the same where money follows from it. */
  readonly agreement: number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** After so long without an answer the next one is asked as well. */
  readonly slowMs?: number;
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

const SLOW_MS = 1_500;
/** Characters of an answer in the log. */
const SHOWN = 400;

/**
 * Several providers of one chain. Plain questions go to the healthiest and on to the next when it fails; where money follows
 * from the answer, `agreement` of them must say the same; transactions go to all. With one provider it asks nothing twice.
 */
export class Providers implements JsonRpc {
  readonly agreement: number;
  readonly url: string;
  readonly #providers: readonly Provider[];
  readonly #options: ProviderOptions;
  readonly #now: () => number;
  readonly #slowMs: number;

  private constructor(options: ProviderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#slowMs = options.slowMs ?? SLOW_MS;
    this.agreement = options.agreement;
    this.#providers = options.urls.map((url, i) => {
      const rpc = Rpc.open({ url, chainId: options.chainId, ...pick(options) });
      const twins = options.urls.slice(0, i).filter((other) => new URL(other).origin === rpc.url).length;
      return { rpc, name: twins === 0 ? rpc.url : `${rpc.url} (${twins + 1})`, health: new Health() };
    });
    this.url = this.#providers.map(({ name }) => name).join(', ');
  }

  /** Throws `chain.wrong_id` or `rpc.*` if none can be used; those that cannot rest, and are tried again later. */
  static async connect(options: ProviderOptions): Promise<Providers> {
    const providers = new Providers(options);
    const votes = await providers.#everyone<string>('eth_chainId', []);
    if (votes.some(({ status }) => status === 'fulfilled')) return providers;
    providers.close();
    throw (votes[0] as PromiseRejectedResult).reason;
  }

  async send<T>(method: string, parameters: readonly unknown[]): Promise<T> {
    const votes = await this.#gather<T>(method, parameters, this.#inOrder(), (all) => (all.some(isWord) ? 0 : 1));
    const word = votes.find(isWord);
    if (word) return wordOf(word);
    throw this.#shortage(votes, 1, method);
  }

  async agreed<T>(
    method: string,
    parameters: readonly unknown[],
    essence: (answer: T) => unknown = (answer) => answer,
  ): Promise<T> {
    const needed = this.agreement;
    const largest = (votes: readonly Vote<T>[]) => groups(votes, essence)[0]?.votes.length ?? 0;
    const missing = (votes: readonly Vote<T>[]) => Math.max(0, needed - largest(votes));
    const votes = await this.#gather<T>(method, parameters, this.#inOrder(), missing);
    const found = groups(votes, essence);
    const [first] = found;
    const isAgreed = first !== undefined && first.votes.length >= needed;
    if (found.length > 1) this.#disagreed(method, parameters, found, isAgreed);
    if (isAgreed) return wordOf(first.votes[0] as Vote<T>);
    if (found.length < 2) throw this.#shortage(votes, needed, method);
    const answers = found.map(({ key, votes: own }) => `${own.map(nameOf).join(', ')}: ${key.slice(0, SHOWN)}`);
    throw new ProtocolError('rpc.disagreement', { method, needed, answers: answers.join('; ') });
  }

  async reached(method: string, parameters: readonly unknown[]): Promise<bigint> {
    const votes = await this.#everyone<string>(method, parameters);
    const numbers = votes.flatMap((vote) => (vote.status === 'fulfilled' ? [BigInt(vote.value)] : []));
    const reached = numbers.sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))[this.agreement - 1];
    if (reached === undefined) throw this.#shortage(votes, this.agreement, method);
    return reached;
  }

  async newest<T extends NamedBlock>(
    name: 'latest' | 'finalized',
    essence: (block: T | null) => unknown,
  ): Promise<T | null> {
    const method = 'eth_getBlockByNumber';
    const votes = await this.#everyone<T | null>(method, [name, false]);
    const words = votes.filter(isWord);
    if (words.length < this.agreement) throw this.#shortage(votes, this.agreement, method);
    const heights = votes
      .filter((vote) => heightOf(vote) >= 0)
      .sort((a, b) => heightOf(b) - heightOf(a)) as readonly Vote<T>[];
    const last = heights[this.agreement - 1];
    if (last === undefined) return null;
    const height = heightOf(last);
    if (name === 'latest') this.#noteLags(heights, height);
    const there = groups(
      heights.filter((vote) => heightOf(vote) === height),
      essence,
    )[0] as Group<T>;
    if (there.votes.length >= this.agreement) return wordOf(there.votes[0] as Vote<T>);
    return await this.agreed<T | null>(method, [`0x${height.toString(16)}`, false], essence);
  }

  async each<T>(method: string, parameters: readonly unknown[]): Promise<readonly PromiseSettledResult<T>[]> {
    return await this.#everyone<T>(method, parameters, { resting: true });
  }

  close(): void {
    for (const { rpc } of this.#providers) rpc.close();
  }

  /** Asks all that do not rest, and as many more as agreement takes; or all, without waiting for those at rest. */
  #everyone<T>(method: string, parameters: readonly unknown[], { resting = false } = {}): Promise<readonly Vote<T>[]> {
    const ordered = this.#inOrder();
    const awake = ordered.filter(({ health }) => health.restsUntil(this.#now()) === 0).length;
    const awaited = Math.max(awake, Math.min(this.agreement, ordered.length));
    const asked = resting ? ordered : ordered.slice(0, awaited);
    const enough = (votes: readonly Vote<T>[]) => votes.filter(isWord).length >= this.agreement;
    const missing = (votes: readonly Vote<T>[]) => {
      const those = votes.filter(({ provider }) => ordered.indexOf(provider) < awaited);
      return those.length >= awaited ? 0 : asked.length - votes.length;
    };
    return this.#gather<T>(method, parameters, asked, missing, enough);
  }

  #gather<T>(
    method: string,
    parameters: readonly unknown[],
    candidates: readonly Provider[],
    missing: Gathering<T>['missing'],
    impatient?: (votes: readonly Vote<T>[]) => boolean,
  ): Promise<readonly Vote<T>[]> {
    return gather<T>({
      candidates,
      missing,
      slowMs: this.#slowMs,
      ask: (provider) => this.#ask<T>(provider, method, parameters),
      slow: (provider) => this.#struck(provider, 'slow', method),
      ...(impatient && { impatient }),
    });
  }

  async #ask<T>(provider: Provider, method: string, parameters: readonly unknown[]): Promise<T> {
    const { rpc, health } = provider;
    try {
      if (health.unverified) {
        await rpc.verify();
        health.unverified = false;
      }
      const answer = await rpc.send<T>(method, parameters);
      health.answered(this.#now());
      return answer;
    } catch (error) {
      if (isProtocolError(error, 'chain.wrong_id')) this.#struck(provider, 'wrong_chain', method, error.message);
      else if (isProtocolError(error) && error.code !== 'rpc.refused')
        this.#struck(provider, 'failed', method, error.message);
      else health.answered(this.#now());
      throw error;
    }
  }

  #inOrder(): readonly Provider[] {
    return inOrder(this.#providers, this.#now());
  }

  #struck({ name, health }: Provider, kind: Failure, method: string, reason?: string): void {
    const { log, metrics } = this.#options;
    health.failed(kind, this.#now());
    metrics.count('worker_rpc_failures_total', { provider: name, kind });
    const restsMs = Math.max(0, health.restsUntil(this.#now()) - this.#now());
    if (this.#providers.length > 1)
      log[kind === 'wrong_chain' ? 'error' : 'info']('a chain node rests', {
        provider: name,
        kind,
        method,
        reason,
        restsMs,
      });
  }

  /** Whoever is outvoted with an answer of its own rests; one that has nothing yet may only be late. */
  #disagreed<T>(method: string, parameters: readonly unknown[], found: readonly Group<T>[], isAgreed: boolean): void {
    const { log, metrics } = this.#options;
    const kind = found.some(({ key }) => key === ABSENT) && found.length === 2 ? 'absent' : 'other';
    metrics.count('worker_rpc_disagreements_total', { method, kind });
    const answers = found.map(({ key, votes }) => ({ providers: votes.map(nameOf), answer: key.slice(0, SHOWN) }));
    const asked = JSON.stringify(parameters).slice(0, SHOWN);
    log[kind === 'other' ? 'warn' : 'debug']('chain nodes disagree', { method, asked, answers, isAgreed });
    if (!isAgreed) return;
    for (const { key, votes } of found.slice(1))
      if (key !== ABSENT) for (const { provider } of votes) this.#struck(provider, 'lied', method);
  }

  #noteLags(heights: readonly Vote<NamedBlock>[], height: number): void {
    const { metrics } = this.#options;
    for (const vote of heights) vote.provider.health.lag = Math.max(0, height - heightOf(vote));
    for (const { name, health } of this.#providers) {
      metrics.gauge('worker_rpc_lag_blocks', health.lag, { provider: name });
      metrics.gauge('worker_rpc_error_ratio', health.errorRate, { provider: name });
    }
    const usable = this.#providers.filter(({ health }) => health.restsUntil(this.#now()) === 0).length;
    metrics.gauge('worker_rpc_spare_providers', usable - this.agreement);
  }

  #shortage<T>(votes: readonly Vote<T>[], needed: number, method: string): Error {
    return shortage(votes, needed, method, this.url);
  }
}

const nameOf = ({ provider }: Vote<unknown>): string => provider.name;

/** -1: it has no such block, or says something else. */
function heightOf(vote: Vote<NamedBlock | null>): number {
  const number = vote.status === 'fulfilled' ? vote.value?.number : undefined;
  return typeof number === 'string' && /^0x[0-9a-f]{1,13}$/i.test(number) ? Number(number) : -1;
}

const pick = ({ timeoutMs }: ProviderOptions) => (timeoutMs === undefined ? {} : { timeoutMs });
