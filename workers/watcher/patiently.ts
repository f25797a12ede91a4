import { isProtocolError, type ProtocolError } from '#core/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';

export interface PatienceParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;
/** So often in a row, for about a minute, a node may refuse what it has answered before: each kind has words of its own for what passes. */
const REFUSALS = 8;

/**
 * Follows the chain again and again until the signal aborts. After an error that may pass it waits, twice as long each time until `pass` has
 * told of progress. Throws final errors only, and a node's refusal only if it is the first word of it, or goes on.
 */
export async function patiently(
  { clock, log, metrics }: PatienceParts,
  signal: AbortSignal,
  pass: (progress: () => void) => Promise<void>,
): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  let refusals = REFUSALS;
  const progress = () => {
    pause = FIRST_PAUSE_MS;
    refusals = 0;
  };
  const passes = (error: unknown): error is ProtocolError =>
    isProtocolError(error) && (error.retryable || (error.code === 'rpc.refused' && ++refusals <= REFUSALS));
  while (!signal.aborted) {
    try {
      await pass(progress);
    } catch (error) {
      if (!passes(error)) throw error;
      log.warn('the chain could not be followed', { code: error.code, reason: error.message, pauseMs: pause });
      metrics.count('worker_watch_interrupted_total', { code: error.code });
      await clock.sleep(pause, signal);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }
}
