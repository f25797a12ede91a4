/** IEEE 754 binary32 from its definition: bits to sign, rational and back, in exact integers. Written without a line of core/. */

export const NAN = 0x7fc00000n;
export const INFINITY = 0x7f800000n;
const SIGN = 0x80000000n;
/** 2^-149, of which every finite float is a multiple. */
const LEAST = 149n;
/** 2^128 in that unit: the first magnitude that is no float. */
const BEYOND = 1n << (128n + LEAST);

/** A float that is not NaN. An infinity has a magnitude beyond all floats'; `size` is in units of 2^-149. */
export interface Real {
  readonly negative: boolean;
  readonly infinite: boolean;
  readonly size: bigint;
}

export const isNaN32 = (bits: bigint) => (bits & ~SIGN & 0xffffffffn) > INFINITY;

export function real(bits: bigint): Real {
  const field = (bits >> 23n) & 0xffn;
  const fraction = bits & 0x7fffffn;
  const infinite = field === 0xffn;
  const size = infinite ? 0n : field === 0n ? fraction : (fraction | 0x800000n) << (field - 1n);
  return { negative: (bits & SIGN) !== 0n, infinite, size };
}

export const signed = ({ negative, size }: Real) => (negative ? -size : size);
export const isZero = ({ infinite, size }: Real) => !infinite && size === 0n;

const withSign = (bits: bigint, negative: boolean) => (negative ? bits | SIGN : bits);
export const infinity = (negative: boolean) => withSign(INFINITY, negative);
export const zero = (negative: boolean) => withSign(0n, negative);

const lengthOf = (x: bigint) => (x === 0n ? 0 : x.toString(2).length);

/** The float nearest to n / d times 2^-149, ties to even; n, d > 0 or n = 0. `more`: the exact number is a little above that. */
export function nearest(n: bigint, d: bigint, negative: boolean, more = false): bigint {
  // Between two powers of two, floats are the multiples of one step; it is at least 1.
  const step = 1n << BigInt(Math.max(0, lengthOf(n / d) - 24));
  const below = n / (d * step);
  const rest = 2n * (n - below * d * step);
  const half = d * step;
  const up = rest > half || (rest === half && (more || below % 2n === 1n));
  const size = (up ? below + 1n : below) * step;
  if (size >= BEYOND) return infinity(negative);
  const shift = BigInt(Math.max(0, lengthOf(size) - 24));
  const mantissa = size >> shift;
  // Below 2^23 units there is no implicit bit and the field is 0.
  const field = mantissa < 0x800000n ? 0n : shift + 1n;
  return withSign((field << 23n) | (mantissa & 0x7fffffn), negative);
}

/** floor(sqrt(n)), by bisection. */
export function rootOf(n: bigint): bigint {
  let [low, high] = [0n, 1n << BigInt(Math.ceil(lengthOf(n) / 2))];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle * middle <= n) low = middle;
    else high = middle;
  }
  return high * high <= n ? high : low;
}
