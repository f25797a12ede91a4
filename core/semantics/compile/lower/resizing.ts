/** Resize (opset 10 to 19) and Upsample (7 to 9): axis by axis; nearest is a selection, linear and cubic are Dots with constant weights. */
import { elementCount, type Tensor } from '../../../tensor.ts';
import { MAX_AXES } from '../../program.ts';
import { inverse, physicalAxes } from '../broadcast.ts';
import type { Context, Lowering } from '../context.ts';
import { contraction } from '../contraction.ts';
import type { Family } from '../operators.ts';
import { type AxisResize, type AxisTaps, axisTaps, type ResizeMode } from '../resample.ts';
import { takeAxis } from '../take.ts';
import type { Value } from '../value.ts';
import { empty, reshapeView, transpose } from '../value.ts';
import { reshaped } from './reshaping.ts';

/** Weights of one axis at most. */
const MAX_WEIGHTS = 2 ** 22;

interface Plan {
  /** One per resized axis. */
  readonly axes: readonly (AxisResize & { readonly axis: number })[];
  readonly mode: ResizeMode;
  readonly extrapolation: number;
}

function modeOf(c: Context, legacy: boolean): ResizeMode {
  const mode = c.string('mode', 'nearest');
  const known = ['nearest', 'linear', 'cubic'] as const;
  const found = known.find((name) => name === mode) ?? c.refuse(`mode ${mode} is unknown`);
  return {
    mode: found,
    transformation: legacy ? 'asymmetric' : c.string('coordinate_transformation_mode', 'half_pixel'),
    nearest: legacy ? 'simple' : c.string('nearest_mode', 'round_prefer_floor'),
    cubicA: c.float('cubic_coeff_a', -0.75),
    excludeOutside: found !== 'nearest' && c.int('exclude_outside', 0) !== 0,
    antialias: found !== 'nearest' && c.int('antialias', 0) !== 0,
  };
}

const floatsOf = (c: Context, index: number, name: string): number[] | undefined => {
  const count = elementCount(c.inputs[index]?.shape ?? [0]);
  if (count === 0) return undefined;
  if (count > 2 * MAX_AXES) c.refuse(`its ${name} are ${count} numbers`);
  const tensor = c.requireConstant(index, name);
  if (tensor.dtype !== 'float32') c.refuse(`its ${name} are ${tensor.dtype}`);
  return [...(tensor.data as Float32Array)];
};

/** Opset 7 and 9 (Upsample) and 10: scales only. */
function legacyPlan(c: Context, x: Value): Plan {
  const scales = (c.opset >= 9 ? floatsOf(c, 1, 'scales') : c.floats('scales')) ?? c.refuse('its scales are missing');
  if (scales.length !== x.shape.length) c.refuse(`scales [${scales}] are not one per axis of [${x.shape}]`);
  return { axes: scales.map((scale, axis) => scaled(x, axis, scale, [0, 1])), mode: modeOf(c, true), extrapolation: 0 };
}

function scaled(x: Value, axis: number, scale: number, roi: readonly [number, number]) {
  const input = x.shape[axis] as number;
  // The product is float32, as ONNX's own shape inference has it: 10 times 0.7 is 7, though 0.7 is a little less than that.
  return { axis, input, output: Math.floor(Math.fround(input * scale)), scale: Math.fround(scale), roi };
}

/** Opset 11 and later: scales or sizes, of all axes or (18) of some. */
function plan(c: Context, x: Value): Plan {
  const rank = x.shape.length;
  const axes = c.axes(c.ints('axes') ?? x.shape.map((_, i) => i), rank);
  const mode = modeOf(c, false);
  const roi = mode.transformation === 'tf_crop_and_resize' ? floatsOf(c, 1, 'roi') : undefined;
  if (mode.transformation === 'tf_crop_and_resize' && roi?.length !== 2 * axes.length)
    c.refuse('its roi is not two per axis');
  const part = (i: number): [number, number] => [roi?.[i] ?? 0, roi?.[i + axes.length] ?? 1];
  const extrapolation = c.float('extrapolation_value', 0);
  const scales = floatsOf(c, 2, 'scales');
  const sizes = c.inputs[3] && c.integers(3, 'sizes');
  const given = scales ?? sizes ?? c.refuse('it has neither scales nor sizes');
  if (scales && sizes && sizes.length > 0) c.refuse('it has both scales and sizes');
  if (given.length !== axes.length) c.refuse(`[${given}] is not one per resized axis`);
  if (given.some((value) => !(value > 0))) c.refuse(`[${given}] is not all above 0`);
  if (scales)
    return { axes: axes.map((axis, i) => scaled(x, axis, scales[i] as number, part(i))), mode, extrapolation };
  const wanted = sizes as number[];
  const ratios = axes.map((axis, i) => Math.fround((wanted[i] as number) / (x.shape[axis] as number)));
  const policy = c.string('keep_aspect_ratio_policy', 'stretch');
  const common =
    policy === 'not_larger' ? Math.min(...ratios) : policy === 'not_smaller' ? Math.max(...ratios) : undefined;
  if (common === undefined && policy !== 'stretch') c.refuse(`keep_aspect_ratio_policy ${policy} is unknown`);
  const resized = axes.map((axis, i) => {
    const input = x.shape[axis] as number;
    const output = common === undefined ? (wanted[i] as number) : Math.floor(Math.fround(common * input) + 0.5);
    return { axis, input, output, scale: common ?? (ratios[i] as number), roi: part(i) };
  });
  return { axes: resized, mode, extrapolation };
}

