/** Cast, CastLike and Dropout against their definition and ONNX Runtime. */
import { expect } from 'chai';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { tensorFrom } from '#core/tensor.ts';
import { nearestFloat32 } from '../../../support/rationals.ts';
import { rejects } from '../../../support/rejects.ts';
import { expectLikeRuntime, expectStepByStep, type NodeCase, numbers, reference } from '../../../support/singleNode.ts';

const CODES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 } as const;
const BITS = { uint8: 8, int8: 8, int32: 32, int64: 64 } as const;
const DTYPES = Object.keys(CODES) as Dtype[];

/** Values that every runtime casts alike: floats inside the range of the target; `wild` ones besides. */
const FLOATS = [0, -0, 0.5, -0.5, 0.999, 1.5, 2.5, 99.9, 126.99, 1e-45];
const WILD = [-1, -129, 255.9, 256, 3e9, -3e9, 1e19, -1e19, Infinity, -Infinity, Number.NaN];
const WHOLES: Record<Exclude<Dtype, 'float32'>, (number | bigint)[]> = {
  bool: [0, 1],
  uint8: [0, 1, 127, 128, 255],
  int8: [0, 1, -1, 127, -128],
  int32: [0, 1, -1, 255, 256, -129, 2 ** 24 + 1, 2 ** 24 + 3, 2 ** 31 - 1, -(2 ** 31)],
  int64: [0n, -1n, 256n, 2n ** 32n + 5n, 2n ** 53n + 1n, (1n << 62n) + (1n << 38n) + 1n, 2n ** 63n - 1n, -(2n ** 63n)],
};

/** ONNX: truncated, nearest, or "not zero"; integers before they are fitted into the type. */
function wanted(value: number | bigint, to: Dtype): number | bigint {
  if (to === 'bool') return value === 0n || value === 0 ? 0 : 1;
  if (to === 'float32') return typeof value === 'number' && !Number.isSafeInteger(value) ? value : exact(value);
  if (typeof value === 'bigint') return value;
  if (Number.isNaN(value)) return 0n;
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : value > 0 ? 1n << 70n : -(1n << 70n);
}

const exact = (value: number | bigint) => (Object.is(value, -0) ? -0 : nearestFloat32({ n: BigInt(value), d: 1n }));

/** Integers modulo 2^bits; floats, whose range ONNX leaves open, to the nearest value of the type. */
function expected(from: Dtype, to: Dtype, values: readonly (number | bigint)[]): Tensor {
  const data = values.map((value) => {
    const found = wanted(from === 'float32' ? Math.fround(Number(value)) : value, to);
    if (to === 'float32' || to === 'bool') return found;
    const bits = BITS[to as keyof typeof BITS];
    const whole = BigInt(found);
    if (from !== 'float32') return to === 'uint8' ? BigInt.asUintN(bits, whole) : BigInt.asIntN(bits, whole);
    const [low, high] = to === 'uint8' ? [0n, 255n] : [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n];
    return whole < low ? low : whole > high ? high : whole;
  });
  return tensorFrom(to, [data.length], data);
}

