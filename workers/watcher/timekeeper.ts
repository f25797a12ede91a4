import type { Observer } from '#ports/observer.ts';
import type { Log } from '#ports/telemetry.ts';

/** Puts a process's clock right by the chain's newest block, and says so: a machine whose clock is wrong would give up work that is in time. */
export function timekeeper(clock: { correct(chainSeconds: number): number }, log: Log): Observer {
  return {
    touched: async () => {},
    arrived: async ({ now }) => {
      const seconds = clock.correct(now);
      if (seconds !== 0) log.warn('the clock was wrong and follows the chain now', { setBySeconds: seconds });
    },
  };
}
