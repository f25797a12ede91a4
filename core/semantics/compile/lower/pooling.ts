/**
 * Pools. MaxPool (ONNX opset 1 to 22) is the winning tap and what is there; AveragePool (7 to 22) and LpPool (1 to 22) are one sum over the
 * taps that lie inside the input, then one division or root. Global pools are reductions over the spatial axes.
 */
import { elementCount } from '../../../tensor.ts';
import type { Operand } from '../builder.ts';
import type { Context, Lowering } from '../context.ts';
import { contraction, sumOver } from '../contraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { empty, reshapeView } from '../value.ts';
import { tapsBetween, type WindowAxis, windowGuards, windowOf } from '../window.ts';
import { extreme } from './reduction.ts';
import { channelsFirst, channelsLast } from './windows.ts';

interface Pool {
  /** [N, spatial..., C]. */
  readonly space: readonly number[];
  /** The kernel. */
  readonly inner: readonly number[];
  readonly operand: Operand;
  readonly window: readonly WindowAxis[];
}

/** X [N, C, spatial...]; at least one spatial axis. Every window has a tap inside X. */
function poolOf(c: Context, x: Value): Pool {
  const kernel = c.ints('kernel_shape') ?? c.refuse('its attribute kernel_shape is missing');
  const [batch = 1, channels = 1, ...sizes] = x.shape;
  if (sizes.length === 0 || kernel.length !== sizes.length)
    c.refuse(`X [${x.shape}] and kernel_shape [${kernel}] do not fit`);
  const window = windowOf(c, sizes, kernel, c.int('ceil_mode', 0) !== 0);
  for (const axis of window)
    for (let o = 0; o < axis.count; o++)
      if (tapsBetween(axis, o, 0, axis.size) === 0) c.refuse(`its window ${o} lies in the padding alone`);
  const data = channelsLast(c, x);
  const space = [batch, ...window.map(({ count }) => count), channels];
  return { space, inner: kernel, operand: windowed(data, space, kernel, window), window };
}

/** Windows over the spatial axes of a view of [N, spatial..., C], any strides. */
function windowed(
  data: Value,
  space: readonly number[],
  kernel: readonly number[],
  window: readonly WindowAxis[],
): Operand {
  const zeros = kernel.map(() => 0);
  const [batch, channel] = [data.strides[0] as number, data.strides.at(-1) as number];
  return {
    view: { ...data, shape: [...space, ...kernel], strides: [batch, ...zeros, channel, ...zeros] },
    guards: windowGuards(window, data.strides.slice(1, -1), 1, 0),
  };
}

const maxPool: Lowering = (c) => {
  const x = c.input(0, 'X');
  c.dtypes(['float32', 'uint8', 'int8'], x);
  const { space, inner, operand, window } = poolOf(c, x);
  if (space.includes(0)) {
    const shape = channelsFirst(empty(x.dtype, space)).shape;
    return [empty(x.dtype, shape), empty('int64', shape)];
  }
  const winner = c.builder.emit({ kind: 'ArgMax', dtype: 'int32', space, inner, operands: [operand] });
  const value = c.builder.emit({ kind: 'Gather', dtype: x.dtype, space, inner, operands: [operand, winner] });
  if (!c.node.outputs[1]) return [channelsFirst(value)];
  return [channelsFirst(value), channelsFirst(indices(c, space, inner, window, winner))];
};

/** Indices need a constant with the numbers of positions and planes: 32 MB at most. */
const MAX_NUMBERED = 2 ** 22;

/**
 * Where the winners are in X: the same windows over the numbers of the spatial positions, plus what batch and channel add. storage_order 1
 * numbers the spatial axes column-major; batch and channels are row-major in both.
 */
function indices(
  c: Context,
  space: readonly number[],
  kernel: readonly number[],
  window: readonly WindowAxis[],
  winner: Value,
): Value {
  const sizes = window.map(({ size }) => size);
  const area = elementCount(sizes);
  const [batch = 1, channels = 1] = [space[0], space.at(-1)];
  if (Math.max(area, batch * channels) > MAX_NUMBERED)
    c.refuse(
      `X has ${area} positions and ${batch * channels} planes, more than the ${MAX_NUMBERED} that Indices number`,
    );
  const positions = c.builder.constant({
    dtype: 'int64',
    shape: sizes,
    data: BigInt64Array.from({ length: area }, (_, i) => BigInt(i)),
  });
  const order = c.int('storage_order', 0);
  if (order !== 0 && order !== 1) c.refuse(`storage_order ${order} is neither 0 nor 1`);
  const strides = [...positions.strides];
  if (order === 1) {
    // The number of a position is its address in `positions`; read at the column-major strides it is the column-major number.
    let stride = 1;
    sizes.forEach((size, i) => {
      strides[i] = stride;
      stride *= size;
    });
  }
  const data = { ...positions, shape: [1, ...sizes, 1], strides: [0, ...strides, 0] };
  const operand = windowed(data, space, kernel, window);
  const spatial = c.builder.emit({ kind: 'Gather', dtype: 'int64', space, inner: kernel, operands: [operand, winner] });
  if (batch * channels === 1) return spatial;
  const firsts = c.builder.constant({
    dtype: 'int64',
    shape: [batch, ...sizes.map(() => 1), channels],
    data: BigInt64Array.from({ length: batch * channels }, (_, i) => BigInt(i) * BigInt(area)),
  });
  return c.apply('Add', 'int64', [spatial, firsts]);
}

