/** Free lanes of one payer. A lane holds one request at a time; one that was used before costs 17k gas less to open. */
import { ProtocolError } from '#core/errors.ts';
import { Serial } from './serial.ts';

/** Escrow's lock words of a lane that holds nothing. */
const [NEVER_USED, FREE_AGAIN] = [0n, 1n];
/** Lock words asked for together. */
const ASKED_AT_ONCE = 64;
/** A request lives longer than this. */
const BUSY_MS = 1_000;

export class Lanes {
  readonly #account: string;
  readonly #lockOf: (lane: number) => Promise<string>;
  readonly #limit: number;
  readonly #serial = new Serial();
  /** Handed out, and not yet seen on chain. */
  readonly #reserved = new Set<number>();
  /** Until when, by `performance.now`, a lane that was seen busy is taken to be. */
  readonly #busy = new Map<number, number>();

  constructor(account: string, lockOf: (lane: number) => Promise<string>, limit: number) {
    this.#account = account;
    this.#lockOf = lockOf;
    this.#limit = limit;
  }

  /** Runs `open` with the first of `count` free lanes in a row; no other call gets them until it is done. */
  async use<T>(count: number, open: (firstLane: number) => Promise<T>): Promise<T> {
    const first = await this.#serial.run(() => this.#reserve(count));
    try {
      return await open(first);
    } finally {
      // Opened: the chain says busy from now on. Not opened: free.
      for (let lane = first; lane < first + count; lane++) this.#reserved.delete(lane);
    }
  }

  async #reserve(count: number): Promise<number> {
    const best = (await this.#search(count)) ?? (this.#forget() ? await this.#search(count) : undefined);
    if (best === undefined)
      throw new ProtocolError('request.lanes_busy', { count, limit: this.#limit, account: this.#account });
    for (let lane = best.first; lane < best.first + count; lane++) this.#reserved.add(lane);
    return best.first;
  }

  async #search(count: number): Promise<Run | undefined> {
    const words: (bigint | undefined)[] = [];
    let best: Run | undefined;
    while (words.length < this.#limit) {
      const from = words.length;
      const asked = Math.min(this.#limit - from, Math.max(count, ASKED_AT_ONCE));
      words.push(...(await Promise.all(Array.from({ length: asked }, (_, i) => this.#wordOf(from + i)))));
      best = cheapest(words, count);
      // Lanes are taken from below: above the first that was never used none costs less.
      if (best && (best.fresh === 0 || words.includes(NEVER_USED))) break;
    }
    return best;
  }

  /** Before it is said that all are busy, each is asked for. Returns whether any was not. */
  #forget(): boolean {
    const any = this.#busy.size > 0;
    this.#busy.clear();
    return any;
  }

  /** undefined = busy. One that was is not asked for again at once: an account with thousands in flight asks for few. */
  async #wordOf(lane: number): Promise<bigint | undefined> {
    if (this.#reserved.has(lane) || (this.#busy.get(lane) ?? 0) > performance.now()) return undefined;
    const word = BigInt(await this.#lockOf(lane));
    if (word === NEVER_USED || word === FREE_AGAIN) {
      this.#busy.delete(lane);
      return word;
    }
    this.#busy.set(lane, performance.now() + BUSY_MS);
    return undefined;
  }
}

interface Run {
  readonly first: number;
  /** Lanes of it that were never used. */
  readonly fresh: number;
}

/** The run of free lanes with the fewest that were never used, the lowest of equals. */
function cheapest(words: readonly (bigint | undefined)[], count: number): Run | undefined {
  let best: Run | undefined;
  let [free, fresh] = [0, 0];
  for (const [lane, word] of words.entries()) {
    free = word === undefined ? 0 : free + 1;
    fresh = word === undefined ? 0 : fresh + Number(word === NEVER_USED);
    if (free > count) fresh -= Number(words[lane - count] === NEVER_USED);
    if (free >= count && fresh < (best?.fresh ?? Number.POSITIVE_INFINITY)) best = { first: lane - count + 1, fresh };
  }
  return best;
}
