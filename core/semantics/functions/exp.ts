/**
 * Exp: e^x of a float32, correctly rounded. docs/spec/functions.md.
 *
 * x = (64 n + j) ln2/64 + r with |r| <= ln2/128, and e^x = 2^n * 2^(j/64) * e^r: a table and a polynomial of degree 5.
 */
import { powerOfTwo } from './bits.ts';
import { expFixed, ln2 } from './fixedPoint.ts';
import { roundToFloat64, shifted } from './rounding.ts';

const BITS = 160;
/** ln2/64 in two parts: a multiple of 2^-45 (39 bits, so that its product with a count of up to 14 bits is exact) and the rest. */
const STEP = ln2(BITS) >> 6n;
const STEP_HIGH = roundToFloat64(STEP >> BigInt(BITS - 45), 45);
const STEP_LOW = roundToFloat64(STEP - ((STEP >> BigInt(BITS - 45)) << BigInt(BITS - 45)), BITS);
const STEPS_PER_ONE = roundToFloat64((1n << BigInt(2 * BITS)) / STEP, BITS);

/** 2^(j/64). */
const ROOTS = Float64Array.from({ length: 64 }, (_, j) => {
  const { sum, power } = expFixed(BigInt(j) * STEP, BITS);
  return roundToFloat64(shifted(sum, power), BITS);
});
const LEAST_POWER = -160;
const POWERS = Float64Array.from({ length: 300 }, (_, i) => powerOfTwo(LEAST_POWER + i));

/**
 * e^(high + low) as a float64, with a relative error below 2^-51.5 beside that of its operands.
 * -105 <= high <= 90; low: at most 2^-20; high is such that high - count * STEP_HIGH is exact (49 bits, or a float32).
 */
export function expFloat64(high: number, low: number): number {
  const count = Math.floor(high * STEPS_PER_ONE + 0.5);
  const r = high - count * STEP_HIGH + (low - count * STEP_LOW);
  const p = r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120))));
  const root = ROOTS[count & 63] as number;
  return (root + root * p) * (POWERS[(count >> 6) - LEAST_POWER] as number);
}

/**
 * x: a float32 value. NaN for NaN, +0 for -Infinity and below -103.97..., Infinity above 88.72....
 * No certainty test: the exhaustive search shows that rounding the float64 once is right for every float32.
 */
export function exp(x: number): number {
  if (x > -105 && x < 90) return Math.fround(expFloat64(x, 0));
  return x > 0 ? Number.POSITIVE_INFINITY : Math.max(x, 0);
}
