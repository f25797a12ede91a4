/** Means and deviations over some axes of float32 values; reduced axes become 1. */
import { elementCount } from '../../../tensor.ts';
import { inverse } from '../broadcast.ts';
import type { Context } from '../context.ts';
import { contraction, inRuns, restore, sumOver } from '../contraction.ts';
import type { Value } from '../value.ts';
import { transpose } from '../value.ts';

const keptAxes = ({ shape }: Value, axes: readonly number[]) =>
  shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));

/** The same value with these axes side by side in memory: what follows it lies alike, so that several sums over them move it once. */
export function gathered(c: Context, x: Value, axes: readonly number[]): Value {
  if (x.source === undefined) return x;
  const kept = keptAxes(x, axes);
  const order = [...kept, ...axes];
  return transpose(inRuns(c.builder, { view: transpose(x, order) }, kept.length).view, inverse(order));
}

/** RN(RN(sum) / count). */
export function meanOver(c: Context, x: Value, axes: readonly number[]): Value {
  return c.float32('Div', sumOver(c.builder, x, axes), countOf(x, axes));
}

/** RN(sum of x^2): one Dot. */
export function sumOfSquares(c: Context, x: Value, axes: readonly number[]): Value {
  const kept = keptAxes(x, axes);
  const view = transpose(x, [...kept, ...axes]);
  const space = kept.map((axis) => x.shape[axis] as number);
  const inner = axes.map((axis) => x.shape[axis] as number);
  const sum = contraction(c.builder, { space, inner, left: { view }, right: { view } });
  return restore(sum, x.shape.length, kept);
}

export function meanOfSquares(c: Context, x: Value, axes: readonly number[]): Value {
  return c.float32('Div', sumOfSquares(c, x, axes), countOf(x, axes));
}

/**
 * d = x - mean, then d - mean(d): the second pass takes away what rounding the mean has left, which is all of the result where the mean
 * is far larger than the deviation.
 */
export function centred(
  c: Context,
  x: Value,
  axes: readonly number[],
): { mean: Value; centre: Value; variance: Value } {
  const data = gathered(c, x, axes);
  const mean = meanOver(c, data, axes);
  const rough = c.float32('Sub', data, mean);
  const centre = c.float32('Sub', rough, meanOver(c, rough, axes));
  return { mean, centre, variance: meanOfSquares(c, centre, axes) };
}

const countOf = (x: Value, axes: readonly number[]) => elementCount(axes.map((axis) => x.shape[axis] as number));
