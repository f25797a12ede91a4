/** Operators on one element at a time: arithmetic, functions, activations, logic, conversion. */
import type { Attribute } from '#core/onnx/build.ts';
import type { Dtype } from '#core/tensor.ts';
import type { Build, Entry } from './specimen.ts';
import { constant, positive, request, scalar, single, varied } from './specimen.ts';

type Attributes = Readonly<Record<string, Attribute>>;

const SHAPE = [2, 3];

const unary = (op: string, attributes: Attributes = {}, output?: Dtype): Entry => ({
  op,
  build: (dtype) => single(op, [request(varied(dtype, SHAPE))], attributes, [[output ?? dtype, SHAPE]]),
});

const onPositive = (op: string): Entry => ({
  op,
  build: (dtype) =>
    single(op, [request(dtype === 'float32' ? positive(SHAPE) : varied(dtype, SHAPE))], {}, [[dtype, SHAPE]]),
});

/** Shapes are equal: before opset 7 broadcasting had to be asked for. */
const binary = (op: string, output?: Dtype, attributes: Attributes = {}): Entry => ({
  op,
  build: (dtype) =>
    single(op, [request(varied(dtype, SHAPE)), request(varied(dtype, SHAPE, 5))], attributes, [
      [output ?? dtype, SHAPE],
    ]),
});

const divisor = (op: string): Entry => ({
  op,
  build: (dtype) => {
    const by = varied(dtype, SHAPE, 5);
    const data = by.data.map((x: number | bigint) => (Number(x) === 0 ? (typeof x === 'bigint' ? 1n : 1) : x) as never);
    return single(op, [request(varied(dtype, SHAPE)), request({ ...by, data } as typeof by)], {}, [[dtype, SHAPE]]);
  },
});

const variadic = (op: string): Entry => ({
  op,
  build: (dtype) =>
    single(
      op,
      [1, 2, 3].map((seed) => request(varied(dtype, SHAPE, seed))),
      {},
      [[dtype, SHAPE]],
    ),
});

const clip: Build = (dtype, opset) => {
  const x = request(varied(dtype, SHAPE));
  const [low, high] = dtype === 'uint8' ? [1, 3] : [-1, 1];
  if (opset < 11) return single('Clip', [x], { min: { float: low }, max: { float: high } }, [[dtype, SHAPE]]);
  const bounds = dtype === 'bool' ? [0, 1] : [low, high];
  return single('Clip', [x, ...bounds.map((bound) => constant(scalar(dtype, bound)))], {}, [[dtype, SHAPE]]);
};

const pow: Build = (dtype) =>
  single('Pow', [request(varied(dtype, SHAPE)), constant(scalar(dtype, 2 % (dtype === 'bool' ? 2 : 3)))], {}, [
    [dtype, SHAPE],
  ]);

const prelu: Build = (dtype) =>
  single('PRelu', [request(varied(dtype, SHAPE)), constant(varied(dtype, SHAPE, 4))], {}, [[dtype, SHAPE]]);

/** Codes of TensorProto.DataType; opset 1 to 5 spelled them out. */
const CODES: Readonly<Record<Dtype, number>> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 };
const target = (dtype: Dtype, opset: number): Attributes => ({
  to: opset >= 6 ? CODES[dtype] : dtype === 'float32' ? 'FLOAT' : dtype.toUpperCase(),
});

const castFrom: Build = (dtype, opset) => {
  const to = dtype === 'float32' ? 'int32' : 'float32';
  return single('Cast', [request(varied(dtype, SHAPE))], target(to, opset), [[to, SHAPE]]);
};

/** Positive numbers: what lies outside the target is left open by ONNX, though not by the reference. */
const castTo: Build = (dtype, opset) => {
  const x = dtype === 'float32' ? varied('int32', SHAPE) : positive(SHAPE);
  return single('Cast', [request(x)], target(dtype, opset), [[dtype, SHAPE]]);
};

const castLike: Build = (dtype) =>
  single('CastLike', [request(positive(SHAPE)), constant(varied(dtype, [1]))], {}, [[dtype, SHAPE]]);

/** Before opset 7 a model had to say that it is not training. */
const dropout: Build = (dtype, opset) =>
  single('Dropout', [request(varied(dtype, SHAPE))], opset < 7 ? { is_test: 1 } : {}, [[dtype, SHAPE]]);

const where: Build = (dtype) =>
  single(
    'Where',
    [request(varied('bool', SHAPE)), request(varied(dtype, SHAPE)), request(varied(dtype, SHAPE, 5))],
    {},
    [[dtype, SHAPE]],
  );

export const elementwise: readonly Entry[] = [
  binary('Add'),
  binary('Sub'),
  binary('Mul'),
  divisor('Div'),
  variadic('Min'),
  variadic('Max'),
  variadic('Sum'),
  variadic('Mean'),
  { op: 'Pow', note: 'exponent 2, a constant', build: pow },
  ...['Neg', 'Abs', 'Sign', 'Floor', 'Ceil', 'Round', 'Reciprocal'].map((op) => unary(op)),
  ...['Sqrt', 'Log'].map(onPositive),
  ...['Exp', 'Tanh', 'Erf', 'Sin', 'Cos'].map((op) => unary(op)),
  ...['Relu', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Softplus', 'Softsign', 'Elu', 'Selu', 'Celu'].map((op) =>
    unary(op),
  ),
  ...['LeakyRelu', 'ThresholdedRelu', 'Mish', 'Swish', 'Gelu'].map((op) => unary(op)),
  unary('Shrink', { lambd: { float: 0.5 }, bias: { float: 0.25 } }),
  { op: 'PRelu', build: prelu },
  { op: 'Clip', build: clip },
  ...['Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual', 'And', 'Or', 'Xor'].map((op) => binary(op, 'bool')),
  unary('Not', {}, 'bool'),
  { op: 'Where', note: 'dtype of X and Y', build: where },
  unary('IsNaN', {}, 'bool'),
  unary('IsInf', {}, 'bool'),
  { op: 'Cast', note: 'from the dtype to float32, float32 to int32', build: castFrom },
  { op: 'Cast', note: 'to the dtype from float32, to float32 from int32', build: castTo },
  { op: 'CastLike', note: 'dtype of the result, from float32', build: castLike },
  unary('Identity'),
  { op: 'Dropout', build: dropout },
];
