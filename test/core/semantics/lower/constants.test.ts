/** Operators that make constants, and what the others do with nothing. */
import { expect } from 'chai';
import { DTYPES } from '#core/commitment/dtype.ts';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';
import { rejects } from '../../../support/rejects.ts';
import { Choices, expectLikeRuntime, type NodeCase, numbers, reference } from '../../../support/singleNode.ts';

const int64 = (...values: number[]) => numbers('int64', values);
/** Not a tensor that may be sent: only a model holds one. */
const nothing = (dtype: Dtype, shape: readonly number[]): Tensor => ({ dtype, shape, data: new DTYPES[dtype].Data(0) });
const listed = (single: NodeCase): (number | bigint)[] => [...(reference(single).outputs[0] as Tensor).data];

describe('operators that make constants', () => {
  it('Constant should keep each of its attributes whole', async () => {
    const big = 2n ** 62n + 1n;
    const cases: readonly (readonly [
      NodeCase['attributes'],
      Dtype,
      readonly (number | bigint)[],
      readonly number[],
    ])[] = [
      [{ value_int: big }, 'int64', [big], []],
      [{ value_ints: [-big, 3] }, 'int64', [-big, 3n], [2]],
      [{ value_float: { float: 0.1 } }, 'float32', [Math.fround(0.1)], []],
      [{ value_floats: { floats: [1.5, -0.1] } }, 'float32', [1.5, Math.fround(-0.1)], [2]],
      [{ value: numbers('int8', [-3, 4], [2, 1]) }, 'int8', [-3, 4], [2, 1]],
    ];
    for (const [attributes = {}, dtype, wanted, shape] of cases) {
      const what = Object.keys(attributes).join();
      const single = { op: 'Constant', opset: 13, attributes, inputs: [], outputs: [dtype] };
      const found = await expectLikeRuntime(single, what, 0, 0);
      expect([...(found.outputs[0]?.data ?? [])], what).to.deep.equal(wanted);
      expect(found.outputs[0]?.shape, what).to.deep.equal(shape);
    }
  });

  it('Range should count as ONNX Runtime counts and keep 64 bits', async () => {
    const random = new Choices(89);
    const scalar = (dtype: Dtype, value: number) => numbers(dtype, [value], []);
    for (let round = 0; round < 150; round++) {
      const dtype = random.of(['float32', 'int32', 'int64'] as const);
      const unit = dtype === 'float32' ? 10 : 1;
      const [start, limit] = [random.int(-40, 40) / unit, random.int(-90, 90) / unit];
      const delta = (random.of([1, -1]) * random.int(1, 12)) / unit;
      const inputs = [start, limit, delta].map((value) => scalar(dtype, value));
      const single = { op: 'Range', opset: 11, inputs, constants: [0, 1, 2], outputs: [dtype] };
      await expectLikeRuntime(single, `${dtype} ${start} to ${limit} by ${delta}`, 1e-5, 1e-5);
    }
    const wide = [2n ** 60n, 2n ** 60n + 5n, 2n].map(
      (value): Tensor => ({
        dtype: 'int64',
        shape: [],
        data: BigInt64Array.of(value),
      }),
    );
    expect(listed({ op: 'Range', opset: 11, inputs: wide, constants: [0, 1, 2], outputs: ['int64'] })).to.deep.equal([
      2n ** 60n,
      2n ** 60n + 2n,
      2n ** 60n + 4n,
    ]);
  });

  it('ConstantOfShape, Shape and Size should say shapes', async () => {
    for (const shape of [[], [0], [3], [2, 0, 3], [2, 3, 4]]) {
      const sizes = shape.length === 0 ? nothing('int64', [0]) : int64(...shape);
      for (const value of [undefined, numbers('int32', [7]), numbers('bool', [1])]) {
        const attributes = value ? { value } : {};
        const outputs = [value?.dtype ?? 'float32'] as const;
        const single = { op: 'ConstantOfShape', opset: 9, attributes, inputs: [sizes], constants: [0], outputs };
        await expectLikeRuntime(single, `[${shape}] of ${outputs}`, 0, 0);
      }
      const x: Tensor = { dtype: 'float32', shape, data: new Float32Array(elementCount(shape)) };
      await expectLikeRuntime(
        { op: 'Size', opset: 13, inputs: [x], constants: [0], outputs: ['int64'] },
        `size of [${shape}]`,
      );
      for (const start of [undefined, 0, 1, -1, -9, 9])
        for (const end of [undefined, 0, 2, -1, -9, 9]) {
          const attributes = { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
          const what = `[${shape}] from ${start} to ${end}`;
          await expectLikeRuntime(
            { op: 'Shape', opset: 15, attributes, inputs: [x], constants: [0], outputs: ['int64'] },
            what,
          );
        }
    }
  });

  it('OneHot should truncate float indices and not wrap narrow ones', () => {
    const of = (indices: Tensor, depth: number) =>
      listed({ op: 'OneHot', opset: 11, inputs: [indices, int64(depth), numbers('float32', [0, 1])], constants: [1] });
    const row = (depth: number, on: number) => Array.from({ length: depth }, (_, i) => (i === on ? 1 : 0));
    expect(of(numbers('float32', [1.9, -1.2, 4]), 4)).to.deep.equal([...row(4, 1), ...row(4, 3), ...row(4, -1)]);
    expect(of(numbers('int8', [5, -1]), 300)).to.deep.equal([...row(300, 5), ...row(300, 299)]);
    expect(of(numbers('uint8', [250]), 600)).to.deep.equal(row(600, 250));
  });
});

describe('nothing', () => {
  it('should reduce to the end of the range of each dtype', async () => {
    for (const dtype of ['float32', 'int32', 'int64', 'uint8', 'int8'] as const)
      for (const op of ['ReduceMax', 'ReduceMin', 'ReduceSum', 'ReduceProd', 'ReduceL1', 'ReduceSumSquare']) {
        if ((dtype === 'uint8' || dtype === 'int8') && !/M(ax|in)$/.test(op)) continue;
        const inputs = [nothing(dtype, [2, 0]), int64(1)];
        const single = { op, opset: 20, inputs, constants: [0, 1], outputs: [dtype] };
        // ONNX Runtime compares exactly what int64 holds; the reference must not round it on the way.
        await expectLikeRuntime(single, `${op} ${dtype}`, 0, 0);
      }
    const most = {
      op: 'ReduceMin',
      opset: 20,
      inputs: [nothing('int64', [0])],
      constants: [0],
      outputs: ['int64'],
    } as const;
    expect(listed(most)).to.deep.equal([2n ** 63n - 1n]);
    const bools = {
      op: 'ReduceMax',
      opset: 20,
      inputs: [nothing('bool', [0])],
      constants: [0],
      outputs: ['bool'],
    } as const;
    expect(listed(bools)).to.deep.equal([0]);
  });

  it('should move as shapes only', async () => {
    const empty = nothing('float32', [2, 0, 3]);
    const x = numbers('float32', [1, 2, 3, 4, 5, 6], [2, 1, 3]);
    const cases: readonly NodeCase[] = [
      { op: 'Concat', opset: 13, attributes: { axis: 1 }, inputs: [empty, x, empty], constants: [0, 2] },
      { op: 'Concat', opset: 13, attributes: { axis: 1 }, inputs: [empty, empty], constants: [0, 1] },
      { op: 'Transpose', opset: 13, attributes: { perm: [2, 0, 1] }, inputs: [empty], constants: [0] },
      { op: 'Slice', opset: 13, inputs: [x, int64(1), int64(1), int64(2)], constants: [1, 2, 3] },
      { op: 'Slice', opset: 13, inputs: [empty, int64(0), int64(9), int64(1)], constants: [0, 1, 2, 3] },
      {
        op: 'Split',
        opset: 13,
        attributes: { axis: 0 },
        inputs: [x, int64(0, 2)],
        constants: [1],
        outputs: ['float32', 'float32'],
      },
      {
        op: 'Pad',
        opset: 13,
        inputs: [empty, int64(0, 1, 0, 0, 1, 0), numbers('float32', [4], [])],
        constants: [0, 1, 2],
      },
      { op: 'Gather', opset: 13, attributes: { axis: 2 }, inputs: [empty, int64(0, 1)], constants: [0, 1] },
      { op: 'Gather', opset: 13, inputs: [x, nothing('int64', [0])], constants: [1] },
      { op: 'Tile', opset: 13, inputs: [x, int64(1, 0, 2)], constants: [1] },
      { op: 'Expand', opset: 13, inputs: [x, int64(2, 0, 3)], constants: [1] },
      { op: 'Reshape', opset: 13, inputs: [empty, int64(0, 0, 1, 3)], constants: [0, 1] },
      { op: 'Reshape', opset: 14, attributes: { allowzero: 1 }, inputs: [empty, int64(3, 0)], constants: [0, 1] },
      {
        op: 'Einsum',
        opset: 12,
        attributes: { equation: 'ij,jk->ik' },
        inputs: [nothing('float32', [2, 0]), nothing('float32', [0, 3])],
        constants: [0, 1],
      },
      { op: 'Relu', opset: 13, inputs: [empty], constants: [0] },
      { op: 'TopK', opset: 11, inputs: [x, int64(0)], constants: [1], outputs: ['float32', 'int64'] },
      { op: 'CumSum', opset: 14, inputs: [empty, numbers('int64', [1], [])], constants: [0, 1] },
    ];
    for (const single of cases) await expectLikeRuntime(single, JSON.stringify([single.op, single.attributes]), 0, 0);
  });
});

describe('what ONNX does not allow', () => {
  const x = numbers('float32', [1, 2, 3, 4, 5, 6], [2, 3]);
  const cases: Readonly<Record<string, NodeCase>> = {
    'a step of 0': { op: 'Slice', inputs: [x, int64(0), int64(2), int64(0), int64(0)], constants: [1, 2, 3, 4] },
    'an axis sliced twice': { op: 'Slice', inputs: [x, int64(0, 0), int64(1, 1), int64(0, -2)], constants: [1, 2, 3] },
    'parts that do not fill the axis': {
      op: 'Split',
      inputs: [x, int64(1, 3)],
      constants: [1],
      outputs: ['float32', 'float32'],
    },
    'unequal parts before opset 18': {
      op: 'Split',
      opset: 13,
      attributes: { axis: 1 },
      inputs: [x],
      outputs: ['float32', 'float32'],
    },
    'joined shapes that differ': {
      op: 'Concat',
      attributes: { axis: 0 },
      inputs: [x, numbers('float32', [1], [1, 1])],
    },
    'joined dtypes that differ': {
      op: 'Concat',
      attributes: { axis: 0 },
      inputs: [x, numbers('int32', [1, 2, 3], [1, 3])],
    },
    'pads below nothing': { op: 'Pad', inputs: [x, int64(-2, 0, -1, 0)], constants: [1] },
    'a fill of another dtype': {
      op: 'Pad',
      inputs: [x, int64(1, 0, 0, 0), numbers('int32', [1], [])],
      constants: [1, 2],
    },
    'a mode of no name': { op: 'Pad', attributes: { mode: 'mirror' }, inputs: [x, int64(1, 0, 0, 0)], constants: [1] },
    'a count that does not reshape': { op: 'Reshape', inputs: [x, int64(4, -1)], constants: [1] },
    'two open dimensions': { op: 'Reshape', inputs: [x, int64(-1, -1)], constants: [1] },
    'an axis that is not 1': { op: 'Squeeze', inputs: [x, int64(0)], constants: [1] },
    'an index out of range': { op: 'Gather', inputs: [x, int64(2)], constants: [1] },
    'indices of floats': { op: 'Gather', inputs: [x, numbers('float32', [0])] },
    'a delta of 0': { op: 'Range', inputs: [int64(0), int64(1), int64(0)], constants: [0, 1, 2], outputs: ['int64'] },
    'a shape below 0': { op: 'ConstantOfShape', inputs: [int64(-1)], constants: [0] },
    'more ranks than elements': { op: 'TopK', inputs: [x, int64(4)], constants: [1], outputs: ['float32', 'int64'] },
    'a letter that no input has': { op: 'Einsum', opset: 12, attributes: { equation: 'ij->ik' }, inputs: [x] },
    'an output without its ellipsis': { op: 'Einsum', opset: 12, attributes: { equation: 'i...->i' }, inputs: [x] },
    'a diagonal of unequal axes': { op: 'Einsum', opset: 12, attributes: { equation: 'ii->i' }, inputs: [x] },
    'blocks that do not divide': {
      op: 'DepthToSpace',
      attributes: { blocksize: 2 },
      inputs: [numbers('float32', [1, 2], [1, 2, 1, 1])],
    },
    'blocks in no known order': {
      op: 'DepthToSpace',
      attributes: { blocksize: 1, mode: 'RDC' },
      inputs: [numbers('float32', [1], [1, 1, 1, 1])],
    },
    'scales and sizes at once': {
      op: 'Resize',
      inputs: [x, undefined, numbers('float32', [2, 2]), int64(4, 6)],
      constants: [2, 3],
    },
    'a slice of a scalar': {
      op: 'Slice',
      inputs: [numbers('float32', [1], []), int64(0), int64(1)],
      constants: [1, 2],
    },
    'scalars joined': { op: 'Concat', attributes: { axis: 0 }, inputs: [1, 2].map((v) => numbers('float32', [v], [])) },
    'an axis that is no integer': { op: 'ReduceSum', inputs: [x, numbers('float32', [0.5])], constants: [1] },
    'axes as they were before opset 18': { op: 'ReduceMean', opset: 18, attributes: { axes: [1] }, inputs: [x] },
    'axes as they were before opset 13': {
      op: 'Squeeze',
      opset: 13,
      attributes: { axes: [0] },
      inputs: [numbers('float32', [1], [1])],
    },
    'parts as they were before opset 13': {
      op: 'Split',
      opset: 13,
      attributes: { split: [1, 1] },
      inputs: [x],
      outputs: ['float32', 'float32'],
    },
    'bounds as they were before opset 10': {
      op: 'Slice',
      opset: 10,
      attributes: { starts: [0], ends: [1] },
      inputs: [x],
    },
    'a count as it was before opset 10': {
      op: 'TopK',
      opset: 11,
      attributes: { k: 1 },
      inputs: [x, int64(1)],
      constants: [1],
      outputs: ['float32', 'int64'],
    },
    'axes reduced twice': { op: 'ReduceSum', inputs: [x, int64(1, -1)], constants: [1] },
  };
  for (const [what, single] of Object.entries(cases))
    it(`should be refused: ${what}`, () => {
      const error = rejects('compile.operator', () => reference(single));
      expect(error.cause, 'a refusal, not a crash').to.equal(undefined);
    });
});
