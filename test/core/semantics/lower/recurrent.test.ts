/** RNN, GRU and LSTM against a loop over steps in float64, ONNX Runtime, and their own records. */
import { expect } from 'chai';
import type { Tensor } from '#core/tensor.ts';
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

type Op = 'RNN' | 'GRU' | 'LSTM';
type Scalar = (x: number) => number;

const GATES = { RNN: 1, GRU: 3, LSTM: 4 } as const;
const sigmoid: Scalar = (x) => 1 / (1 + Math.exp(-x));
const DEFAULTS: Record<Op, string[]> = { RNN: ['Tanh'], GRU: ['Sigmoid', 'Tanh'], LSTM: ['Sigmoid', 'Tanh', 'Tanh'] };

/** ONNX's list of activations; alpha and beta where they take some. */
const FUNCTIONS: Record<
  string,
  { alpha?: number; beta?: number; of: (x: number, alpha: number, beta: number) => number }
> = {
  Sigmoid: { of: sigmoid },
  Tanh: { of: Math.tanh },
  Relu: { of: (x) => Math.max(0, x) },
  Affine: { alpha: 0.7, beta: 0.1, of: (x, a, b) => a * x + b },
  LeakyRelu: { alpha: 0.2, of: (x, a) => (x < 0 ? a * x : x) },
  ThresholdedRelu: { alpha: 0.3, of: (x, a) => (x > a ? x : 0) },
  ScaledTanh: { alpha: 1.2, beta: 0.8, of: (x, a, b) => a * Math.tanh(b * x) },
  HardSigmoid: { alpha: 0.3, beta: 0.4, of: (x, a, b) => Math.max(0, Math.min(1, a * x + b)) },
  Elu: { alpha: 0.9, of: (x, a) => (x < 0 ? a * (Math.exp(x) - 1) : x) },
  Softsign: { of: (x) => x / (1 + Math.abs(x)) },
  Softplus: { of: (x) => Math.log(1 + Math.exp(x)) },
};

interface Drawn {
  readonly single: NodeCase;
  readonly op: Op;
  readonly sizes: { readonly steps: number; readonly batch: number; readonly inputs: number; readonly hidden: number };
  readonly directions: readonly ('forward' | 'reverse')[];
  readonly functions: readonly (readonly Scalar[])[];
  readonly clip: number | undefined;
  readonly linear: boolean;
  readonly coupled: boolean;
}

function draw(choices: Choices, op: Op, plain: boolean): Drawn {
  const [steps, batch, inputs, hidden] = [choices.int(1, 5), choices.int(1, 3), choices.int(1, 4), choices.int(1, 4)];
  const direction = choices.of(['forward', 'reverse', 'bidirectional'] as const);
  const directions = direction === 'bidirectional' ? (['forward', 'reverse'] as const) : ([direction] as const);
  const d = directions.length;
  const gates = GATES[op];
  const maybe = <T>(value: T): T | undefined => (choices.int(0, 1) ? value : undefined);
  const names = plain
    ? directions.flatMap(() => DEFAULTS[op])
    : directions.flatMap(() => DEFAULTS[op].map(() => choices.of(Object.keys(FUNCTIONS))));
  const chosen = names.map((name) => FUNCTIONS[name] as (typeof FUNCTIONS)[string]);
  const functions = directions.map((_, i) =>
    chosen.slice(i * DEFAULTS[op].length, (i + 1) * DEFAULTS[op].length).map(
      ({ of, alpha = 0, beta = 0 }): Scalar =>
        (x) =>
          of(x, alpha, beta),
    ),
  );
  const clip = plain ? maybe(choices.of([0.2, 0.5, 3])) : undefined;
  const linear = op === 'GRU' && choices.int(0, 1) === 1;
  const coupled = op === 'LSTM' && choices.int(0, 4) === 0;
  const lengths = maybe(numbers('int32', choices.ints(batch, 1, steps)));
  const state = () => maybe(choices.tensor('float32', [d, batch, hidden]));
  return {
    op,
    sizes: { steps, batch, inputs, hidden },
    directions,
    functions,
    clip,
    linear,
    coupled,
    single: {
      op,
      opset: choices.of([7, 14, 22]),
      attributes: {
        hidden_size: hidden,
        direction,
        ...(plain ? {} : { activations: { strings: names } }),
        ...(chosen.some(({ alpha }) => alpha !== undefined) && !plain
          ? { activation_alpha: { floats: chosen.flatMap(({ alpha }) => alpha ?? []) } }
          : {}),
        ...(chosen.some(({ beta }) => beta !== undefined) && !plain
          ? { activation_beta: { floats: chosen.flatMap(({ beta }) => beta ?? []) } }
          : {}),
        ...(clip === undefined ? {} : { clip: { float: clip } }),
        ...(linear ? { linear_before_reset: 1 } : {}),
        ...(coupled ? { input_forget: 1 } : {}),
      },
      inputs: [
        choices.tensor('float32', [steps, batch, inputs]),
        choices.tensor('float32', [d, gates * hidden, inputs]),
        choices.tensor('float32', [d, gates * hidden, hidden]),
        maybe(choices.tensor('float32', [d, 2 * gates * hidden], 0.5)),
        lengths,
        state(),
        ...(op === 'LSTM' ? [state(), maybe(choices.tensor('float32', [d, 3 * hidden], 0.5))] : []),
      ],
      constants: choices.of([[1, 2, 3, 7], [1, 2, 3, 4, 5, 6, 7], []]),
      outputs: op === 'LSTM' ? ['float32', 'float32', 'float32'] : ['float32', 'float32'],
    },
  };
}

