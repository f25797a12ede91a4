import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '#ports/telemetry.ts';

interface Step {
  readonly name: string;
  readonly end: (leftMs: number) => Promise<void>;
}

/** What a step has even when those before it used up the grace. */
const LAST_MOMENT_MS = 2_000;

/** What has to end, in the order it was begun; it ends in the opposite order, once, within one grace. */
export class Shutdown {
  readonly #steps: Step[] = [];
  #run: Promise<boolean> | undefined;

  /** `end` gets the milliseconds that are left of the grace. */
  add(name: string, end: (leftMs: number) => Promise<void>): void {
    if (this.#run) throw new Error(`"${name}" was begun after the shutdown.`);
    this.#steps.push({ name, end });
  }

  /** True if every step ended in time and without an error. A step that fails or hangs is named and does not stop the others. */
  run(graceMs: number, log: Log): Promise<boolean> {
    this.#run ??= this.#runOnce(graceMs, log);
    return this.#run;
  }

  async #runOnce(graceMs: number, log: Log): Promise<boolean> {
    const until = performance.now() + graceMs;
    let clean = true;
    for (const { name, end } of this.#steps.reverse()) {
      const leftMs = Math.max(0, Math.round(until - performance.now()));
      try {
        await within(leftMs + LAST_MOMENT_MS, end(leftMs));
        log.debug('shutdown step ended', { step: name });
      } catch (error) {
        clean = false;
        log.error('shutdown step failed', { step: name, error });
      }
    }
    return clean;
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const late = sleep(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`It did not end within ${Math.round(ms / 1000)} s.`);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    timer.abort();
    late.catch(() => {});
    work.catch(() => {});
  }
}
