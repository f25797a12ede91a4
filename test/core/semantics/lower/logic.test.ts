/** Comparisons, Where, bools, IsNaN and IsInf against their definition, ONNX Runtime, and their own records. */
import { expect } from 'chai';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';
import { commonShape, repeated } from '../../../support/broadcasting.ts';
import { rejects } from '../../../support/rejects.ts';
import {
  Choices,
  expectLikeRuntime,
  expectStepByStep,
  type NodeCase,
  numbers,
  reference,
} from '../../../support/singleNode.ts';

type Compare = (x: number | bigint, y: number | bigint) => boolean;

const NUMBERS = ['float32', 'int32', 'int64', 'uint8', 'int8'] as const;
const COMPARISONS: Record<string, { opsets: number[]; wanted: Compare }> = {
  Equal: { opsets: [11, 13, 19], wanted: (x, y) => x === y },
  Less: { opsets: [9, 13], wanted: (x, y) => x < y },
  Greater: { opsets: [9, 13], wanted: (x, y) => x > y },
  LessOrEqual: { opsets: [12, 16], wanted: (x, y) => x <= y },
  GreaterOrEqual: { opsets: [12, 16], wanted: (x, y) => x >= y },
};
const LOGIC: Record<string, { opsets: number[]; wanted: Compare }> = {
  And: { opsets: [7], wanted: (x, y) => x === 1 && y === 1 },
  Or: { opsets: [7], wanted: (x, y) => x === 1 || y === 1 },
  Xor: { opsets: [7], wanted: (x, y) => x !== y },
};
const SPECIAL = [0, -0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-45, 3.4e38];

/** Few different values, so that many are equal; for float32 the special ones. */
function draw(choices: Choices, dtype: Dtype, shape: readonly number[]): Tensor {
  const pool = dtype === 'float32' ? SPECIAL : dtype === 'bool' ? [0, 1] : dtype === 'uint8' ? [0, 1, 255] : [-2, 0, 1];
  return numbers(
    dtype,
    Array.from({ length: elementCount(shape) }, () => choices.of(pool)),
    shape,
  );
}

/** Two shapes that broadcast to each other. */
function shapes(choices: Choices): [number[], number[]] {
  const full = choices.ints(choices.int(0, 3), 1, 4);
  const part = () => full.slice(choices.int(0, full.length)).map((dim) => choices.of([dim, dim, 1]));
  return [part(), part()];
}

async function compared(op: string, dtype: Dtype, opsets: number[], wanted: Compare, seed: number): Promise<void> {
  const choices = new Choices(seed);
  for (let i = 0; i < 12; i++) {
    const inputs = shapes(choices).map((shape) => draw(choices, dtype, shape)) as [Tensor, Tensor];
    const shape = commonShape(inputs[0].shape, inputs[1].shape);
    const what = `${op} ${dtype} [${inputs[0].shape}] [${inputs[1].shape}]`;
    const found = await expectLikeRuntime({ op, opset: choices.of(opsets), inputs, outputs: ['bool'] }, what);
    const [x, y] = inputs.map((input) => repeated(input, shape)) as [number[], number[]];
    const data = x.map((one, e) => (wanted(one, y[e] as number) ? 1 : 0));
    expect(found.outputs[0], what).to.deep.equal(numbers('bool', data, shape));
    if (i % 4 === 0) expectStepByStep(found, what);
  }
}

