/**
 * x^y for a float32 constant y that is not a multiple of 1/4, correctly rounded: exp(y log(x)) with log(x) to 2^-70.
 * No result is a boundary but 1: y = p / 2^q with q > 2, so that x would have to be a 2^q-th power of an odd number or of 2.
 */
import { bitsOf, floatOf, partsOf } from './bits.ts';
import { expFloat64 } from './exp.ts';
import { expFixed, logFixed } from './fixedPoint.ts';
import { LEAST, LN2_HIGH, LN2_LOW, LOGARITHMS, RECIPROCALS } from './log.ts';
import { powSpecial } from './powRational.ts';
import { roundEnclosed, roundToFloat64 } from './rounding.ts';

const BITS = 160;
/** -log(c) in two parts: a multiple of 2^-44 and the rest. */
const HIGH = Float64Array.from(LOGARITHMS, (v) => roundToFloat64(v >> BigInt(BITS - 44), 44));
const LOW = Float64Array.from(LOGARITHMS, (v) => roundToFloat64(v & ((1n << BigInt(BITS - 44)) - 1n), BITS));
/** Adding and taking this away rounds to a multiple of 2^-26. */
const TO_26_BITS = 1.5 * 2 ** 26;

const BELOW = 1 - 2 ** -49;
const ABOVE = 1 + 2 ** -49;

function powExact(x: number, y: number): number {
  const base = partsOf(x);
  const exponent = partsOf(y);
  return roundEnclosed((bits) => {
    const log = logFixed(base.mantissa, base.exponent, bits);
    const product = (log * exponent.mantissa) >> BigInt(-exponent.exponent);
    const { sum, power } = expFixed(product, bits);
    // |y| < 4, so that the error of the logarithm (512 units at most) grows by less than 4 and that of the power by less than 160.
    const error = 1n << 30n;
    return { low: sum - error, high: sum + error, scale: bits - power };
  });
}

/** y: a float32 value with 2^-10 < |y| < 4. */
export function realPower(y: number): (x: number) => number {
  return (x) => {
    if (!(x > 0 && x < Number.POSITIVE_INFINITY)) {
      if (x === Number.POSITIVE_INFINITY) return y > 0 ? x : 0;
      return powSpecial(x, y > 0);
    }
    const subnormal = x < 2 ** -126;
    const bits = bitsOf(subnormal ? x * 2 ** 24 : x);
    const above = bits - LEAST;
    const i = (above >> 16) & 127;
    const e = (above >> 23) - (subnormal ? 24 : 0);
    const r = floatOf(bits - (above & 0xff800000)) * (RECIPROCALS[i] as number) - 1;
    // log(x) = whole - half + small: whole is exact, half = (r rounded)^2/2 is exact, small is below 2^-21.
    const whole = e * LN2_HIGH + (HIGH[i] as number) + r;
    const head = r + TO_26_BITS - TO_26_BITS;
    const half = (head * head) / 2;
    const q = -1 / 4 + r * (1 / 5 + r * (-1 / 6 + r * (1 / 7 + r * (-1 / 8 + r * (1 / 9)))));
    const small = r * r * r * (1 / 3 + r * q) - ((r + head) * (r - head)) / 2 + ((LOW[i] as number) + e * LN2_LOW);
    const logHigh = whole - half;
    const logLow = whole - logHigh - half + small;
    // Overflow begins at 88.73, underflow to zero at -103.98.
    const size = logHigh * y;
    if (size > 89 || size < -104) return size > 0 ? Number.POSITIVE_INFINITY : 0;
    // y has 24 bits, and so has the first part of the logarithm; the second has at most 29.
    const first = Math.fround(logHigh);
    const z = expFloat64(first * y, (logHigh - first) * y + logLow * y);
    const result = Math.fround(z * BELOW);
    return result === Math.fround(z * ABOVE) ? result : powExact(x, y);
  };
}
