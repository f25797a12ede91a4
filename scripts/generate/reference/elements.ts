/** docs/spec/arithmetic.md, logic.md, cast.md and quantize.md, read literally: elements of the elementwise primitives, as bits. */
import {
  INFINITY,
  infinity,
  isNaN32,
  isZero,
  NAN,
  nearest,
  type Real,
  real,
  rootOf,
  signed,
  zero,
} from './binary32.ts';

type Bits = bigint;
type Element = (...operands: Bits[]) => Bits;

const UNIT = 1n << 149n;
const ONE = 0x3f800000n;
const MINUS = 0x80000000n;

/** The kinds that are defined for floats, on reals; any NaN gives the NaN. */
const ofReals =
  (f: (...reals: Real[]) => Bits): Element =>
  (...operands) =>
    operands.some(isNaN32) ? NAN : f(...operands.map(real));

const number = (x: bigint, d = 1n) => nearest(x < 0n ? -x : x, d, x < 0n);
const bitsOf = (x: Real): Bits =>
  x.infinite ? infinity(x.negative) : x.size === 0n ? zero(x.negative) : number(signed(x));
const minus = (x: Real): Real => ({ ...x, negative: !x.negative });
/** -0 below +0, infinities outermost. */
function compare(x: Real, y: Real): number {
  const place = (z: Real) =>
    z.infinite ? (z.negative ? -1n << 300n : 1n << 300n) : 2n * signed(z) - (z.size === 0n && z.negative ? 1n : 0n);
  const difference = place(x) - place(y);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
const sameZero = (x: Real, y: Real) => isZero(x) && isZero(y);
const equals = (x: Real, y: Real) => sameZero(x, y) || compare(x, y) === 0;
const isBelow = (x: Real, y: Real) => !sameZero(x, y) && compare(x, y) < 0;

function add(x: Real, y: Real): Bits {
  if (x.infinite || y.infinite) {
    if (x.infinite && y.infinite && x.negative !== y.negative) return NAN;
    return infinity(x.infinite ? x.negative : y.negative);
  }
  const sum = signed(x) + signed(y);
  // IEEE 754, 6.3: a sum of zero is +0, unless both are -0.
  return sum === 0n ? zero(x.negative && y.negative) : number(sum);
}

function multiply(x: Real, y: Real): Bits {
  const negative = x.negative !== y.negative;
  if (x.infinite || y.infinite) return isZero(x) || isZero(y) ? NAN : infinity(negative);
  return x.size * y.size === 0n ? zero(negative) : nearest(x.size * y.size, UNIT, negative);
}

function divide(x: Real, y: Real): Bits {
  const negative = x.negative !== y.negative;
  if ((x.infinite && y.infinite) || sameZero(x, y)) return NAN;
  if (x.infinite || isZero(y)) return infinity(negative);
  return y.infinite || isZero(x) ? zero(negative) : nearest(x.size * UNIT, y.size, negative);
}

function root(x: Real): Bits {
  if (isZero(x)) return zero(x.negative);
  if (x.negative) return NAN;
  if (x.infinite) return INFINITY;
  // sqrt(size * 2^-149) in units of 2^-149 is sqrt(size * 2^149); 2^100 more of the square are 50 bits more of the root.
  const square = x.size << 249n;
  const whole = rootOf(square);
  return nearest(whole, 1n << 50n, false, whole * whole !== square);
}

/** A whole number of a sign; 0 keeps it. */
const whole = (size: bigint, negative: boolean) => (size === 0n ? zero(negative) : nearest(size * UNIT, 1n, negative));
const wholes = (round: (size: bigint, rest: bigint, negative: boolean) => bigint) =>
  ofReals((x) =>
    x.infinite ? infinity(x.negative) : whole(round(x.size / UNIT, x.size % UNIT, x.negative), x.negative),
  );
const halfEven = (size: bigint, rest: bigint) =>
  2n * rest > UNIT || (2n * rest === UNIT && size % 2n === 1n) ? size + 1n : size;

const sign = (x: Real): Bits => (isZero(x) ? 0n : x.negative ? ONE | MINUS : ONE);
const min = (x: Real, y: Real) => bitsOf(compare(x, y) < 0 ? x : y);
const max = (x: Real, y: Real) => bitsOf(compare(x, y) > 0 ? x : y);

export const floats: Readonly<Record<string, Element>> = {
  Add: ofReals(add),
  Sub: ofReals((x, y) => add(x, minus(y))),
  Mul: ofReals(multiply),
  Div: ofReals(divide),
  Min: ofReals(min),
  Max: ofReals(max),
  Neg: ofReals((x) => bitsOf(minus(x))),
  Abs: ofReals((x) => bitsOf({ ...x, negative: false })),
  Sqrt: ofReals(root),
  Reciprocal: ofReals((x) => divide(real(ONE), x)),
  Relu: ofReals((x) => (isBelow(real(0n), x) ? bitsOf(x) : 0n)),
  Floor: wholes((size, rest, negative) => (negative && rest > 0n ? size + 1n : size)),
  Ceil: wholes((size, rest, negative) => (!negative && rest > 0n ? size + 1n : size)),
  Round: wholes(halfEven),
  Sign: ofReals(sign),
  Clip: ofReals((x, low, high) => min(high, real(max(low, x)))),
};

const truth = (x: boolean): Bits => (x ? 1n : 0n);
const test =
  (f: (x: Real, y: Real) => boolean): Element =>
  (x, y) =>
    truth(!isNaN32(x) && !isNaN32(y) && f(real(x), real(y)));

export const floatTests: Readonly<Record<string, Element>> = {
  Equal: test(equals),
  Less: test(isBelow),
  LessOrEqual: test((x, y) => isBelow(x, y) || equals(x, y)),
};

const smaller = (x: bigint, y: bigint) => (x - y < 0n ? x : y);
const larger = (x: bigint, y: bigint) => (x - y > 0n ? x : y);

/** On the integers that the bits stand for; results are reduced modulo 2^bits. */
export const integers: Readonly<Record<string, (...operands: bigint[]) => bigint>> = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Div: (x, y) => (y === 0n ? 0n : x / y),
  Min: smaller,
  Max: larger,
  Neg: (x) => -x,
  Abs: (x) => (x < 0n ? -x : x),
  Relu: (x) => (x < 0n ? 0n : x),
  Sign: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  Clip: (x, low, high) => smaller(high, larger(low, x)),
};