/** The equations of ONNX, one number after the other. Y [steps, directions, batch, hidden], then the last states. */
function defined(drawn: Drawn): number[][] {
  const { op, sizes, directions, functions, single, linear, coupled } = drawn;
  const { steps, batch, inputs, hidden } = sizes;
  const [x, w, r, b, lengths, h0, c0, p] = single.inputs.map((tensor) => tensor && [...tensor.data].map(Number));
  const gates = GATES[op];
  const y = new Array<number>(steps * directions.length * batch * hidden).fill(0);
  const [lastH, lastC]: [number[], number[]] = [[], []];
  const clip = (v: number) => (drawn.clip === undefined ? v : Math.max(-drawn.clip, Math.min(drawn.clip, v)));
  const at = (list: number[] | undefined, i: number) => list?.[i] ?? 0;
  directions.forEach((direction, d) => {
    const [f, g = f, out = g] = functions[d] as [Scalar, Scalar?, Scalar?];
    const dot = (list: number[] | undefined, row: number, width: number, vector: readonly number[]) =>
      vector.reduce((sum, value, k) => sum + value * at(list, (d * gates * hidden + row) * width + k), 0);
    const bias = (row: number, recurrent: boolean) =>
      at(b, d * 2 * gates * hidden + (recurrent ? gates * hidden : 0) + row);
    for (let n = 0; n < batch; n++) {
      const state = (list: number[] | undefined) =>
        Array.from({ length: hidden }, (_, j) => at(list, (d * batch + n) * hidden + j));
      let [h, c] = [state(h0), state(c0)];
      const length = lengths ? (lengths[n] as number) : steps;
      for (let s = 0; s < length; s++) {
        const t = direction === 'forward' ? s : length - 1 - s;
        const input = Array.from({ length: inputs }, (_, k) => at(x, (t * batch + n) * inputs + k));
        const open = (gate: number, j: number, vector = h) =>
          dot(w, gate * hidden + j, inputs, input) +
          dot(r, gate * hidden + j, hidden, vector) +
          bias(gate * hidden + j, false) +
          bias(gate * hidden + j, true);
        const peep = (gate: number, j: number, cell: number) => at(p, (d * 3 + gate) * hidden + j) * cell;
        const units = Array.from({ length: hidden }, (_, j) => j);
        if (op === 'RNN') h = units.map((j) => f(clip(open(0, j))));
        else if (op === 'GRU') {
          const z = units.map((j) => f(clip(open(0, j))));
          const reset = units.map((j) => f(clip(open(1, j))));
          const own = (j: number) => dot(w, 2 * hidden + j, inputs, input) + bias(2 * hidden + j, false);
          const candidate = units.map((j) =>
            linear
              ? own(j) + (reset[j] as number) * (dot(r, 2 * hidden + j, hidden, h) + bias(2 * hidden + j, true))
              : open(
                  2,
                  j,
                  h.map((value, k) => value * (reset[k] as number)),
                ),
          );
          h = units.map(
            (j) => (1 - (z[j] as number)) * g(clip(candidate[j] as number)) + (z[j] as number) * (h[j] as number),
          );
        } else {
          const i = units.map((j) => f(clip(open(0, j) + peep(0, j, c[j] as number))));
          const forget = units.map((j) =>
            coupled ? 1 - (i[j] as number) : f(clip(open(2, j) + peep(2, j, c[j] as number))),
          );
          const next = units.map(
            (j) => (forget[j] as number) * (c[j] as number) + (i[j] as number) * g(clip(open(3, j))),
          );
          const o = units.map((j) => f(clip(open(1, j) + peep(1, j, next[j] as number))));
          h = units.map((j) => (o[j] as number) * out(next[j] as number));
          c = next;
        }
        h.forEach((value, j) => {
          y[((t * directions.length + d) * batch + n) * hidden + j] = value;
        });
      }
      lastH.push(...h);
      lastC.push(...c);
    }
  });
  return op === 'LSTM' ? [y, lastH, lastC] : [y, lastH];
}

