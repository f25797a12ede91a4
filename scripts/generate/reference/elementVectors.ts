/** Corner cases of every elementwise primitive but the functions, with results computed in exact integers. */

import { isNaN32, NAN } from './binary32.ts';
import {
  dequantized,
  floatOf,
  floats,
  floatTests,
  integers,
  integerTests,
  isTrue,
  quantized,
  truncated,
} from './elements.ts';
import { digits, randomFrom } from './words.ts';

interface Facts {
  readonly code: number;
  readonly bits: number;
  readonly low: bigint;
  readonly high: bigint;
}

const integer = (code: number, bits: number, signed = true): Facts => {
  const span = 1n << BigInt(bits);
  return { code, bits, low: signed ? -span / 2n : 0n, high: (signed ? span / 2n : span) - 1n };
};
const DTYPES: Readonly<Record<string, Facts>> = {
  float32: integer(1, 32, false),
  uint8: integer(2, 8, false),
  int8: integer(3, 8),
  int32: integer(6, 32),
  int64: integer(7, 64),
  bool: { code: 9, bits: 8, low: 0n, high: 1n },
};
const facts = (dtype: string) => DTYPES[dtype] as Facts;
const WHOLE = ['uint8', 'int8', 'int32', 'int64'];
const ALL = ['float32', ...WHOLE, 'bool'];

const CODES: Readonly<Record<string, number>> = {
  ...{ Add: 16, Sub: 17, Mul: 18, Div: 19, Min: 20, Max: 21 },
  ...{ Neg: 32, Abs: 33, Sqrt: 34, Reciprocal: 35, Relu: 36, Floor: 37, Ceil: 38, Round: 39, Sign: 40 },
  ...{ Equal: 64, Less: 65, LessOrEqual: 66, And: 67, Or: 68, Xor: 69, Not: 70, Where: 71, Cast: 72, Clip: 73 },
  ...{ Quantize: 80, Dequantize: 81 },
};
const BINARY = ['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max'];
const UNARY = ['Neg', 'Abs', 'Relu', 'Sign'];
const FLOAT_ONLY = ['Sqrt', 'Reciprocal', 'Floor', 'Ceil', 'Round'];

/** Zeros, subnormals, ends of binades, ties of Round, edges of the integer dtypes, infinities, NaNs. */
const FLOATS = [
  0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x80800000, 0x00ffffff, 0x3e800000, 0x3effffff,
  0x3f000000, 0xbf000000, 0x3f000001, 0x3f7fffff, 0x3f800000, 0xbf800001, 0x3fc00000, 0xc0200000, 0x42fe0000,
  0x437f8000, 0xc3010000, 0x4afffffd, 0x4b000001, 0xcb7fffff, 0x4effffff, 0x4f000000, 0xcf000001, 0x5effffff,
  0x5f000000, 0xdf000001, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001,
].map(BigInt);

/** Pairs whose sum, product or quotient is half way between two floats, next to that, subnormal, or on the edge of the range. */
const HARD_PAIRS: readonly (readonly [bigint, bigint])[] = (
  [
    [0x3f800000, 0x33800000],
    [0x3f800001, 0x33800000],
    [0x3f800000, 0x33800001],
    [0x3f800000, 0xb3000000],
    [0x3f800000, 0xb3000001],
    [0x4b800000, 0x3f800001],
    [0x7f7fffff, 0x73000000],
    [0x7f7fffff, 0x72ffffff],
    [0x00800000, 0x80000001],
    [0x7f7fffff, 0x00000001],
    [0x3f800800, 0x3f800800],
    [0x3f801000, 0x3f800800],
    [0x00800001, 0x3f000000],
    [0x00800003, 0x3f000000],
    [0x1a000001, 0x1a000000],
    [0x1a000000, 0x1a000000],
    [0x00000001, 0x3f000000],
    [0x00000003, 0x3f000000],
    [0x00000001, 0x40000000],
    [0x00000003, 0x40000000],
    [0x00fffffd, 0x40800000],
    [0x3f800000, 0x7f7fffff],
    [0x7f7fffff, 0x3f7fffff],
    [0x00000001, 0x7f7fffff],
    [0x3f800000, 0x40400000],
    [0x7f000000, 0x40000000],
  ] as const
).map(([x, y]) => [BigInt(x), BigInt(y)] as const);

