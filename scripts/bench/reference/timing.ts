/** Best-of timing: other programs on the machine only ever slow a run down. */

/** Milliseconds of the fastest of enough runs to fill `seconds`, at least three; the first is not counted. */
export function best(work: () => unknown, seconds = 0.3): number {
  work();
  let least = Number.POSITIVE_INFINITY;
  const end = performance.now() + seconds * 1000;
  for (let run = 0; run < 3 || performance.now() < end; run++) {
    const began = performance.now();
    work();
    least = Math.min(least, performance.now() - began);
  }
  return least;
}

/** The same of something asynchronous. */
export async function bestOf(work: () => Promise<unknown>, seconds = 0.3): Promise<number> {
  await work();
  let least = Number.POSITIVE_INFINITY;
  const end = performance.now() + seconds * 1000;
  for (let run = 0; run < 3 || performance.now() < end; run++) {
    const began = performance.now();
    await work();
    least = Math.min(least, performance.now() - began);
  }
  return least;
}
