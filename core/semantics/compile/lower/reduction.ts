/** Reductions over axes (ONNX Reduce*, opset 1 to 20). Sums are one Dot; extremes are a selection and a Gather. */
import { DTYPES, type Dtype } from '../../../commitment/dtype.ts';
import { elementCount, type Tensor } from '../../../tensor.ts';
import type { Builder } from '../builder.ts';
import type { Context, Lowering } from '../context.ts';
import { contraction, restore, sumOver } from '../contraction.ts';
import { integerContraction } from '../integerContraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { empty, expand, slice, squeeze, transpose } from '../value.ts';
import { reshaped } from './reshaping.ts';

type Extreme = 'ArgMax' | 'ArgMin';

/** A value with some axes moved to the end: what is kept is the space, the rest the inner space. */
function folded(value: Value, axes: readonly number[]) {
  const kept = value.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const view = transpose(value, [...kept, ...axes]);
  return { kept, view, space: view.shape.slice(0, kept.length), inner: view.shape.slice(kept.length) };
}

/** Flat number of the largest (or smallest) element over some axes, which become 1. The value has elements. */
export function extremeIndex(
  builder: Builder,
  kind: Extreme,
  value: Value,
  axes: readonly number[],
  dtype: 'int32' | 'int64',
): Value {
  const { kept, view, space, inner } = folded(value, axes);
  return restore(builder.emit({ kind, dtype, space, inner, operands: [view] }), value.shape.length, kept);
}

/** The largest (or smallest) value over some axes, which become 1: ArgMax, then Gather. The value has elements. */
export function extreme(builder: Builder, kind: Extreme, value: Value, axes: readonly number[]): Value {
  const { kept, view, space, inner } = folded(value, axes);
  const index = builder.emit({ kind, dtype: 'int32', space, inner, operands: [view] });
  const found = builder.emit({ kind: 'Gather', dtype: value.dtype, space, inner, operands: [view, index] });
  return restore(found, value.shape.length, kept);
}

/** The sum of x * y over some axes, which become 1; y absent: of x. float32 or a 32- or 64-bit integer. */
function sumOfProducts(builder: Builder, x: Value, y: Value | undefined, axes: readonly number[]): Value {
  const { kept, view, space, inner } = folded(x, axes);
  const other = y && folded(y, axes).view;
  const rank = x.shape.length;
  if (x.dtype === 'float32') {
    const right = other && { view: other };
    return restore(contraction(builder, { space, inner, left: { view }, right }), rank, kept);
  }
  const dtype = x.dtype as 'int32' | 'int64';
  const right = { view: other ?? expand(builder.scalar(dtype, 1), view.shape) };
  return restore(integerContraction(builder, { dtype, space, inner, left: { view }, right }), rank, kept);
}

interface Reduction {
  /** The opset in which `axes` became an input. */
  readonly inputSince: number;
  readonly dtypes: readonly Dtype[];
  /** What reducing no elements gives, as a scalar; undefined: the reduction handles that itself. */
  readonly ofNothing?: number | ((dtype: Dtype) => Tensor);
  /** The axes become 1. */
  readonly reduce: (c: Context, x: Value, axes: readonly number[]) => Value;
}

const SUMMED: readonly Dtype[] = ['float32', 'int32', 'int64'];
const FLOAT: readonly Dtype[] = ['float32'];
const ORDERED: readonly Dtype[] = ['float32', 'int32', 'int64', 'uint8', 'int8', 'bool'];

/** Axes are an attribute, then an input; none means all, unless noop_with_empty_axes says none. */
function reducedAxes(c: Context, x: Value, inputSince: number): number[] {
  const rank = x.shape.length;
  const named = c.listed('axes', 1, inputSince) ?? [];
  if (rank === 0 && named.every((axis) => axis === 0 || axis === -1)) return [];
  if (named.length > 0) return c.axes(named, rank).sort((a, b) => a - b);
  return c.opset >= inputSince && c.int('noop_with_empty_axes', 0) !== 0 ? [] : x.shape.map((_, axis) => axis);
}

function lowerReduction({ inputSince, dtypes, ofNothing, reduce }: Reduction): Lowering {
  return (c) => {
    const x = c.input(0, 'data');
    c.dtypes(dtypes, x);
    const axes = reducedAxes(c, x, inputSince);
    const shape = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    const done = (value: Value) => [c.int('keepdims', 1) === 0 ? squeeze(value, axes) : value];
    if (shape.includes(0)) return done(empty(x.dtype, shape));
    if (x.source === undefined && ofNothing !== undefined) {
      const { dtype } = x;
      const scalar =
        typeof ofNothing === 'number' ? c.builder.scalar(dtype, ofNothing) : c.builder.constant(ofNothing(dtype));
      return done(expand(scalar, shape));
    }
    return done(reduce(c, x, axes));
  };
}

