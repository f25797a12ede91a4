import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `read` gives something truthy; after a long time it fails with what was waited for. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T> | T,
  withinMs = 60_000,
): Promise<NonNullable<T>> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await read();
    if (value) return value;
    if (Date.now() > end) throw new Error(`Not within ${withinMs / 1000} s: ${what}.`);
    await sleep(20);
  }
}
