/**
 * Sin and Cos of a float32, correctly rounded. docs/spec/functions.md.
 *
 * x * 2/pi modulo 4 from the bits of 2/pi that matter for the binary exponent of x, in pieces whose products with the 24-bit
 * mantissa are exact; then Taylor polynomials on [-pi/4, pi/4].
 */
import { bitsOf, partsOf, powerOfTwo } from './bits.ts';
import { pi, SERIES_ERROR, sineCosineFixed } from './fixedPoint.ts';
import { roundEnclosed, roundToFloat64 } from './rounding.ts';

const BITS = 320;
const TWO_OVER_PI = (1n << BigInt(2 * BITS + 1)) / pi(BITS);
/** Exponents E of the unit of the mantissa, x = M * 2^E, for 2^-1 <= |x|. */
const LEAST_UNIT = -24;
const PIECES = 4;

/** For each E: 2^E * 2/pi modulo 4 as a sum of a multiple of 2^-26, of 2^-54, of 2^-82 (28 bits each) and the rest. */
const TURNS = new Float64Array((104 - LEAST_UNIT + 1) * PIECES);
for (let unit = LEAST_UNIT; unit <= 104; unit++) {
  // Four times a power of two is a whole turn, whatever the mantissa.
  let rest = (unit < 0 ? TWO_OVER_PI >> BigInt(-unit) : TWO_OVER_PI << BigInt(unit)) & ((1n << BigInt(BITS + 2)) - 1n);
  for (let piece = 0; piece < PIECES; piece++) {
    const place = BigInt(BITS - 26 - 28 * piece);
    const part = piece < 3 ? (rest >> place) << place : rest;
    rest -= part;
    TURNS[(unit - LEAST_UNIT) * PIECES + piece] = roundToFloat64(part >> 64n, BITS - 64);
  }
}
const QUARTER_HIGH = roundToFloat64((pi(160) >> 1n) & ~((1n << 132n) - 1n), 160);
const QUARTER_LOW = roundToFloat64((pi(160) >> 1n) & ((1n << 132n) - 1n), 160);
/** Adding and taking away 1.5 * 2^52 rounds to an integer. */
const TO_INTEGER = 1.5 * powerOfTwo(52);

/** Sine of high + low as a float64; |high| < 0.8, |low| < 2^-52. */
function smallSine(high: number, low: number): number {
  const s = high * high;
  const tail = 1 / 362880 + s * (-1 / 39916800 + s * (1 / 6227020800 + s * (-1 / 1307674368000)));
  const p = -1 / 6 + s * (1 / 120 + s * (-1 / 5040 + s * tail));
  return high + (high * s * p + low * (1 - s / 2));
}

/** Cosine of high + low as a float64; |high| < 0.8, |low| < 2^-52. */
function smallCosine(high: number, low: number): number {
  const s = high * high;
  const tail = 1 / 40320 + s * (-1 / 3628800 + s * (1 / 479001600 + s * (-1 / 87178291200 + s * (1 / 20922789888000))));
  const p = 1 / 24 + s * (-1 / 720 + s * tail);
  return 1 - s / 2 + (s * s * p - high * low);
}

/** Sine (shift 0) or cosine (shift 1) of a finite float32 x, as a float64 with a relative error below 2^-49. */
export function sineFloat64(x: number, shift: 0 | 1): number {
  const bits = bitsOf(x);
  const field = (bits >>> 23) & 0xff;
  if (field < 126) return shift === 0 ? smallSine(x, 0) : smallCosine(x, 0);
  const m = (bits & 0x7fffff) | 0x800000;
  const o = (field - 150 - LEAST_UNIT) * PIECES;
  const a = m * (TURNS[o] as number);
  const b = m * (TURNS[o + 1] as number);
  const count = a + b + TO_INTEGER - TO_INTEGER;
  // a - count is exact, a multiple of 2^-26 below 1; the sum with b, a multiple of 2^-54, may round: `lost` is what is lost.
  const above = a - count;
  const turn = above + b;
  const lost = b - (turn - above);
  const below = lost + (m * (TURNS[o + 2] as number) + m * (TURNS[o + 3] as number));
  const high = turn + below;
  const low = below - (high - turn);
  // Radians: (high + low) * (QUARTER_HIGH + QUARTER_LOW), the product of the high parts split exactly.
  const head = Math.fround(high);
  const product = head * QUARTER_HIGH;
  const rest = (high - head) * QUARTER_HIGH + (high * QUARTER_LOW + low * QUARTER_HIGH);
  const radians = product + rest;
  const tail = rest - (radians - product);
  const quadrant = (count + shift) & 3;
  const y = (quadrant & 1) === 0 ? smallSine(radians, tail) : smallCosine(radians, tail);
  const negative = (quadrant & 2) !== 0;
  return negative !== (x < 0 && shift === 0) ? -y : y;
}

function sineExact(x: number, shift: 0 | 1): number {
  const { mantissa, exponent } = partsOf(x);
  const error = 4n * SERIES_ERROR;
  return roundEnclosed((bits) => {
    const { sine, cosine } = sineCosineFixed(mantissa, exponent, bits);
    const v = shift === 0 ? sine : cosine;
    return { low: v - error, high: v + error, scale: bits };
  });
}

const BELOW = 1 - 2 ** -48;
const ABOVE = 1 + 2 ** -48;

function rounded(x: number, shift: 0 | 1): number {
  const y = sineFloat64(x, shift);
  const result = Math.fround(y * BELOW);
  return result === Math.fround(y * ABOVE) ? result : sineExact(x, shift);
}

/**
 * x: a float32 value, in radians. Zeros are returned as they are; NaN for NaN and infinities.
 * Up to 2^-12 the result is x: |x - sin(x)| < |x|^3/6 is less than half a unit, also below a power of two.
 */
export function sin(x: number): number {
  const a = Math.abs(x);
  if (a <= 2 ** -12) return x;
  return a < Number.POSITIVE_INFINITY ? rounded(x, 0) : Number.NaN;
}

/** x: a float32 value, in radians. NaN for NaN and infinities. Below 2^-12 the result is 1: 1 - cos(x) < 2^-25. */
export function cos(x: number): number {
  const a = Math.abs(x);
  if (a < 2 ** -12) return 1;
  return a < Number.POSITIVE_INFINITY ? rounded(x, 1) : Number.NaN;
}
