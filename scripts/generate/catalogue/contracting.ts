/** Operators that sum products or look through windows: matrices, convolutions, pools, recurrences, quantised forms of them. */
import type { Attribute } from '#core/onnx/build.ts';
import type { Dtype } from '#core/tensor.ts';
import type { Build, Entry, Given } from './specimen.ts';
import { constant, request, scalar, single, varied, whole } from './specimen.ts';

const x = (dtype: Dtype, shape: readonly number[]) => request(varied(dtype, shape));
const w = (dtype: Dtype, shape: readonly number[], seed = 3) => constant(varied(dtype, shape, seed));

const matMul: Build = (dtype) => single('MatMul', [x(dtype, [2, 3]), w(dtype, [3, 2])], {}, [[dtype, [2, 2]]]);

const gemm: Build = (dtype) =>
  single('Gemm', [x(dtype, [2, 3]), w(dtype, [3, 2]), w(dtype, [2, 2], 5)], {}, [[dtype, [2, 2]]]);

const einsum: Build = (dtype) =>
  single('Einsum', [x(dtype, [2, 3]), w(dtype, [3, 2])], { equation: 'ij,jk->ik' }, [[dtype, [2, 2]]]);

const conv: Build = (dtype) =>
  single('Conv', [x(dtype, [1, 2, 3, 3]), w(dtype, [2, 2, 2, 2]), w(dtype, [2], 5)], {}, [[dtype, [1, 2, 2, 2]]]);

const convTranspose: Build = (dtype) =>
  single('ConvTranspose', [x(dtype, [1, 2, 2, 2]), w(dtype, [2, 2, 2, 2]), w(dtype, [2], 5)], {}, [
    [dtype, [1, 2, 3, 3]],
  ]);

const pool = (op: string, attributes: Readonly<Record<string, Attribute>> = { kernel_shape: [2, 2] }): Entry => ({
  op,
  build: (dtype) => single(op, [x(dtype, [1, 2, 3, 3])], attributes, [[dtype, [1, 2, 2, 2]]]),
});

/** The exponent was a float before opset 2. */
const lp = (op: string, size: number, attributes: Readonly<Record<string, Attribute>>): Entry => ({
  op,
  build: (dtype, opset) =>
    single(op, [x(dtype, [1, 2, 3, 3])], { ...attributes, p: opset < 2 ? { float: 2 } : 2 }, [
      [dtype, [1, 2, size, size]],
    ]),
});

const global = (op: string): Entry => ({
  op,
  build: (dtype) => single(op, [x(dtype, [1, 2, 3, 3])], {}, [[dtype, [1, 2, 1, 1]]]),
});

const recurrent = (op: string, gates: number): Entry => ({
  op,
  build: (dtype) =>
    single(op, [x(dtype, [2, 1, 3]), w(dtype, [1, gates * 2, 3]), w(dtype, [1, gates * 2, 2], 5)], { hidden_size: 2 }, [
      [dtype, [2, 1, 1, 2]],
      [dtype, [1, 1, 2]],
    ]),
});

const zero = (dtype: Dtype, value = 0) => constant(scalar(dtype, value));
const scale = (value: number) => constant(scalar('float32', value));

const quantizeLinear: Build = (dtype) =>
  single('QuantizeLinear', [x('float32', [2, 3]), scale(0.5), zero(dtype)], {}, [[dtype, [2, 3]]]);

/** int32 takes no zero point but 0. */
const dequantizeLinear: Build = (dtype) =>
  single('DequantizeLinear', [x(dtype, [2, 3]), scale(0.5), zero(dtype)], {}, [['float32', [2, 3]]]);

const dynamicQuantizeLinear: Build = (dtype) =>
  single('DynamicQuantizeLinear', [x(dtype, [2, 3])], {}, [
    ['uint8', [2, 3]],
    ['float32', []],
    ['uint8', []],
  ]);

const matMulInteger: Build = (dtype) =>
  single('MatMulInteger', [x(dtype, [2, 3]), w('int8', [3, 2]), zero(dtype, 1)], {}, [['int32', [2, 2]]]);

const convInteger: Build = (dtype) =>
  single('ConvInteger', [x(dtype, [1, 1, 3, 3]), w('int8', [1, 1, 2, 2]), zero(dtype, 1)], {}, [
    ['int32', [1, 1, 2, 2]],
  ]);

const quantised = (value: Given, weights: Given, dtype: Dtype): Given[] => [
  value,
  scale(0.5),
  zero(dtype, 1),
  weights,
  scale(0.25),
  zero('int8'),
  scale(0.5),
  zero(dtype, 1),
];

const qLinearMatMul: Build = (dtype) =>
  single('QLinearMatMul', quantised(x(dtype, [2, 3]), w('int8', [3, 2]), dtype), {}, [[dtype, [2, 2]]]);

const qLinearConv: Build = (dtype) =>
  single(
    'QLinearConv',
    [...quantised(x(dtype, [1, 1, 3, 3]), w('int8', [1, 1, 2, 2]), dtype), constant(whole('int32', [1], [3]))],
    {},
    [[dtype, [1, 1, 2, 2]]],
  );

export const contracting: readonly Entry[] = [
  { op: 'MatMul', build: matMul },
  { op: 'Gemm', build: gemm },
  { op: 'Einsum', note: 'contractions', build: einsum },
  { op: 'Conv', build: conv },
  { op: 'ConvTranspose', build: convTranspose },
  pool('MaxPool'),
  pool('AveragePool'),
  lp('LpPool', 2, { kernel_shape: [2, 2] }),
  global('GlobalMaxPool'),
  global('GlobalAveragePool'),
  lp('GlobalLpPool', 1, {}),
  recurrent('RNN', 1),
  recurrent('GRU', 3),
  recurrent('LSTM', 4),
  { op: 'QuantizeLinear', note: 'dtype of the result', build: quantizeLinear },
  { op: 'DequantizeLinear', build: dequantizeLinear },
  { op: 'DynamicQuantizeLinear', build: dynamicQuantizeLinear },
  { op: 'MatMulInteger', note: 'B is int8', build: matMulInteger },
  { op: 'ConvInteger', note: 'w is int8', build: convInteger },
  { op: 'QLinearMatMul', note: 'b is int8', build: qLinearMatMul },
  { op: 'QLinearConv', note: 'w is int8', build: qLinearConv },
];
