/** Movement, reductions, rankings, Resize and Einsum with one thing wrong at a time, and sizes that nobody can hold. */
import { expect } from 'chai';
import { isProtocolError } from '#core/errors.ts';
import type { Attribute } from '#core/onnx/build.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { type CompileOptions, compile } from '#core/semantics/compile/compile.ts';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { Choices, modelOf, type NodeCase, numbers } from '../../../support/singleNode.ts';

const EXTREME = [0, 1, 2, -1, -2, 5, 127, 2 ** 16, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 40, -(2 ** 40), 2 ** 53 - 1];
const WORDS = [
  '',
  'linear',
  'cubic',
  'nearest',
  'wrap',
  'reflect',
  'ij->ji',
  'i...,...j->...',
  '->',
  ',',
  'CRD',
  'tf_crop_and_resize',
];
const int64 = (...values: number[]) => numbers('int64', values);
const float32 = (...values: number[]) => numbers('float32', values);

/** Cases that compile. */
function fitting(choices: Choices): NodeCase[] {
  const x = choices.tensor('float32', [2, 3, 4]);
  const image = choices.tensor('float32', [1, 4, 4, 6]);
  const one = [1];
  return [
    { op: 'Slice', inputs: [x, int64(0), int64(2), int64(1), int64(1)], constants: [1, 2, 3, 4] },
    { op: 'Slice', opset: 9, attributes: { starts: [0], ends: [2], axes: [1] }, inputs: [x] },
    { op: 'Split', attributes: { axis: 2 }, inputs: [x, int64(1, 3)], constants: one, outputs: ['float32', 'float32'] },
    { op: 'Split', opset: 18, attributes: { axis: 2, num_outputs: 2 }, inputs: [x], outputs: ['float32', 'float32'] },
    { op: 'Concat', attributes: { axis: 1 }, inputs: [x, x] },
    { op: 'Pad', attributes: { mode: 'constant' }, inputs: [x, int64(1, 0, 0, 0, 1, 2)], constants: one },
    { op: 'Pad', attributes: { mode: 'edge' }, inputs: [x, int64(1, 2), undefined, int64(1)], constants: [1, 3] },
    { op: 'Pad', opset: 10, attributes: { mode: 'reflect', pads: [0, 1, 1, 0, 0, 1] }, inputs: [x] },
    { op: 'Trilu', attributes: { upper: 1 }, inputs: [x, numbers('int64', [1], [])], constants: one },
    { op: 'Gather', attributes: { axis: 1 }, inputs: [x, int64(0, 2)], constants: one },
    { op: 'GatherElements', attributes: { axis: 2 }, inputs: [x, numbers('int64', [0, 1, 2, 3], [2, 1, 2])] },
    { op: 'GatherND', attributes: { batch_dims: 1 }, inputs: [x, numbers('int64', [0, 1, 2, 3], [2, 1, 2])] },
    { op: 'OneHot', attributes: { axis: -1 }, inputs: [int64(1, 2), int64(4), float32(0, 1)], constants: one },
    { op: 'Reshape', attributes: { allowzero: 0 }, inputs: [x, int64(4, -1)], constants: one },
    { op: 'Expand', inputs: [x, int64(2, 1, 3, 1)], constants: one },
    { op: 'Tile', inputs: [x, int64(1, 2, 1)], constants: one },
    { op: 'Squeeze', inputs: [image, int64(0)], constants: one },
    { op: 'Unsqueeze', inputs: [x, int64(0, 4)], constants: one },
    { op: 'Unsqueeze', opset: 11, attributes: { axes: [1] }, inputs: [x] },
    { op: 'Transpose', attributes: { perm: [2, 0, 1] }, inputs: [x] },
    { op: 'Flatten', attributes: { axis: 1 }, inputs: [x] },
    { op: 'Shape', attributes: { start: 0, end: 2 }, inputs: [x], outputs: ['int64'] },
    { op: 'DepthToSpace', attributes: { blocksize: 2, mode: 'DCR' }, inputs: [image] },
    { op: 'SpaceToDepth', attributes: { blocksize: 2 }, inputs: [image] },
    {
      op: 'ConstantOfShape',
      attributes: { value: int64(3) },
      inputs: [int64(2, 2)],
      constants: [0],
      outputs: ['int64'],
    },
    { op: 'Range', inputs: [float32(0), float32(5), float32(2)], constants: [0, 1, 2] },
    { op: 'EyeLike', attributes: { k: 1, dtype: 1 }, inputs: [choices.tensor('float32', [3, 4])] },
    { op: 'Constant', attributes: { value_ints: [1, 2] }, inputs: [], outputs: ['int64'] },
    { op: 'ReduceSum', attributes: { keepdims: 1, noop_with_empty_axes: 0 }, inputs: [x, int64(1)], constants: one },
    { op: 'ReduceMean', opset: 13, attributes: { axes: [0, 2] }, inputs: [x] },
    { op: 'ReduceProd', opset: 13, attributes: { axes: [2] }, inputs: [x] },
    { op: 'ReduceLogSumExp', opset: 13, attributes: { axes: [1] }, inputs: [x] },
    { op: 'ArgMax', attributes: { axis: 1, keepdims: 0, select_last_index: 1 }, inputs: [x], outputs: ['int64'] },
    {
      op: 'TopK',
      attributes: { axis: 1, largest: 0 },
      inputs: [x, int64(2)],
      constants: one,
      outputs: ['float32', 'int64'],
    },
    { op: 'CumSum', attributes: { exclusive: 1, reverse: 1 }, inputs: [x, int64(1)], constants: one },
    {
      op: 'Resize',
      attributes: { mode: 'linear', axes: [2, 3] },
      inputs: [image, undefined, float32(2, 0.5)],
      constants: [2],
    },
    {
      op: 'Resize',
      attributes: { mode: 'cubic', antialias: 1 },
      inputs: [image, undefined, undefined, int64(1, 4, 2, 3)],
      constants: [3],
    },
    {
      op: 'Resize',
      attributes: { mode: 'nearest', coordinate_transformation_mode: 'tf_crop_and_resize', axes: [2, 3] },
      inputs: [image, float32(0, 0, 1, 1), float32(2, 2)],
      constants: [1, 2],
    },
    { op: 'Upsample', opset: 9, attributes: { mode: 'linear' }, inputs: [image, float32(1, 1, 2, 3)], constants: one },
    { op: 'Einsum', attributes: { equation: 'abc,abd->cd' }, inputs: [x, choices.tensor('float32', [2, 3, 5])] },
  ];
}

