/**
 * Quantised operators. Integers are exact: IntegerDots modulo 2^32, then the rounding of ONNX Runtime's CPU kernels, which is what such
 * models are deployed with: the int32 sum becomes float32 (nearest, ties to even), is multiplied by one float32 factor, and the product
 * is rounded to the nearest integer (ties to even), offset by the zero point and saturated.
 */
import type { Dtype } from '../../../commitment/dtype.ts';
import { dtypeOfCode } from '../../../commitment/dtype.ts';
import type { Context, Lowering } from '../context.ts';
import { integerContraction } from '../integerContraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { empty, expand, reshapeView, slice, squeeze, unsqueeze } from '../value.ts';
import { joinGroups, perChannel } from './convolution.ts';
import { integerProduct } from './matrix.ts';
import { extreme } from './reduction.ts';
import { convolved } from './windows.ts';

const BYTES: readonly Dtype[] = ['uint8', 'int8'];

/**
 * A scale or zero point as a value that broadcasts with x: per tensor (one element), per axis (one dimension), or blocked (since opset 21:
 * the rank of x, each element for block_size elements along the axis).
 */
function alongside(c: Context, x: Value, parameter: Value, name: string): Value {
  const count = parameter.shape.reduce((product, dim) => product * dim, 1);
  if (parameter.shape.length <= 1 && count === 1) return reshapeView(parameter, []) as Value;
  const rank = x.shape.length;
  const axis = c.opset < 13 && !c.has('axis') ? Math.min(1, rank - 1) : c.axis(c.int('axis', 1), rank);
  const block = c.int('block_size', 0);
  if (block < 0) c.refuse(`block_size ${block} is negative`);
  const size = x.shape[axis] as number;
  if (block === 0) {
    if (parameter.shape.length !== 1 || count !== size)
      c.refuse(`${name} [${parameter.shape}] does not fit axis ${axis} of [${x.shape}]`);
    return reshapeView(
      parameter,
      x.shape.map((dim, i) => (i === axis ? dim : 1)),
    ) as Value;
  }
  const blocks = Math.ceil(size / block);
  if (parameter.shape.length !== rank || parameter.shape.some((dim, i) => dim !== (i === axis ? blocks : x.shape[i])))
    c.refuse(`${name} [${parameter.shape}] does not fit blocks of ${block} along axis ${axis} of [${x.shape}]`);
  if (x.shape.includes(0)) return empty(parameter.dtype, x.shape);
  const width = Math.min(block, size);
  const repeated = expand(unsqueeze(parameter, axis + 1), parameter.shape.toSpliced(axis + 1, 0, width));
  const joined = parameter.shape.with(axis, blocks * width);
  const whole = reshapeView(repeated, joined) ?? (reshapeView(c.builder.materialise(repeated), joined) as Value);
  return slice(whole, axis, 0, 1, size);
}

/** The zero point at `index`, or a zero of the dtype. */
function zeroOf(c: Context, index: number, dtype: Dtype, name: string): Value {
  const zero = c.inputs[index];
  if (zero === undefined) return c.builder.scalar(dtype, 0);
  if (zero.dtype !== dtype) c.refuse(`its input ${name} is ${zero.dtype}, not ${dtype}`);
  return zero;
}

const FLOAT_CODE = 1;

/** ONNX QuantizeLinear, opset 10 to 25. */
const quantizeLinear: Lowering = (c) => {
  const [x, scale, given] = [c.input(0, 'x'), c.input(1, 'y_scale'), c.inputs[2]];
  c.dtypes(['float32'], x, scale);
  const code = c.int('output_dtype', 0);
  const dtype = given?.dtype ?? (code === 0 ? 'uint8' : dtypeOfCode(code));
  if (dtype === undefined || !BYTES.includes(dtype) || (code !== 0 && dtypeOfCode(code) !== dtype))
    return c.refuse(`output_dtype ${code} is not the one of its zero point, or neither uint8 nor int8`);
  const precision = c.int('precision', 0);
  if (precision !== 0 && precision !== FLOAT_CODE) c.refuse(`precision ${precision} is not float32`);
  const zero = zeroOf(c, 2, dtype, 'y_zero_point');
  if (given && given.shape.join() !== scale.shape.join())
    c.refuse(`y_scale [${scale.shape}] and y_zero_point [${given.shape}] differ`);
  return [c.apply('Quantize', dtype, [x, alongside(c, x, scale, 'y_scale'), alongside(c, x, zero, 'y_zero_point')])];
};

