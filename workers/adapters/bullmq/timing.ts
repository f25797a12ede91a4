/** Milliseconds. */
export interface Timing {
  /** A job whose worker has not renewed its lock for so long was abandoned; renewal is at half of it. */
  readonly lockMs: number;
  /** How often abandoned jobs are looked for: after a kill a job runs again within lockMs + 2 * stalledMs. */
  readonly stalledMs: number;
  /** The first pause after a retryable failure; doubled each time up to the longest. */
  readonly backoffMs: number;
  readonly longestBackoffMs: number;
}

export const defaultTiming: Timing = { lockMs: 15_000, stalledMs: 5_000, backoffMs: 1_000, longestBackoffMs: 60_000 };

/** Runs of one job before it is dropped; the sweep of the journal brings it back if it is still due. */
export const ATTEMPTS = 10;

/** An error nobody classified is a bug: it is retried a little, in case it was the moment, and then dropped as a final one is. */
export const UNEXPECTED_ATTEMPTS = 3;

/** Times a job may be found abandoned: one that kills its process each time must not do so for ever. */
export const MAX_STALLED = 3;

/** Half of the pause is fixed and half random, so that jobs that failed together do not come back together. */
export function backoff(attemptsMade: number, timing: Timing, random: () => number = Math.random): number {
  const pause = Math.min(timing.longestBackoffMs, timing.backoffMs * 2 ** (attemptsMade - 1));
  return Math.round(pause / 2 + (pause / 2) * random());
}
