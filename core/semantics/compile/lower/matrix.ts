/** MatMul (ONNX opset 1 to 13) and Gemm (1 to 13): Dots over the shared axis, IntegerDots for int32 and int64. */
import type { Dtype } from '../../../commitment/dtype.ts';
import { broadcastShape } from '../broadcast.ts';
import type { Operand } from '../builder.ts';
import type { Context, Lowering } from '../context.ts';
import { contraction } from '../contraction.ts';
import { integerContraction } from '../integerContraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { expand, reshapeView, squeeze, transpose, unsqueeze } from '../value.ts';

const SUMMED: readonly Dtype[] = ['float32', 'int32', 'int64'];

interface Product {
  /** [batch..., rows, columns]. */
  readonly space: readonly number[];
  readonly inner: readonly number[];
  readonly left: Operand;
  readonly right: Operand;
  /** Takes the axes away that stand for a vector. */
  readonly shaped: (result: Value) => Value;
}

/** numpy.matmul: a vector on the left is a row, on the right a column, and that axis vanishes again. */
function productOf(c: Context, a: Value, b: Value): Product {
  if (a.shape.length === 0 || b.shape.length === 0) c.refuse('a scalar has no matrix product');
  const x = a.shape.length === 1 ? unsqueeze(a, 0) : a;
  const y = b.shape.length === 1 ? unsqueeze(b, 1) : b;
  const [rows, terms] = x.shape.slice(-2) as [number, number];
  const [depth, columns] = y.shape.slice(-2) as [number, number];
  const batch = broadcastShape([x.shape.slice(0, -2), y.shape.slice(0, -2)]);
  if (terms !== depth || batch === undefined) return c.refuse(`[${a.shape}] and [${b.shape}] have no matrix product`);
  const space = [...batch, rows, columns];
  const left = expand(unsqueeze(x, x.shape.length - 1), [...space, terms]);
  const flipped = transpose(y, [...y.shape.slice(0, -2).map((_, i) => i), y.shape.length - 1, y.shape.length - 2]);
  const right = expand(unsqueeze(flipped, y.shape.length - 2), [...space, terms]);
  const rank = space.length;
  const extra = [...(a.shape.length === 1 ? [rank - 2] : []), ...(b.shape.length === 1 ? [rank - 1] : [])];
  return {
    space,
    inner: [terms],
    left: { view: left },
    right: { view: right },
    shaped: (result) => squeeze(result, extra),
  };
}

const matmul: Lowering = (c) => {
  const [a, b] = [c.input(0, 'A'), c.input(1, 'B')];
  c.dtypes(SUMMED, a, b);
  if (a.dtype !== b.dtype) c.refuse(`its inputs are ${a.dtype} and ${b.dtype}`);
  if (a.dtype !== 'float32') return [integerProduct(c, a.dtype as 'int32' | 'int64', a, b)];
  const { space, inner, left, right, shaped } = productOf(c, a, b);
  return [shaped(contraction(c.builder, { space, inner, left, right }))];
};

/**
 * The product of (a - aZero) and (b - bZero), modulo 2^32 or 2^64. A zero point is one for the whole matrix, a vector (of rows of a, columns
 * of b), or of the rank of its matrix with 1 along the shared axis.
 */
export function integerProduct(
  c: Context,
  dtype: 'int32' | 'int64',
  a: Value,
  b: Value,
  aZero?: Value,
  bZero?: Value,
): Value {
  const { space, inner, left, right, shaped } = productOf(c, a, b);
  const placed = (zero: Value | undefined, rows: boolean) => {
    if (zero === undefined) return undefined;
    const one = zero.shape.length <= 1 && zero.shape.every((dim) => dim === 1);
    const at = one ? (reshapeView(zero, []) as Value) : rows && zero.shape.length === 1 ? unsqueeze(zero, 1) : zero;
    if (broadcastShape([at.shape, space])?.join() !== space.join())
      c.refuse(`a zero point of shape [${zero.shape}] does not fit a product of [${space}]`);
    return at;
  };
  const [leftZero, rightZero] = [placed(aZero, true), placed(bZero, false)];
  return shaped(integerContraction(c.builder, { dtype, space, inner, left, right, leftZero, rightZero }));
}

/**
 * alpha * A' * B' + beta * C. With alpha = beta = 1, C is the bias of the Dots: one rounding. Otherwise the product, the scaled product,
 * the scaled C and their sum are rounded each. Integers (alpha and beta 1 or 0) stay exact.
 */
const gemm: Lowering = (c) => {
  const [a, b, added] = [c.input(0, 'A'), c.input(1, 'B'), c.inputs[2]];
  c.dtypes(SUMMED, a, b, ...(added ? [added] : []));
  const dtype = a.dtype as 'float32' | 'int32' | 'int64';
  if (b.dtype !== dtype || (added && added.dtype !== dtype)) c.refuse('its inputs are of different types');
  if (a.shape.length !== 2 || b.shape.length !== 2) c.refuse(`[${a.shape}] and [${b.shape}] are not matrices`);
  const x = c.int('transA', 0) === 0 ? a : transpose(a, [1, 0]);
  const y = c.int('transB', 0) === 0 ? b : transpose(b, [1, 0]);
  const { space, inner, left, right } = productOf(c, x, y);
  const [alpha, beta] = [c.float('alpha', 1), c.float('beta', 1)];
  if (added && broadcastShape([space, added.shape])?.join() !== space.join())
    c.refuse(`C [${added.shape}] does not broadcast to [${space}]`);
  const bias = added && beta !== 0 ? expand(added, space) : undefined;
  if (dtype !== 'float32') {
    if (alpha !== 1 || (bias && beta !== 1))
      c.refuse(`alpha ${alpha} and beta ${beta} of an integer product are not 1`);
    return [integerContraction(c.builder, { dtype, space, inner, left, right, bias })];
  }
  const inBias = bias !== undefined && alpha === 1 && beta === 1;
  const dots = contraction(c.builder, { space, inner, left, right, bias: inBias ? bias : undefined });
  if (inBias) return [dots];
  const scaled = alpha === 1 ? dots : c.float32('Mul', dots, alpha);
  if (bias === undefined) return [scaled];
  return [c.float32('Add', scaled, beta === 1 ? bias : c.float32('Mul', added as Value, beta))];
};

export const matrix: Family = { MatMul: { since: 1, lower: matmul }, Gemm: { since: 1, lower: gemm } };