/** What IEEE 754 tells apart; every pair of them is a case. */
const SPECIAL = [0, 0x80000000, 1, 0x80000001, 0x3f800000, 0xbf800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000]
  .concat(0xffc00001)
  .map(BigInt);
const SPECIAL_PAIRS = SPECIAL.flatMap((x) => SPECIAL.map((y) => [x, y] as const));

/** Crossing bounds, zeros of both signs and a NaN in each place. */
const CLIPS = (
  [
    [0x3f800000, 0x40400000, 0x40000000],
    [0x40800000, 0x40400000, 0x40000000],
    [0x80000000, 0x00000000, 0x3f800000],
    [0x00000000, 0xbf800000, 0x80000000],
    [0x7f800001, 0xbf800000, 0x3f800000],
    [0x3f800000, 0x7fc00000, 0x3f800000],
    [0x3f800000, 0xbf800000, 0xffffffff],
  ] as const
).map((operands) => operands.map(BigInt));

/** Integers at the ends of the range and at ties of float32. */
function integersOf(dtype: string): bigint[] {
  const { low, high, bits } = facts(dtype);
  const ties = [
    (1n << 24n) + 1n,
    (1n << 25n) - 1n,
    (1n << 40n) + (1n << 16n),
    (1n << 62n) + (1n << 38n) + 1n,
    3n << 53n,
  ];
  const all = [low, low + 1n, -2n, -1n, 0n, 1n, 2n, 5n, high / 3n, high - 1n, high, ...ties, ...ties.map((x) => -x)];
  return [...new Set(all.filter((x) => x >= low && x <= high))].map((x) => BigInt.asUintN(bits, x));
}
const cornersOf = (dtype: string) =>
  dtype === 'float32' ? FLOATS : dtype === 'bool' ? [0n, 1n, 2n, 255n] : integersOf(dtype);

/** What bits stand for where they are integers or bools. */
const numberOf = (bits: bigint, dtype: string) =>
  dtype === 'bool' ? (bits === 0n ? 0n : 1n) : facts(dtype).low < 0n ? BigInt.asIntN(facts(dtype).bits, bits) : bits;
const reduced = (x: bigint, dtype: string) => BigInt.asUintN(facts(dtype).bits, x);
const canonical = (bits: bigint, dtype: string) =>
  dtype === 'float32' ? (isNaN32(bits) ? NAN : bits) : dtype === 'bool' ? numberOf(bits, dtype) : bits;

type Give = (operands: readonly bigint[]) => bigint;

function definition(kind: string, from: readonly string[], to: string): Give {
  const [dtype = ''] = from;
  const float = dtype === 'float32';
  const value = (operands: readonly bigint[], i: number) => numberOf(operands[i] as bigint, from[i] as string);
  switch (kind) {
    case 'Where':
      return (x) => canonical(x[numberOf(x[0] as bigint, 'bool') === 1n ? 1 : 2] as bigint, to);
    case 'Cast':
      return ([x = 0n]) => {
        if (to === 'bool') return float ? isTrue(x) : x === 0n ? 0n : 1n;
        if (to === 'float32') return float ? canonical(x, to) : floatOf(numberOf(x, dtype));
        return reduced(float ? truncated(x, facts(to).low, facts(to).high) : numberOf(x, dtype), to);
      };
    case 'Quantize':
      return (x) => reduced(quantized(x[0] as bigint, x[1] as bigint, value(x, 2), facts(to).low, facts(to).high), to);
    case 'Dequantize':
      return (x) => dequantized(value(x, 0), x[1] as bigint, value(x, 2));
    default: {
      const ofFloats = floats[kind] ?? floatTests[kind];
      if (float && ofFloats) return (x) => ofFloats(...x);
      const test = integerTests[kind];
      if (test) return (x) => test(value(x, 0), x.length > 1 ? value(x, 1) : 0n);
      return (x) => reduced(integers[kind]?.(...x.map((_, i) => value(x, i))) as bigint, to);
    }
  }
}

