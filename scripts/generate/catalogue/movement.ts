/** Operators that move elements, or make them: views, joins, indices, constants. */
import type { Dtype } from '#core/tensor.ts';
import type { Build, Entry, Given } from './specimen.ts';
import { constant, int64, request, scalar, single, varied, whole } from './specimen.ts';

const x = (dtype: Dtype, shape: readonly number[]) => request(varied(dtype, shape));

/** A list that was an attribute before `since` and is an input from then on. */
function listed(
  op: string,
  input: (dtype: Dtype) => Given,
  list: { readonly name: string; readonly since: number; readonly values: readonly number[] },
  shape: readonly number[],
  output?: Dtype,
): Entry {
  return {
    op,
    build: (dtype, opset) => {
      const asInput = opset >= list.since;
      return single(
        op,
        asInput ? [input(dtype), constant(int64(...list.values))] : [input(dtype)],
        asInput ? {} : { [list.name]: list.values },
        [[output ?? dtype, shape]],
      );
    },
  };
}

const plain = (
  op: string,
  shape: readonly number[],
  attributes: Parameters<typeof single>[2],
  to: readonly number[],
): Entry => ({
  op,
  build: (dtype) => single(op, [x(dtype, shape)], attributes, [[dtype, to]]),
});

const slice: Build = (dtype, opset) => {
  const lists = [[1], [3], [1]];
  return opset >= 10
    ? single('Slice', [x(dtype, [2, 4]), ...lists.map((list) => constant(int64(...list)))], {}, [[dtype, [2, 2]]])
    : single('Slice', [x(dtype, [2, 4])], { starts: [1], ends: [3], axes: [1] }, [[dtype, [2, 2]]]);
};

const split: Build = (dtype, opset) => {
  const halves = [dtype, [2, 2]] as const;
  return opset >= 13
    ? single('Split', [x(dtype, [2, 4]), constant(int64(2, 2))], { axis: 1 }, [halves, halves])
    : single('Split', [x(dtype, [2, 4])], { axis: 1, split: [2, 2] }, [halves, halves]);
};

const pad: Build = (dtype, opset) => {
  const pads = [0, 1, 1, 0];
  const given = [x(dtype, [2, 3])];
  if (opset < 2) return single('Pad', given, { paddings: pads }, [[dtype, [3, 4]]]);
  if (opset < 11) return single('Pad', given, { pads }, [[dtype, [3, 4]]]);
  return single('Pad', [...given, constant(int64(...pads)), constant(scalar(dtype, 1))], {}, [[dtype, [3, 4]]]);
};

const tile: Build = (dtype, opset) =>
  opset >= 6
    ? single('Tile', [x(dtype, [2, 2]), constant(int64(1, 2))], {}, [[dtype, [2, 4]]])
    : single('Tile', [x(dtype, [2, 2]), constant(scalar('int64', 2)), constant(scalar('int64', 1))], {}, [
        [dtype, [2, 4]],
      ]);

const concat: Build = (dtype) =>
  single('Concat', [x(dtype, [2, 2]), request(varied(dtype, [2, 3], 4))], { axis: 1 }, [[dtype, [2, 5]]]);

/** Indices are inputs of the request. */
const gather: Build = (dtype) =>
  single('Gather', [x(dtype, [3, 2]), request(int64(2, 0))], { axis: 0 }, [[dtype, [2, 2]]]);

const gatherElements: Build = (dtype) =>
  single('GatherElements', [x(dtype, [2, 3]), request(whole('int64', [2, 2], [2, 0, 1, 1]))], { axis: 1 }, [
    [dtype, [2, 2]],
  ]);

const gatherND: Build = (dtype) =>
  single('GatherND', [x(dtype, [2, 3]), request(whole('int64', [2, 2], [1, 2, 0, 1]))], {}, [[dtype, [2]]]);

const oneHot: Build = (dtype) =>
  single(
    'OneHot',
    [request(int64(0, 2)), constant(scalar('int64', 3)), constant(whole(dtype, [2], [0, 1]))],
    { axis: -1 },
    [[dtype, [2, 3]]],
  );

const constantNode: Build = (dtype) => single('Constant', [], { value: varied(dtype, [2, 2]) }, [[dtype, [2, 2]]]);

const constantOfShape: Build = (dtype) =>
  single('ConstantOfShape', [constant(int64(2, 2))], { value: whole(dtype, [1], [1]) }, [[dtype, [2, 2]]]);

