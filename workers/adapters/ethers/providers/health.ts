/** What one provider has been like lately. It rests after failures, each time longer, and is asked after the others meanwhile. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 30_000;
/** A provider of another chain is there by a mistake of people, which takes people to correct. */
const WRONG_CHAIN_REST_MS = 600_000;
/** Weight of the newest outcome in the error rate: about the last ten count. */
const NEWEST = 0.1;
/** Blocks by which a provider may be behind before others are asked first. */
export const TOLERATED_LAG = 3;

export type Failure = 'failed' | 'slow' | 'lied' | 'wrong_chain';
const STRIKES: Readonly<Record<Failure, number>> = { failed: 1, slow: 1, lied: 4, wrong_chain: 1 };

export class Health {
  /** Share of calls that failed, the newest counting most. */
  errorRate = 0;
  /** Its chain id is to be asked for before it is used (again). */
  unverified = true;
  #strikes = 0;
  #restUntil = 0;
  #wrongChain = false;
  #lag = 0;

  /** A rest goes on all the same: whoever lies about one thing may answer others. */
  answered(now: number): void {
    this.errorRate *= 1 - NEWEST;
    if (this.#restUntil <= now) this.#strikes = 0;
  }

  failed(kind: Failure, now: number): void {
    this.errorRate += (1 - this.errorRate) * NEWEST;
    this.#strikes += STRIKES[kind];
    this.#wrongChain = kind === 'wrong_chain';
    // What comes back after an outage may be another machine.
    this.unverified = true;
    const rest = FIRST_REST_MS * 2 ** Math.min(this.#strikes - 1, 10);
    this.#restUntil = now + (this.#wrongChain ? WRONG_CHAIN_REST_MS : Math.min(rest, LONGEST_REST_MS));
  }

  /** Unix milliseconds until which it rests; 0 = it does not. */
  restsUntil(now: number): number {
    return this.#restUntil > now ? this.#restUntil : 0;
  }

  /** Left out altogether, even if nobody else answers. */
  isExcluded(now: number): boolean {
    return this.#wrongChain && this.restsUntil(now) > 0;
  }

  /** Blocks behind what enough providers have. Who falls behind may follow another chain by now. */
  set lag(blocks: number) {
    if (blocks > TOLERATED_LAG && !this.lags) this.unverified = true;
    this.#lag = blocks;
  }

  get lag(): number {
    return this.#lag;
  }

  get lags(): boolean {
    return this.#lag > TOLERATED_LAG;
  }
}

/** The order in which to ask: not at rest, not behind, few errors; among equals as configured. */
export function inOrder<P extends { readonly health: Health }>(providers: readonly P[], now: number): readonly P[] {
  const worth = ({ health }: P) => [health.restsUntil(now), health.lags ? 1 : 0, Math.round(health.errorRate * 5)];
  return providers
    .filter(({ health }) => !health.isExcluded(now))
    .map((provider) => ({ provider, worth: worth(provider) }))
    .sort((a, b) => difference(a.worth, b.worth))
    .map(({ provider }) => provider);
}

function difference(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value - (b[i] as number);
  return 0;
}
