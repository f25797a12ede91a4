/** Normalisations by moments: Layer, Batch, Instance, Group, RMS, Lp and MeanVariance (ONNX opset 1 to 23). */
import { broadcastShape } from '../broadcast.ts';
import type { Context, Lowering } from '../context.ts';
import { sumOver } from '../contraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { reshapeView } from '../value.ts';
import { centred, gathered, meanOfSquares, sumOfSquares } from './moments.ts';
import { reshaped } from './reshaping.ts';

/** Sqrt(variance + epsilon). */
const deviation = (c: Context, variance: Value): Value =>
  c.float32('Sqrt', c.float32('Add', variance, c.float('epsilon', 1e-5)));

/** x * scale + bias; either may be absent. */
function scaled(c: Context, x: Value, scale: Value, bias: Value | undefined): Value {
  const product = c.float32('Mul', x, scale);
  return bias ? c.float32('Add', product, bias) : product;
}

/** An input that broadcasts to x without making it larger. */
function fitting(c: Context, value: Value, name: string, x: Value): Value {
  if (broadcastShape([x.shape, value.shape])?.join() !== x.shape.join())
    c.refuse(`its input ${name} [${value.shape}] does not fit [${x.shape}]`);
  return value;
}

/** An input of one element per channel (axis 1 of x), or of `shape` if given, with axes of 1 behind it. */
function perChannel(c: Context, index: number, name: string, x: Value, shape = [x.shape[1] ?? 1]): Value {
  const value = c.input(index, name);
  c.dtypes(['float32'], value);
  if (value.shape.join() !== shape.join()) c.refuse(`its input ${name} is [${value.shape}], not [${shape}]`);
  const behind = Math.max(0, x.shape.length - 1 - shape.length);
  return reshapeView(value, [...shape, ...new Array<number>(behind).fill(1)]) as Value;
}

function float32Input(c: Context): Value {
  const x = c.input(0, 'X');
  c.dtypes(['float32'], x);
  return x;
}

/** Statistics in another type than float32 have no meaning here. */
function checkStash(c: Context): void {
  if (c.int('stash_type', 1) !== 1) c.refuse('its stash_type is not float32');
}

function lastAxes(c: Context, x: Value): number[] {
  const first = c.axis(c.int('axis', -1), x.shape.length);
  return x.shape.map((_, axis) => axis).slice(first);
}

const layer: Lowering = (c) => {
  const x = float32Input(c);
  checkStash(c);
  const scale = fitting(c, c.input(1, 'Scale'), 'Scale', x);
  const bias = c.inputs[2] && fitting(c, c.inputs[2], 'B', x);
  const { mean, centre, variance } = centred(c, x, lastAxes(c, x));
  const spread = deviation(c, variance);
  const inverse = () => (c.node.outputs[2] ? c.float32('Reciprocal', spread) : undefined);
  return [scaled(c, c.float32('Div', centre, spread), scale, bias), mean, inverse()];
};

const rms: Lowering = (c) => {
  const x = float32Input(c);
  checkStash(c);
  const scale = fitting(c, c.input(1, 'scale'), 'scale', x);
  const axes = lastAxes(c, x);
  const data = gathered(c, x, axes);
  return [scaled(c, c.float32('Div', data, deviation(c, meanOfSquares(c, data, axes))), scale, undefined)];
};

/** (x - mean) / Sqrt(var + epsilon) * scale + B with the given statistics, never folded into two constants. */
const batch: Lowering = (c) => {
  const x = float32Input(c);
  if (x.shape.length === 0) c.refuse('its input X is a scalar');
  const perElement = c.opset < 9 && c.int('spatial', 1) === 0;
  const shape = perElement ? x.shape.slice(1) : undefined;
  const input = (index: number, name: string) => perChannel(c, index, name, x, shape);
  const [scale, bias, mean, variance] = [input(1, 'scale'), input(2, 'B'), input(3, 'mean'), input(4, 'var')];
  if (c.opset < 7 && c.int('is_test', 0) === 0) c.refuse('is_test is not set: it would train');
  if (c.opset >= 14 && c.int('training_mode', 0) !== 0) return training(c, x, { scale, bias, mean, variance });
  if (c.node.outputs.slice(1).some((name) => name !== '')) c.refuse('only training has more outputs than Y');
  return [scaled(c, c.float32('Div', c.float32('Sub', x, mean), deviation(c, variance)), scale, bias)];
};

interface Statistics {
  readonly scale: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
}

