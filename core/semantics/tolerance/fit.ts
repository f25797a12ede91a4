/** Chooses a tolerance from what was measured: which pair (atol, rtol) leaves the least room and still holds with a margin. */
import type { PublishedTolerance } from '../../protocol/publishedTolerance.ts';
import { packToleranceUp } from '../../protocol/publishedTolerance.ts';
import type { Tensor } from '../../tensor.ts';
import type { Tolerance } from '../../tolerance.ts';

/** A tolerance holds at so many times the largest deviation that was seen. */
export const MARGIN = 8;

/**
 * No tolerance that allows anything is narrower than this near 0: kernels flush or clamp what is below float32's normal range
 * (2^-126), for instance the tail of a softmax, and no sample need show it.
 */
export const LEAST_ATOL = 2 ** -120;

/** Of one output element: |reference| and the largest |result - reference| over all ways of running the model. */
export interface Deviations {
  readonly size: Float64Array;
  readonly deviation: Float64Array;
}

/** Infinity where non-finite values do not match. Integers and bools deviate by Infinity or not at all: nothing excuses them. */
export function deviationsOf(reference: Tensor, results: readonly Tensor[]): Deviations {
  const count = reference.data.length;
  const size = new Float64Array(count);
  const deviation = new Float64Array(count);
  const float = reference.dtype === 'float32';
  for (let i = 0; i < count; i++) {
    const r = reference.data[i] as number | bigint;
    if (float) size[i] = Number.isFinite(r) ? Math.abs(r as number) : 0;
    for (const { data } of results) {
      const y = data[i] as number | bigint;
      if (Object.is(y, r) || y === r) continue;
      const distance =
        float && Number.isFinite(y) && Number.isFinite(r) ? Math.abs((y as number) - (r as number)) : Infinity;
      deviation[i] = Math.max(deviation[i] as number, distance);
    }
  }
  return { size, deviation };
}

/** 0, then 2^-27 to 2^-3 in quarters of an octave: from half an ulp to where a tolerance says nothing any more. */
const RTOLS = [0, ...Array.from({ length: 97 }, (_, i) => 2 ** (i / 4 - 27))];
/** Elements that the width of a tolerance is judged by: more do not change a mean. */
const JUDGED = 2 ** 16;

/**
 * For each rtol of a grid, the least atol that holds at MARGIN times every deviation; of these pairs the one with the smallest
 * geometric mean width atol + rtol * |reference| over the elements, ties to the smaller atol. The mean is geometric because a
 * cheat has to be seen somewhere: many narrow elements are worth more than one wide one is bad. So outputs whose
 * error grows with them (softmax, positive regressions) get a relative tolerance with atol near 0, others (sigmoid heads, logits)
 * an absolute one. Undefined: some deviation is infinite, no tolerance holds. Nothing deviated: 0, 0.
 */
export function fitTolerance(samples: readonly Deviations[]): PublishedTolerance | undefined {
  let worst = 0;
  for (const { deviation } of samples) for (const d of deviation) worst = Math.max(worst, d);
  if (worst === 0) return { atol: 0, rtol: 0 };
  if (worst === Number.POSITIVE_INFINITY) return undefined;
  const judged = sizesOf(samples);
  let best: Tolerance | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const rel of RTOLS) {
    const abs = Math.max(LEAST_ATOL, leastAtol(samples, rel));
    const width = judged.reduce((sum, size) => sum + Math.log2(abs + rel * size), 0);
    // Widths that are equal but for rounding are a tie.
    const narrower = width < least - 1e-9 * judged.length;
    if (narrower || (width < least + 1e-9 * judged.length && abs < (best?.abs ?? Infinity))) best = { abs, rel };
    least = Math.min(least, width);
  }
  return best && packed(best);
}

/** More than what two roundings of float64 lose. */
const SURE = 2 ** -50;

function leastAtol(samples: readonly Deviations[], rel: number): number {
  let abs = 0;
  for (const { size, deviation } of samples)
    for (let i = 0; i < size.length; i++)
      abs = Math.max(abs, MARGIN * (deviation[i] as number) * (1 + SURE) - rel * (size[i] as number) * (1 - SURE));
  return abs;
}

/** At most JUDGED of all elements' sizes, evenly chosen. */
function sizesOf(samples: readonly Deviations[]): number[] {
  const total = samples.reduce((sum, { size }) => sum + size.length, 0);
  const step = Math.max(1, Math.ceil(total / JUDGED));
  const sizes: number[] = [];
  let at = 0;
  for (const { size } of samples) for (const one of size) if (at++ % step === 0) sizes.push(one);
  return sizes;
}

/** Undefined: the margin is beyond float32's range. */
function packed(tolerance: Tolerance): PublishedTolerance | undefined {
  return tolerance.abs < 2 ** 127 ? packToleranceUp(tolerance) : undefined;
}
