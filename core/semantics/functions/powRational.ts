/**
 * x^(k/4) for integers k, correctly rounded: products and square roots in float64; where those do not decide, the fourth root of
 * an exact integer. Exact results and ties do occur (301^3; (29^4)^(5/4)).
 */
import { partsOf } from './bits.ts';
import { squareRoot } from './fixedPoint.ts';
import { bitLength, roundToFloat32, shifted } from './rounding.ts';

/** |x|^(k/4) for a finite x other than 0, rounded to float32 exactly. */
function powExact(x: number, k: number): number {
  const { mantissa, exponent } = partsOf(Math.abs(x));
  const n = BigInt(Math.abs(k));
  const power = mantissa ** n;
  // |x|^k = number * 2^-scale, rounded down when k < 0, with 120 bits or more; scale is made a multiple of 4.
  const sign = k < 0 ? -1 : 1;
  const room = 120 + 2 * bitLength(power);
  let scale = room - exponent * k;
  const raise = (4 - (((scale % 4) + 4) % 4)) % 4;
  scale += raise;
  const number = sign > 0 ? shifted(power, room + raise) : (1n << BigInt(room + raise)) / power;
  const root = squareRoot(squareRoot(number));
  const exact = root ** 4n === number && (sign > 0 || number * power === 1n << BigInt(room + raise));
  // An odd last bit stands for what was dropped: the root has 30 bits or more, so that it lies below every boundary.
  return roundToFloat32(2n * root + (exact ? 0n : 1n), scale / 4 + 1);
}

const BELOW = 1 - 2 ** -48;
const ABOVE = 1 + 2 ** -48;

/** x^n in float64, n > 0: below 2 n relative errors of 2^-53. */
function product(x: number, n: number): number {
  let result = 1;
  let square = x;
  for (let rest = n; ; square *= square) {
    if ((rest & 1) === 1) result *= square;
    rest >>= 1;
    if (rest === 0) return result;
  }
}

/** x^n for an integer n other than 0, |n| <= 16. IEEE arithmetic gives zeros, infinities and signs. */
export function integerPower(n: number): (x: number) => number {
  if (n === 1) return (x) => x;
  // Two cases that one correctly rounded operation of float64 decides (docs/spec/functions.md).
  if (n === 2) return (x) => Math.fround(x * x);
  if (n === -1) return (x) => Math.fround(1 / x);
  const size = Math.abs(n);
  return (x) => {
    const positive = product(x, size);
    const y = n < 0 ? 1 / positive : positive;
    const result = Math.fround(y * BELOW);
    if (result === Math.fround(y * ABOVE)) return result;
    if (Number.isNaN(x)) return x;
    const magnitude = powExact(x, 4 * n);
    return x < 0 && (n & 1) === 1 ? -magnitude : magnitude;
  };
}

/** What a power other than an integer gives for x <= 0 and NaN; x > 0 and Infinity are left to the caller. */
export function powSpecial(x: number, positive: boolean): number {
  if (x === 0) return positive ? 0 : Number.POSITIVE_INFINITY;
  if (x === Number.NEGATIVE_INFINITY) return positive ? Number.POSITIVE_INFINITY : 0;
  return Number.NaN;
}

/** x^(k/4) for k that 4 does not divide, |k| <= 16. */
export function quarterPower(k: number): (x: number) => number {
  const size = Math.abs(k);
  const whole = size >> 2;
  return (x) => {
    if (!(x > 0)) return powSpecial(x, k > 0);
    const root = Math.sqrt(x);
    let y = whole === 0 ? 1 : product(x, whole);
    if ((size & 2) !== 0) y *= root;
    if ((size & 1) !== 0) y *= Math.sqrt(root);
    if (k < 0) y = 1 / y;
    const result = Math.fround(y * BELOW);
    return result === Math.fround(y * ABOVE) ? result : powExact(x, k);
  };
}
