import type { Clock } from '#ports/clock.ts';
import { systemClock } from './systemClock.ts';

/** Milliseconds: a chain's newest block is that old now and then; a clock that is further off is wrong. */
const TOLERATED_MS = 60_000;

/** A clock that does not jump when somebody sets the machine's, and that the chain can put right. */
export interface SteadyClock extends Clock {
  /**
   * Tells it the time of the newest block, in Unix seconds. Returns by how many seconds it was set, 0 as long as it is about right. Deadlines are the chain's, and
   * work that is thought to be late is given up for good.
   */
  correct(chainSeconds: number): number;
}

/** Begins with the machine's time and goes on by its steady count. */
export function steadyClock(wall = () => Date.now(), count = () => performance.now()): SteadyClock {
  let offset = wall() - count();
  const now = () => Math.floor(offset + count());
  return {
    now,
    sleep: systemClock.sleep,
    correct(chainSeconds) {
      const off = chainSeconds * 1000 - now();
      if (Math.abs(off) <= TOLERATED_MS) return 0;
      offset += off;
      return Math.round(off / 1000);
    },
  };
}