/** ONNX DequantizeLinear, opset 10 to 25. */
const dequantizeLinear: Lowering = (c) => {
  const [x, scale, given] = [c.input(0, 'x'), c.input(1, 'x_scale'), c.inputs[2]];
  c.dtypes(['uint8', 'int8', 'int32'], x);
  c.dtypes(['float32'], scale);
  const code = c.int('output_dtype', 0);
  if (code !== 0 && code !== FLOAT_CODE) c.refuse(`output_dtype ${code} is not float32`);
  const zero = zeroOf(c, 2, x.dtype, 'x_zero_point');
  if (given && given.shape.join() !== scale.shape.join())
    c.refuse(`x_scale [${scale.shape}] and x_zero_point [${given.shape}] differ`);
  const [factor, offset] = [alongside(c, x, scale, 'x_scale'), alongside(c, x, zero, 'x_zero_point')];
  return [c.apply('Dequantize', 'float32', [x, factor, offset])];
};

/**
 * ONNX DynamicQuantizeLinear, opset 11: scale = (max - min) / 255 over a range that includes 0, zero point = round(clip(0 - min / scale)). A
 * range of 0 has scale 1, as in ONNX Runtime (the formula of ONNX would divide 0 by 0).
 */
const dynamicQuantizeLinear: Lowering = (c) => {
  const x = c.input(0, 'x');
  c.dtypes(['float32'], x);
  if (x.shape.includes(0)) c.refuse('it has no elements');
  const axes = x.shape.map((_, axis) => axis);
  const scalar = (value: Value) => squeeze(value, axes);
  const largest = c.float32('Max', scalar(extreme(c.builder, 'ArgMax', x, axes)), 0);
  const least = c.float32('Min', scalar(extreme(c.builder, 'ArgMin', x, axes)), 0);
  const range = c.float32('Sub', largest, least);
  const flat = c.apply('Equal', 'bool', [range, c.builder.scalar('float32', 0)]);
  const scale = c.apply('Where', 'float32', [flat, c.builder.scalar('float32', 1), c.float32('Div', range, 255)]);
  // Quantize rounds half to even and saturates: round(clip(t)) is clip(round(t)).
  const offset = c.float32('Sub', 0, c.float32('Div', least, scale));
  const zero = c.apply('Quantize', 'uint8', [offset, c.builder.scalar('float32', 1), c.builder.scalar('uint8', 0)]);
  return [c.apply('Quantize', 'uint8', [x, scale, zero]), scale, zero];
};

/** ONNX MatMulInteger, opset 10: zero points per matrix, per row of A, or per column of B. */
const matMulInteger: Lowering = (c) => {
  const [a, b] = [c.input(0, 'A'), c.input(1, 'B')];
  c.dtypes(BYTES, a, b);
  const zero = (index: number, of: Value, name: string) => c.inputs[index] && zeroOf(c, index, of.dtype, name);
  return [integerProduct(c, 'int32', a, b, zero(2, a, 'a_zero_point'), zero(3, b, 'b_zero_point'))];
};

/** ONNX ConvInteger, opset 10. Padding has the value of the zero point: such taps add nothing. */
const convInteger: Lowering = (c) => {
  const [x, w] = [c.input(0, 'x'), c.input(1, 'w')];
  return [integerConvolution(c, x, w, 2, 3, undefined).sum];
};

/** int32 sums in the order of ONNX, and how a parameter per output channel broadcasts with them. */
function integerConvolution(
  c: Context,
  x: Value,
  w: Value,
  xZeroAt: number,
  wZeroAt: number,
  bias: Value | undefined,
): { sum: Value; broadcast: (value: Value, name: string) => Value } {
  c.dtypes(BYTES, x, w);
  const { space, inner, left, right, groups, perGroup } = convolved(c, x, w);
  const spatial = space.length - 3;
  const spread = (value: Value, name: string) => {
    if (isOne(value)) return reshapeView(value, []) as Value;
    return perChannel(c, value, name, spatial, groups, perGroup);
  };
  const leftZero = c.inputs[xZeroAt] && one(c, zeroOf(c, xZeroAt, x.dtype, 'x_zero_point'), 'x_zero_point');
  const rightZero = c.inputs[wZeroAt] && spread(zeroOf(c, wZeroAt, w.dtype, 'w_zero_point'), 'w_zero_point');
  const added = bias && perChannel(c, bias, 'B', spatial, groups, perGroup);
  const sum = integerContraction(c.builder, {
    dtype: 'int32',
    space,
    inner,
    left,
    right,
    leftZero,
    rightZero,
    bias: added,
  });
  const broadcast = (value: Value, name: string) => {
    if (isOne(value)) return reshapeView(value, []) as Value;
    if (value.shape.length !== 1 || value.shape[0] !== groups * perGroup)
      c.refuse(`its input ${name} has shape [${value.shape}], not [${groups * perGroup}]`);
    return reshapeView(value, [groups * perGroup, ...new Array<number>(spatial).fill(1)]) as Value;
  };
  return { sum: joinGroups(sum), broadcast };
}