const averagePool: Lowering = (c) => {
  const x = c.input(0, 'X');
  c.dtypes(['float32'], x);
  const { space, inner, operand, window } = poolOf(c, x);
  if (
    window.every((axis) => axis.kernel === axis.size && axis.count === 1 && axis.padBegin === 0 && axis.dilation === 1)
  )
    return [meanOverSpace(c, x)];
  const sum = contraction(c.builder, { space, inner, left: operand });
  return [channelsFirst(c.float32('Div', sum, counts(c, window, c.int('count_include_pad', 0) !== 0)))];
};

/** What each sum is divided by, broadcast over [1, spatial..., 1]: the product of the counts along each axis. */
function counts(c: Context, window: readonly WindowAxis[], withPadding: boolean): Value {
  const perAxis = window.map((axis, i) => {
    const [begin, end] = withPadding ? [-axis.padBegin, axis.size + axis.padEnd] : [0, axis.size];
    const list = Float32Array.from({ length: axis.count }, (_, o) => tapsBetween(axis, o, begin, end));
    const data = list.every((count) => count === list[0]) ? list.slice(0, 1) : list;
    const shape = new Array<number>(window.length + 2).fill(1).with(i + 1, data.length);
    return c.builder.constant({ dtype: 'float32', shape, data });
  });
  return perAxis.reduce((product, axis) => c.float32('Mul', product, axis));
}

const spatialAxes = (x: Value): number[] => x.shape.map((_, axis) => axis).slice(2);

function meanOverSpace(c: Context, x: Value): Value {
  const axes = spatialAxes(x);
  return c.float32('Div', sumOver(c.builder, x, axes), elementCount(x.shape.slice(2)));
}

const globalPool =
  (pool: (c: Context, x: Value) => Value): Lowering =>
  (c) => {
    const x = c.input(0, 'X');
    c.dtypes(['float32'], x);
    if (x.shape.length < 3 || x.shape.slice(1).includes(0)) c.refuse(`X [${x.shape}] has no spatial elements`);
    if (x.shape[0] === 0)
      return [
        empty(
          'float32',
          x.shape.map((dim, axis) => (axis < 2 ? dim : 1)),
        ),
      ];
    return [pool(c, x)];
  };

/** p of LpPool: the sum of what is summed, and the way back. Other norms would need a power that is not proved. */
function norm(c: Context): 1 | 2 {
  const p = c.opset < 2 ? c.float('p', 2) : c.int('p', 2);
  return p === 1 || p === 2 ? p : c.refuse(`p is ${p}; only 1 and 2 are defined`);
}

const lpPool: Lowering = (c) => {
  const x = c.input(0, 'X');
  c.dtypes(['float32'], x);
  const p = norm(c);
  const { space, inner, operand } = poolOf(c, p === 1 ? c.float32('Abs', x) : x);
  const sum = contraction(c.builder, { space, inner, left: operand, right: p === 1 ? undefined : operand });
  return [channelsFirst(p === 1 ? sum : c.float32('Sqrt', sum))];
};

const globalLpPool = (c: Context, x: Value): Value => {
  const axes = spatialAxes(x);
  if (norm(c) === 1) return sumOver(c.builder, c.float32('Abs', x), axes);
  const [space, inner] = [x.shape.slice(0, 2), x.shape.slice(2)];
  const sum = contraction(c.builder, { space, inner, left: { view: x }, right: { view: x } });
  return c.float32('Sqrt', reshapeView(sum, [...space, ...axes.map(() => 1)]) as Value);
};

export const pooling: Family = {
  MaxPool: { since: 1, lower: maxPool },
  AveragePool: { since: 1, lower: averagePool },
  LpPool: { since: 1, lower: lpPool },
  GlobalAveragePool: { since: 1, lower: globalPool(meanOverSpace) },
  GlobalMaxPool: { since: 1, lower: globalPool((c, x) => extreme(c.builder, 'ArgMax', x, spatialAxes(x))) },
  GlobalLpPool: { since: 1, lower: globalPool(globalLpPool) },
};
