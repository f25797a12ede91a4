import { expect } from 'chai';
import { execute } from '#core/semantics/execute/execute.ts';
import type { Access, Operator, Program } from '#core/semantics/program.ts';
import {
  int8RoundTrip,
  nudge,
  roundedProducts,
  roundToHalf,
  roundToTf32,
  weightsOf,
  withWeights,
} from '#core/semantics/tolerance/coarser.ts';
import { tensorFrom } from '#core/tensor.ts';
import { seeded } from '../../../support/seeded.ts';

/** The nearest multiple of a power of two, ties to the even multiple, on whole numbers of 2^-160. */
function nearest(x: number, stepLog2: number): number {
  const whole = BigInt(x * 2 ** 160);
  const step = 1n << BigInt(stepLog2 + 160);
  const down = whole / step; // towards zero
  const rest = (whole < 0n ? -whole : whole) % step;
  const up = 2n * rest > step || (2n * rest === step && down % 2n !== 0n);
  return (Number(down + (up ? (whole < 0n ? -1n : 1n) : 0n)) * 2 ** stepLog2) as number;
}
const exponent = (x: number) => Math.floor(Math.log2(Math.abs(x)) + 1e-9);

const values = (() => {
  const next = seeded(7).bits;
  return Float32Array.from({ length: 5_000 }, (_, i) => {
    const bits = i % 3 ? 13 : 24; // short mantissas meet ties often
    const mantissa = (next() % 2 ** bits) + 2 ** bits;
    return ((next() & 1 ? 1 : -1) * mantissa * 2 ** ((next() % 40) - 24)) / 2 ** bits;
  });
})();

describe('coarser arithmetic', () => {
  it('should round to the mantissa of TF32', () => {
    const got = roundToTf32(values);
    values.forEach((x, i) => {
      expect(got[i], String(x)).to.equal(nearest(x, exponent(x) - 10));
    });
    expect([...roundToTf32(Float32Array.of(0, -0, Infinity, NaN, 3.4028e38))]).to.deep.equal([
      0,
      -0,
      Infinity,
      NaN,
      Infinity,
    ]);
  });

  it('should round to half precision with its subnormals and its infinity', () => {
    for (const x of values) {
      const want = nearest(x, Math.max(exponent(x) - 10, -24));
      expect(roundToHalf(x), String(x)).to.equal(Math.abs(want) >= 65536 ? Math.sign(x) * Infinity : want);
    }
    expect([65519, 65520, 2 ** -25, 2 ** -24, -0].map(roundToHalf)).to.deep.equal([65504, Infinity, 0, 2 ** -24, -0]);
  });

  it('should quantise weights to 255 steps of one scale', () => {
    const made = int8RoundTrip(Float32Array.of(127, -63.5, 0.5, 1.5, 0.49));
    expect([...made]).to.deep.equal([127, -64, 0, 2, 0]);
    expect([...int8RoundTrip(Float32Array.of(0, 0))]).to.deep.equal([0, 0]);
  });

  it('should nudge by a unit or two in the last place, either way', () => {
    const made = nudge(values, 3);
    const up = values.reduce((count, x, i) => count + Number(Math.abs(made[i] as number) > Math.abs(x)), 0);
    expect(up).to.be.within(2_000, 3_000);
    values.forEach((x, i) => {
      const change = Math.abs((made[i] as number) - x) / Math.abs(x);
      expect(change).to.be.within(2 ** -25, 2 ** -22);
    });
    expect([...nudge(Float32Array.of(0), 1)]).to.deep.equal([0]);
  });
});

const access = (
  from: 'input' | 'constant' | 'operator',
  index: number,
  outer: number[],
  inner: number[],
  elements: number,
): Access => ({
  source: { from, index },
  dtype: 'float32',
  elements,
  base: 0,
  outer,
  inner,
  guards: [],
});

/** sum(x * w) + bias, then times itself by a plain sum. */
const program: Program = (() => {
  const plain = { dtype: 'float32', shape: [], space: [], attribute: 0 } as const;
  const operators: Operator[] = [
    {
      ...plain,
      kind: 'Dot',
      inner: [2],
      operands: [access('input', 0, [], [1], 2), access('constant', 0, [], [1], 2), access('constant', 1, [], [], 1)],
    },
    { ...plain, kind: 'Dot', inner: [2], operands: [access('input', 0, [], [1], 2), undefined, undefined] },
  ];
  return {
    inputs: [{ name: 'x', dtype: 'float32', shape: [2], rows: false }],
    constants: [tensorFrom('float32', [2], [1 + 2 ** -11, 3]), tensorFrom('float32', [], [2 ** -20])],
    operators,
    outputs: [
      { name: 'y', dtype: 'float32', shape: [], operator: 0, rows: false },
      { name: 's', dtype: 'float32', shape: [], operator: 1, rows: false },
    ],
  };
})();
const x = [tensorFrom('float32', [2], [1, 2 + 2 ** -12])];
const outputsOf = (run: ReturnType<typeof execute>) => run.outputs.map(({ data }) => data[0]);

describe('cheats on a program', () => {
  it('should round what products read, and neither biases nor plain sums', () => {
    const got = execute(program, x, { alter: roundedProducts(roundToTf32) });
    expect(outputsOf(got)).to.deep.equal([Math.fround(1 + 6 + 2 ** -20), 3 + 2 ** -12]);
    const exact = Math.fround(1 + 2 ** -11 + 3 * (2 + 2 ** -12) + 2 ** -20);
    expect(outputsOf(execute(program, x))[0]).to.equal(exact);
  });

  it('should change weights only', () => {
    expect([...weightsOf(program)]).to.deep.equal([0]);
    const other = withWeights(program, (weights) => weights.map(() => 0));
    expect(outputsOf(execute(other, x))).to.deep.equal([2 ** -20, 3 + 2 ** -12]);
    expect(program.constants[0]?.data[1]).to.equal(3);
  });
});
