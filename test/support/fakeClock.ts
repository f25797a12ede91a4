import type { Clock } from '#ports/clock.ts';

/** A clock that stands still until it is moved. Sleepers wake in order of their time. */
export function fakeClock(
  startMs = 1_700_000_000_000,
): Clock & { advance(ms: number): void; readonly sleeping: number } {
  let now = startMs;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          sleepers.delete(sleeper);
          resolve();
        };
        const sleeper = { at: now + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', wake, { once: true });
      }),
    advance(ms) {
      now += ms;
      for (const sleeper of [...sleepers].sort((a, b) => a.at - b.at)) if (sleeper.at <= now) sleeper.wake();
    },
    get sleeping() {
      return sleepers.size;
    },
  };
}
