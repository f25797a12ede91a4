/** Parts and joins: Slice, Split (views), Concat, Pad (one Move with guards), Trilu. */
import { elementCount } from '../../../tensor.ts';
import { inverse, physicalAxes } from '../broadcast.ts';
import type { Operand } from '../builder.ts';
import type { Context, Lowering } from '../context.ts';
import type { Family } from '../operators.ts';
import { takeAxis } from '../take.ts';
import type { Value } from '../value.ts';
import { empty, slice, transpose } from '../value.ts';

/** Opset 1 to 9: attributes; since 10: inputs, with steps. A start before the axis is its first element, backwards too (numpy: none). */
const sliced: Lowering = (c) => {
  const x = c.input(0, 'data');
  const starts = c.listed('starts', 1, 10) ?? c.refuse('its starts are missing');
  const ends = c.listed('ends', 2, 10) ?? c.refuse('its ends are missing');
  const named = c.listed('axes', 3, 10);
  const axes = c.axes(named ?? starts.map((_, i) => i), x.shape.length);
  const steps = (c.opset >= 10 ? c.integers(4, 'steps') : undefined) ?? starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length)
    c.refuse(`${starts.length} starts, ${ends.length} ends, ${axes.length} axes and ${steps.length} steps do not fit`);
  return [
    axes.reduce((value, axis, i) => {
      const dim = x.shape[axis] as number;
      const step = steps[i] as number;
      if (step === 0) c.refuse('a step is 0');
      if (dim === 0) return value;
      const [beyond, most] = step > 0 ? [0, dim] : [-1, dim - 1];
      const clamp = (bound: number, least: number) => Math.min(most, Math.max(least, bound < 0 ? bound + dim : bound));
      const start = clamp(starts[i] as number, 0);
      const count = Math.max(0, Math.ceil((clamp(ends[i] as number, beyond) - start) / step));
      return slice(value, axis, start, step, count);
    }, x),
  ];
};

/** Attribute `split` before opset 13 (in opset 1 an input too), an input since; `num_outputs` since 18, the last part may be smaller. */
const split: Lowering = (c) => {
  const x = c.input(0, 'input');
  const axis = c.axis(c.int('axis', 0), x.shape.length);
  const dim = x.shape[axis] ?? c.refuse('a scalar has no parts');
  const outputs = c.node.outputs.length;
  const named = c.listed('split', 1, c.opset === 1 && c.inputs.length > 1 ? 1 : 13);
  const part = Math.ceil(dim / Math.max(1, c.opset >= 18 ? c.int('num_outputs', outputs) : outputs));
  const sizes = named ?? Array.from({ length: outputs }, (_, i) => Math.max(0, Math.min(part, dim - i * part)));
  if (!named && c.opset < 18 && dim % outputs !== 0) c.refuse(`${dim} does not split into ${outputs} equal parts`);
  if (sizes.length !== outputs || sizes.some((size) => size < 0) || sizes.reduce((a, b) => a + b, 0) !== dim)
    c.refuse(`parts [${sizes}] of ${outputs} outputs do not make ${dim}`);
  let start = 0;
  return sizes.map((size) => {
    const value = slice(x, axis, start, 1, size);
    start += size;
    return value;
  });
};

const concat: Lowering = (c) => {
  const inputs = [c.input(0, 'inputs'), ...c.inputs.slice(1).map((_, i) => c.input(i + 1, 'inputs'))];
  const [first] = inputs as [Value];
  if (first.shape.length === 0) c.refuse('scalars have no axis to join along');
  const axis = c.axis(c.int('axis', 1), first.shape.length);
  for (const { shape, dtype } of inputs) {
    if (dtype !== first.dtype) c.refuse(`its inputs are ${first.dtype} and ${dtype}`);
    if (shape.length !== first.shape.length || shape.some((dim, i) => i !== axis && dim !== first.shape[i]))
      c.refuse(`[${first.shape}] and [${shape}] do not join along axis ${axis}`);
  }
  return [joined(c, inputs, axis)];
};

/** Parts of one Move at most: its record, which a dispute puts on chain, stays below 8 kB. */
const MAX_PARTS = 64;

/**
 * Values of one dtype, of shapes that differ along the axis only. The result lies as the first computed part does. More parts than one
 * record holds are joined in levels of like size.
 */
export function joined(c: Context, parts: readonly Value[], axis: number): Value {
  const [first] = parts as [Value];
  const total = parts.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
  const shape = c.checkShape(first.shape.with(axis, total));
  const filled = parts.filter((part) => !part.shape.includes(0));
  if (filled.length === 0) return empty(first.dtype, shape);
  if (filled.length === 1) return filled[0] as Value;
  if (filled.length > MAX_PARTS) {
    const size = Math.ceil(filled.length / Math.min(MAX_PARTS, Math.ceil(filled.length / MAX_PARTS)));
    const groups = Array.from({ length: Math.ceil(filled.length / size) }, (_, i) =>
      joined(c, filled.slice(i * size, (i + 1) * size), axis),
    );
    return joined(c, groups, axis);
  }
  const leader = filled.find(({ source }) => source?.from !== 'constant') ?? (filled[0] as Value);
  const order = physicalAxes(leader);
  const outer = order.indexOf(axis);
  let start = 0;
  const operands = filled.map((part): Operand => {
    const view = transpose(part, order);
    const extent = part.shape[axis] as number;
    const stride = part.strides[axis] as number;
    const guard = { outer, outerStep: 1, inner: -1, innerStep: 0, offset: -start, divisor: 1, extent, stride };
    start += extent;
    return { view: { ...view, strides: view.strides.with(outer, 0) }, guards: [guard] };
  });
  const space = order.map((i) => shape[i] as number);
  return transpose(c.builder.emit({ kind: 'Move', dtype: first.dtype, space, operands }), inverse(order));
}

