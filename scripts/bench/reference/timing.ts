/** Best-of timing: other programs on the machine only ever slow a run down. */

/** Kinds take this many turns each, so that a busy machine slows all alike. */
const TURNS = 6;

/**
 * Milliseconds of the fastest run of each kind; `seconds` are what a kind has in all. The first turn warms up (compilers of the engine
 * need one) and does not count; a turn has at least two runs, however long they take.
 */
export async function fastest<K extends string>(
  kinds: Readonly<Record<K, () => unknown>>,
  seconds: number,
): Promise<Record<K, number>> {
  const entries = Object.entries(kinds) as [K, () => unknown][];
  const least = Object.fromEntries(entries.map(([kind]) => [kind, Number.POSITIVE_INFINITY])) as Record<K, number>;
  for (let turn = 0; turn < TURNS; turn++)
    for (const [kind, work] of entries) {
      const end = performance.now() + (seconds * 1000) / TURNS;
      for (let run = 0; run < 2 || performance.now() < end; run++) {
        const began = performance.now();
        const made = work();
        if (made instanceof Promise) await made;
        const took = performance.now() - began;
        if (turn > 0) least[kind] = Math.min(least[kind], took);
      }
    }
  return least;
}
