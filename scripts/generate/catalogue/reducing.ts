/** Operators over an axis: reductions, selections, softmax, normalisation. */
import type { Attribute } from '#core/onnx/build.ts';
import type { Dtype } from '#core/tensor.ts';
import type { Build, Entry } from './specimen.ts';
import { constant, int64, positive, request, single, varied } from './specimen.ts';

const SHAPE = [2, 4];
const x = (dtype: Dtype, shape: readonly number[] = SHAPE) => request(varied(dtype, shape));

/** Axes were an attribute before `since` and are an input from then on. */
const reduce = (op: string, since = 18, onPositive = false): Entry => ({
  op,
  build: (dtype, opset) => {
    const given = onPositive && dtype === 'float32' ? request(positive(SHAPE)) : x(dtype);
    return opset >= since
      ? single(op, [given, constant(int64(1))], {}, [[dtype, [2, 1]]])
      : single(op, [given], { axes: [1] }, [[dtype, [2, 1]]]);
  },
});

const argument = (op: string): Entry => ({
  op,
  build: (dtype) => single(op, [x(dtype)], { axis: 1 }, [['int64', [2, 1]]]),
});

const topK: Build = (dtype, opset) => {
  const outputs = [
    [dtype, [2, 2]],
    ['int64', [2, 2]],
  ] as const;
  return opset >= 10
    ? single('TopK', [x(dtype), constant(int64(2))], {}, outputs)
    : single('TopK', [x(dtype)], { k: 2 }, outputs);
};

const alongAxis = (
  op: string,
  attributes: Readonly<Record<string, Attribute>> = { axis: 1 },
  shape = SHAPE,
): Entry => ({
  op,
  build: (dtype) => single(op, [x(dtype, shape)], attributes, [[dtype, shape]]),
});

const IMAGE = [1, 4, 2, 2];

/** Before opset 7 a model had to say that it is not training; before 6 also which inputs it may overwrite. */
const batchNormalization: Build = (dtype, opset) => {
  const parameters = [2, 3, 4].map((seed) => constant(varied(dtype, [4], seed)));
  const variance = constant(dtype === 'float32' ? positive([4], 7) : varied(dtype, [4], 7));
  const attributes = {
    ...(opset < 7 ? { is_test: 1 } : {}),
    ...(opset < 6 ? { consumed_inputs: [0, 0, 0, 1, 1] } : {}),
  };
  return single('BatchNormalization', [x(dtype, IMAGE), ...parameters, variance], attributes, [[dtype, IMAGE]]);
};

const scaled =
  (op: string, parameters: readonly (readonly number[])[], attributes: Readonly<Record<string, Attribute>>): Build =>
  (dtype) =>
    single(op, [x(dtype, IMAGE), ...parameters.map((shape, i) => constant(varied(dtype, shape, i + 2)))], attributes, [
      [dtype, IMAGE],
    ]);

/** One scale per group until opset 20, one per channel from then on. */
const groupNormalization: Build = (dtype, opset) => {
  const size = opset >= 21 ? [4] : [2];
  return scaled('GroupNormalization', [size, size], { num_groups: 2 })(dtype, opset);
};

export const reducing: readonly Entry[] = [
  reduce('ReduceSum', 13),
  ...['ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare'].map((op) =>
    reduce(op),
  ),
  reduce('ReduceLogSum', 18, true),
  reduce('ReduceLogSumExp'),
  argument('ArgMax'),
  argument('ArgMin'),
  { op: 'TopK', build: topK },
  alongAxis('Softmax'),
  alongAxis('LogSoftmax'),
  alongAxis('Hardmax'),
  { op: 'BatchNormalization', build: batchNormalization },
  { op: 'InstanceNormalization', build: scaled('InstanceNormalization', [[4], [4]], {}) },
  { op: 'LayerNormalization', build: scaled('LayerNormalization', [[2], [2]], { axis: -1 }) },
  { op: 'GroupNormalization', build: groupNormalization },
  { op: 'RMSNormalization', build: scaled('RMSNormalization', [[2]], { axis: -1 }) },
  alongAxis('LpNormalization'),
  alongAxis('MeanVarianceNormalization', {}, IMAGE),
];
