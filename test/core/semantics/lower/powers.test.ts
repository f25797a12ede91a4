/** Pow by constants against exact powers, float64, ONNX Runtime, and its records. */
import { expect } from 'chai';
import type { Tensor } from '#core/tensor.ts';
import { elementCount, tensorFrom } from '#core/tensor.ts';
import { commonShape, repeated } from '../../../support/broadcasting.ts';
import { nearestFloat32, rational } from '../../../support/rationals.ts';
import { rejects } from '../../../support/rejects.ts';
import {
  Choices,
  expectClose,
  expectLikeRuntime,
  expectStepByStep,
  numbers,
  reference,
} from '../../../support/singleNode.ts';

const kinds = ({ program }: ReturnType<typeof reference>) => program.operators.map(({ kind }) => kind);

/** RN(x^n) of a finite x other than 0. */
function exactPower(x: number, n: number): number {
  const base = rational(x);
  const size = BigInt(Math.abs(n));
  const [top, bottom] = [base.n ** size, base.d ** size];
  if (n >= 0) return nearestFloat32({ n: top, d: bottom });
  return nearestFloat32(top < 0n ? { n: -bottom, d: -top } : { n: bottom, d: top });
}

describe('Pow by constants', () => {
  it('whole exponents of float32 are the exact power rounded once', async () => {
    const choices = new Choices(31);
    const x = numbers(
      'float32',
      [1, -1, 1e-20, 1e10, -3, ...choices.tensor('float32', [35], 4).data] as number[],
      [5, 8],
    );
    for (const exponent of [0, 1, 2, 3, 4, 7, 16, -1, -2, -3]) {
      const dtype = choices.of(['float32', 'int32', 'int64'] as const);
      const y = numbers(dtype, [exponent], choices.of([[], [1], [1, 1, 1]]));
      const what = `Pow ${exponent} ${dtype}`;
      const found = await expectLikeRuntime(
        { op: 'Pow', opset: choices.of([12, 13, 15]), inputs: [x, y], constants: [1] },
        what,
      );
      const shape = commonShape(x.shape, y.shape);
      const values = [...(x.data as Float32Array)].map((one) => exactPower(one, exponent));
      expect(found.outputs[0], what).to.deep.equal(numbers('float32', values, shape));
      expectStepByStep(found, what);
    }
  });

  it('roots and other proved exponents', async () => {
    const x = numbers('float32', [0, -0, 1, 2, 1e-40, 1e38, 0.3, -1, Infinity, -Infinity, Number.NaN]);
    for (const exponent of [0.5, -0.5, 0.25, 1.5, 2.5, 1 / 3, 2.2, 1 / 2.4]) {
      const y = numbers('float32', [exponent], []);
      const found = await expectLikeRuntime(
        { op: 'Pow', opset: 13, inputs: [x, y], constants: [1] },
        `Pow ${exponent}`,
      );
      // float64 pow differs from IEEE only in 1^NaN; the exponent is the float32.
      const values = [...(x.data as Float32Array)].map((one) => one ** (y.data[0] as number));
      expectClose(found.outputs[0] as Tensor, numbers('float32', values), `Pow ${exponent}, defined`, 6.1e-8, 1e-45);
      expect(kinds(found)).to.deep.equal(['Pow']);
    }
  });

  it('takes the cheapest primitive: none for 1, Mul for 2, Reciprocal for -1', () => {
    const x = new Choices(32).tensor('float32', [6]);
    const of = (exponent: number) =>
      kinds(reference({ op: 'Pow', inputs: [x, numbers('float32', [exponent])], constants: [1] }));
    expect(of(1)).to.deep.equal(['Move']);
    expect(of(2)).to.deep.equal(['Mul']);
    expect(of(-1)).to.deep.equal(['Reciprocal']);
    expect(of(3)).to.deep.equal(['Pow']);
  });

  it('arrays of exponents, broadcast both ways', async () => {
    const choices = new Choices(33);
    for (const [left, right] of [
      [[3, 4], [4]],
      [[4], [3, 4]],
      [
        [3, 1],
        [1, 4],
      ],
      [[], [2, 3]],
    ] as const) {
      const x = choices.tensor('float32', left, 3);
      const pool = [0, 1, 2, 3, -2];
      const shape = commonShape(left, right);
      const y = numbers(
        'float32',
        Array.from({ length: elementCount(right) }, () => choices.of(pool)),
        right,
      );
      const what = `Pow [${left}] [${right}]`;
      const found = await expectLikeRuntime({ op: 'Pow', opset: 13, inputs: [x, y], constants: [1] }, what);
      const exponents = repeated(y, shape) as number[];
      const values = repeated(x, shape).map((one, e) => exactPower(Number(one), exponents[e] as number));
      expect(found.outputs[0], what).to.deep.equal(numbers('float32', values, shape));
      expectStepByStep(found, what);
    }
  });

  it('integers stay exact, modulo 2^32 and 2^64', async () => {
    const choices = new Choices(34);
    for (const dtype of ['int32', 'int64'] as const) {
      const bits = dtype === 'int32' ? 32 : 64;
      for (const exponent of [0, 1, 2, 3, 5, 13, 31, 100]) {
        const small = exponent > 5 ? 2 : 50;
        const x = numbers(dtype, choices.ints(12, -small, small), [3, 4]);
        const y = numbers(choices.of(['float32', 'int32', 'int64'] as const), [exponent], []);
        const single = { op: 'Pow', opset: choices.of([12, 15]), inputs: [x, y], constants: [1], outputs: [dtype] };
        // Beyond 53 bits ONNX Runtime goes through float64.
        const found = exponent <= 13 ? await expectLikeRuntime(single, `Pow ${dtype} ${exponent}`) : reference(single);
        const values = [...x.data].map((one) => BigInt.asIntN(bits, BigInt(one) ** BigInt(exponent)));
        expect(found.outputs[0], `${dtype} ${exponent}`).to.deep.equal(tensorFrom(dtype, [3, 4], values));
        expectStepByStep(found, `Pow ${dtype} ${exponent}`);
      }
    }
  });

  it('before opset 7 axis places the exponents', () => {
    const x = numbers('float32', [1, 2, 3, 4], [2, 2]);
    const y = numbers('float32', [2, 3]);
    const attributes = { broadcast: 1, axis: 0 };
    const [z] = reference({ op: 'Pow', opset: 6, inputs: [x, y], constants: [1], attributes }).outputs as [Tensor];
    expect([...z.data]).to.deep.equal([1, 4, 27, 64]);
  });

  it('refuses computed, unproved and impossible exponents', () => {
    const x = numbers('float32', [1, 2]);
    const i = numbers('int32', [1, 2]);
    const run = (base: Tensor, y: Tensor, constants = [1]) => reference({ op: 'Pow', inputs: [base, y], constants });
    rejects('compile.not_constant', () => run(x, numbers('float32', [2]), []));
    for (const exponent of [0.7, 17, -17, 1e9, Infinity, Number.NaN])
      rejects('compile.operator', () => run(x, numbers('float32', [exponent])));
    for (const exponent of [-1, 0.5, Infinity, Number.NaN])
      rejects('compile.operator', () => run(i, numbers('float32', [exponent])));
    rejects('compile.operator', () => run(x, numbers('float32', [1, 2, 3])));
    rejects('compile.operator', () => run(numbers('uint8', [1]), numbers('uint8', [1])));
    rejects('compile.operator', () =>
      run(
        i,
        numbers(
          'int32',
          Array.from({ length: 130 }, (_, n) => n),
          [65, 2],
        ),
      ),
    );
  });
});