/** One attribute, one number of a constant, one input or the opset is another. */
function spoil(choices: Choices, single: NodeCase): NodeCase {
  const { attributes = {}, inputs, constants = [] } = single;
  const names = Object.keys(attributes);
  const extreme = () => choices.of(EXTREME);
  switch (choices.int(0, 5)) {
    case 0: {
      if (names.length === 0) return spoil(choices, single);
      const name = choices.of(names);
      const old = attributes[name] as Attribute;
      const list = Array.isArray(old) ? (old as number[]) : [];
      const wrong: Attribute = choices.of<Attribute>([
        typeof old === 'string' ? choices.of(WORDS) : extreme(),
        list.length > 0 ? list.with(choices.int(0, list.length - 1), extreme()) : extreme(),
        [...list, extreme()],
        choices.of(WORDS),
      ]);
      return { ...single, attributes: { ...attributes, [name]: wrong } };
    }
    case 1:
    case 2: {
      const index = choices.of([...constants, -1]);
      const old = inputs[index];
      if (old === undefined || (old.dtype !== 'int64' && old.dtype !== 'float32')) return spoil(choices, single);
      const values = Array.from(old.data as Float32Array, Number);
      const wrong = choices.of([extreme(), extreme() + (old.dtype === 'float32' ? 0.5 : 0)]);
      const spoiled =
        choices.int(0, 3) === 0 ? [...values, wrong] : values.with(choices.int(0, values.length - 1), wrong);
      const inOneList = spoiled.length === values.length ? old.shape : [spoiled.length];
      return { ...single, inputs: inputs.with(index, numbers(old.dtype, spoiled, inOneList)) };
    }
    case 3: {
      if (inputs.length === 0) return spoil(choices, single);
      const index = choices.int(0, inputs.length - 1);
      const dtype = choices.of<Dtype>(['float32', 'int64', 'int32', 'uint8', 'bool']);
      const shape = choices.ints(choices.int(0, 4), 1, 3);
      return { ...single, inputs: inputs.with(index, choices.of([undefined, choices.tensor(dtype, shape)])) };
    }
    case 4:
      return { ...single, constants: constants.slice(1) };
    default:
      return { ...single, opset: choices.of([7, 9, 10, 11, 12, 13, 18, 21, 25]) };
  }
}