describe('logic', () => {
  for (const [op, { opsets, wanted }] of Object.entries(COMPARISONS))
    it(`${op} of every dtype, broadcast, with NaN and infinities`, async () => {
      for (const dtype of NUMBERS) await compared(op, dtype, opsets, wanted, 11);
      if (op === 'Equal') await compared(op, 'bool', opsets, wanted, 12);
    });

  for (const [op, { opsets, wanted }] of Object.entries(LOGIC))
    it(`${op} of bools`, () => compared(op, 'bool', opsets, wanted, 13));

  it('Not, IsNaN, IsInf', async () => {
    const choices = new Choices(14);
    const bools = draw(choices, 'bool', [3, 5]);
    const not = await expectLikeRuntime({ op: 'Not', opset: 7, inputs: [bools], outputs: ['bool'] }, 'Not');
    expect([...(not.outputs[0] as Tensor).data]).to.deep.equal([...bools.data].map((x) => (x === 1 ? 0 : 1)));
    const x = numbers('float32', SPECIAL);
    for (const opset of [9, 13, 20]) {
      const nan = await expectLikeRuntime({ op: 'IsNaN', opset, inputs: [x], outputs: ['bool'] }, `IsNaN ${opset}`);
      expect([...(nan.outputs[0] as Tensor).data]).to.deep.equal(SPECIAL.map((v) => (Number.isNaN(v) ? 1 : 0)));
    }
    for (const [positive, negative] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const attributes = { detect_positive: positive, detect_negative: negative };
      const what = `IsInf ${positive}${negative}`;
      const single = {
        op: 'IsInf',
        opset: choices.of([10, 20]),
        inputs: [x],
        attributes,
        outputs: ['bool'] as Dtype[],
      };
      const found = await expectLikeRuntime(single, what);
      const wanted = SPECIAL.map((v) => Number((v === Infinity && positive) || (v === -Infinity && negative)));
      expect([...(found.outputs[0] as Tensor).data], what).to.deep.equal(wanted);
    }
  });

  it('Where of every dtype, three operands broadcast', async () => {
    const choices = new Choices(15);
    for (const dtype of [...NUMBERS, 'bool'] as const)
      for (let i = 0; i < 8; i++) {
        const [a, b] = shapes(choices);
        const condition = draw(choices, 'bool', choices.of([a, b]));
        const [x, y] = [draw(choices, dtype, a), draw(choices, dtype, b)];
        const single: NodeCase = {
          op: 'Where',
          opset: choices.of([9, 16]),
          inputs: [condition, x, y],
          outputs: [dtype],
        };
        const what = `Where ${dtype} ${i}`;
        // ONNX Runtime has no Where of int8 and bool.
        const runs = dtype !== 'int8' && dtype !== 'bool';
        const found = runs ? await expectLikeRuntime(single, what) : reference(single);
        const shape = commonShape(condition.shape, a, b);
        const [when, left, right] = [condition, x, y].map((input) => repeated(input, shape)) as number[][];
        const data = when?.map((one, e) => (one === 1 ? left?.[e] : right?.[e])) as number[];
        expect(found.outputs[0], what).to.deep.equal(numbers(dtype, data, shape));
        if (i === 0) expectStepByStep(found, what);
      }
  });

  it('before opset 7 broadcast and axis place the second operand', () => {
    const x = numbers('float32', [1, 2, 3, 4, 5, 6], [2, 3]);
    const y = numbers('float32', [2, 5]);
    const run = (op: string, attributes: NonNullable<NodeCase['attributes']>) => [
      ...(reference({ op, opset: 6, inputs: [x, y], attributes, outputs: ['bool'] }).outputs[0] as Tensor).data,
    ];
    expect(run('Less', { broadcast: 1, axis: 0 })).to.deep.equal([1, 0, 0, 1, 0, 0]);
    expect(run('Greater', { broadcast: 1, axis: 0 })).to.deep.equal([0, 0, 1, 0, 0, 1]);
    rejects('compile.operator', () => run('Less', {}));
    rejects('compile.operator', () => run('Less', { broadcast: 1 }));
    rejects('compile.operator', () => run('Less', { broadcast: 1, axis: 2 }));
  });

  it('refuses other types, unlike types, shapes that do not broadcast, operators from later opsets', () => {
    const f = numbers('float32', [1, 2]);
    const refuses = (op: string, inputs: (Tensor | undefined)[]) =>
      rejects('compile.operator', () => reference({ op, inputs, outputs: ['bool'] }));
    const b = numbers('bool', [1, 0]);
    refuses('Less', [b, b]);
    refuses('And', [f, f]);
    refuses('Not', [f]);
    refuses('Equal', [f, numbers('int32', [1, 2])]);
    refuses('Equal', [f, numbers('float32', [1, 2, 3])]);
    refuses('Equal', [f, undefined]);
    refuses('Where', [f, f, f]);
    refuses('Where', [b, f, numbers('int64', [1, 2])]);
    refuses('IsNaN', [numbers('int32', [1])]);
    rejects('compile.unsupported_operator', () =>
      reference({ op: 'LessOrEqual', opset: 11, inputs: [f, f], outputs: ['bool'] }),
    );
  });
});
