/**
 * Values while compiling: a strided view of what an operator, a constant or an input holds. Transposing, slicing, expanding and most
 * reshaping only change the view; nothing is moved until somebody needs other strides.
 */
import type { Dtype } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import type { Source } from '../program.ts';
import { rowMajor } from '../shape.ts';

export interface Value {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Undefined: the value has no elements. */
  readonly source: Source | undefined;
  /** Elements of the source. */
  readonly elements: number;
  readonly base: number;
  readonly strides: readonly number[];
}

/** All of a source, in its own order. */
export function whole(source: Source | undefined, dtype: Dtype, shape: readonly number[]): Value {
  return { dtype, shape, source, elements: elementCount(shape), base: 0, strides: rowMajor(shape) };
}

export const empty = (dtype: Dtype, shape: readonly number[]): Value => whole(undefined, dtype, shape);

/** Whether the view is the whole source in row-major order. */
export function isWhole({ shape, elements, base, strides }: Value): boolean {
  if (base !== 0 || elementCount(shape) !== elements) return false;
  const wanted = rowMajor(shape);
  return shape.every((dim, i) => dim === 1 || strides[i] === wanted[i]);
}

export function transpose(value: Value, order: readonly number[]): Value {
  return {
    ...value,
    shape: order.map((axis) => value.shape[axis] as number),
    strides: order.map((axis) => value.strides[axis] as number),
  };
}

/** Elements start, start + step, ... of one axis, `count` of them; step may be negative. */
export function slice(value: Value, axis: number, start: number, step: number, count: number): Value {
  const shape = value.shape.with(axis, count);
  if (count === 0) return empty(value.dtype, shape);
  const stride = value.strides[axis] as number;
  return { ...value, shape, base: value.base + start * stride, strides: value.strides.with(axis, stride * step) };
}

/** Repeats axes of 1 (and missing leading ones) up to `shape`; the caller has checked that they fit. */
export function expand(value: Value, shape: readonly number[]): Value {
  if (shape.includes(0)) return empty(value.dtype, shape);
  const missing = shape.length - value.shape.length;
  const strides = shape.map((dim, i) => {
    const own = value.shape[i - missing] ?? 1;
    return own === 1 && dim !== 1 ? 0 : i < missing ? 0 : (value.strides[i - missing] as number);
  });
  return { ...value, shape, strides };
}

/** Inserts an axis of 1. */
export function unsqueeze(value: Value, axis: number): Value {
  return { ...value, shape: value.shape.toSpliced(axis, 0, 1), strides: value.strides.toSpliced(axis, 0, 0) };
}

export function squeeze(value: Value, axes: readonly number[]): Value {
  const kept = (_: unknown, i: number) => !axes.includes(i);
  return { ...value, shape: value.shape.filter(kept), strides: value.strides.filter(kept) };
}

/**
 * The same elements in another shape, without moving them; undefined if no strides do that. Axes of the old shape are grouped
 * with axes of the new one that hold as many elements; a group of old axes must be one run.
 */
export function reshapeView(value: Value, shape: readonly number[]): Value | undefined {
  if (value.source === undefined) return empty(value.dtype, shape);
  const strides = new Array<number>(shape.length).fill(0);
  const old = value.shape.map((dim, i) => ({ dim, stride: value.strides[i] as number })).filter(({ dim }) => dim !== 1);
  let next = 0;
  for (let i = 0; i < shape.length; ) {
    if (shape[i] === 1) {
      i++;
      continue;
    }
    const first = next;
    let oldCount = old[next++]?.dim ?? 1;
    let end = i + 1;
    let newCount = shape[i] as number;
    while (oldCount !== newCount) {
      if (oldCount < newCount) oldCount *= old[next++]?.dim ?? Number.POSITIVE_INFINITY;
      else newCount *= shape[end++] ?? Number.POSITIVE_INFINITY;
    }
    const group = old.slice(first, next);
    const runs = group.every(({ dim, stride }, g) => g === 0 || (group[g - 1]?.stride as number) === dim * stride);
    if (!runs) return undefined;
    let stride = group.at(-1)?.stride ?? 0;
    for (let axis = end - 1; axis >= i; axis--) {
      strides[axis] = stride;
      stride *= shape[axis] as number;
    }
    i = end;
  }
  return { ...value, shape, strides };
}
