/** x^y exactly: a rational power by comparing integers, any other by exp and log. */
import { DIGITS, expOf, floatBits, floatFromBits, logOf, nearest, toFloat64, units } from './exact.ts';

type Nearest = ReturnType<typeof nearest>;

/** A positive float32, or a boundary between two, as odd * 2^exponent. */
function odd(v: bigint, exponent: number): { v: bigint; exponent: number } {
  let zeros = 0;
  while (((v >> BigInt(zeros)) & 1n) === 0n) zeros += 1;
  return { v: v >> BigInt(zeros), exponent: exponent + zeros };
}

/** (x^k - b^4) / b^4 as an exact fraction, for x = v 2^e. */
function difference(x: { v: bigint; exponent: number }, k: number, boundary: bigint): { over: bigint; under: bigint } {
  const b = odd(boundary, -150);
  // x^k against b^4: bring all powers of two and, for k < 0, the power of x to the other side.
  let left = k > 0 ? x.v ** BigInt(k) : 1n;
  let right = b.v ** 4n * (k > 0 ? 1n : x.v ** BigInt(-k));
  const twos = k * x.exponent - 4 * b.exponent;
  if (twos > 0) left <<= BigInt(twos);
  else right <<= BigInt(-twos);
  return { over: left - right, under: right };
}

/** x^(k/4) for x > 0, k other than 0; ties to even are decided as ties. */
export function nearestRationalPower(x: number, k: number): Nearest {
  const base = odd(units(x), -149);
  // The boundary above the float with these bits, in units of 2^-150; 2^128 follows the largest.
  const boundary = (p: number) =>
    units(floatFromBits(p)) + (p === 0x7f7fffff ? 1n << 277n : units(floatFromBits(p + 1)));
  const guess = Math.min(Math.fround(x ** (k / 4)), 3.4028234663852886e38);
  let pattern = floatBits(guess);
  const even = (p: number) => (p & 1) === 0;
  const compared = (p: number) => difference(base, k, boundary(p)).over;
  for (; pattern > 0; pattern -= 1) {
    const above = compared(pattern - 1);
    if (above > 0n || (above === 0n && even(pattern))) break;
  }
  for (; pattern < 0x7f800000; pattern += 1) {
    const above = compared(pattern);
    if (above < 0n || (above === 0n && even(pattern))) break;
  }
  const place = (p: number) => 2 ** (Math.max((p >>> 23) & 0xff, 1) - 150);
  const gap = (p: number) => {
    if (p < 0 || p >= 0x7f800000) return 1;
    const { over, under } = difference(base, k, boundary(p));
    const relative = toFloat64({ v: ((over < 0n ? -over : over) << 200n) / under, bits: 200 });
    return ((relative / 4) * Number(boundary(p)) * 2 ** -150) / place(Math.min(pattern, 0x7f7fffff));
  };
  return { result: floatFromBits(pattern), margin: Math.min(gap(pattern), gap(pattern - 1)) };
}

/** x^y for x > 0 and any float32 y, in fixed point; relative error 2^-400. */
export function realPower(x: number, y: number, bits = DIGITS): { v: bigint; bits: number } {
  const product = logOf(units(x), 149, bits) * units(y);
  return expOf(product >> 149n, bits);
}

/** The float32 nearest to x^y, x > 0. */
export const nearestPower = (x: number, y: number): Nearest =>
  Number.isInteger(4 * y) ? nearestRationalPower(x, 4 * y) : nearest(realPower(x, y));
