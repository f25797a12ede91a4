/** Exact rationals and their rounding to float32, from the definition: what tests of the reference semantics compare with. */

/** numerator / denominator, denominator > 0. Not reduced. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

const view = new DataView(new ArrayBuffer(8));

export function bitsOf(x: number): number {
  view.setFloat32(0, x);
  return view.getUint32(0);
}

export function fromBits(bits: number): number {
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

/** The exact value of a finite float64 (so of every float32). */
export function rational(x: number): Rational {
  view.setFloat64(0, x);
  const high = view.getUint32(0);
  const exponent = (high >>> 20) & 2047;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(view.getUint32(4));
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n);
  const power = (exponent === 0 ? 1 : exponent) - 1075;
  const signed = high >>> 31 === 1 ? -mantissa : mantissa;
  return power >= 0 ? { n: signed << BigInt(power), d: 1n } : { n: signed, d: 1n << BigInt(-power) };
}

export const add = (x: Rational, y: Rational): Rational => ({ n: x.n * y.d + y.n * x.d, d: x.d * y.d });
export const mul = (x: Rational, y: Rational): Rational => ({ n: x.n * y.n, d: x.d * y.d });
export const div = (x: Rational, y: Rational): Rational =>
  y.n < 0n ? { n: -x.n * y.d, d: -x.d * y.n } : { n: x.n * y.d, d: x.d * y.n };

/** -1, 0 or 1. */
export function compare(x: Rational, y: Rational): number {
  const difference = x.n * y.d - y.n * x.d;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The value of a positive float32's bits, with one step beyond the largest as 2^128: the bits of floats are ordered like the floats. */
function positiveFloat(bits: number): Rational {
  return bits >= 0x7f800000 ? { n: 1n << 128n, d: 1n } : rational(fromBits(bits));
}

/**
 * Nearest float32 of a positive quantity that can only be compared: `less(x)` says whether it is below the rational x, `equal(x)`
 * whether it is x. Bisection over the bits, then one comparison with the midpoint; ties to even.
 */
export function nearestOf(less: (x: Rational) => boolean, equal: (x: Rational) => boolean): number {
  let low = 0;
  let high = 0x7f800000;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (less(positiveFloat(middle))) high = middle;
    else low = middle;
  }
  const sum = add(positiveFloat(low), positiveFloat(high));
  const midpoint = { n: sum.n, d: sum.d * 2n };
  if (equal(midpoint)) return fromBits(low % 2 === 0 ? low : high);
  return fromBits(less(midpoint) ? low : high);
}

/** RN(x). An exact zero is +0. */
export function nearestFloat32(x: Rational): number {
  if (x.n === 0n) return 0;
  const positive = { n: x.n < 0n ? -x.n : x.n, d: x.d };
  const size = nearestOf(
    (y) => compare(positive, y) < 0,
    (y) => compare(positive, y) === 0,
  );
  return x.n < 0n ? -size : size;
}
