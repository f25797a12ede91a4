/** MatMul and Gemm against sums from the definition, ONNX Runtime, and their own records. */
import { expect } from 'chai';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';
import { rejects } from '../../../support/rejects.ts';
import {
  Choices,
  expectClose,
  expectLikeRuntime,
  expectStepByStep,
  type NodeCase,
  numbers,
  reference,
} from '../../../support/singleNode.ts';

/** numpy.matmul from the definition: exact integers in BigInt, float32 in float64. */
function multiplied(a: Tensor, b: Tensor): { shape: number[]; values: (number | bigint)[] } {
  const x = a.shape.length === 1 ? [1, ...a.shape] : [...a.shape];
  const y = b.shape.length === 1 ? [...b.shape, 1] : [...b.shape];
  const rank = Math.max(x.length, y.length);
  const [wide, tall] = [x, y].map((shape) => [...new Array<number>(rank - shape.length).fill(1), ...shape]) as [
    number[],
    number[],
  ];
  const batch = wide.slice(0, -2).map((dim, i) => Math.max(dim, tall[i] as number));
  const [rows = 1, terms = 1] = wide.slice(-2);
  const columns = tall.at(-1) as number;
  const values: (number | bigint)[] = [];
  const count = elementCount(batch);
  const matrix = (shape: number[], flat: number) => {
    let [rest, at, step] = [flat, 0, 1];
    for (let axis = rank - 3; axis >= 0; axis--) {
      const c = rest % (batch[axis] as number);
      rest = Math.floor(rest / (batch[axis] as number));
      at += (shape[axis] === 1 ? 0 : c) * step;
      step *= shape[axis] as number;
    }
    return at;
  };
  for (let n = 0; n < count; n++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let [sum, exact] = [0, 0n];
        for (let k = 0; k < terms; k++) {
          const left = a.data[(matrix(wide, n) * rows + i) * terms + k] as number | bigint;
          const right = b.data[(matrix(tall, n) * terms + k) * columns + j] as number | bigint;
          if (a.dtype === 'float32') sum += Number(left) * Number(right);
          else exact += BigInt(left) * BigInt(right);
        }
        values.push(
          a.dtype === 'float32'
            ? sum
            : a.dtype === 'int64'
              ? BigInt.asIntN(64, exact)
              : Number(BigInt.asIntN(32, exact)),
        );
      }
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [rows]), ...(b.shape.length === 1 ? [] : [columns])];
  return { shape, values };
}

function draw(choices: Choices, dtype: Dtype): [Tensor, Tensor] {
  const [rows, terms, columns] = choices.ints(3, 1, 6) as [number, number, number];
  const full = choices.ints(choices.int(0, 2), 2, 3);
  const batch = () => full.slice(choices.int(0, full.length)).map((dim) => choices.of([dim, 1]));
  const make = (shape: number[]): Tensor => {
    // Large enough for int32 and int64 to wrap.
    if (dtype === 'int32') return numbers(dtype, choices.ints(elementCount(shape), -(2 ** 31), 2 ** 31 - 1), shape);
    if (dtype !== 'int64') return choices.tensor(dtype, shape);
    const data = BigInt64Array.from(
      choices.ints(elementCount(shape), -(2 ** 31), 2 ** 31 - 1),
      (n) => BigInt(n) * 0x1_0000_01n,
    );
    return { dtype, shape, data };
  };
  const vector = choices.int(0, 5);
  return [
    make(vector === 0 || vector === 2 ? [terms] : [...batch(), rows, terms]),
    make(vector === 1 || vector === 2 ? [terms] : [...batch(), terms, columns]),
  ];
}