const range: Build = (dtype) =>
  single(
    'Range',
    [0, 3, 1].map((value) => constant(scalar(dtype, value % (dtype === 'bool' ? 2 : 4)))),
    {},
    [[dtype, [3]]],
  );

const resize: Build = (dtype, opset) => {
  const given = x(dtype, [1, 1, 2, 2]);
  const scales = constant(whole('float32', [4], [1, 1, 2, 2]));
  const roi = constant({ dtype: 'float32', shape: [0], data: new Float32Array(0) });
  const inputs = opset < 11 ? [given, scales] : [given, roi, scales];
  return single('Resize', inputs, { mode: 'nearest' }, [[dtype, [1, 1, 4, 4]]]);
};

const linear: Build = (dtype, opset) => {
  const { model, inputs } = resize(dtype, opset);
  const given = Object.keys(inputs)[0] as string;
  const scales = opset < 11 ? 'in1' : 'in2';
  const { constants = {} } = model;
  const tensors = opset < 11 ? [scales] : ['in1', scales];
  return single(
    'Resize',
    [request(inputs[given] as never), ...tensors.map((name) => constant(constants[name] as never))],
    { mode: 'linear' },
    [[dtype, [1, 1, 4, 4]]],
  );
};

const upsample: Build = (dtype, opset) => {
  const scales = [1, 1, 2, 2];
  const given = x(dtype, [1, 1, 2, 2]);
  return opset >= 9
    ? single('Upsample', [given, constant(whole('float32', [4], scales))], { mode: 'nearest' }, [[dtype, [1, 1, 4, 4]]])
    : single('Upsample', [given], { mode: 'nearest', scales: { floats: scales } }, [[dtype, [1, 1, 4, 4]]]);
};

const cumSum: Build = (dtype) =>
  single('CumSum', [x(dtype, [2, 3]), constant(scalar('int64', 1))], {}, [[dtype, [2, 3]]]);

const eyeLike: Build = (dtype) => single('EyeLike', [x(dtype, [2, 3])], {}, [[dtype, [2, 3]]]);

export const movement: readonly Entry[] = [
  listed('Reshape', (d) => x(d, [2, 3]), { name: 'shape', since: 5, values: [3, 2] }, [3, 2]),
  plain('Flatten', [2, 2, 3], {}, [2, 6]),
  plain('Transpose', [2, 3], { perm: [1, 0] }, [3, 2]),
  listed('Squeeze', (d) => x(d, [2, 1]), { name: 'axes', since: 13, values: [1] }, [2]),
  listed('Unsqueeze', (d) => x(d, [2]), { name: 'axes', since: 13, values: [1] }, [2, 1]),
  {
    op: 'Expand',
    build: (dtype) => single('Expand', [x(dtype, [2, 1]), constant(int64(2, 3))], {}, [[dtype, [2, 3]]]),
  },
  { op: 'Tile', build: tile },
  { op: 'Slice', build: slice },
  { op: 'Split', build: split },
  { op: 'Concat', build: concat },
  { op: 'Pad', note: 'constant mode', build: pad },
  { op: 'Gather', note: 'indices of the request', build: gather },
  { op: 'GatherElements', note: 'indices of the request', build: gatherElements },
  { op: 'GatherND', note: 'indices of the request', build: gatherND },
  plain('DepthToSpace', [1, 4, 1, 2], { blocksize: 2 }, [1, 1, 2, 4]),
  plain('SpaceToDepth', [1, 1, 2, 4], { blocksize: 2 }, [1, 4, 1, 2]),
  plain('Trilu', [2, 3], { upper: 0 }, [2, 3]),
  { op: 'Resize', note: 'nearest', build: resize },
  { op: 'Resize', note: 'linear', build: linear },
  { op: 'Upsample', note: 'nearest', build: upsample },
  { op: 'CumSum', build: cumSum },
  { op: 'OneHot', note: 'dtype of the values; indices of the request', build: oneHot },
  { op: 'Constant', build: constantNode },
  { op: 'ConstantOfShape', note: 'dtype of the value', build: constantOfShape },
  { op: 'Range', note: 'constant bounds', build: range },
  { op: 'EyeLike', build: eyeLike },
  { op: 'Shape', build: (dtype) => single('Shape', [x(dtype, [2, 3])], {}, [['int64', [2]]]) },
  { op: 'Size', build: (dtype) => single('Size', [x(dtype, [2, 3])], {}, [['int64', []]]) },
];
