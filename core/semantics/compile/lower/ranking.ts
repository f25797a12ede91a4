/** ArgMax, ArgMin (opset 1 to 13), TopK (opset 1 to 24) and CumSum (opset 11 to 14). */
import type { Dtype } from '../../../commitment/dtype.ts';
import { inverse } from '../broadcast.ts';
import type { Context, Lowering } from '../context.ts';
import { contraction } from '../contraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { empty, slice, squeeze, transpose } from '../value.ts';
import { extremeIndex } from './reduction.ts';

const ORDERED: readonly Dtype[] = ['float32', 'int32', 'int64', 'uint8', 'int8'];

/** The last of equal elements is the first of the axis read backwards. */
const arg =
  (kind: 'ArgMax' | 'ArgMin'): Lowering =>
  (c) => {
    const x = c.input(0, 'data');
    c.dtypes(ORDERED, x);
    const axis = c.axis(c.int('axis', 0), x.shape.length);
    const shaped = (value: Value) => [
      c.int('keepdims', 1) === 0 && x.shape.length > 0 ? squeeze(value, [axis]) : value,
    ];
    if (x.shape.length === 0) return shaped(c.builder.scalar('int64', 0));
    const dim = x.shape[axis] as number;
    if (dim === 0) c.refuse(`axis ${axis} of [${x.shape}] is empty`);
    if (x.source === undefined) return shaped(empty('int64', x.shape.with(axis, 1)));
    if (c.int('select_last_index', 0) === 0) return shaped(extremeIndex(c.builder, kind, x, [axis], 'int64'));
    const backwards = extremeIndex(c.builder, kind, slice(x, axis, dim - 1, -1, dim), [axis], 'int64');
    return shaped(c.apply('Sub', 'int64', [c.builder.scalar('int64', dim - 1), backwards]));
  };

/** k is an attribute before opset 10; smallest first since 11. `sorted` 0 leaves the order open: it is the sorted one. */
const topK: Lowering = (c) => {
  const x = c.input(0, 'X');
  c.dtypes(ORDERED, x);
  const rank = x.shape.length;
  const axis = c.axis(c.int('axis', -1), rank);
  if (c.opset >= 10 && c.has('k')) c.refuse('its K is an input since opset 10, not an attribute');
  const k = c.opset >= 10 ? (c.integer(1, 'K') ?? c.refuse('its K is missing')) : c.int('k', -1);
  const dim = x.shape[axis] ?? c.refuse('a scalar has no axis to rank');
  if (k < 0 || k > dim) c.refuse(`K = ${k} is outside an axis of ${dim}`);
  const shape = x.shape.with(axis, k);
  if (shape.includes(0)) return [empty(x.dtype, shape), empty('int64', shape)];
  const order = [...x.shape.map((_, i) => i).filter((i) => i !== axis), axis];
  const moved = transpose(x, order);
  const space = [...moved.shape.slice(0, -1), k];
  const view = {
    ...moved,
    shape: [...space, dim],
    strides: [...moved.strides.slice(0, -1), 0, moved.strides.at(-1) as number],
  };
  const attribute = c.int('largest', 1) === 0 ? 0 : 1;
  const inner = [dim];
  const index = c.builder.emit({ kind: 'TopK', dtype: 'int64', space, inner, attribute, operands: [view] });
  const values = c.builder.emit({ kind: 'Gather', dtype: x.dtype, space, inner, operands: [view, index] });
  const back = inverse(order);
  return [transpose(values, back), transpose(index, back)];
};

/** Element o sums the taps o - k (backwards: o + k) that exist: one exact sum per element, not a chain of roundings. */
const cumSum: Lowering = (c) => {
  const x = c.input(0, 'x');
  c.dtypes(['float32', 'int32', 'int64'], x);
  const rank = x.shape.length;
  const axis = c.axis(c.integer(1, 'axis') ?? c.refuse('its axis is missing'), rank);
  if (rank === 0 || x.source === undefined) return [x];
  return [running(c, x, axis, c.int('exclusive', 0) !== 0, c.int('reverse', 0) !== 0)];
};

function running(c: Context, x: Value, axis: number, exclusive: boolean, reverse: boolean): Value {
  const dim = x.shape[axis] as number;
  const step = reverse ? 1 : -1;
  const guard = {
    outer: axis,
    outerStep: 1,
    inner: 0,
    innerStep: step,
    offset: exclusive ? step : 0,
    divisor: 1,
    extent: dim,
    stride: x.strides[axis] as number,
  };
  const view = { ...x, shape: [...x.shape, dim], strides: [...x.strides.with(axis, 0), 0] };
  const left = { view, guards: [guard] };
  const { dtype, shape: space } = x;
  if (dtype === 'float32') return contraction(c.builder, { space, inner: [dim], left });
  const operands = [left, undefined, undefined, undefined, undefined];
  return c.builder.emit({ kind: 'IntegerDot', dtype, space, inner: [dim], operands });
}

export const ranking: Family = {
  ArgMax: { since: 1, lower: arg('ArgMax') },
  ArgMin: { since: 1, lower: arg('ArgMin') },
  TopK: { since: 1, lower: topK },
  CumSum: { since: 11, lower: cumSum },
};
