/** Softmax, LogSoftmax and Hardmax (opset 1 to 13). Before opset 13 the input is a matrix cut at `axis`. */
import { elementCount } from '../../../tensor.ts';
import type { Context, Lowering } from '../context.ts';
import { restore, sumOver } from '../contraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { empty, transpose } from '../value.ts';
import { extreme } from './reduction.ts';
import { reshaped } from './reshaping.ts';

/** Exp(x - max) and its sum over the axes, and x - max. x has elements. */
function exponentials(c: Context, x: Value, axes: readonly number[]) {
  const shifted = c.float32('Sub', x, extreme(c.builder, 'ArgMax', x, axes));
  const powers = c.float32('Exp', shifted);
  return { shifted, powers, sum: sumOver(c.builder, powers, axes) };
}

/** A function along one axis of a value that has elements; before opset 13 along the rows of a matrix. */
const alongAxis =
  (apply: (c: Context, x: Value, axis: number) => Value): Lowering =>
  (c) => {
    const x = c.input(0, 'input');
    c.dtypes(['float32'], x);
    const axis = c.axis(c.int('axis', c.opset >= 13 ? -1 : 1), x.shape.length);
    if (x.source === undefined) return [empty('float32', x.shape)];
    if (c.opset >= 13) return [apply(c, x, axis)];
    const matrix = reshaped(c, x, [elementCount(x.shape.slice(0, axis)), elementCount(x.shape.slice(axis))]);
    return [reshaped(c, apply(c, matrix, 1), x.shape)];
  };

/** Exp(x - max) / sum. */
const softmaxOf = alongAxis((c, x, axis) => {
  const { powers, sum } = exponentials(c, x, [axis]);
  return c.float32('Div', powers, sum);
});

/** (x - max) - Log(sum). */
const logSoftmax = alongAxis((c, x, axis) => {
  const { shifted, sum } = exponentials(c, x, [axis]);
  return c.float32('Sub', shifted, c.float32('Log', sum));
});

/** Candidates that are numbered in a constant, which the file does not pay for. */
const MAX_CANDIDATES = 2 ** 24;

/** 1 where the first of the largest elements is, +0 elsewhere. */
const hardmax = alongAxis((c, x, axis) => {
  const count = x.shape[axis] as number;
  if (count > MAX_CANDIDATES) c.refuse(`${count} candidates are more than ${MAX_CANDIDATES}`);
  const shape = x.shape.map((_, i) => (i === axis ? count : 1));
  const numbers = c.builder.constant({ dtype: 'int32', shape, data: Int32Array.from({ length: count }, (_, i) => i) });
  const kept = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const space = kept.map((i) => x.shape[i] as number);
  const operands = [transpose(x, [...kept, axis])];
  const index = c.builder.emit({ kind: 'ArgMax', dtype: 'int32', space, inner: [count], operands });
  const chosen = c.apply('Equal', 'bool', [restore(index, x.shape.length, kept), numbers]);
  return c.apply('Cast', 'float32', [chosen]);
});

export const softmax: Family = {
  Softmax: { since: 1, lower: softmaxOf },
  LogSoftmax: { since: 1, lower: logSoftmax },
  Hardmax: { since: 1, lower: hardmax },
};
