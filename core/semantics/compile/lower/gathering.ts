/** Elements by computed indices: Gather, GatherElements, GatherND, OneHot. Out of range gives 0. */

import { elementCount } from '../../../tensor.ts';
import type { Lowering } from '../context.ts';
import { safeInteger } from '../context.ts';
import type { Family } from '../operators.ts';
import { gatherAlong, takeAxis } from '../take.ts';
import type { Value } from '../value.ts';
import { empty, expand, reshapeView, slice, squeeze, unsqueeze } from '../value.ts';

/** Constant indices that are looked at; more of them are gathered like computed ones. */
const MAX_EXAMINED = 2 ** 16;

/** Opset 1 to 13. Constant indices are views where they can be. */
const gather: Lowering = (c) => {
  const [x, indices] = [c.input(0, 'data'), c.input(1, 'indices')];
  c.dtypes(['int32', 'int64'], indices);
  if (x.shape.length === 0) c.refuse('a scalar has nothing to gather');
  const axis = c.axis(c.int('axis', 0), x.shape.length);
  const dim = x.shape[axis] as number;
  const shape = c.checkShape([...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
  if (shape.includes(0)) return [empty(x.dtype, shape)];
  if (dim === 0) c.refuse(`axis ${axis} of [${x.shape}] is empty`);
  if (indices.shape.length <= 1 && indices.source?.from === 'constant' && elementCount(indices.shape) <= MAX_EXAMINED) {
    const known = Array.from(c.requireConstant(1, 'indices').data as ArrayLike<number | bigint>, safeInteger);
    if (known.some((index) => index < -dim || index >= dim))
      c.refuse(`indices [${known.slice(0, 8)}] are outside ${dim}`);
    const taken = takeAxis(
      c.builder,
      x,
      axis,
      Int32Array.from(known, (index) => (index < 0 ? index + dim : index)),
    );
    return [indices.shape.length === 0 ? squeeze(taken, [axis]) : taken];
  }
  const inner = x.strides[axis] as number;
  const zeros = indices.shape.map(() => 0);
  const strides = [...x.strides.slice(0, axis), ...zeros, ...x.strides.slice(axis + 1), inner];
  const view = { ...x, shape: [...shape, dim], strides };
  const index = {
    ...indices,
    shape,
    strides: shape.map((_, i) => indices.strides[i - axis] ?? 0),
  };
  return [c.builder.emit({ kind: 'Gather', dtype: x.dtype, space: shape, inner: [dim], operands: [view, index] })];
};

/** Opset 11: one index per element of the result. */
const gatherElements: Lowering = (c) => {
  const [x, indices] = [c.input(0, 'data'), c.input(1, 'indices')];
  c.dtypes(['int32', 'int64'], indices);
  const rank = x.shape.length;
  if (rank === 0) c.refuse('a scalar has nothing to gather');
  const axis = c.axis(c.int('axis', 0), rank);
  if (indices.shape.length !== rank || indices.shape.some((dim, i) => i !== axis && dim > (x.shape[i] as number)))
    c.refuse(`indices [${indices.shape}] do not fit [${x.shape}] along axis ${axis}`);
  if (indices.shape.includes(0)) return [empty(x.dtype, indices.shape)];
  if (x.source === undefined) c.refuse(`[${x.shape}] is empty`);
  return [gatherAlong(c.builder, x, axis, indices)];
};

/** Opset 11 to 13: the last axis of the indices is a coordinate. A coordinate out of range may read another element, or 0. */
const gatherND: Lowering = (c) => {
  const [x, indices] = [c.input(0, 'data'), c.input(1, 'indices')];
  c.dtypes(['int64'], indices);
  const batches = c.int('batch_dims', 0);
  const depth = indices.shape.at(-1) ?? c.refuse('its indices are a scalar');
  if (batches < 0 || batches >= indices.shape.length || batches + depth > x.shape.length || depth < 1)
    c.refuse(`indices [${indices.shape}] with ${batches} batch axes do not fit [${x.shape}]`);
  const batch = x.shape.slice(0, batches);
  if (batch.join() !== indices.shape.slice(0, batches).join()) c.refuse('the batch axes differ');
  const inner = x.shape.slice(batches, batches + depth);
  const rest = x.shape.slice(batches + depth);
  const shape = c.checkShape([...indices.shape.slice(0, -1), ...rest]);
  if (shape.includes(0)) return [empty(x.dtype, shape)];
  if (x.source === undefined) c.refuse(`[${x.shape}] is empty`);
  const int = (n: number) => c.builder.scalar('int64', n);
  const flat = inner
    .map((dim, i) => {
      const at = slice(indices, indices.shape.length - 1, i, 1, 1);
      const wrapped = c.apply('Where', 'int64', [
        c.apply('Less', 'bool', [at, int(0)]),
        c.apply('Add', 'int64', [at, int(dim)]),
        at,
      ]);
      return c.apply('Mul', 'int64', [wrapped, int(elementCount(inner.slice(i + 1)))]);
    })
    .reduce((sum, part) => c.apply('Add', 'int64', [sum, part]));
  const points = indices.shape.slice(batches, -1).map(() => 0);
  const view = {
    ...x,
    shape: [...shape, ...inner],
    strides: [
      ...x.strides.slice(0, batches),
      ...points,
      ...x.strides.slice(batches + depth),
      ...x.strides.slice(batches, batches + depth),
    ],
  };
  const index = {
    ...flat,
    shape,
    strides: shape.map((_, i) => (i < indices.shape.length - 1 ? (flat.strides[i] as number) : 0)),
  };
  return [c.builder.emit({ kind: 'Gather', dtype: x.dtype, space: shape, inner, operands: [view, index] })];
};

/**
 * Opset 9 to 11: on where the (wrapped) index equals the position along the new axis, off elsewhere. float32 indices and depths are
 * truncated first, narrow integers widened: a position beyond 8 bits must not wrap.
 */
const oneHot: Lowering = (c) => {
  const [given, values] = [c.input(0, 'indices'), c.input(2, 'values')];
  if (elementCount(c.input(1, 'depth').shape) !== 1)
    c.refuse(`its depth is [${c.input(1, 'depth').shape}], not one number`);
  const depth = Math.trunc(safeInteger(c.requireConstant(1, 'depth').data[0] as number | bigint));
  if (values.shape.join() !== '2') c.refuse(`its values are [${values.shape}], not two`);
  c.dtypes(['float32', 'int32', 'int64', 'uint8', 'int8'], given);
  const dtype = given.dtype === 'int64' || given.dtype === 'float32' ? 'int64' : 'int32';
  const indices = given.dtype === dtype ? given : c.apply('Cast', dtype, [given]);
  const rank = indices.shape.length;
  const axis = c.axis(c.int('axis', -1), rank + 1);
  const shape = c.checkShape(indices.shape.toSpliced(axis, 0, depth));
  if (shape.includes(0)) return [empty(values.dtype, shape)];
  const numbers = c.builder.table(dtype, [depth], (i) => i);
  const along = expand(
    reshapeView(
      numbers,
      shape.map((_, i) => (i === axis ? depth : 1)),
    ) as Value,
    shape,
  );
  const wrapped =
    given.dtype === 'uint8'
      ? indices
      : c.apply('Where', dtype, [
          c.apply('Less', 'bool', [indices, c.builder.scalar(dtype, 0)]),
          c.apply('Add', dtype, [indices, c.builder.scalar(dtype, depth)]),
          indices,
        ]);
  const hit = c.apply('Equal', 'bool', [unsqueeze(wrapped, axis), along]);
  const [off, on] = [0, 1].map((i) => squeeze(slice(values, 0, i, 1, 1), [0])) as [Value, Value];
  return [c.apply('Where', values.dtype, [hit, on, off])];
};

export const gathering: Family = {
  Gather: { since: 1, lower: gather },
  GatherElements: { since: 11, lower: gatherElements },
  GatherND: { since: 11, lower: gatherND },
  OneHot: { since: 9, lower: oneHot },
};
