/** Other shapes of the same elements: Reshape, Flatten, Squeeze, Unsqueeze, Transpose, Identity. */
import { elementCount } from '../../../tensor.ts';
import type { Context, Lowering } from '../context.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { reshapeView, transpose } from '../value.ts';

/** Row-major elements in another shape: a view where strides can say it, one Move otherwise. */
export function reshaped(c: Context, value: Value, shape: readonly number[]): Value {
  return reshapeView(value, shape) ?? (reshapeView(c.builder.materialise(value), shape) as Value);
}

const flatten: Lowering = (c) => {
  const x = c.input(0, 'input');
  const axis = c.int('axis', 1);
  const rank = x.shape.length;
  const cut = axis < 0 ? axis + rank : axis;
  if (cut < 0 || cut > rank) c.refuse(`axis ${axis} is outside a rank of ${rank}`);
  return [reshaped(c, x, [elementCount(x.shape.slice(0, cut)), elementCount(x.shape.slice(cut))])];
};

/** Opset 1 to 25: 0 keeps a dimension unless allowzero, -1 is what is left. */
const reshape: Lowering = (c) => {
  const x = c.input(0, 'data');
  const wanted = (c.inputs.length > 1 ? c.integers(1, 'shape') : c.ints('shape')) ?? c.refuse('its shape is missing');
  const zero = c.int('allowzero', 0) !== 0;
  const shape = wanted.map((dim, i) =>
    dim === 0 && !zero ? (x.shape[i] ?? c.refuse(`dimension ${i} has nothing to keep`)) : dim,
  );
  const open = shape.indexOf(-1);
  const total = elementCount(x.shape);
  if (open >= 0) {
    const rest = elementCount(shape.toSpliced(open, 1));
    shape[open] = rest === 0 ? 0 : total / rest;
  }
  if (shape.some((dim) => !Number.isInteger(dim) || dim < 0) || elementCount(shape) !== total)
    c.refuse(`[${x.shape}] cannot be [${wanted}]`);
  return [reshaped(c, x, shape)];
};

const transposed: Lowering = (c) => {
  const x = c.input(0, 'data');
  const rank = x.shape.length;
  const order = c.ints('perm') ?? x.shape.map((_, i) => rank - 1 - i);
  if (order.length !== rank || new Set(order).size !== rank || order.some((axis) => !(axis >= 0 && axis < rank)))
    c.refuse(`perm [${order}] is no permutation of ${rank} axes`);
  return [transpose(x, order)];
};

export const reshaping: Family = {
  Identity: { since: 1, lower: (c) => [c.input(0, 'input')] },
  Flatten: { since: 1, lower: flatten },
  Reshape: { since: 1, lower: reshape },
  Transpose: { since: 1, lower: transposed },
};
