/** Elementwise arithmetic of ONNX against its definition and ONNX Runtime; what one element is: test/core/semantics/primitives. */
import { expect } from 'chai';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { commonShape, repeated } from '../../../support/broadcasting.ts';
import { rejects } from '../../../support/rejects.ts';
import {
  Choices,
  expectClose,
  expectLikeRuntime,
  expectStepByStep,
  numbers,
  reference,
} from '../../../support/singleNode.ts';

const BITS = { int32: 32, int64: 64, uint8: 8, int8: 8 } as const;
const wrapped = (dtype: keyof typeof BITS, value: number) =>
  Number(dtype === 'uint8' ? BigInt.asUintN(8, BigInt(value)) : BigInt.asIntN(BITS[dtype], BigInt(value)));

const BINARY: Record<string, (x: number, y: number) => number> = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Div: (x, y) => x / y,
};

const FLOAT: Record<string, { opsets: number[]; wanted: (x: number) => number }> = {
  Neg: { opsets: [7, 13], wanted: (x) => -x },
  Abs: { opsets: [7, 13], wanted: Math.abs },
  Sqrt: { opsets: [7, 13], wanted: Math.sqrt },
  Reciprocal: { opsets: [7, 13], wanted: (x) => 1 / x },
  Relu: { opsets: [7, 13, 14], wanted: (x) => Math.max(x, 0) },
  Floor: { opsets: [7, 13], wanted: Math.floor },
  Ceil: { opsets: [7, 13], wanted: Math.ceil },
  Round: {
    opsets: [11, 22],
    wanted: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.sign(x) * Math.round(Math.abs(x))),
  },
  Sign: { opsets: [9, 13], wanted: Math.sign },
  Exp: { opsets: [7, 13], wanted: Math.exp },
  Log: { opsets: [7, 13], wanted: Math.log },
  Tanh: { opsets: [7, 13], wanted: Math.tanh },
  Sin: { opsets: [7, 22], wanted: Math.sin },
  Cos: { opsets: [7, 22], wanted: Math.cos },
};

function shapes(choices: Choices): [number[], number[]] {
  const full = choices.ints(choices.int(0, 3), 1, 4);
  const part = () => full.slice(choices.int(0, full.length)).map((dim) => choices.of([dim, dim, 1]));
  return [part(), part()];
}

