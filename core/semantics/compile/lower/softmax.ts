/** Softmax (opset 1 to 13): Exp(x - max) over its sum. Before opset 13 the input is a matrix cut at `axis`. */
import { elementCount } from '../../../tensor.ts';
import type { Context, Lowering } from '../context.ts';
import { sumOver } from '../contraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { extreme } from './reduction.ts';
import { reshaped } from './reshaping.ts';

/** Exp(x - max) and its sum over the axes, and x - max. */
export function exponentials(c: Context, x: Value, axes: readonly number[]) {
  const shifted = c.float32('Sub', x, extreme(c.builder, 'ArgMax', x, axes));
  const powers = c.float32('Exp', shifted);
  return { shifted, powers, sum: sumOver(c.builder, powers, axes) };
}

/** The value as the operator sees it, the axes it works on, and the way back. */
export function alongAxis(c: Context): { x: Value; axes: number[]; back: (value: Value) => Value } {
  const x = c.input(0, 'input');
  c.dtypes(['float32'], x);
  const rank = x.shape.length;
  if (c.opset >= 13) return { x, axes: [c.axis(c.int('axis', -1), rank)], back: (value) => value };
  const axis = c.axis(c.int('axis', 1), rank);
  const matrix = reshaped(c, x, [elementCount(x.shape.slice(0, axis)), elementCount(x.shape.slice(axis))]);
  return { x: matrix, axes: [1], back: (value) => reshaped(c, value, x.shape) };
}

const softmaxOf: Lowering = (c) => {
  const { x, axes, back } = alongAxis(c);
  const { powers, sum } = exponentials(c, x, axes);
  return [back(c.float32('Div', powers, sum))];
};

export const softmax: Family = { Softmax: { since: 1, lower: softmaxOf } };
