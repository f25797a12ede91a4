import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between looks: a tenth of what was waited so far, within these. Looking costs the chain and the processes that are waited for. */
const SHORTEST = 20;
const LONGEST = 200;

/** Waits until `read` gives something truthy; after a long time it fails with what was waited for. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T> | T,
  withinMs = 60_000,
): Promise<NonNullable<T>> {
  const began = Date.now();
  for (;;) {
    const value = await read();
    if (value) return value;
    const waited = Date.now() - began;
    if (waited > withinMs) throw new Error(`Not within ${withinMs / 1000} s: ${what}.`);
    await sleep(Math.min(LONGEST, Math.max(SHORTEST, waited / 10)));
  }
}
