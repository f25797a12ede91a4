/** Functions of one float32 by name, as core computes them on bit patterns, and inputs that are hard for each. */
import { bitsOf, floatOf } from '#core/semantics/functions/bits.ts';
import { erf } from '#core/semantics/functions/erf.ts';
import { exp } from '#core/semantics/functions/exp.ts';
import { log } from '#core/semantics/functions/log.ts';
import { powConstant } from '#core/semantics/functions/pow.ts';
import { cos, sin } from '#core/semantics/functions/sinCos.ts';
import { tanh } from '#core/semantics/functions/tanh.ts';
import { KINDS } from '#core/semantics/kinds.ts';
import { EXPONENTS } from '../../scripts/exhaustive/tasks.ts';
import type { Seeded } from '../support/seeded.ts';

export interface Case {
  /** As test/vectors/functions.json names it. */
  readonly name: string;
  readonly kind: number;
  readonly attribute: number;
  /** Patterns between which results are neither 0, infinite, nor known without a computation. */
  readonly dense: readonly [low: number, high: number];
  /** Patterns around which the result changes its nature. */
  readonly thresholds: readonly number[];
  /** From pattern to pattern; one NaN. */
  readonly evaluate: (bits: number) => number;
}

export const NAN = 0x7fc00000;

const onBits = (f: (x: number) => number) => (bits: number) => {
  const result = f(floatOf(bits));
  return Number.isNaN(result) ? NAN : bitsOf(result);
};

/** The pattern of the float32 nearest to x, at most the largest finite one. */
const near = (x: number) => Math.min(bitsOf(Math.fround(x)), 0x7f7fffff);

/** sqrt(2) and half-quarter turns at many scales: where the reductions of Log, and of Sin and Cos, go over. */
const SQRT2 = Array.from({ length: 32 }, (_, i) => (((8 * i + 1) << 23) | 0x3504f3) >>> 0);
const TURNS = Array.from({ length: 100 }, (_, k) => near((((k + 1) * Math.PI) / 4) * 2 ** k));

const ELEMENTARY: readonly Case[] = [
  {
    name: 'exp',
    kind: KINDS.Exp.code,
    attribute: 0,
    dense: [0x32000000, 0x43000000],
    // 2^-26, 2^-25; overflow, the first subnormal result, the last that is not 0; 128.
    thresholds: [0x32800000, 0x33000000, near(88.722839), near(87.3365447), near(103.97208), 0x43000000],
    evaluate: onBits(exp),
  },
  {
    name: 'log',
    kind: KINDS.Log.code,
    attribute: 0,
    dense: [1, 0x7f7fffff],
    thresholds: [...SQRT2, 0x3f800000, 0x800000, 0x7f800000],
    evaluate: onBits(log),
  },
  {
    name: 'tanh',
    kind: KINDS.Tanh.code,
    attribute: 0,
    dense: [0x39000000, 0x41900000],
    thresholds: [0x39800000, near(9.0109), near(9.03), 0x41800000],
    evaluate: onBits(tanh),
  },
  {
    name: 'erf',
    kind: KINDS.Erf.code,
    attribute: 0,
    dense: [1, 0x40900000],
    thresholds: [0x800000, near(3.83), near(3.92), near(3.93), 0x40800000],
    evaluate: onBits(erf),
  },
  {
    name: 'sin',
    kind: KINDS.Sin.code,
    attribute: 0,
    dense: [0x39000000, 0x7f7fffff],
    thresholds: [0x39800000, 0x7f7fffff, ...TURNS],
    evaluate: onBits(sin),
  },
  {
    name: 'cos',
    kind: KINDS.Cos.code,
    attribute: 0,
    dense: [0x39000000, 0x7f7fffff],
    thresholds: [0x39800000, 0x7f7fffff, ...TURNS],
    evaluate: onBits(cos),
  },
];

function powerCase(exponent: number): Case {
  // Where the result overflows, becomes subnormal, and vanishes.
  const [most, normal, least, zero] = [128, -126, -149, -150].map((end) => near(2 ** (end / exponent))) as [
    number,
    number,
    number,
    number,
  ];
  return {
    name: `pow ${exponent}`,
    kind: KINDS.Pow.code,
    attribute: bitsOf(exponent),
    dense: [Math.max(Math.min(most, zero), 1), Math.max(most, zero)],
    thresholds: [most, normal, least, zero, 0x3f800000, 0x800000],
    evaluate: onBits(powConstant(exponent) as (x: number) => number),
  };
}

export const CASES: readonly Case[] = [...ELEMENTARY, ...[...EXPONENTS, 0].map(powerCase)];

/** One input, from a random one of several distributions. `known`: inputs nearest to a boundary. */
export function randomInput({ dense: [low, high], thresholds }: Case, known: readonly number[], r: Seeded): number {
  const sign = r.int(4) === 0 ? 0x80000000 : 0;
  const within = (bits: number) => (Math.min(Math.max(bits, 0), 0x7fffffff) | sign) >>> 0;
  switch (r.int(8)) {
    case 0:
      return r.bits();
    case 1: // subnormal, of all lengths
      return within(r.int(0x800000) >>> r.int(23));
    case 2: // near a threshold, as often near by as further off
      return within(r.pick(thresholds) + Math.floor((r.int(2001) - 1000) / 2 ** r.int(10)));
    case 3: // near a hard input
      return known.length === 0 ? r.bits() : (r.pick(known) + r.int(9) - 4) >>> 0;
    case 4: {
      // Small odd numbers and their powers times a power of two: exact results and ties are among these.
      const base = (2 * r.int(4096) + 1) >>> r.int(12);
      const power = base ** (1 + r.int(4)) * 2 ** (r.int(200) - 100);
      return within(near(power));
    }
    default:
      return within(low + r.int(high - low + 1));
  }
}
