import type { Hex } from './chain.ts';

/**
 * A hint that something may be ready; the journal is the truth. Losing every job loses nothing: a sweep enqueues ready rows
 * again. Payload is the request id only.
 */
export interface Queue {
  /** Enqueues by id; the same (stage, id) is held once while it waits. A smaller priority runs first. */
  push(stage: string, id: Hex, options?: { readonly priority?: number; readonly delayMs?: number }): Promise<void>;
  /** Runs `work` for each job of a stage with the given concurrency until closed. A thrown retryable error retries with backoff. */
  consume(stage: string, concurrency: number, work: (id: Hex, signal: AbortSignal) => Promise<void>): Promise<void>;
  /** Waiting and running jobs of a stage. */
  depth(stage: string): Promise<{ readonly waiting: number; readonly active: number }>;
  /** Stops taking jobs, waits for running ones up to `graceMs`, closes connections. */
  close(graceMs: number): Promise<void>;
}
