/** Milliseconds that whoever asks first waits, so that what is at hand costs no second look. */
const PATIENCE_MS = 1_000;
/** Keys that are remembered as slow: a line of strangers must not cost the patience again and again. */
const SLOW = 10_000;

interface Wait<T> {
  readonly done: Promise<T>;
  settled: boolean;
}

/**
 * What strangers are asked for, who may be slow or silent: each request goes on beside the work, which comes back for what it brought, so that
 * nobody stands in line behind it.
 */
export class Beside<T> {
  readonly #signal: AbortSignal;
  readonly #most: number;
  readonly #patienceMs: number;
  readonly #waits = new Map<string, Wait<T>>();
  readonly #slow = new Set<string>();

  /** `most`: requests at a time; others are put off. */
  constructor(signal: AbortSignal, most: number, patienceMs = PATIENCE_MS) {
    this.#signal = signal;
    this.#most = most;
    this.#patienceMs = patienceMs;
  }

  /** undefined: not yet, ask again. What came, or the error, is told once; who asks after that begins anew. */
  async ask(
    key: string,
    seconds: number,
    begin: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ readonly value: T } | undefined> {
    const known = this.#waits.get(key);
    const wait = known ?? this.#begin(key, seconds, begin);
    if (wait === undefined) return undefined;
    if (!known && !this.#slow.has(key)) await this.#patiently(wait);
    if (!wait.settled) {
      this.#remember(key);
      return undefined;
    }
    this.#waits.delete(key);
    return { value: await wait.done };
  }

  #begin(key: string, seconds: number, begin: (signal: AbortSignal) => Promise<T>): Wait<T> | undefined {
    for (const [oldest, { settled }] of this.#waits)
      if (settled && this.#waits.size >= this.#most) this.#waits.delete(oldest);
    if (this.#waits.size >= this.#most) return undefined;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), 1000 * Math.max(1, seconds));
    const done = begin(AbortSignal.any([this.#signal, limit.signal]));
    const wait: Wait<T> = { done, settled: false };
    const settle = () => {
      clearTimeout(timer);
      wait.settled = true;
    };
    done.then(settle, settle);
    this.#waits.set(key, wait);
    return wait;
  }

  async #patiently({ done }: Wait<T>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => resolve(), this.#patienceMs);
    done.then(
      () => resolve(),
      () => resolve(),
    );
    await promise;
    clearTimeout(timer);
  }

  #remember(key: string): void {
    this.#slow.add(key);
    for (const oldest of this.#slow) if (this.#slow.size > SLOW) this.#slow.delete(oldest);
  }
}
