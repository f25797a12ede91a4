/** Emits Dots: operands with the contraction last and in one run, long contractions over ranges of 8,192 terms. */
import { elementCount } from '../../tensor.ts';
import { MAX_TERMS } from '../program.ts';
import { rowMajor } from '../shape.ts';
import type { Builder, Operand } from './builder.ts';
import type { Value } from './value.ts';
import { empty, expand, transpose } from './value.ts';

export interface Contraction {
  readonly space: readonly number[];
  readonly inner: readonly number[];
  /** Views over space and inner; broadcast axes have stride 0. */
  readonly left: Operand;
  /** Absent: a sum of the left terms. */
  readonly right?: Operand | undefined;
  /** float32, broadcast to the space. */
  readonly bias?: Value | undefined;
}

/** RN(bias + sum over inner of left * right); the value has the shape of the space. */
export function contraction(builder: Builder, { space, inner, left, right, bias }: Contraction): Value {
  if (space.includes(0)) return empty('float32', space);
  if (inner.includes(0)) return expand(bias ?? builder.scalar('float32', 0), space);
  const operands = [inRuns(builder, left, space.length), right && inRuns(builder, right, space.length)] as const;
  const added = bias && expand(bias, space);
  const terms = elementCount(inner);
  if (terms <= MAX_TERMS)
    return builder.emit({ kind: 'Dot', dtype: 'float32', space, inner, operands: [...operands, added] });
  const ranges = Math.ceil(terms / MAX_TERMS);
  const partial = builder.emit({
    kind: 'Dot',
    dtype: 'float32',
    space: [...space, ranges],
    inner,
    attribute: 1,
    operands: [...operands.map((operand) => operand && withRange(operand, space.length)), undefined],
  });
  return contraction(builder, { space, inner: [ranges], left: { view: partial }, bias });
}

/** The operand does not depend on which range it is read for: only the taps do. */
function withRange({ view, guards = [] }: Operand, rank: number): Operand {
  return {
    view: { ...view, shape: view.shape.toSpliced(rank, 0, 1), strides: view.strides.toSpliced(rank, 0, 0) },
    guards,
  };
}

/**
 * A Dot opens its operands leaf by leaf, so its terms must lie side by side. An operand whose last inner axis has another stride
 * than 1 is moved once, contraction last (weights: when compiling). Operands with guards are laid out by their lowering.
 */
export function inRuns(builder: Builder, operand: Operand, rank: number): Operand {
  const { view, guards = [] } = operand;
  const used = view.shape.map((_, axis) => axis).filter((axis) => view.shape[axis] !== 1 && view.strides[axis] !== 0);
  const contracted = used.filter((axis) => axis >= rank);
  const last = contracted.at(-1);
  if (guards.length > 0 || last === undefined || isRun(view, contracted)) return operand;
  const order = [...used.filter((axis) => axis < rank), ...contracted];
  const dense = {
    ...view,
    shape: order.map((axis) => view.shape[axis] as number),
    strides: order.map((axis) => view.strides[axis] as number),
  };
  const moved = builder.materialise(dense);
  const strides = rowMajor(dense.shape);
  const placed = new Array<number>(view.shape.length).fill(0);
  order.forEach((axis, i) => {
    placed[axis] = strides[i] as number;
  });
  return { view: { ...moved, shape: view.shape, strides: placed } };
}

/** The contracted axes are one dense run of addresses. */
function isRun(view: Value, axes: readonly number[]): boolean {
  let stride = 1;
  for (const axis of axes.toReversed()) {
    if (view.strides[axis] !== stride) return false;
    stride *= view.shape[axis] as number;
  }
  return true;
}

/** RN of the sum over some axes, which become 1. */
export function sumOver(builder: Builder, value: Value, axes: readonly number[]): Value {
  const kept = value.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const view = transpose(value, [...kept, ...axes]);
  const space = kept.map((axis) => value.shape[axis] as number);
  const inner = axes.map((axis) => value.shape[axis] as number);
  const sum = contraction(builder, { space, inner, left: { view } });
  return restore(sum, value.shape.length, kept);
}

/** Puts axes of 1 back where axes were reduced away. */
export function restore(value: Value, rank: number, kept: readonly number[]): Value {
  const shape = new Array<number>(rank).fill(1);
  const strides = new Array<number>(rank).fill(0);
  kept.forEach((axis, i) => {
    shape[axis] = value.shape[i] as number;
    strides[axis] = value.strides[i] as number;
  });
  return { ...value, shape, strides };
}