const random = randomFrom(3);
const some = (count: number, lists: readonly (readonly bigint[])[]) =>
  Array.from({ length: count }, () => lists.map((list) => list[random() % list.length] as bigint));

function row(kind: string, from: readonly string[], to: string, cases: readonly (readonly bigint[])[]) {
  const give = definition(kind, from, to);
  const hex = (bits: bigint, dtype: string) => digits(bits, facts(dtype).bits);
  return {
    kind,
    code: CODES[kind],
    attribute: 0,
    from,
    to,
    cases: cases.map((x) => [...x.map((bits, i) => hex(bits, from[i] as string)), hex(give(x), to)].join(' ')),
  };
}

/** All corners of one operand; of more, those drawn at random and those known to be hard. */
function cases(from: readonly string[], hard: readonly (readonly bigint[])[] = []): readonly (readonly bigint[])[] {
  const lists = from.map(cornersOf);
  if (lists.length === 1) return (lists[0] as bigint[]).map((x) => [x]);
  const known = from[0] === 'float32' && lists.length === 2 ? [...HARD_PAIRS, ...SPECIAL_PAIRS] : hard;
  return [...known, ...some(40, lists)];
}

/** Halves of the quantised range times a scale of 1/4, about its ends and its middle. */
const quantiles = (zero: bigint) =>
  [-260, -257, -256, -255, -129, -5, -3, -1, 1, 3, 5, 253, 255, 257, 509, 511, 513].map((halves) => {
    const size = floats['Mul']?.(floatOf(BigInt(halves)), 0x3e000000n) as bigint; // times 1/8
    return [size, 0x3e800000n, zero];
  });

export function elementVectors() {
  const alike = (kind: string, count: number, dtypes: readonly string[], to?: string) =>
    dtypes.map((dtype) => {
      const from = Array.from({ length: count }, () => dtype);
      return row(kind, from, to ?? dtype, cases(from, kind === 'Clip' && dtype === 'float32' ? CLIPS : []));
    });
  return {
    arithmetic: [
      ...BINARY.flatMap((kind) => alike(kind, 2, ['float32', ...WHOLE])),
      ...UNARY.flatMap((kind) => alike(kind, 1, ['float32', ...WHOLE])),
      ...FLOAT_ONLY.flatMap((kind) => alike(kind, 1, ['float32'])),
    ],
    logic: [
      ...['Equal', 'Less', 'LessOrEqual'].flatMap((kind) => alike(kind, 2, ALL, 'bool')),
      ...['And', 'Or', 'Xor'].flatMap((kind) => alike(kind, 2, ['bool'])),
      ...alike('Not', 1, ['bool']),
      ...ALL.map((dtype) => row('Where', ['bool', dtype, dtype], dtype, cases(['bool', dtype, dtype]))),
      ...alike('Clip', 3, ['float32', ...WHOLE]),
    ],
    conversion: [
      ...ALL.flatMap((from) => ALL.map((to) => row('Cast', [from], to, cases([from])))),
      ...['uint8', 'int8'].map((to) => {
        const from = ['float32', 'float32', to];
        return row('Quantize', from, to, cases(from, [...quantiles(0n), ...quantiles(3n), ...quantiles(255n)]));
      }),
      ...['uint8', 'int8', 'int32'].map((dtype) => {
        const from = [dtype, 'float32', dtype];
        return row('Dequantize', from, 'float32', cases(from));
      }),
    ],
  };
}