describe('elementwise arithmetic', () => {
  for (const [op, wanted] of Object.entries(BINARY))
    it(`${op} of every dtype, broadcast both ways`, async () => {
      const choices = new Choices(71);
      for (const dtype of ['float32', 'int32', 'int64', 'uint8', 'int8'] as const)
        for (let i = 0; i < 10; i++) {
          const [x, y] = shapes(choices).map((shape) => choices.tensor(dtype, shape, 50)) as [Tensor, Tensor];
          if (op === 'Div' && dtype !== 'float32')
            for (const [e, v] of y.data.entries()) if (Number(v) === 0) set(y, e, 3);
          const shape = commonShape(x.shape, y.shape);
          const opset = dtype === 'uint8' || dtype === 'int8' ? 14 : choices.of([7, 13, 14]);
          const what = `${op}-${opset} ${dtype} [${x.shape}] [${y.shape}]`;
          const found = await expectLikeRuntime({ op, opset, inputs: [x, y], outputs: [dtype] }, what);
          const [left, right] = [repeated(x, shape), repeated(y, shape)].map((list) => list.map(Number)) as [
            number[],
            number[],
          ];
          const values = left.map((v, e) => wanted(v, right[e] as number));
          const data = dtype === 'float32' ? values : values.map((v) => wrapped(dtype, Math.trunc(v)));
          expect(found.outputs[0], what).to.deep.equal(numbers(dtype, data, shape));
          if (i === 0) expectStepByStep(found, what);
        }
    });

  for (const [op, { opsets, wanted }] of Object.entries(FLOAT))
    it(`${op} of float32`, async () => {
      const choices = new Choices(72);
      const edges = [0, -0, 0.5, -0.5, 1.5, 2.5, -2.5, 1, -1, 1e-40, Infinity, -Infinity, Number.NaN];
      const x = numbers('float32', [...edges, ...choices.tensor('float32', [51], 8).data] as number[], [4, 16]);
      for (const opset of opsets) {
        const found = await expectLikeRuntime({ op, opset, inputs: [x] }, `${op}-${opset}`);
        const values = numbers('float32', [...(x.data as Float32Array)].map(wanted), x.shape);
        expectClose(found.outputs[0] as Tensor, values, `${op}, defined`, 6.1e-8, 1e-45);
        expectStepByStep(found, op);
      }
    });

  it('Neg, Abs, Relu and Sign of integers', async () => {
    const choices = new Choices(73);
    const all: Record<string, [number, Dtype[], (x: number) => number]> = {
      Neg: [13, ['int32', 'int64', 'int8'], (x) => -x],
      Abs: [13, ['int32', 'int64', 'int8', 'uint8'], Math.abs],
      Relu: [14, ['int32', 'int8'], (x) => Math.max(x, 0)],
      Sign: [13, ['int32', 'int64', 'int8', 'uint8'], Math.sign],
    };
    for (const [op, [opset, dtypes, wanted]] of Object.entries(all))
      for (const dtype of dtypes) {
        const x = choices.tensor(dtype, [40]);
        const found = await expectLikeRuntime({ op, opset, inputs: [x], outputs: [dtype] }, `${op} ${dtype}`);
        // -0 of a number has no counterpart in integers.
        const data = [...x.data].map((v) => wrapped(dtype as keyof typeof BITS, wanted(Number(v))));
        expect(found.outputs[0], `${op} ${dtype}`).to.deep.equal(numbers(dtype, data));
      }
  });

  it('Min, Max, Sum and Mean of one to four operands, folded from the left', async () => {
    const choices = new Choices(74);
    const fold: Record<string, (x: number, y: number) => number> = {
      Min: Math.min,
      Max: Math.max,
      Sum: (x, y) => Math.fround(x + y),
      Mean: (x, y) => Math.fround(x + y),
    };
    for (const [op, combine] of Object.entries(fold))
      for (let count = 1; count <= 4; count++)
        for (const opset of [8, 13]) {
          const full = [2, 3, 4];
          const inputs = Array.from({ length: count }, () =>
            choices.tensor('float32', full.slice(choices.int(0, 3)), 9),
          );
          if (count > 1 && op.startsWith('M')) set(inputs[1] as Tensor, 0, op === 'Mean' ? 7 : Number.NaN);
          const shape = commonShape(...inputs.map((input) => input.shape));
          const what = `${op}-${opset} of ${count}`;
          const found = await expectLikeRuntime({ op, opset, inputs }, what);
          const lists = inputs.map((input) => repeated(input, shape) as number[]);
          const values = lists.reduce((x, y) => x.map((v, e) => combine(v, y[e] as number)));
          const wanted = op === 'Mean' ? values.map((v) => v / count) : values;
          expect(found.outputs[0], what).to.deep.equal(numbers('float32', wanted, shape));
          if (opset === 13) expectStepByStep(found, what);
        }
    for (const op of ['Min', 'Max'])
      for (const dtype of ['int32', 'int64', 'uint8', 'int8'] as const) {
        const inputs = [choices.tensor(dtype, [3, 4]), choices.tensor(dtype, [4])];
        const found = await expectLikeRuntime({ op, opset: 13, inputs, outputs: [dtype] }, `${op} ${dtype}`);
        const [x, y] = inputs.map((input) => repeated(input, [3, 4]).map(Number)) as [number[], number[]];
        const data = x.map((v, e) => (op === 'Min' ? Math.min : Math.max)(v, y[e] as number));
        expect(found.outputs[0]).to.deep.equal(numbers(dtype, data, [3, 4]));
      }
  });

  it('before opset 7 broadcast and axis place the second operand', () => {
    const x = numbers('float32', [1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
    const run = (y: Tensor, attributes: Readonly<Record<string, number>>) => [
      ...(reference({ op: 'Sub', opset: 6, inputs: [x, y], attributes }).outputs[0] as Tensor).data,
    ];
    const y = numbers('float32', [1, 10]);
    expect(run(y, { broadcast: 1, axis: 0 })).to.deep.equal([0, 1, 2, 3, -5, -4, -3, -2]);
    expect(run(y, { broadcast: 1, axis: 1 })).to.deep.equal([0, 1, -7, -6, 4, 5, -3, -2]);
    expect(run(y, { broadcast: 1 })).to.deep.equal([0, -8, 2, -6, 4, -4, 6, -2]);
    expect(run(x, {})).to.deep.equal(new Array(8).fill(0));
    rejects('compile.operator', () => run(y, {}));
    rejects('compile.operator', () => run(y, { broadcast: 1, axis: 3 }));
  });

  it('refuses unlike and undefined types and shapes', () => {
    const f = numbers('float32', [1, 2]);
    const i = numbers('int32', [1, 2]);
    const refuses = (op: string, inputs: Tensor[], opset = 21) =>
      rejects('compile.operator', () => reference({ op, opset, inputs }));
    refuses('Add', [f, i]);
    refuses('Add', [f, numbers('float32', [1, 2, 3])]);
    refuses('Add', [f]);
    refuses('Add', [numbers('bool', [1]), numbers('bool', [1])]);
    for (const op of ['Sum', 'Mean', 'Exp', 'Sqrt', 'Floor']) refuses(op, [i]);
    for (const op of ['Neg', 'Relu']) refuses(op, [numbers('uint8', [1])]);
    for (const op of ['Sum', 'Mean', 'Min', 'Max']) {
      refuses(op, [f, numbers('float32', [1])], 7);
      refuses(op, []);
    }
  });
});

function set({ data }: Tensor, element: number, value: number): void {
  if (data instanceof BigInt64Array) data[element] = BigInt(value);
  else data[element] = value;
}