/** With the statistics of the batch itself; what was given runs on: old * momentum + now * (1 - momentum). */
function training(c: Context, x: Value, given: Statistics): Value[] {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const now = centred(c, x, axes);
  const momentum = c.builder.scalar('float32', c.float('momentum', 0.9));
  const rest = c.float32('Sub', 1, momentum);
  const channels = [x.shape[1] ?? 1];
  const running = (old: Value, fresh: Value) =>
    c.float32(
      'Add',
      c.float32('Mul', reshaped(c, old, channels), momentum),
      c.float32('Mul', reshaped(c, fresh, channels), rest),
    );
  const y = scaled(c, c.float32('Div', now.centre, deviation(c, now.variance)), given.scale, given.bias);
  return [y, running(given.mean, now.mean), running(given.variance, now.variance)];
}

const instance: Lowering = (c) => {
  const x = float32Input(c);
  if (x.shape.length < 3) c.refuse(`its input [${x.shape}] has no spatial axes`);
  const [scale, bias] = [perChannel(c, 1, 'scale', x), perChannel(c, 2, 'B', x)];
  const axes = x.shape.map((_, axis) => axis).slice(2);
  const { centre, variance } = centred(c, x, axes);
  return [scaled(c, c.float32('Div', centre, deviation(c, variance)), scale, bias)];
};

/** Scale and bias are one per group in opset 18, one per channel since 21. */
const group: Lowering = (c) => {
  const x = float32Input(c);
  checkStash(c);
  const groups = c.int('num_groups', 0);
  const [batches = 1, channels = 0, ...spatial] = x.shape;
  if (x.shape.length < 2 || !(groups >= 1) || channels % groups !== 0)
    c.refuse(`[${x.shape}] has no ${groups} groups of channels`);
  const each = channels / groups;
  const split = reshaped(c, x, [batches, groups, each, ...spatial]);
  const factor = (index: number, name: string) => {
    const value = c.input(index, name);
    const wanted = c.opset < 21 ? groups : channels;
    if (value.shape.length !== 1 || value.shape[0] !== wanted)
      c.refuse(`its input ${name} is [${value.shape}], not [${wanted}]`);
    return reshaped(c, value, [groups, c.opset < 21 ? 1 : each, ...spatial.map(() => 1)]);
  };
  const [scale, bias] = [factor(1, 'scale'), factor(2, 'bias')];
  const axes = split.shape.map((_, axis) => axis).slice(2);
  const { centre, variance } = centred(c, split, axes);
  return [reshaped(c, scaled(c, c.float32('Div', centre, deviation(c, variance)), scale, bias), x.shape)];
};

/**
 * x / (sum |x|) or x / Sqrt(sum x^2). A norm of 0 counts as a bound below every other norm: 0 gives 0 without a comparison that would let
 * outputs jump. Elements whose squares vanish (at most 2^-75) give at most 1.
 */
const lp: Lowering = (c) => {
  const x = float32Input(c);
  const axis = c.axis(c.int('axis', -1), x.shape.length);
  const p = c.int('p', 2);
  if (p !== 1 && p !== 2) c.refuse(`p is ${p}, neither 1 nor 2`);
  const data = gathered(c, x, [axis]);
  const norm =
    p === 2
      ? c.float32('Max', c.float32('Sqrt', sumOfSquares(c, data, [axis])), 2 ** -75)
      : c.float32('Max', sumOver(c.builder, c.float32('Abs', data), [axis]), 2 ** -149);
  return [c.float32('Div', data, norm)];
};

/** (x - mean) / (Sqrt(variance) + 1e-9). */
const meanVariance: Lowering = (c) => {
  const x = float32Input(c);
  const axes = c.axes(c.ints('axes') ?? [0, 2, 3], x.shape.length);
  if (axes.length === 0) c.refuse('it names no axes');
  const { centre, variance } = centred(c, x, axes);
  return [c.float32('Div', centre, c.float32('Add', c.float32('Sqrt', variance), 1e-9))];
};

export const normalisation: Family = {
  LayerNormalization: { since: 17, lower: layer },
  RMSNormalization: { since: 23, lower: rms },
  BatchNormalization: { since: 1, lower: batch },
  InstanceNormalization: { since: 1, lower: instance },
  GroupNormalization: { since: 18, lower: group },
  LpNormalization: { since: 1, lower: lp },
  MeanVarianceNormalization: { since: 9, lower: meanVariance },
};
