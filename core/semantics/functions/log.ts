/**
 * Log of a float32, correctly rounded. docs/spec/functions.md.
 *
 * x = 2^e m, m near 1; a short reciprocal c of m from a table makes r = m c - 1 exact and |r| < 2^-7; then
 * log(x) = e ln2 - log(c) + log(1 + r). Around m = 1 the table has c = 1, so that nothing cancels.
 */
import { bitsOf, floatOf, partsOf } from './bits.ts';
import { ln2, logFixed, SERIES_ERROR } from './fixedPoint.ts';
import { roundEnclosed, roundToFloat64 } from './rounding.ts';

const BITS = 160;
/** The bits of 0.69921875: mantissas are taken from [0.699..., 1.398...), in 128 parts of 2^16 bit patterns. */
export const LEAST = 0x3f330000;

/** 13-bit reciprocals of the middle of each part; 1 for the parts that touch 1. */
export const RECIPROCALS = Float64Array.from({ length: 128 }, (_, i) => {
  const start = LEAST + i * 0x10000;
  if (start === 0x3f7f0000 || start === 0x3f800000) return 1;
  return Math.floor(4096 / floatOf(start + 0x8000) + 0.5) / 4096;
});

/** -log(c) with 160 fraction bits. */
export const LOGARITHMS = Array.from(RECIPROCALS, (c) => -logFixed(BigInt(c * 4096), -12, BITS));
const TABLE = Float64Array.from(LOGARITHMS, (v) => roundToFloat64(v, BITS));
/** ln2 in two parts: a multiple of 2^-44, so that its product with a binary exponent is exact, and the rest. */
export const LN2_HIGH = roundToFloat64(ln2(BITS) >> BigInt(BITS - 44), 44);
export const LN2_LOW = roundToFloat64(ln2(BITS) & ((1n << BigInt(BITS - 44)) - 1n), BITS);

/** log(x) as a float64 for a finite float32 x > 0, with a relative error below 2^-51. */
export function logFloat64(x: number): number {
  const subnormal = x < 2 ** -126;
  const bits = bitsOf(subnormal ? x * 2 ** 24 : x);
  const above = bits - LEAST;
  const i = (above >> 16) & 127;
  const e = (above >> 23) - (subnormal ? 24 : 0);
  const r = floatOf(bits - (above & 0xff800000)) * (RECIPROCALS[i] as number) - 1;
  const q = -1 / 4 + r * (1 / 5 + r * (-1 / 6 + r * (1 / 7 + r * (-1 / 8 + r * (1 / 9)))));
  const p = r + r * r * (-1 / 2 + r * (1 / 3 + r * q));
  return e * LN2_HIGH + ((TABLE[i] as number) + p + e * LN2_LOW);
}

function logExact(x: number): number {
  const { mantissa, exponent } = partsOf(x);
  const error = 512n * SERIES_ERROR;
  return roundEnclosed((bits) => {
    const v = logFixed(mantissa, exponent, bits);
    return { low: v - error, high: v + error, scale: bits };
  });
}

const BELOW = 1 - 2 ** -50;
const ABOVE = 1 + 2 ** -50;

/** x: a float32 value. -Infinity for zeros, NaN for NaN and below zero, Infinity for Infinity, +0 for 1. */
export function log(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) {
    return x === 0 ? Number.NEGATIVE_INFINITY : x > 0 ? x : Number.NaN;
  }
  const y = logFloat64(x);
  const result = Math.fround(y * BELOW);
  return result === Math.fround(y * ABOVE) ? result : logExact(x);
}