const resize =
  (planOf: (c: Context, x: Value) => Plan): Lowering =>
  (c) => {
    const x = c.input(0, 'X');
    c.dtypes(['float32', 'uint8', 'int8', 'int32'], x);
    const { axes, mode, extrapolation } = planOf(c, x);
    if (mode.mode !== 'nearest') c.dtypes(['float32'], x);
    const shape = [...x.shape];
    for (const { axis, output } of axes) shape[axis] = output;
    c.checkShape(shape);
    if (shape.includes(0) || x.source === undefined) return [empty(x.dtype, shape)];
    const outsides: Value[] = [];
    const repeats = shape.map(() => 1);
    const resized = axes.reduce((value, step) => {
      const { axis, input, output, scale } = step;
      if (input === output && scale === 1 && mode.transformation !== 'tf_crop_and_resize') return value;
      const reach = Math.ceil(4 / Math.min(1, scale)) + 2;
      if (!(output * (mode.mode === 'nearest' ? 1 : reach) <= MAX_WEIGHTS))
        c.refuse(`axis ${axis} from ${input} to ${output} needs too many weights`);
      c.builder.reserve('float32', 2 * output * (mode.mode === 'nearest' ? 1 : reach));
      const taps = axisTaps(step, mode);
      if (typeof taps === 'string') return c.refuse(`${taps} is unknown`);
      if (taps.outside.includes(1)) outsides.push(maskOf(c, taps.outside, axis, shape.length));
      if (taps.weights) return blended(c, value, axis, taps);
      const times = output / input;
      if (!Number.isInteger(times) || taps.indices.some((index, i) => index !== Math.floor(i / times)))
        return takeAxis(c.builder, value, axis, taps.indices);
      repeats[axis] = times;
      return value;
    }, x);
    const fill = c.builder.scalar(x.dtype, extrapolation);
    const whole = repeated(c, resized, repeats);
    return [outsides.reduce((value, outside) => c.apply('Where', x.dtype, [outside, fill, value]), whole)];
  };

function maskOf(c: Context, outside: Uint8Array, axis: number, rank: number): Value {
  const mask = c.builder.constant({ dtype: 'bool', shape: [outside.length], data: outside });
  const shape = Array.from({ length: rank }, (_, i) => (i === axis ? outside.length : 1));
  return reshapeView(mask, shape) as Value;
}

/** Every element so many times in its place, along all axes in one Move. */
function repeated(c: Context, value: Value, repeats: readonly number[]): Value {
  if (repeats.every((times) => times === 1)) return value;
  const order = physicalAxes(value);
  const shape = order.map((axis) => (value.shape[axis] as number) * (repeats[axis] as number));
  const doubled = {
    ...value,
    shape: order.flatMap((axis) => [value.shape[axis] as number, repeats[axis] as number]),
    strides: order.flatMap((axis) => [value.strides[axis] as number, 0]),
  };
  return transpose(reshaped(c, doubled, shape), inverse(order));
}

/** The taps of every position side by side, then one Dot with its weights; in the physical order of the value. */
function blended(c: Context, value: Value, axis: number, taps: AxisTaps): Value {
  const order = physicalAxes(value);
  return transpose(blendedInOrder(c, transpose(value, order), order.indexOf(axis), taps), inverse(order));
}

function blendedInOrder(c: Context, value: Value, axis: number, { taps, indices, weights }: AxisTaps): Value {
  const output = indices.length / taps;
  const space = value.shape.with(axis, output);
  const reach = [...space, taps];
  const alongAxis = [...space.map((_, i) => (i === axis ? taps : 0)), 1];
  const table = (tensor: Tensor): Value => ({ ...c.builder.constant(tensor), shape: reach, strides: alongAxis });
  const dim = value.shape[axis] as number;
  const view = {
    ...value,
    shape: [...reach, dim],
    strides: [...value.strides.with(axis, 0), 0, value.strides[axis] as number],
  };
  const index = table({ dtype: 'int32', shape: [output, taps], data: indices });
  const operands = [view, index];
  const left = c.builder.emit({ kind: 'Gather', dtype: 'float32', space: reach, inner: [dim], operands });
  const right = table({ dtype: 'float32', shape: [output, taps], data: weights as Float32Array });
  return contraction(c.builder, { space, inner: [taps], left: { view: left }, right: { view: right } });
}

export const resizing: Family = {
  Resize: { since: 10, lower: (c) => resize(c.opset === 10 ? legacyPlan : plan)(c) },
  Upsample: { since: 7, until: 9, lower: resize(legacyPlan) },
};