describe('matrix products', () => {
  for (const dtype of ['float32', 'int32', 'int64'] as const)
    it(`MatMul of ${dtype}: vectors, matrices, broadcast batches`, async () => {
      const choices = new Choices(61);
      for (let i = 0; i < 60; i++) {
        const inputs = draw(choices, dtype);
        const single: NodeCase = {
          op: 'MatMul',
          opset: choices.of([9, 13]),
          inputs,
          outputs: [dtype],
          constants: choices.of([[], [1], [0]]),
        };
        const what = `MatMul ${i} ${dtype} [${inputs[0].shape}] [${inputs[1].shape}]`;
        const found = await expectLikeRuntime(single, what);
        const { shape, values } = multiplied(...inputs);
        const data =
          dtype === 'int64'
            ? BigInt64Array.from(values as bigint[])
            : dtype === 'int32'
              ? Int32Array.from(values as number[])
              : Float32Array.from(values as number[]);
        expectClose(found.outputs[0] as Tensor, { dtype, shape, data }, `${what}, defined`);
        if (i % 6 === 0) expectStepByStep(found, what);
      }
    });

  it('Gemm: transposes, alpha, beta, every shape of C', async () => {
    const choices = new Choices(62);
    for (let i = 0; i < 80; i++) {
      const [rows, terms, columns] = choices.ints(3, 1, 6) as [number, number, number];
      const [ta, tb] = choices.ints(2, 0, 1) as [number, number];
      const [alpha, beta] = choices.of([
        [1, 1],
        [1, 0.5],
        [0.25, 1],
        [2, 0],
        [0.3, 0.7],
      ]) as [number, number];
      const c = choices.of([undefined, [], [1], [columns], [1, columns], [rows, 1], [rows, columns]]);
      const inputs = [
        choices.tensor('float32', ta ? [terms, rows] : [rows, terms]),
        choices.tensor('float32', tb ? [columns, terms] : [terms, columns]),
        c && choices.tensor('float32', c),
      ] as const;
      const opset = c === undefined ? choices.of([11, 13]) : choices.of([7, 9, 11, 13]);
      const attributes = { transA: ta, transB: tb, alpha: { float: alpha }, beta: { float: beta } };
      const what = `Gemm ${i} ${JSON.stringify(attributes)} C [${c}]`;
      const found = await expectLikeRuntime(
        { op: 'Gemm', opset, attributes, inputs, constants: choices.of([[1, 2], []]) },
        what,
      );
      const transposed = (t: Tensor): Tensor => {
        const [m = 1, n = 1] = t.shape;
        return {
          ...t,
          shape: [n, m],
          data: Float32Array.from({ length: m * n }, (_, e) => t.data[(e % m) * n + Math.floor(e / m)] as number),
        };
      };
      const { values } = multiplied(ta ? transposed(inputs[0]) : inputs[0], tb ? transposed(inputs[1]) : inputs[1]);
      const wanted = values.map((value, e) => {
        const [row, column] = [Math.floor(e / columns), e % columns];
        const [high = 1, wide = 1] = c?.length === 2 ? c : [1, c?.[0] ?? 1];
        const added = inputs[2]?.data[(high === 1 ? 0 : row) * wide + (wide === 1 ? 0 : column)] ?? 0;
        return alpha * Number(value) + beta * Number(added);
      });
      expectClose(found.outputs[0] as Tensor, numbers('float32', wanted, [rows, columns]), `${what}, defined`);
      if (i % 8 === 0) expectStepByStep(found, what);
    }
  });

  it('Gemm with alpha = beta = 1 is one Dot, whatever the shape of C', () => {
    const choices = new Choices(63);
    for (const c of [[], [4], [3, 1], [3, 4]]) {
      const inputs = [[3, 5], [5, 4], c].map((shape) => choices.tensor('float32', shape));
      const { program } = reference({ op: 'Gemm', inputs, constants: [1, 2] });
      expect(program.operators.map(({ kind }) => kind)).to.deep.equal(['Dot']);
    }
  });

  it('Gemm of integers is exact', () => {
    const [a, b, c] = [
      numbers('int32', [2 ** 30, 3], [1, 2]),
      numbers('int32', [4, 1], [2, 1]),
      numbers('int32', [-5]),
    ];
    const [y] = reference({ op: 'Gemm', inputs: [a, b, c], outputs: ['int32'] }).outputs as [Tensor];
    expect([...y.data]).to.deep.equal([-2]);
  });

  it('products over nothing are the bias or zero', () => {
    const nothing = (shape: number[]): Tensor => ({ dtype: 'float32', shape, data: new Float32Array(0) });
    const left = nothing([2, 0]);
    const c = numbers('float32', [7, 8]);
    const right = nothing([0, 2]);
    const [plain] = reference({ op: 'MatMul', inputs: [left, right], constants: [0, 1] }).outputs as [Tensor];
    expect(plain).to.deep.equal(numbers('float32', [0, 0, 0, 0], [2, 2]));
    const [biased] = reference({ op: 'Gemm', inputs: [left, right, c], constants: [0, 1, 2] }).outputs as [Tensor];
    expect(biased).to.deep.equal(numbers('float32', [7, 8, 7, 8], [2, 2]));
  });

  it('refuses what does not fit', () => {
    const f = (shape: number[]) => numbers('float32', new Array(elementCount(shape)).fill(1), shape);
    const i = (shape: number[]) => numbers('int32', new Array(elementCount(shape)).fill(1), shape);
    const refuses = (op: string, inputs: Tensor[], attributes: NonNullable<NodeCase['attributes']> = {}) =>
      rejects('compile.operator', () => reference({ op, inputs, attributes }));
    refuses('MatMul', [f([2, 3]), f([2, 3])]);
    refuses('MatMul', [f([]), f([2])]);
    refuses('MatMul', [f([2, 2, 3]), f([3, 3, 2])]);
    refuses('MatMul', [f([2, 2]), i([2, 2])]);
    refuses('MatMul', [numbers('uint8', [1], [1, 1]), numbers('uint8', [1], [1, 1])]);
    refuses('Gemm', [f([2, 3]), f([2, 3])]);
    refuses('Gemm', [f([1, 2, 3]), f([3, 2])]);
    refuses('Gemm', [f([2, 3]), f([3, 2]), f([3])]);
    refuses('Gemm', [i([2, 3]), i([3, 2])], { alpha: { float: 0.5 } });
  });
});
