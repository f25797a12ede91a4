/** Emits IntegerDots: operands with the contraction last and in one run, long contractions as a chain. */
import { elementCount } from '../../tensor.ts';
import { MAX_TERMS } from '../program.ts';
import type { Builder, Operand } from './builder.ts';
import { inRuns } from './contraction.ts';
import type { Value } from './value.ts';
import { empty, expand, slice } from './value.ts';

export interface IntegerContraction {
  readonly dtype: 'int32' | 'int64';
  readonly space: readonly number[];
  readonly inner: readonly number[];
  /** Views over space and inner; broadcast axes have stride 0. The last inner axis has no guard. */
  readonly left: Operand;
  readonly right: Operand;
  /** Of the dtypes of left and right, broadcast to the space. */
  readonly leftZero?: Value | undefined;
  readonly rightZero?: Value | undefined;
  /** Of `dtype`, broadcast to the space. */
  readonly bias?: Value | undefined;
}

/**
 * bias + sum over inner of (left - leftZero) * (right - rightZero), modulo 2^32 or 2^64; taps that a guard leaves out add nothing. The
 * value has the shape of the space. Sums are exact, so a long contraction is cut along its last axis, each piece the bias of the next.
 */
export function integerContraction(builder: Builder, contraction: IntegerContraction): Value {
  const { dtype, space, inner, leftZero, rightZero } = contraction;
  if (space.includes(0)) return empty(dtype, space);
  const bias = contraction.bias && expand(contraction.bias, space);
  if (inner.includes(0)) return bias ?? expand(builder.scalar(dtype, 0), space);
  const [left, right] = [contraction.left, contraction.right].map((operand) => inRuns(builder, operand, space.length));
  const zeros = [leftZero && expand(leftZero, space), rightZero && expand(rightZero, space)];
  const last = inner.at(-1) ?? 1;
  const others = elementCount(inner) / last;
  const piece = Math.max(1, Math.floor(MAX_TERMS / others));
  let sum = bias;
  for (let from = 0; from < last; from += piece) {
    const count = Math.min(piece, last - from);
    const part = (operand: Operand): Operand =>
      inner.length === 0
        ? operand
        : { ...operand, view: slice(operand.view, operand.view.shape.length - 1, from, 1, count) };
    sum = builder.emit({
      kind: 'IntegerDot',
      dtype,
      space,
      inner: inner.length === 0 ? [] : inner.with(-1, count),
      operands: [part(left as Operand), part(right as Operand), ...zeros, sum],
    });
  }
  return sum as Value;
}
