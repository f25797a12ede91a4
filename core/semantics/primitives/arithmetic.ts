/**
 * Elements of Add, Sub, Mul, Div, Min, Max, Neg, Abs, Sqrt, Reciprocal, Relu, Floor, Ceil, Round and Sign. docs/spec/arithmetic.md.
 *
 * float32: computed in float64 and rounded once when it is stored in a Float32Array. Rounding twice is harmless: a float64 has at
 * least 2 * 24 + 2 bits, so that +, -, *, / and the square root of float32 values round to the same float32 (Figueroa 1995; subnormal
 * results too, because there the sum is exact and a quotient or product is never that close to a boundary without being on it).
 * Integers: numbers for the dtypes up to 32 bits, bigint for int64; results are modulo 2^bits, reduced when they are stored.
 */

export type Scalar = number | bigint;
type Unary = (x: number) => number;
type Binary = (x: number, y: number) => number;
type BigUnary = (x: bigint) => bigint;
type BigBinary = (x: bigint, y: bigint) => bigint;

export const floatBinary = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Div: (x, y) => x / y,
  /** Math.min and Math.max: NaN if either is NaN, -0 below +0. */
  Min: (x, y) => Math.min(x, y),
  Max: (x, y) => Math.max(x, y),
} as const satisfies Record<string, Binary>;

/** Low bits are all that counts: Math.imul for int32 is also right modulo 2^8. */
export const integerBinary = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => Math.imul(x, y),
  /** Truncated; x / 0 = 0. */
  Div: (x, y) => (y === 0 ? 0 : Math.trunc(x / y)),
  Min: (x, y) => Math.min(x, y),
  Max: (x, y) => Math.max(x, y),
} as const satisfies Record<string, Binary>;

export const bigBinary = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Div: (x, y) => (y === 0n ? 0n : x / y),
  Min: (x, y) => (x - y < 0n ? x : y),
  Max: (x, y) => (x - y > 0n ? x : y),
} as const satisfies Record<string, BigBinary>;

/** To the nearest integer, ties to even; exact for every float32. */
export function roundHalfEven(x: number): number {
  if (!(Math.abs(x) < 2 ** 23)) return x;
  const floor = Math.floor(x);
  const rest = x - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  const rounded = up ? floor + 1 : floor;
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
}

export const floatUnary = {
  Neg: (x) => -x,
  Abs: (x) => Math.abs(x),
  Sqrt: (x) => Math.sqrt(x),
  Reciprocal: (x) => 1 / x,
  /** +0 for both zeros. */
  Relu: (x) => (x > 0 || Number.isNaN(x) ? x : 0),
  Floor: (x) => Math.floor(x),
  Ceil: (x) => Math.ceil(x),
  Round: roundHalfEven,
  /** +0 for both zeros. */
  Sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : Number.isNaN(x) ? x : 0),
} as const satisfies Record<string, Unary>;

export const integerUnary = {
  Neg: (x) => -x,
  Abs: (x) => (x < 0 ? -x : x),
  Relu: (x) => Math.max(x, 0),
  Sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
} as const satisfies Record<string, Unary>;

export const bigUnary = {
  Neg: (x) => -x,
  Abs: (x) => (x < 0n ? -x : x),
  Relu: (x) => (x > 0n ? x : 0n),
  Sign: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
} as const satisfies Record<string, BigUnary>;
