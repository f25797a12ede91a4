import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { exactDot } from '#core/semantics/dot/exact.ts';
import { plainKernel } from '#core/semantics/dot/kernel.ts';
import { exactSum } from '#core/semantics/dot/sums.ts';
import { fusedKernel, simdKernel } from '#core/semantics/dot/wasmKernel.ts';
import { dotTools, evaluateDot } from '#core/semantics/execute/dot.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { kernelFile } from '../../../../scripts/generate/dotKernel.ts';
import { add, bitsOf, fromBits, mul, nearestFloat32, type Rational, rational } from '../../../support/rationals.ts';
import { type Seeded, seeded } from '../../../support/seeded.ts';

type Draw = (random: Seeded) => number;

/** Operands that are hard for sums: wide exponents, cancellation, ties, subnormals, small integers, zeros. */
const DRAWS: readonly Draw[] = [
  ({ normal }) => normal(),
  ({ bits }) => {
    const x = fromBits(bits());
    return Number.isFinite(x) ? x : 1;
  },
  ({ int }) => fromBits(int(0x800000)),
  ({ int }) => int(17) - 8,
  ({ int }) => Math.fround(2 ** (int(250) - 140)),
  ({ int, normal }) => (int(3) === 0 ? 0 : Math.fround(Math.max(0, normal()))),
  ({ int }) => [1, -1, 2 ** -24, 2 ** -25, 1 + 2 ** -23][int(5)] as number,
];

function exact(a: ArrayLike<number>, b: ArrayLike<number>, bias: number): Rational {
  let sum = rational(bias);
  for (let k = 0; k < a.length; k++) {
    sum = add(sum, mul(rational(a[k] as number), rational(b[k] as number)));
    // All denominators are powers of two: keep them small.
    const shift = BigInt(Math.min(trailing(sum.n), trailing(sum.d)));
    sum = { n: sum.n >> shift, d: sum.d >> shift };
  }
  return sum;
}

function trailing(x: bigint): number {
  if (x === 0n) return 4096;
  const size = x < 0n ? -x : x;
  const text = (size & -size).toString(16);
  return (text.length - 1) * 4 + 31 - Math.clz32(Number.parseInt(text[0] as string, 16));
}

/** A row, sometimes with its negation appended and its terms shuffled: everything cancels but what is added. */
function rows(random: Seeded, n: number): [Float64Array, Float64Array] {
  const draw = random.pick(DRAWS);
  const other = random.pick(DRAWS);
  const a = Float64Array.from({ length: n }, () => draw(random));
  const b = Float64Array.from({ length: n }, () => other(random));
  if (random.int(3) === 0)
    for (let k = 0; k < n >> 1; k++) {
      a[k + (n >> 1)] = a[k] as number;
      b[k + (n >> 1)] = -(b[k] as number);
    }
  return [a, b];
}

describe('the exact Dot', () => {
  it('should be the exact sum rounded once', () => {
    const random = seeded(101);
    for (let round = 0; round < 6000; round++) {
      const [a, b] = rows(random, 1 + random.int(round % 50 === 0 ? 2500 : 40));
      const bias = random.int(2) === 0 ? 0 : random.pick(DRAWS)(random);
      const want = nearestFloat32(exact(a, b, bias));
      const got = exactDot(a, b, a.length, bias);
      expect(bitsOf(got), `${round}: [${a.slice(0, 8)}] . [${b.slice(0, 8)}] + ${bias}`).to.equal(bitsOf(want));
    }
  });

  it('should be exact on ties and one unit beside them', () => {
    const half = 2 ** -24;
    for (const [terms, want] of [
      [[1, half], 1],
      [[1 + 2 ** -23, half], 1 + 2 ** -22],
      [[1, half, 2 ** -149], 1 + 2 ** -23],
      [[1, half, -(2 ** -149)], 1],
      [[2 ** 127, 2 ** 127], Number.POSITIVE_INFINITY],
      [[1, -1], 0],
      [[-0, -0], 0],
    ] as const) {
      const a = Float64Array.from(terms);
      expect(bitsOf(exactDot(a, a.slice().fill(1), a.length, 0)), String(terms)).to.equal(bitsOf(want));
      expect(bitsOf(exactSum(a, 0, a.length, 0, () => {})), String(terms)).to.equal(bitsOf(want));
    }
  });

  it('should follow IEEE 754 on the multiset of terms when one is not finite', () => {
    const inf = Number.POSITIVE_INFINITY;
    for (const [a, b, bias, want] of [
      [[1, inf], [1, 2], 0, inf],
      [[1, inf], [1, -2], 0, -inf],
      [[inf, inf], [1, -1], 0, Number.NaN],
      [[0, 1], [inf, 1], 0, Number.NaN],
      [[Number.NaN], [0], 0, Number.NaN],
      [[1], [1], -inf, -inf],
      [[inf], [1], -inf, Number.NaN],
      [[2 ** 127], [2 ** 127], -inf, -inf],
    ] as const) {
      const got = exactDot(Float64Array.from(a), Float64Array.from(b), a.length, bias);
      expect(got, `${a} . ${b} + ${bias}`).to.satisfy((x: number) => Object.is(x, want));
    }
  });

  it('should leave nothing behind for the next sum', () => {
    const one = Float64Array.of(1);
    exactDot(Float64Array.of(Number.POSITIVE_INFINITY, 2 ** 100), Float64Array.of(1, 2 ** 20), 2, 0);
    expect(exactDot(one, one, 1, 0)).to.equal(1);
  });

  it('should sum float32 values exactly', () => {
    const random = seeded(77);
    for (let round = 0; round < 3000; round++) {
      const [a] = rows(random, 1 + random.int(60));
      const bias = random.int(2) === 0 ? 0 : random.pick(DRAWS)(random);
      const want = nearestFloat32(exact(a, a.slice().fill(1), bias));
      expect(bitsOf(exactSum(a, 0, a.length, bias, () => {}))).to.equal(bitsOf(want));
    }
  });
});