const countOf = (x: Value, axes: readonly number[]) => elementCount(axes.map((axis) => x.shape[axis] as number));

/** The sum divided by the count; integers truncate. */
function mean(c: Context, x: Value, axes: readonly number[]): Value {
  const sum = sumOfProducts(c.builder, x, undefined, axes);
  return c.apply('Div', x.dtype, [sum, c.builder.scalar(x.dtype, countOf(x, axes))]);
}

/** By halves: the first half times the second, until one is left; an odd last element is multiplied at the end. */
function product(c: Context, x: Value, axes: readonly number[]): Value {
  const { kept, view, space } = folded(x, axes);
  let rest = reshaped(c, view, [...space, countOf(x, axes)]);
  const axis = space.length;
  const odd: Value[] = [];
  for (let count = rest.shape[axis] as number; count > 1; count = rest.shape[axis] as number) {
    const half = count >> 1;
    if (count % 2 === 1) odd.push(slice(rest, axis, count - 1, 1, 1));
    rest = c.apply('Mul', x.dtype, [slice(rest, axis, 0, 1, half), slice(rest, axis, half, 1, half)]);
  }
  const all = odd.reduce((done, value) => c.apply('Mul', x.dtype, [done, value]), rest);
  return restore(squeeze(all, [axis]), x.shape.length, kept);
}

/** max + Log(sum of Exp(x - max)); a maximum that is not finite counts as 0 there, so that infinities give infinities. */
function logSumExp(c: Context, x: Value, axes: readonly number[]): Value {
  const max = extreme(c.builder, 'ArgMax', x, axes);
  const finite = c.apply('Less', 'bool', [
    c.float32('Abs', max),
    c.builder.scalar('float32', Number.POSITIVE_INFINITY),
  ]);
  const shift = c.apply('Where', 'float32', [finite, max, c.builder.scalar('float32', 0)]);
  const powers = c.float32('Exp', c.float32('Sub', x, shift));
  return c.float32('Add', c.float32('Log', sumOver(c.builder, powers, axes)), shift);
}

/** What no element is beyond: an infinity, or the last of the integers. */
function bound(dtype: Dtype, least: boolean): Tensor {
  const { Data, min, max } = DTYPES[dtype];
  const data = new Data(1);
  const end = least ? min : max;
  if (data instanceof BigInt64Array) data[0] = end;
  else if (dtype === 'float32') data[0] = least ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  else data[0] = Number(end);
  return { dtype, shape: [], data };
}

const extremeReduction = (kind: Extreme): Reduction => ({
  inputSince: 18,
  dtypes: ORDERED,
  ofNothing: (dtype) => bound(dtype, kind === 'ArgMax'),
  reduce: (c, x, axes) => extreme(c.builder, kind, x, axes),
});

const sum = (c: Context, x: Value, axes: readonly number[]) => sumOfProducts(c.builder, x, undefined, axes);
const squares = (c: Context, x: Value, axes: readonly number[]) => sumOfProducts(c.builder, x, x, axes);

const REDUCTIONS: Readonly<Record<string, Reduction>> = {
  ReduceSum: { inputSince: 13, dtypes: SUMMED, ofNothing: 0, reduce: sum },
  ReduceMean: { inputSince: 18, dtypes: SUMMED, reduce: mean },
  ReduceProd: { inputSince: 18, dtypes: SUMMED, ofNothing: 1, reduce: product },
  ReduceL1: {
    inputSince: 18,
    dtypes: SUMMED,
    ofNothing: 0,
    reduce: (c, x, axes) => sum(c, c.apply('Abs', x.dtype, [x]), axes),
  },
  ReduceL2: {
    inputSince: 18,
    dtypes: FLOAT,
    ofNothing: 0,
    reduce: (c, x, axes) => c.float32('Sqrt', squares(c, x, axes)),
  },
  ReduceSumSquare: { inputSince: 18, dtypes: SUMMED, ofNothing: 0, reduce: squares },
  ReduceLogSum: {
    inputSince: 18,
    dtypes: FLOAT,
    ofNothing: Number.NEGATIVE_INFINITY,
    reduce: (c, x, axes) => c.float32('Log', sum(c, x, axes)),
  },
  ReduceLogSumExp: {
    inputSince: 18,
    dtypes: FLOAT,
    ofNothing: Number.NEGATIVE_INFINITY,
    reduce: logSumExp,
  },
  ReduceMax: extremeReduction('ArgMax'),
  ReduceMin: extremeReduction('ArgMin'),
};

export const reduction: Family = Object.fromEntries(
  Object.entries(REDUCTIONS).map(([name, facts]) => [name, { since: 1, lower: lowerReduction(facts) }]),
);
