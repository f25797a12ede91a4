/** Elements along one axis by constant indices: a view where they are evenly spaced, else one Gather. */
import { inverse, physicalAxes } from './broadcast.ts';
import type { Builder } from './builder.ts';
import type { Value } from './value.ts';
import { empty, slice, transpose } from './value.ts';

/** Indices within [0, dim). The axis gets as many elements as there are indices; what is gathered keeps the physical order. */
export function takeAxis(builder: Builder, value: Value, axis: number, indices: Int32Array): Value {
  const shape = value.shape.with(axis, indices.length);
  if (shape.includes(0)) return empty(value.dtype, shape);
  const [first = 0, second = first + 1] = indices;
  const step = second - first;
  if (step !== 0 && indices.every((index, i) => index === first + i * step))
    return slice(value, axis, first, step, indices.length);
  const index = builder.constant({ dtype: 'int32', shape: [indices.length], data: indices });
  const order = physicalAxes(value);
  const view = { ...index, shape, strides: shape.map((_, i) => (i === axis ? 1 : 0)) };
  const taken = gatherAlong(builder, transpose(value, order), order.indexOf(axis), transpose(view, order));
  return transpose(taken, inverse(order));
}

/** x at the position that `index` names along the axis; the index is a view over the result's shape. */
export function gatherAlong(builder: Builder, value: Value, axis: number, index: Value): Value {
  const dim = value.shape[axis] as number;
  const stride = value.strides[axis] as number;
  const view = {
    ...value,
    shape: [...index.shape, dim],
    strides: [...value.strides.with(axis, 0), stride],
  };
  return builder.emit({
    kind: 'Gather',
    dtype: value.dtype,
    space: index.shape,
    inner: [dim],
    operands: [view, index],
  });
}
