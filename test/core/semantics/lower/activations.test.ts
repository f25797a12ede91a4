/** Activations against their formulas in float64, ONNX Runtime, and their own records. */
import { expect } from 'chai';
import type { Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';
import { repeated } from '../../../support/broadcasting.ts';
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

type Parameters = Readonly<Record<string, number>>;

interface Definition {
  readonly opsets: readonly number[];
  readonly wanted: (x: number, p: Parameters) => number;
  /** Defaults of the parameters. */
  readonly parameters?: Parameters;
  /** Of the lowering against the formula; 3e-7 if it says nothing. */
  readonly rtol?: number;
  readonly atol?: number;
  /** Of ONNX Runtime against the lowering: its kernels clamp tails. */
  readonly runtimeAtol?: number;
}

/** Integral of the bell curve by Simpson's rule: 1e-14 for |x| < 6. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  const parts = 4000;
  const h = x / parts;
  let sum = 0;
  for (let i = 0; i <= parts; i++) {
    const weight = i === 0 || i === parts ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-((i * h) ** 2));
  }
  return ((2 / Math.sqrt(Math.PI)) * sum * h) / 3;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const hard = (x: number, alpha: number, beta: number) => Math.max(0, Math.min(1, alpha * x + beta));
const p = (parameters: Parameters, name: string) => parameters[name] as number;

const DEFINITIONS: Record<string, Definition> = {
  Sigmoid: { opsets: [7, 13], wanted: sigmoid, rtol: 4e-7, runtimeAtol: 4e-7 },
  HardSigmoid: {
    opsets: [7, 22],
    parameters: { alpha: 0.2, beta: 0.5 },
    wanted: (x, q) => hard(x, p(q, 'alpha'), p(q, 'beta')),
    atol: 3e-7,
  },
  HardSwish: { opsets: [14, 22], wanted: (x) => x * hard(x, 1 / 6, 0.5), atol: 6e-7 },
  Softplus: { opsets: [7, 22], wanted: softplus, atol: 1.5e-7 },
  Softsign: { opsets: [7, 22], wanted: (x) => x / (1 + Math.abs(x)) },
  Elu: {
    opsets: [7, 22],
    parameters: { alpha: 1 },
    wanted: (x, q) => (x < 0 ? p(q, 'alpha') * Math.expm1(x) : x),
    atol: 3e-7,
  },
  Selu: {
    opsets: [7, 22],
    parameters: { alpha: 1.6732632423543772, gamma: 1.0507009873554805 },
    wanted: (x, q) => p(q, 'gamma') * (x < 0 ? p(q, 'alpha') * Math.expm1(x) : x),
    atol: 5e-7,
  },
  Celu: {
    opsets: [12],
    parameters: { alpha: 1 },
    wanted: (x, q) => Math.max(0, x) + Math.min(0, p(q, 'alpha') * Math.expm1(x / p(q, 'alpha'))),
    atol: 5e-7,
    rtol: 1e-5,
  },
  LeakyRelu: { opsets: [7, 16], parameters: { alpha: 0.01 }, wanted: (x, q) => (x < 0 ? p(q, 'alpha') * x : x) },
  ThresholdedRelu: { opsets: [10, 22], parameters: { alpha: 1 }, wanted: (x, q) => (x > p(q, 'alpha') ? x : 0) },
  Shrink: {
    opsets: [9],
    parameters: { lambd: 0.5, bias: 0 },
    wanted: (x, q) => (x < -p(q, 'lambd') ? x + p(q, 'bias') : x > p(q, 'lambd') ? x - p(q, 'bias') : 0),
    atol: 3e-7,
  },
  Mish: { opsets: [18], wanted: (x) => x * Math.tanh(softplus(x)), atol: 2e-6 },
  Swish: {
    opsets: [24],
    parameters: { alpha: 1 },
    wanted: (x, q) => x * sigmoid(p(q, 'alpha') * x),
    rtol: 6e-6,
    atol: 1e-6,
  },
};

/** Small, large, tiny, zeros, and where the functions bend. */
function arguments_(choices: Choices): Tensor {
  const edges = [0, -0, 0.5, -0.5, 1, -1, 2.5, -2.5, 3, -3, 1e-30, -1e-30, 17, -17, 60, -60, 1e4, -1e4];
  const drawn = Array.from({ length: 78 }, () => (choices.next() - 0.5) * choices.of([2, 8, 40]));
  return numbers('float32', [...edges, ...drawn], [4, 8, 3]);
}

const given = (parameters: Parameters) =>
  Object.fromEntries(Object.entries(parameters).map(([name, float]) => [name, { float }]));

describe('activations', () => {
  for (const [op, { opsets, wanted, parameters = {}, rtol = 3e-7, atol = 1e-37, runtimeAtol }] of Object.entries(
    DEFINITIONS,
  ))
    it(`${op}, with and without its parameters`, async () => {
      const choices = new Choices(21);
      for (const opset of opsets)
        for (let i = 0; i < 4; i++) {
          const x = arguments_(choices);
          const drawn = Object.fromEntries(
            Object.keys(parameters).map((name) => [name, Math.fround(0.1 + 2 * choices.next())]),
          );
          const own = i === 0 ? {} : drawn;
          const what = `${op}-${opset} ${JSON.stringify(own)}`;
          const single = { op, opset, inputs: [x], attributes: given(own) };
          const found = await expectLikeRuntime(single, what, 4e-6, runtimeAtol ?? 4e-6);
          const values = [...(x.data as Float32Array)].map((one) => wanted(one, { ...parameters, ...own }));
          const output = found.outputs[0] as Tensor;
          expectClose(output, numbers('float32', values, x.shape), `${what}, defined`, rtol, atol);
          if (i < 2) expectStepByStep(found, what);
        }
    });

  it('Gelu in both forms, which are not each other', async () => {
    const x = arguments_(new Choices(22));
    const forms: Record<string, (x: number) => number> = {
      none: (v) => 0.5 * v * (1 + erf(v / Math.SQRT2)),
      tanh: (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))),
    };
    for (const [approximate, wanted] of Object.entries(forms)) {
      const found = await expectLikeRuntime(
        { op: 'Gelu', opset: 20, inputs: [x], attributes: { approximate } },
        approximate,
      );
      const values = [...(x.data as Float32Array)].map(wanted);
      const output = found.outputs[0] as Tensor;
      expectClose(output, numbers('float32', values, x.shape), `${approximate}, defined`, 6e-7, 1.2e-6);
      expectStepByStep(found, approximate);
    }
    const [plain] = reference({ op: 'Gelu', opset: 20, inputs: [x] }).outputs;
    const [exact] = reference({ op: 'Gelu', opset: 20, inputs: [x], attributes: { approximate: 'none' } }).outputs;
    expect(plain).to.deep.equal(exact);
    rejects('compile.operator', () =>
      reference({ op: 'Gelu', opset: 20, inputs: [x], attributes: { approximate: 'erf' } }),
    );
  });

  it('NaN stays, infinities go where the function goes', () => {
    const limits: Record<string, [number, number]> = {
      Sigmoid: [0, 1],
      Softplus: [0, Infinity],
      Elu: [-1, Infinity],
      LeakyRelu: [-Infinity, Infinity],
      HardSigmoid: [0, 1],
    };
    for (const [op, wanted] of Object.entries(limits)) {
      const x = numbers('float32', [-Infinity, Infinity, Number.NaN]);
      const [y] = reference({ op, opset: 13, inputs: [x] }).outputs as [Tensor];
      expect([...y.data], op).to.deep.equal([...wanted, Number.NaN]);
    }
  });

  it('PRelu: slopes of every shape that fits, per channel before opset 7, integers since 16', async () => {
    const choices = new Choices(23);
    const x = choices.tensor('float32', [2, 3, 4]);
    for (const shape of [[], [1], [4], [3, 1], [1, 3, 1], [2, 1, 4], [2, 3, 4], [1, 1, 1]]) {
      const slope = choices.tensor('float32', shape);
      const what = `PRelu [${shape}]`;
      const found = await expectLikeRuntime({ op: 'PRelu', opset: choices.of([7, 9, 16]), inputs: [x, slope] }, what);
      const slopes = repeated(slope, x.shape) as number[];
      const values = [...(x.data as Float32Array)].map((v, e) => (v < 0 ? v * (slopes[e] as number) : v));
      expect(found.outputs[0], what).to.deep.equal(numbers('float32', values, x.shape));
      expectStepByStep(found, what);
    }
    const slope = choices.tensor('float32', [3]);
    const [old] = reference({ op: 'PRelu', opset: 6, inputs: [x, slope] }).outputs;
    const [now] = reference({ op: 'PRelu', opset: 9, inputs: [x, { ...slope, shape: [3, 1] }] }).outputs;
    expect(old).to.deep.equal(now);
    for (const dtype of ['int32', 'int64'] as const) {
      const inputs = [choices.tensor(dtype, [3, 4]), choices.tensor(dtype, [4])] as const;
      const { outputs } = await expectLikeRuntime(
        { op: 'PRelu', opset: 16, inputs, outputs: [dtype] },
        `PRelu ${dtype}`,
      );
      const values = [...inputs[0].data].map((v, e) => (v < 0 ? Number(v) * Number(inputs[1].data[e % 4]) : Number(v)));
      expect(outputs[0]).to.deep.equal(numbers(dtype, values, [3, 4]));
    }
    for (const shape of [[3], [2, 1, 1, 1], [2, 2, 3, 4]])
      rejects('compile.operator', () =>
        reference({
          op: 'PRelu',
          opset: 9,
          inputs: [x, numbers('float32', new Array(elementCount(shape)).fill(1), shape)],
        }),
      );
  });

  it('Clip: bounds as attributes and as inputs, either missing, crossed, every dtype', async () => {
    const choices = new Choices(24);
    const values = [-300, -5, -0, 0, 2, 5, 300, Infinity, -Infinity, Number.NaN];
    const x = numbers('float32', values);
    const largest = 3.4028234663852886e38;
    for (const [low, high] of [
      [undefined, undefined],
      [-1.5, undefined],
      [undefined, 2.5],
      [-1, 2],
      [4, 1],
    ] as const) {
      const wanted = values.map((v) => Math.min(high ?? largest, Math.max(low ?? -largest, v)));
      const bound = (v: number | undefined) =>
        v === undefined ? undefined : numbers('float32', [v], choices.of([[], [1]]));
      const attributes = given({
        ...(low === undefined ? {} : { min: low }),
        ...(high === undefined ? {} : { max: high }),
      });
      const cases: NodeCase[] = [11, 12, 13].map((opset) => ({
        op: 'Clip',
        opset,
        inputs: [x, bound(low), bound(high)],
      }));
      // ONNX Runtime refuses crossed attributes.
      if (!(low !== undefined && high !== undefined && low > high))
        cases.push({ op: 'Clip', opset: 7, inputs: [x], attributes });
      for (const single of cases) {
        const what = `Clip-${single.opset} ${low} ${high}`;
        const found = await expectLikeRuntime(single, what);
        expect(found.outputs[0], what).to.deep.equal(numbers('float32', wanted));
        expectStepByStep(found, what);
      }
    }
    for (const dtype of ['int32', 'int64', 'uint8', 'int8'] as const)
      for (const [low, high] of [
        [10, 60],
        [undefined, 3],
        [60, 10],
        [7, undefined],
      ] as const) {
        const t = choices.tensor(dtype, [30]);
        const bound = (v: number | undefined) => (v === undefined ? undefined : numbers(dtype, [v], []));
        const single = {
          op: 'Clip',
          opset: choices.of([12, 13]),
          inputs: [t, bound(low), bound(high)],
          outputs: [dtype],
        };
        const found = await expectLikeRuntime(single, `Clip ${dtype}`);
        const wanted = [...t.data].map((v) => Math.min(high ?? Infinity, Math.max(low ?? -Infinity, Number(v))));
        expect(found.outputs[0]).to.deep.equal(numbers(dtype, wanted));
        expectStepByStep(found, `Clip ${dtype} ${low} ${high}`);
      }
  });

  it('refuses other types, crooked bounds and operators from later opsets', () => {
    const f = numbers('float32', [1, 2]);
    const i = numbers('int32', [1, 2]);
    for (const op of ['Sigmoid', 'Elu', 'Softplus', 'Gelu', 'HardSwish'])
      rejects('compile.operator', () => reference({ op, inputs: [i] }));
    rejects('compile.operator', () => reference({ op: 'Clip', inputs: [f, f] }));
    rejects('compile.operator', () => reference({ op: 'Clip', inputs: [f, numbers('int32', [1], [])] }));
    rejects('compile.operator', () => reference({ op: 'Clip', opset: 11, inputs: [i], outputs: ['int32'] }));
    rejects('compile.operator', () => reference({ op: 'Celu', inputs: [f], attributes: { alpha: { float: 0 } } }));
    rejects('compile.unsupported_operator', () => reference({ op: 'HardSwish', opset: 13, inputs: [f] }));
  });
});