describe('casting', () => {
  it('casts every dtype to every dtype as ONNX Runtime does', async () => {
    for (const from of DTYPES)
      for (const to of DTYPES) {
        const values = from === 'float32' ? FLOATS : WHOLES[from];
        const x = tensorFrom(from, [values.length], values);
        for (const opset of [9, 13, 19, 21]) {
          const what = `${from} to ${to} ${opset}`;
          const single = { op: 'Cast', opset, inputs: [x], attributes: { to: CODES[to] }, outputs: [to] };
          const found = await expectLikeRuntime(single, what);
          expect(found.outputs[0], what).to.deep.equal(expected(from, to, values));
          expectStepByStep(found, what);
        }
        const like = { op: 'CastLike', opset: 15, inputs: [x, numbers(to, [1])], outputs: [to] };
        expect(reference(like).outputs[0]).to.deep.equal(expected(from, to, values));
      }
  });

  it('saturates floats outside the range, where runtimes differ', () => {
    const x = numbers('float32', WILD);
    for (const to of DTYPES) {
      const { outputs } = reference({ op: 'Cast', inputs: [x], attributes: { to: CODES[to] }, outputs: [to] });
      expect(outputs[0], to).to.deep.equal(expected('float32', to, WILD));
    }
  });

  it('before opset 6 types have names', () => {
    const single: NodeCase = { op: 'Cast', opset: 5, inputs: [numbers('float32', [2.7])], outputs: ['int32'] };
    const [y] = reference({ ...single, attributes: { to: 'INT32' } }).outputs as [Tensor];
    expect([...y.data]).to.deep.equal([2]);
    rejects('compile.operator', () => reference({ ...single, attributes: { to: 'DOUBLE' } }));
  });

  it('a cast to the same type costs nothing', () => {
    const x = numbers('int32', [1, 2]);
    const { program } = reference({ op: 'Cast', inputs: [x], attributes: { to: 6 }, outputs: ['int32'] });
    // The Move that makes an input an output.
    expect(program.operators.map(({ kind }) => kind)).to.deep.equal(['Move']);
  });

  it('refuses types outside the six', () => {
    const x = numbers('float32', [1]);
    for (const to of [10, 11, 12, 16, 8, 0, 99]) {
      const { message } = rejects('compile.operator', () => reference({ op: 'Cast', inputs: [x], attributes: { to } }));
      expect(message).to.include(String(to));
    }
    rejects('compile.operator', () => reference({ op: 'Cast', inputs: [x] }));
  });
});

describe('Dropout', () => {
  const x = numbers('float32', [1, -2, 3, 4], [2, 2]);

  it('is the identity; the mask is what ONNX Runtime gives', async () => {
    for (const opset of [7, 9, 10, 12, 13, 22]) {
      const outputs: Dtype[] = ['float32', opset < 10 ? 'float32' : 'bool'];
      const found = await expectLikeRuntime({ op: 'Dropout', opset, inputs: [x], outputs }, `Dropout-${opset}`);
      expect(found.outputs[0]).to.deep.equal(x);
      expect([...(found.outputs[1] as Tensor).data]).to.deep.equal(new Array(4).fill(opset < 12 ? 0 : 1));
    }
    const inference = [x, numbers('float32', [0.5], []), numbers('bool', [0], [])];
    const found = await expectLikeRuntime(
      { op: 'Dropout', opset: 13, inputs: inference, constants: [1, 2] },
      'inference',
    );
    expect(found.outputs[0]).to.deep.equal(x);
  });

  it('drops nothing in training with ratio 0', async () => {
    const inputs = [x, numbers('float32', [0], []), numbers('bool', [1], [])];
    for (const opset of [12, 13, 22]) {
      const single: NodeCase = { op: 'Dropout', opset, inputs, constants: [1, 2], outputs: ['float32', 'bool'] };
      const [y, mask] = (await expectLikeRuntime(single, `Dropout-${opset}`)).outputs as [Tensor, Tensor];
      expect(y).to.deep.equal(x);
      expect([...mask.data]).to.deep.equal([1, 1, 1, 1]);
    }
    const [y] = reference({ op: 'Dropout', opset: 6, inputs: [x], attributes: { ratio: { float: 0 } } }).outputs;
    expect(y).to.deep.equal(x);
  });

  it('does not train', () => {
    const training = [x, numbers('float32', [0.5], []), numbers('bool', [1], [])];
    rejects('compile.operator', () => reference({ op: 'Dropout', opset: 13, inputs: training, constants: [1, 2] }));
    rejects('compile.not_constant', () => reference({ op: 'Dropout', opset: 13, inputs: training }));
    rejects('compile.operator', () => reference({ op: 'Dropout', opset: 6, inputs: [x] }));
    const [y] = reference({ op: 'Dropout', opset: 6, inputs: [x], attributes: { is_test: 1 } }).outputs;
    expect(y).to.deep.equal(x);
  });
});