const isOne = (value: Value): boolean => value.shape.length <= 1 && value.shape.every((dim) => dim === 1);

/** A parameter that must be one for the whole tensor. */
function one(c: Context, value: Value, name: string): Value {
  if (!isOne(value)) c.refuse(`its input ${name} has shape [${value.shape}]; only one for the whole tensor is defined`);
  return reshapeView(value, []) as Value;
}

/**
 * float32 of an int32 sum times a_scale * b_scale / y_scale (that order, each rounded), to the nearest integer, plus zero, saturated.
 * Dequantize rounds the sum and the product, as ONNX Runtime's requantisation does.
 */
function requantize(c: Context, sum: Value, scales: readonly [Value, Value, Value], zero: Value): Value {
  const [a, b, y] = scales;
  const factor = c.float32('Div', c.float32('Mul', a, b), y);
  const scaled = c.apply('Dequantize', 'float32', [sum, factor, c.builder.scalar('int32', 0)]);
  return c.apply('Quantize', zero.dtype, [scaled, c.builder.scalar('float32', 1), zero]);
}

/** ONNX QLinearMatMul, opset 10 to 21 (uint8 and int8). A's parameters per tensor or row, B's per tensor or column. */
const qLinearMatMul: Lowering = (c) => {
  const [a, aScale, b, bScale] = [c.input(0, 'a'), c.input(1, 'a_scale'), c.input(3, 'b'), c.input(4, 'b_scale')];
  const [yScale, yZero] = [c.input(6, 'y_scale'), c.input(7, 'y_zero_point')];
  c.dtypes(BYTES, a, b, yZero);
  c.dtypes(['float32'], aScale, bScale, yScale);
  c.input(2, 'a_zero_point');
  c.input(5, 'b_zero_point');
  const [aZero, bZero] = [zeroOf(c, 2, a.dtype, 'a_zero_point'), zeroOf(c, 5, b.dtype, 'b_zero_point')];
  const sum = integerProduct(c, 'int32', a, b, aZero, bZero);
  // A vector per row lies along the rows; one per column along the columns, as broadcasting has it.
  const rows = aScale.shape.length === 1 && !isOne(aScale) ? unsqueeze(aScale, 1) : aScale;
  const scalar = (value: Value) => (isOne(value) ? (reshapeView(value, []) as Value) : value);
  const scales = [scalar(rows), scalar(bScale), one(c, yScale, 'y_scale')] as const;
  const made = requantize(c, sum, scales, one(c, yZero, 'y_zero_point'));
  if (made.shape.length !== sum.shape.length) c.refuse(`its scales do not fit a product of [${sum.shape}]`);
  return [made];
};

/** ONNX QLinearConv, opset 10. The scale and zero point of W may be per output channel; the bias is int32, of scale x_scale * w_scale. */
const qLinearConv: Lowering = (c) => {
  const [x, xScale, w, wScale] = [c.input(0, 'x'), c.input(1, 'x_scale'), c.input(3, 'w'), c.input(4, 'w_scale')];
  const [yScale, yZero, bias] = [c.input(6, 'y_scale'), c.input(7, 'y_zero_point'), c.inputs[8]];
  c.dtypes(['float32'], xScale, wScale, yScale);
  c.dtypes(BYTES, yZero);
  if (bias) c.dtypes(['int32'], bias);
  c.input(2, 'x_zero_point');
  c.input(5, 'w_zero_point');
  const { sum, broadcast } = integerConvolution(c, x, w, 2, 5, bias);
  const scales = [one(c, xScale, 'x_scale'), broadcast(wScale, 'w_scale'), one(c, yScale, 'y_scale')] as const;
  return [requantize(c, sum, scales, one(c, yZero, 'y_zero_point'))];
};

export const quantized: Family = {
  QuantizeLinear: { since: 10, lower: quantizeLinear },
  DequantizeLinear: { since: 10, lower: dequantizeLinear },
  DynamicQuantizeLinear: { since: 11, lower: dynamicQuantizeLinear },
  MatMulInteger: { since: 10, lower: matMulInteger },
  ConvInteger: { since: 10, lower: convInteger },
  QLinearMatMul: { since: 10, lower: qLinearMatMul },
  QLinearConv: { since: 10, lower: qLinearConv },
};