const shapes = ({ sizes: { steps, batch, hidden }, directions }: Drawn): number[][] => {
  const state = [directions.length, batch, hidden];
  return [[steps, ...state], state, state];
};

describe('recurrent operators', () => {
  for (const op of ['RNN', 'GRU', 'LSTM'] as const) {
    it(`${op}: directions, states, biases, clip, peepholes, lengths`, async () => {
      const choices = new Choices({ RNN: 41, GRU: 42, LSTM: 43 }[op]);
      for (let i = 0; i < 60; i++) {
        const drawn = draw(choices, op, true);
        const what = `${op} ${i} ${JSON.stringify(drawn.single.attributes)} ${drawn.single.inputs.map((input) => (input ? `[${input.shape}]` : '-'))}`;
        const found = await expectLikeRuntime(drawn.single, what, 1e-5, 1e-5);
        defined(drawn).forEach((values, o) => {
          expectClose(
            found.outputs[o] as Tensor,
            numbers('float32', values, shapes(drawn)[o]),
            `${what}, defined ${o}`,
          );
        });
        if (i % 10 === 0) expectStepByStep(found, what);
      }
    });

    it(`${op}: any activations with their parameters`, async () => {
      const choices = new Choices({ RNN: 44, GRU: 45, LSTM: 46 }[op]);
      for (let i = 0; i < 60; i++) {
        const drawn = draw(choices, op, false);
        const what = `${op} ${i} ${JSON.stringify(drawn.single.attributes)}`;
        const found = await expectLikeRuntime(drawn.single, what, 1e-4, 1e-5);
        defined(drawn).forEach((values, o) => {
          expectClose(
            found.outputs[o] as Tensor,
            numbers('float32', values, shapes(drawn)[o]),
            `${what}, defined ${o}`,
            1e-5,
            1e-5,
          );
        });
      }
    });

    it(`${op}: layout 1 is layout 0 with the batch first`, () => {
      const choices = new Choices(47);
      const swap = (t: Tensor): Tensor => {
        const [a = 1, b = 1, ...rest] = t.shape;
        const run = rest.reduce((product, dim) => product * dim, 1);
        const data = (t.data as Float32Array).slice();
        for (let i = 0; i < a; i++)
          for (let j = 0; j < b; j++)
            data.set((t.data as Float32Array).subarray((i * b + j) * run, (i * b + j + 1) * run), (j * a + i) * run);
        return { ...t, shape: [b, a, ...rest], data };
      };
      for (let i = 0; i < 20; i++) {
        const { single, sizes, directions } = draw(choices, op, true);
        const { outputs } = reference({ ...single, opset: 14 });
        const inputs = single.inputs.map((input, n) => (input && [0, 5, 6].includes(n) ? swap(input) : input));
        const first = reference({
          ...single,
          opset: 14,
          inputs,
          attributes: { ...single.attributes, layout: 1 },
        }).outputs;
        const [y, ...states] = outputs as [Tensor, ...Tensor[]];
        states.forEach((state, n) => {
          expect(first[n + 1]).to.deep.equal(swap(state));
        });
        // [steps, directions, batch, hidden] to [batch, steps, directions, hidden].
        const { steps, batch, hidden } = sizes;
        const rows = { ...y, shape: [steps * directions.length, batch, hidden] };
        expect(first[0]).to.deep.equal({ ...swap(rows), shape: [batch, steps, directions.length, hidden] });
      }
    });
  }

  it('takes one Dot for all inputs and one per step, none for a state of zeros', () => {
    const choices = new Choices(48);
    const [x, w, r] = [
      [6, 2, 3],
      [1, 16, 3],
      [1, 16, 4],
    ].map((shape) => choices.tensor('float32', shape));
    const base = { op: 'LSTM', inputs: [x, w, r], constants: [1, 2], attributes: { hidden_size: 4 } };
    const dots = ({ program }: ReturnType<typeof reference>) =>
      program.operators.filter(({ kind }) => kind === 'Dot').length;
    expect(dots(reference({ ...base, outputs: ['float32'] }))).to.equal(1 + 5);
    const zeros = numbers('float32', new Array(8).fill(0), [1, 2, 4]);
    expect(
      dots(reference({ ...base, inputs: [x, w, r, undefined, undefined, zeros, zeros], constants: [1, 2, 5, 6] })),
    ).to.equal(1 + 5);
    const last = reference({ ...base, outputs: [undefined, 'float32'] }).program;
    expect(last.operators.some(({ kind }) => kind === 'Move')).to.equal(true);
    expect(last.operators.length).to.be.below(6 * 12);
  });

  it('joins more than 64 steps in levels', async () => {
    const choices = new Choices(49);
    const inputs = [
      [150, 1, 2],
      [1, 3, 2],
      [1, 3, 3],
    ].map((shape) => choices.tensor('float32', shape));
    const single: NodeCase = { op: 'RNN', inputs, constants: [1, 2], attributes: { hidden_size: 3 } };
    const { program } = await expectLikeRuntime(single, 'long', 1e-5, 1e-5);
    for (const { kind, operands } of program.operators) if (kind === 'Move') expect(operands.length).to.be.at.most(64);
  });

  it('a computed length masks each step', async () => {
    const choices = new Choices(50);
    const drawn = draw(choices, 'GRU', true);
    const { steps, batch } = drawn.sizes;
    const inputs = drawn.single.inputs.with(4, numbers('int32', choices.ints(batch, 1, steps)));
    const { program } = await expectLikeRuntime(
      { ...drawn.single, inputs, constants: [1, 2, 3, 5] },
      'computed',
      1e-5,
      1e-5,
    );
    expect(program.operators.filter(({ kind }) => kind === 'Less').length).to.equal(steps);
  });

  it('refuses what is not defined', () => {
    const choices = new Choices(51);
    const [x, w, r] = [
      [2, 1, 3],
      [1, 8, 3],
      [1, 8, 2],
    ].map((shape) => choices.tensor('float32', shape));
    const refuses = (attributes: NonNullable<NodeCase['attributes']>, inputs: NodeCase['inputs'] = [x, w, r]) =>
      rejects('compile.operator', () => reference({ op: 'LSTM', inputs, attributes, constants: [4] }));
    refuses({ direction: 'sideways' });
    refuses({ layout: 2 });
    refuses({ hidden_size: 3 });
    refuses({ activations: { strings: ['Sigmoid'] } });
    refuses({ activations: { strings: ['Sigmoid', 'Tanh', 'Swish'] } });
    refuses({ activations: { strings: ['Sigmoid', 'Tanh', 'constructor'] } });
    refuses({ activations: { strings: ['Sigmoid', 'Tanh', 'Affine'] } });
    refuses({ clip: { float: -1 } });
    refuses({}, [x, w, choices.tensor('float32', [1, 8, 3])]);
    refuses({}, [x, choices.tensor('float32', [2, 8, 3]), r]);
    refuses({}, [x, w, r, choices.tensor('float32', [1, 8])]);
    refuses({}, [x, w, r, undefined, numbers('int32', [3])]);
    refuses({}, [x, w, r, undefined, undefined, choices.tensor('float32', [1, 2, 2])]);
    refuses({}, [choices.tensor('float32', [2, 3]), w, r]);
  });
});
