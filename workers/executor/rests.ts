/** Pauses between tries of what failed, however often others ask for it: requests come, and sweeps, more often than a source recovers. */
import type { Clock } from '#ports/clock.ts';

export interface Rests {
  /** It failed a moment ago and is left alone. */
  has(key: string): boolean;
  /** Doubles the pause; tries that failed side by side count once. */
  failed(key: string): void;
  over(key: string): void;
}

/** The first is as short as a queue's own shortest (workers/adapters/bullmq/timing.ts), so that its tries are not lost. */
const FIRST_MS = 500;
const LONGEST_MS = 300_000;
/** Keys remembered: strangers name them. */
const KNOWN = 10_000;

export function createRests(clock: Clock): Rests {
  const pauses = new Map<string, { readonly until: number; readonly ms: number }>();
  const has = (key: string) => clock.now() < (pauses.get(key)?.until ?? 0);
  return {
    has,
    failed(key) {
      if (has(key)) return;
      const before = pauses.get(key);
      const ms = before ? Math.min(2 * before.ms, LONGEST_MS) : FIRST_MS;
      pauses.delete(key);
      for (const oldest of pauses.keys()) if (pauses.size >= KNOWN) pauses.delete(oldest);
      pauses.set(key, { until: clock.now() + ms, ms });
    },
    over: (key) => void pauses.delete(key),
  };
}
