/** Reductions over axes. */
import { elementCount } from '../../../tensor.ts';
import type { Builder } from '../builder.ts';
import type { Context, Lowering } from '../context.ts';
import { restore, sumOver } from '../contraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { squeeze, transpose } from '../value.ts';

/** The largest (or smallest) value over some axes, which become 1: ArgMax, then Gather. */
export function extreme(builder: Builder, kind: 'ArgMax' | 'ArgMin', value: Value, axes: readonly number[]): Value {
  const kept = value.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const view = transpose(value, [...kept, ...axes]);
  const space = kept.map((axis) => value.shape[axis] as number);
  const inner = axes.map((axis) => value.shape[axis] as number);
  const index = builder.emit({ kind, dtype: 'int32', space, inner, operands: [view] });
  const found = builder.emit({ kind: 'Gather', dtype: value.dtype, space, inner, operands: [view, index] });
  return restore(found, value.shape.length, kept);
}

/** The axes of a reduction: an attribute before, an input since opset 18 (ReduceSum: 13). All axes if none are named. */
export function reducedAxes(c: Context, x: Value, inputSince: number): number[] {
  const rank = x.shape.length;
  const named = (c.opset >= inputSince ? c.integers(1, 'axes') : c.ints('axes')) ?? [];
  if (named.length > 0) return c.axes(named, rank).sort((a, b) => a - b);
  return c.opset >= inputSince && c.int('noop_with_empty_axes', 0) !== 0 ? [] : x.shape.map((_, axis) => axis);
}

const keep = (c: Context, value: Value, axes: readonly number[]) =>
  c.int('keepdims', 1) === 0 ? squeeze(value, axes) : value;

const reduceSum: Lowering = (c) => {
  const x = c.input(0, 'data');
  c.dtypes(['float32'], x);
  const axes = reducedAxes(c, x, 13);
  return [keep(c, sumOver(c.builder, x, axes), axes)];
};

const reduceMean: Lowering = (c) => {
  const x = c.input(0, 'data');
  c.dtypes(['float32'], x);
  const axes = reducedAxes(c, x, 18);
  const count = elementCount(axes.map((axis) => x.shape[axis] as number));
  return [keep(c, c.float32('Div', sumOver(c.builder, x, axes), count), axes)];
};

export const reduction: Family = {
  ReduceSum: { since: 1, lower: reduceSum },
  ReduceMean: { since: 1, lower: reduceMean },
};