/** Opset 1 to 10: attributes; since 11: inputs; axes since 18; wrap since 19. Negative pads cut. */
const pad: Lowering = (c) => {
  const x = c.input(0, 'data');
  const rank = x.shape.length;
  const inputs = c.opset >= 11;
  const given = c.listed('pads', 1, 11) ?? c.ints('paddings') ?? c.refuse('its pads are missing');
  const axes = c.axes((c.opset >= 18 ? c.integers(3, 'axes') : undefined) ?? x.shape.map((_, i) => i), rank);
  if (given.length !== 2 * axes.length) c.refuse(`pads [${given}] are not two per axis`);
  const mode = c.string('mode', 'constant');
  const pads = axes.map((axis, i) => ({ axis, begin: given[i] as number, end: given[i + axes.length] as number }));
  const shape = [...x.shape];
  for (const { axis, begin, end } of pads) shape[axis] = (shape[axis] as number) + begin + end;
  c.checkShape(shape);
  const cut = pads.reduce((value, { axis, begin, end }) => {
    const dim = value.shape[axis] as number;
    const [from, to] = [Math.max(0, -begin), Math.min(dim, dim + end)];
    return from === 0 && to === dim ? value : slice(value, axis, Math.min(from, dim), 1, Math.max(0, to - from));
  }, x);
  const grown = pads.map(({ axis, begin, end }) => ({ axis, begin: Math.max(0, begin), end: Math.max(0, end) }));
  if (mode === 'constant') return [padConstant(c, cut, grown, shape, fillOf(c, x, inputs))];
  return [grown.reduce((value, { axis, begin, end }) => padBySource(c, value, axis, begin, end, mode), cut)];
};

interface Padding {
  readonly axis: number;
  readonly begin: number;
  readonly end: number;
}

function fillOf(c: Context, x: Value, inputs: boolean): Value | undefined {
  if (!inputs) {
    c.dtypes(['float32'], x);
    return c.builder.scalar('float32', c.float('value', 0));
  }
  const given = c.inputs[2];
  if (given === undefined) return undefined;
  if (given.dtype !== x.dtype || elementCount(given.shape) !== 1)
    c.refuse(`its constant_value is ${given.dtype}[${given.shape}], not one ${x.dtype}`);
  return { ...given, shape: [], strides: [] };
}

function padConstant(
  c: Context,
  x: Value,
  pads: readonly Padding[],
  shape: readonly number[],
  fill: Value | undefined,
): Value {
  if (shape.includes(0)) return empty(x.dtype, shape);
  const value = fill ?? c.builder.scalar(x.dtype, 0);
  const everywhere: Value = { ...value, shape, strides: shape.map(() => 0) };
  if (x.source === undefined) return everywhere;
  const order = physicalAxes(x);
  const strides = [...x.strides];
  const guards = pads.flatMap(({ axis, begin, end }) => {
    if (begin === 0 && end === 0) return [];
    const stride = x.strides[axis] as number;
    const extent = x.shape[axis] as number;
    strides[axis] = 0;
    const outer = order.indexOf(axis);
    return [{ outer, outerStep: 1, inner: -1, innerStep: 0, offset: -begin, divisor: 1, extent, stride }];
  });
  if (guards.length === 0) return x;
  const view = transpose({ ...x, shape, strides }, order);
  const space = order.map((axis) => shape[axis] as number);
  const operands = [{ view, guards }, transpose(everywhere, order)];
  return transpose(c.builder.emit({ kind: 'Move', dtype: x.dtype, space, operands }), inverse(order));
}

/** reflect, edge and wrap: every position names the element it repeats. */
function padBySource(c: Context, x: Value, axis: number, begin: number, end: number, mode: string): Value {
  if (begin === 0 && end === 0) return x;
  const dim = x.shape[axis] as number;
  if (dim === 0) c.refuse(`there is nothing to repeat along axis ${axis} of [${x.shape}]`);
  const modulo = (i: number, period: number) => ((i % period) + period) % period;
  const sourceOf = (i: number): number => {
    if (mode === 'edge') return Math.min(dim - 1, Math.max(0, i));
    if (mode === 'wrap') return modulo(i, dim);
    if (mode !== 'reflect') return c.refuse(`mode ${mode} is unknown`);
    const j = dim === 1 ? 0 : modulo(i, 2 * (dim - 1));
    return j < dim ? j : 2 * (dim - 1) - j;
  };
  const count = dim + begin + end;
  c.checkShape(x.shape.with(axis, count));
  c.builder.reserve('int32', count);
  const indices = new Int32Array(count);
  for (let i = 0; i < count; i++) indices[i] = sourceOf(i - begin);
  return takeAxis(c.builder, x, axis, indices);
}

/** Opset 14: the upper or lower triangle of the last two axes, from diagonal k. */
const trilu: Lowering = (c) => {
  const x = c.input(0, 'input');
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  if (x.shape.length < 2) c.refuse(`[${x.shape}] has no triangles`);
  const k = c.integer(1, 'k') ?? 0;
  const upper = c.int('upper', 1) !== 0;
  if (x.shape.includes(0)) return [x];
  const mask = c.builder.table('bool', [rows, columns], (i) => {
    const diagonal = (i % columns) - Math.floor(i / columns);
    return (upper ? diagonal >= k : diagonal <= k) ? 1 : 0;
  });
  return [c.apply('Where', x.dtype, [mask, x, c.builder.scalar(x.dtype, 0)])];
};

export const slicing: Family = {
  Slice: { since: 1, lower: sliced },
  Split: { since: 1, lower: split },
  Concat: { since: 1, lower: concat },
  Pad: { since: 1, lower: pad },
  Trilu: { since: 14, lower: trilu },
};
