/**
 * What a piece of work takes of something that does several at once: wall time is divided equally among all that run, so that the shares
 * add up to the time in which anything ran, whatever queues and locks are behind it.
 */
import type { Clock } from '#ports/clock.ts';

export class Meter {
  readonly #clock: Clock;
  #running = 0;
  /** Milliseconds that a piece running all the time would have been charged so far. */
  #charged = 0;
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The function ends the piece and returns its share, in seconds. */
  begin(): () => number {
    this.#charge();
    this.#running++;
    const before = this.#charged;
    return () => {
      this.#charge();
      this.#running--;
      return (this.#charged - before) / 1000;
    };
  }

  #charge(): void {
    const now = this.#clock.now();
    if (this.#running > 0) this.#charged += Math.max(0, now - this.#since) / this.#running;
    this.#since = now;
  }
}
