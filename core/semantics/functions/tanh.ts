/**
 * Tanh of a float32, correctly rounded. docs/spec/functions.md.
 *
 * A Taylor polynomial of degree 8 around the nearest multiple of 1/32; an odd polynomial around 0; +-1 beyond the table.
 */
import { tanhFixed } from './fixedPoint.ts';
import { taylorTable } from './taylorTable.ts';

const BITS = 128;
const DEGREE = 8;
/** From here on tanh rounds to 1: 1 - tanh(x) < 2 e^-2x < 2^-25 for x > 13 ln2 = 9.0109. */
const END = 289 / 32;

/** t' = 1 - t^2, so that (n + 1) c[n+1] = [n = 0] - sum of c[i] c[n-i]. */
function coefficients(i: number): bigint[] {
  const c = [tanhFixed(BigInt(i) << BigInt(BITS - 5), BITS)];
  for (let n = 0; n < DEGREE; n++) {
    let product = n === 0 ? -(1n << BigInt(2 * BITS)) : 0n;
    for (let k = 0; k <= n; k++) product += (c[k] as bigint) * (c[n - k] as bigint);
    c.push(-(product >> BigInt(BITS)) / BigInt(n + 1));
  }
  return c;
}

const TABLE = taylorTable(290, DEGREE, BITS, coefficients);

/** tanh(a) as a float64 for 2^-12 <= a < END, with a relative error below 2^-50.5. */
export function tanhFloat64(a: number): number {
  const i = Math.floor(a * 32 + 0.5);
  if (i === 0) {
    const s = a * a;
    return a - a * s * (1 / 3 - s * (2 / 15 - s * (17 / 315 - s * (62 / 2835))));
  }
  const d = a - i / 32;
  const o = i * 9;
  const high =
    (TABLE[o + 5] as number) +
    d * ((TABLE[o + 6] as number) + d * ((TABLE[o + 7] as number) + d * (TABLE[o + 8] as number)));
  const middle = (TABLE[o + 2] as number) + d * ((TABLE[o + 3] as number) + d * ((TABLE[o + 4] as number) + d * high));
  return (TABLE[o] as number) + d * ((TABLE[o + 1] as number) + d * middle);
}

/**
 * x: a float32 value. Zeros and NaN are returned as they are.
 * Up to 2^-12 the result is x: x - tanh(x) < x^3/3 is less than half a unit, also below a power of two.
 * No certainty test: the exhaustive search shows that rounding the float64 once is right for every float32.
 */
export function tanh(x: number): number {
  const a = Math.abs(x);
  if (a > 2 ** -12 && a < END) {
    const t = Math.fround(tanhFloat64(a));
    return x < 0 ? -t : t;
  }
  return a >= END ? Math.sign(x) : x;
}
