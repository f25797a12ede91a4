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

/**
 * The part of log(x) that the mantissa decides: log(m) for m = 2^-e x in [0.699, 1.398).
 * above: the bits of x minus LEAST; the result depends on its low 23 bits only.
 */
export function logMantissa(above: number): number {
  const i = (above >> 16) & 127;
  const r = floatOf((above & 0x7fffff) + LEAST) * (RECIPROCALS[i] as number) - 1;
  const q = -1 / 4 + r * (1 / 5 + r * (-1 / 6 + r * (1 / 7 + r * (-1 / 8 + r * (1 / 9)))));
  return (TABLE[i] as number) + (r + r * r * (-1 / 2 + r * (1 / 3 + r * q)));
}

/** log(2^e m) as a float64 from log(m), with a relative error below 2^-51. */
export const logJoined = (e: number, mantissaPart: number): number => e * LN2_HIGH + (mantissaPart + e * LN2_LOW);

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

/** y: log(x) as logJoined gives it. The float32 nearest to log(x). */
export function roundLog(x: number, y: number): number {
  const result = Math.fround(y * BELOW);
  return result === Math.fround(y * ABOVE) ? result : logExact(x);
}

/** x: a float32 value. -Infinity for zeros, NaN for NaN and below zero, Infinity for Infinity, +0 for 1. */
export function log(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) {
    return x === 0 ? Number.NEGATIVE_INFINITY : x > 0 ? x : Number.NaN;
  }
  const subnormal = x < 2 ** -126;
  const above = bitsOf(subnormal ? x * 2 ** 24 : x) - LEAST;
  return roundLog(x, logJoined((above >> 23) - (subnormal ? 24 : 0), logMantissa(above)));
}
