import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '#ports/clock.ts';

/** The machine's clock. A sleep of 0 still lets others run. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => wait(Math.max(0, ms), undefined, signal ? { signal } : {}).catch(() => {}),
};
