/**
 * Erf of a float32, correctly rounded. docs/spec/functions.md.
 *
 * A Taylor polynomial of degree 7 around the nearest multiple of 1/64; an odd polynomial around 0; +-1 beyond the table.
 */
import { erfFixed, expFixed, twoOverRootPi } from './fixedPoint.ts';
import { roundToFloat64, shifted } from './rounding.ts';
import { taylorTable } from './taylorTable.ts';

const BITS = 128;
const DEGREE = 7;
/** From here on erf rounds to 1: 1 - erf(x) < 2^-25 for x > 3.92. */
const END = 251.5 / 64;

/** g = erf' solves g' = -2 x g, so that (n + 1) g[n+1] = -2 (x g[n] + g[n-1]); c[n+1] = g[n] / (n + 1). */
function coefficients(i: number): bigint[] {
  const x = BigInt(i) << BigInt(BITS - 6);
  const { sum, power } = expFixed(-((x * x) >> BigInt(BITS)), BITS);
  let before = 0n;
  let g = (shifted(sum, power) * twoOverRootPi(BITS)) >> BigInt(BITS);
  const c = [erfFixed(x, BITS)];
  for (let n = 0; n < DEGREE; n++) {
    const count = BigInt(n + 1);
    c.push(g / count);
    [before, g] = [g, (-2n * (((x * g) >> BigInt(BITS)) + before)) / count];
  }
  return c;
}

const TABLE = taylorTable(252, DEGREE, BITS, coefficients);

const SLOPE = twoOverRootPi(BITS);
/** 2/sqrt(pi) (x - x^3/3 + x^5/10 - x^7/42). */
const [C1, C3, C5, C7] = [1n, -3n, 10n, -42n].map((n) => roundToFloat64(SLOPE / n, BITS)) as [
  number,
  number,
  number,
  number,
];

/** erf(a) as a float64 for 0 <= a < END, with a relative error below 2^-50.5. */
export function erfFloat64(a: number): number {
  const i = Math.floor(a * 64 + 0.5);
  const d = a - i / 64;
  if (i === 0) {
    const s = a * a;
    return a * (C1 + s * (C3 + s * (C5 + s * C7)));
  }
  const o = i * 8;
  const high =
    (TABLE[o + 4] as number) +
    d * ((TABLE[o + 5] as number) + d * ((TABLE[o + 6] as number) + d * (TABLE[o + 7] as number)));
  const middle = (TABLE[o + 2] as number) + d * ((TABLE[o + 3] as number) + d * high);
  return (TABLE[o] as number) + d * ((TABLE[o + 1] as number) + d * middle);
}

/**
 * x: a float32 value. Zeros and NaN are returned as they are.
 * No certainty test: the exhaustive search shows that rounding the float64 once is right for every float32.
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 0 && a < END) {
    const t = Math.fround(erfFloat64(a));
    return x < 0 ? -t : t;
  }
  return a >= END ? Math.sign(x) : x;
}
