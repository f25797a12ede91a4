/** Free lanes of one payer. A lane holds one request at a time; one that was used before costs 17k gas less to open. */
import { ProtocolError } from '#core/errors.ts';
import { Serial } from './serial.ts';

/** Escrow's lock words of a lane that holds nothing. */
const [NEVER_USED, FREE_AGAIN] = [0n, 1n];

export class Lanes {
  readonly #account: string;
  readonly #lockOf: (lane: number) => Promise<string>;
  readonly #limit: number;
  readonly #serial = new Serial();
  /** Handed out, and not yet seen on chain. */
  readonly #reserved = new Set<number>();

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
    const words = await Promise.all(Array.from({ length: this.#limit }, (_, lane) => this.#wordOf(lane)));
    const runs = Array.from({ length: Math.max(0, this.#limit - count + 1) }, (_, first) => first).filter((first) =>
      words.slice(first, first + count).every((word) => word === NEVER_USED || word === FREE_AGAIN),
    );
    const fresh = (first: number) => words.slice(first, first + count).filter((word) => word === NEVER_USED).length;
    const [best] = runs.sort((a, b) => fresh(a) - fresh(b) || a - b);
    if (best === undefined)
      throw new ProtocolError('request.lanes_busy', { count, limit: this.#limit, account: this.#account });
    for (let lane = best; lane < best + count; lane++) this.#reserved.add(lane);
    return best;
  }

  async #wordOf(lane: number): Promise<bigint | undefined> {
    return this.#reserved.has(lane) ? undefined : BigInt(await this.#lockOf(lane));
  }
}