/** A matrix product as an operator: [rows, depth] by [columns, depth], a bias per column. */
function product(rowCount: number, columnCount: number, depth: number, bias: boolean): Operator {
  const access = (from: number, elements: number, outer: readonly number[], inner: readonly number[]): Access => ({
    source: { from: 'input', index: from },
    dtype: 'float32',
    elements,
    base: 0,
    outer,
    inner,
    guards: [],
  });
  return {
    kind: 'Dot',
    dtype: 'float32',
    shape: [rowCount, columnCount],
    space: [rowCount, columnCount],
    inner: [depth],
    attribute: 0,
    operands: [
      access(0, rowCount * depth, [depth, 0], [1]),
      access(1, columnCount * depth, [0, depth], [1]),
      bias ? access(2, columnCount, [0, 1], []) : undefined,
    ],
  };
}

const KERNELS = [plainKernel, simdKernel(), fusedKernel()].filter((kernel) => kernel !== undefined);

describe('matrix products of exact Dots', () => {
  it('should have all three kernels on this machine', () => {
    expect(KERNELS.map(({ name }) => name)).to.deep.equal(['TypeScript', 'WASM f64x2', 'WASM f64x2 fused']);
  });

  it('should be the WebAssembly that its generator writes', async () => {
    expect(readFileSync('core/semantics/dot/kernelBytes.ts', 'utf8')).to.equal(await kernelFile());
  });

  it('should have the bits of the definition in every tile, whatever its shape', () => {
    const random = seeded(55);
    for (let round = 0; round < 120; round++) {
      const [m, n, k] = [1 + random.int(round % 20 === 0 ? 150 : 9), 1 + random.int(9), 1 + random.int(40)];
      const draw = random.pick(DRAWS);
      const data = [m * k, n * k, n].map((count) => Float32Array.from({ length: count }, () => draw(random)));
      const [a, b, c] = data as [Float32Array, Float32Array, Float32Array];
      const bias = random.int(2) === 0;
      const tools = dotTools(KERNELS[round % KERNELS.length]);
      const out = evaluateDot(product(m, n, k, bias), [a, b, bias ? c : undefined], tools);
      for (let row = 0; row < m; row++)
        for (let column = 0; column < n; column++) {
          const terms = [a.subarray(row * k, row * k + k), b.subarray(column * k, column * k + k)] as const;
          const want = nearestFloat32(exact(...terms, bias ? (c[column] as number) : 0));
          expect(bitsOf(out[row * n + column] as number), `${round} (${row}, ${column})`).to.equal(bitsOf(want));
        }
      expect(tools.counters.decided).to.equal(m * n);
    }
  });

  it('should not change a bit when terms, rows or columns change places', () => {
    const random = seeded(9);
    const [m, n, k] = [7, 5, 300];
    const draw = DRAWS[5] as Draw;
    const a = Float32Array.from({ length: m * k }, () => draw(random));
    const b = Float32Array.from({ length: n * k }, () => random.normal());
    const shuffled = (length: number) => {
      const order = Array.from({ length }, (_, i) => i);
      for (let i = length - 1; i > 0; i--) {
        const j = random.int(i + 1);
        [order[i], order[j]] = [order[j] as number, order[i] as number];
      }
      return order;
    };
    const [rowsOf, columnsOf, termsOf] = [shuffled(m), shuffled(n), shuffled(k)];
    const permuted = (x: Float32Array, lines: readonly number[]) =>
      Float32Array.from(lines.flatMap((line) => termsOf.map((term) => x[line * k + term] as number)));
    const before = evaluateDot(product(m, n, k, false), [a, b, undefined], dotTools());
    const after = evaluateDot(
      product(m, n, k, false),
      [permuted(a, rowsOf), permuted(b, columnsOf), undefined],
      dotTools(),
    );
    rowsOf.forEach((row, i) => {
      columnsOf.forEach((column, j) => {
        expect(bitsOf(after[i * n + j] as number)).to.equal(bitsOf(before[row * n + column] as number));
      });
    });
  });
});
