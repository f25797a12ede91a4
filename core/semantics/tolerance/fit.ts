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

/**
 * Every element counts as off by a unit in the last place at least: where floats are computed another machine may round otherwise,
 * although no sample shows it.
 */
export function withRounding({ size, deviation }: Deviations): Deviations {
  return { size, deviation: deviation.map((d, i) => Math.max(d, (size[i] as number) * 2 ** -23)) };
}

/** 0, then 2^-27 to 2^-3 in quarters of an octave: from half an ulp to where a tolerance says nothing any more. */
const RTOLS = [0, ...Array.from({ length: 97 }, (_, i) => 2 ** (i / 4 - 27))];
/** Elements that the width of a tolerance is judged by: more do not change a mean. */
const JUDGED = 2 ** 16;
/** Beyond this factor over or under the tolerance a cheat is as good as caught or not there. */
const CLEAR_LOG2 = 20;

/**
 * For each rtol of a grid, the least atol that holds at MARGIN times every deviation; of these pairs the one that serves its purpose
 * best: that catches most of the `cheats` (items computed in a way that is to be excluded), then exceeds the tolerance by
 * most in the geometric mean over them, then is the narrowest in the geometric mean over all elements, then has the smallest atol.
 * Undefined: some deviation is infinite, no tolerance holds. Nothing deviated: 0, 0.
 */
export function fitTolerance(
  samples: readonly Deviations[],
  cheats: readonly Deviations[] = [],
): PublishedTolerance | undefined {
  let worst = 0;
  for (const { deviation } of samples) for (const d of deviation) worst = Math.max(worst, d);
  if (worst === 0) return { atol: 0, rtol: 0 };
  if (worst === Number.POSITIVE_INFINITY) return undefined;
  const judged = sizesOf(samples);
  let best: (Tolerance & { readonly merits: readonly number[] }) | undefined;
  for (const rel of RTOLS) {
    const abs = Math.max(LEAST_ATOL, leastAtol(samples, rel));
    const merits = [...meritsOf(cheats, abs, rel), -widthOf(judged, abs, rel), -abs];
    if (best === undefined || isBetter(merits, best.merits)) best = { abs, rel, merits };
  }
  return best && packed(best);
}

/** In order of weight; what differs by rounding alone is equal. */
function isBetter(merits: readonly number[], than: readonly number[]): boolean {
  for (const [i, merit] of merits.entries()) {
    const difference = merit - (than[i] as number);
    if (Math.abs(difference) > 1e-9 * Math.abs(merit)) return difference > 0;
  }
  return false;
}

/** How many cheats are caught, and the mean of log2 of their excess. */
function meritsOf(cheats: readonly Deviations[], abs: number, rel: number): [number, number] {
  let caught = 0;
  let excess = 0;
  for (const cheat of cheats) {
    const ratio = excessOf(cheat, { abs, rel });
    if (ratio > 1) caught++;
    excess += Math.max(-CLEAR_LOG2, Math.min(CLEAR_LOG2, Math.log2(ratio)));
  }
  return [caught, cheats.length === 0 ? 0 : excess / cheats.length];
}

/** Largest deviation over allowance, in float64: above 1, the elements are outside the tolerance. */
export function excessOf({ size, deviation }: Deviations, { abs, rel }: Tolerance): number {
  let most = 0;
  for (let i = 0; i < size.length; i++) {
    const d = deviation[i] as number;
    if (d > 0) most = Math.max(most, d / (abs + rel * (size[i] as number)));
  }
  return most;
}

function widthOf(sizes: readonly number[], abs: number, rel: number): number {
  return sizes.reduce((sum, size) => sum + Math.log2(abs + rel * size), 0) / Math.max(1, sizes.length);
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