describe('hostile movement', () => {
  it('should compile as it stands, and with one or two things wrong compile or be refused by a code', () => {
    const choices = new Choices(97);
    const cases = fitting(choices);
    for (const single of cases) expect(() => compile(modelOf(single)), single.op).not.to.throw();
    let refused = 0;
    const rounds = 6000;
    for (let i = 0; i < rounds; i++) {
      let single = spoil(choices, choices.of(cases));
      if (choices.int(0, 1) === 0) single = spoil(choices, single);
      try {
        compile(modelOf(single));
      } catch (error) {
        refused++;
        // An error of another class inside is a crash that was caught.
        if (!isProtocolError(error) || error.cause !== undefined)
          expect.fail(
            `${i} ${single.op} ${single.opset} ${JSON.stringify(single.attributes)} [${single.inputs.map((t) => t && `${t.dtype} [${t.shape}] ${t.data.slice(0, 6)}`).join('; ')}]: ${(error as Error).stack}`,
          );
      }
    }
    expect(refused).to.be.within(rounds / 4, (rounds * 3) / 4);
  });

  /** The code that compiling throws. */
  function refusal(
    nodes: readonly ReturnType<typeof node>[],
    constants: Record<string, Tensor>,
    x: readonly number[] = [4],
    limits: CompileOptions = {},
  ) {
    const model = buildModel({ inputs: { x: ['float32', x] }, outputs: { y: ['float32', []] }, constants, nodes }, 21);
    try {
      compile(model, limits);
      return 'compiled';
    } catch (error) {
      if (!isProtocolError(error) || error.cause !== undefined) throw error;
      return error.code;
    }
  }

  it('should refuse sizes before it allocates by them', () => {
    const scalar = (value: number) => numbers('int64', [value], []);
    const sizes: readonly [string, Record<string, Tensor>, string][] = [
      ['ConstantOfShape', { a: int64(2 ** 40) }, 'compile.too_large'],
      ['ConstantOfShape', { a: int64(2 ** 20, 2 ** 20, 2 ** 20) }, 'compile.too_large'],
      ['Range', { a: scalar(0), b: scalar(1e12), c: scalar(1) }, 'compile.too_large'],
      ['Range', { a: scalar(0), b: scalar(2 ** 25), c: scalar(1) }, 'compile.too_large'],
      ['Range', { a: float32(0), b: float32(Number.POSITIVE_INFINITY), c: float32(1) }, 'compile.too_large'],
      ['Range', { a: float32(0), b: float32(Number.NaN), c: float32(1) }, 'compile.operator'],
    ];
    for (const [op, constants, code] of sizes)
      expect(refusal([node(op, Object.keys(constants), ['y'])], constants), op).to.equal(code);
    const ofX: readonly [string, Record<string, Tensor>, string][] = [
      ['Tile', { a: int64(2 ** 30) }, 'compile.too_large'],
      ['Expand', { a: int64(2 ** 40, 4) }, 'compile.too_large'],
      ['OneHot', { a: scalar(2 ** 26), b: float32(0, 1) }, 'compile.too_large'],
      ['Trilu', {}, 'compile.operator'],
    ];
    for (const [op, constants, code] of ofX)
      expect(refusal([node(op, ['x', ...Object.keys(constants)], ['y'])], constants), op).to.equal(code);
    expect(refusal([node('Trilu', ['x'], ['y'])], {}, [2 ** 13, 2 ** 13])).to.equal('compile.too_large');
    expect(refusal([node('Pad', ['x', 'a'], ['y'], { mode: 'edge' })], { a: int64(2 ** 30, 0) })).to.equal(
      'compile.too_large',
    );
  });

  it('should refuse lists that a view makes long', () => {
    const long = node('Expand', ['one', 'size'], ['l']);
    const constants = { one: int64(1), size: int64(2 ** 27) };
    for (const [op, inputs] of [
      ['Reshape', ['x', 'l']],
      ['Slice', ['x', 'l', 'l']],
      ['Tile', ['x', 'l']],
      ['Range', ['l', 'one', 'one']],
      ['ReduceSum', ['x', 'l']],
      ['TopK', ['x', 'l']],
      ['CumSum', ['x', 'l']],
    ] as const)
      expect(refusal([long, node(op, inputs, ['y'])], constants), op).to.equal('compile.operator');
    const many = node('ConstantOfShape', ['size'], ['l']);
    expect(refusal([many, node('Resize', ['x', '', 'l'], ['y'])], constants)).to.equal('compile.operator');
  });

  it('should refuse many constants of which each alone would do', () => {
    const count = 40;
    const last = (i: number) => (i === count - 1 ? 'y' : `r${i}`);
    const scalars = { a: numbers('int64', [0], []), b: numbers('int64', [2 ** 16], []), c: numbers('int64', [1], []) };
    expect(refusal([node('Range', ['a', 'b', 'c'], ['y'])], scalars)).to.equal('compiled');
    const limits = { limits: { foldElements: 2 ** 20 } };
    const ranges = Array.from({ length: count }, (_, i) => node('Range', ['a', 'b', 'c'], [last(i)]));
    expect(refusal(ranges, scalars, [4], limits)).to.equal('compile.too_large');
  });
});