/** On integers, and on bools as 0 and 1. */
export const integerTests: Readonly<Record<string, (x: bigint, y: bigint) => Bits>> = {
  Equal: (x, y) => truth(x === y),
  Less: (x, y) => truth(x < y),
  LessOrEqual: (x, y) => truth(x <= y),
  And: (x, y) => truth(x + y === 2n),
  Or: (x, y) => truth(x + y > 0n),
  Xor: (x, y) => truth(x + y === 1n),
  Not: (x) => truth(x === 0n),
};

const clamp = (x: bigint, low: bigint, high: bigint) => smaller(high, larger(low, x));

/** Truncated, then saturated; NaN gives 0. */
export function truncated(x: Bits, low: bigint, high: bigint): bigint {
  if (isNaN32(x)) return 0n;
  const value = real(x);
  if (value.infinite) return value.negative ? low : high;
  return clamp(signed(value) / UNIT, low, high);
}

export const floatOf = (x: bigint): Bits => number(x * UNIT);
export const isTrue = (x: Bits) => truth(isNaN32(x) || !isZero(real(x)));

export function quantized(x: Bits, scale: Bits, zeroPoint: bigint, low: bigint, high: bigint): bigint {
  const ratio = (floats['Div'] as Element)(x, scale);
  const far = 1n << 40n;
  return clamp(truncated((floats['Round'] as Element)(ratio), -far, far) + zeroPoint, low, high);
}

export const dequantized = (x: bigint, scale: Bits, zeroPoint: bigint): Bits =>
  (floats['Mul'] as Element)(floatOf(x - zeroPoint), scale);
