import { isProtocolError } from '#core/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { Log } from '#ports/telemetry.ts';

/** Something done again and again that must not be missed for good, but may be late. */
export interface Chore {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<void>;
}

/** Does each chore at its interval until the signal aborts. One that fails is tried at its next time. */
export async function sweep(chores: readonly Chore[], clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  await Promise.all(chores.map((chore) => repeat(chore, clock, log, signal)));
}

async function repeat({ name, everyMs, run }: Chore, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(everyMs, signal);
    if (signal.aborted) return;
    try {
      await run();
    } catch (error) {
      const level = isProtocolError(error) && error.retryable ? 'warn' : 'error';
      log[level]('a chore failed', { chore: name, reason: String(error) });
    }
  }
}
