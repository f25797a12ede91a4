/** Other shapes and orders of the same elements; views, and a Move where no strides say it. */
import { elementCount } from '../../../tensor.ts';
import { broadcastShape } from '../broadcast.ts';
import type { Context, Lowering } from '../context.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { empty, expand, reshapeView, squeeze, transpose, unsqueeze } from '../value.ts';

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

const squeezed: Lowering = (c) => {
  const x = c.input(0, 'data');
  const rank = x.shape.length;
  const named = c.listed('axes', 1, 13);
  const axes = named ? c.axes(named, rank) : x.shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
  if (axes.some((axis) => x.shape[axis] !== 1)) c.refuse(`axes [${axes}] of [${x.shape}] are not all 1`);
  return [squeeze(x, axes)];
};

const unsqueezed: Lowering = (c) => {
  const x = c.input(0, 'data');
  const named = c.listed('axes', 1, 13) ?? c.refuse('its axes are missing');
  const axes = c.axes(named, x.shape.length + named.length).sort((a, b) => a - b);
  return [axes.reduce(unsqueeze, x)];
};

/** Opset 8: both sides broadcast. */
const expanded: Lowering = (c) => {
  const x = c.input(0, 'input');
  const wanted = c.integers(1, 'shape') ?? c.refuse('its shape is missing');
  const shape = broadcastShape([x.shape, wanted]) ?? c.refuse(`[${x.shape}] does not broadcast with [${wanted}]`);
  return [expand(x, c.checkShape(shape))];
};

/** Opset 6: repeats per axis. Each axis becomes two, the first of them with stride 0. */
const tiled: Lowering = (c) => {
  const x = c.input(0, 'input');
  const repeats = c.integers(1, 'repeats') ?? c.refuse('its repeats are missing');
  if (repeats.length !== x.shape.length) c.refuse(`repeats [${repeats}] are not one per axis of [${x.shape}]`);
  const shape = c.checkShape(x.shape.map((dim, axis) => dim * (repeats[axis] as number)));
  if (shape.includes(0)) return [empty(x.dtype, shape)];
  const doubled = {
    ...x,
    shape: x.shape.flatMap((dim, axis) => [repeats[axis] as number, dim]),
    strides: x.strides.flatMap((stride) => [0, stride]),
  };
  return [reshaped(c, doubled, shape)];
};

/** start and end since opset 15. */
const shapeOf: Lowering = (c) => {
  const { shape } = c.input(0, 'data');
  const part = shape.slice(c.int('start', 0), c.has('end') ? c.int('end', 0) : undefined);
  const data = BigInt64Array.from(part, BigInt);
  return [c.builder.constant({ dtype: 'int64', shape: [part.length], data })];
};

/** Blocks of an axis pair: a view of seven strides, put in order by one Move. */
const depthToSpace: Lowering = (c) => {
  const x = c.input(0, 'input');
  const size = c.int('blocksize', 0);
  const [n, depth, height, width] = x.shape as [number, number, number, number];
  if (x.shape.length !== 4 || size < 1 || depth % (size * size) !== 0)
    c.refuse(`[${x.shape}] has no blocks of ${size}`);
  const channels = depth / (size * size);
  const mode = c.string('mode', 'DCR');
  if (mode !== 'DCR' && mode !== 'CRD') c.refuse(`mode ${mode} is unknown`);
  const depthFirst = mode === 'DCR';
  const split = depthFirst ? [n, size, size, channels, height, width] : [n, channels, size, size, height, width];
  const order = depthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  return [reshaped(c, transpose(reshaped(c, x, split), order), [n, channels, height * size, width * size])];
};

const spaceToDepth: Lowering = (c) => {
  const x = c.input(0, 'input');
  const size = c.int('blocksize', 0);
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  if (x.shape.length !== 4 || size < 1 || height % size !== 0 || width % size !== 0)
    c.refuse(`[${x.shape}] has no blocks of ${size}`);
  const [rows, columns] = [height / size, width / size];
  const split = reshaped(c, x, [n, channels, rows, size, columns, size]);
  return [reshaped(c, transpose(split, [0, 3, 5, 1, 2, 4]), [n, channels * size * size, rows, columns])];
};

export const reshaping: Family = {
  Squeeze: { since: 1, lower: squeezed },
  Unsqueeze: { since: 1, lower: unsqueezed },
  Expand: { since: 8, lower: expanded },
  Tile: { since: 6, lower: tiled },
  Shape: { since: 1, lower: shapeOf },
  Size: { since: 1, lower: (c) => [c.builder.scalar('int64', elementCount(c.input(0, 'data').shape))] },
  DepthToSpace: { since: 1, lower: depthToSpace },
  SpaceToDepth: { since: 1, lower: spaceToDepth },
  Identity: { since: 1, lower: (c) => [c.input(0, 'input')] },
  Flatten: { since: 1, lower: flatten },
  Reshape: { since: 1, lower: reshape },
  Transpose: { since: 1, lower: transposed },
};
