/**
 * Exp, Log, Sin, Cos, Erf and Tanh in fixed point, to any precision, with a proven error.
 *
 * A number with `bits` fraction bits is a bigint X that stands for X * 2^-bits; its unit is 2^-bits. Every operation that
 * rounds (shift, quotient) is off by less than one unit. Each function says by how many units its result may be off; the
 * bounds are generous, because another 64 bits cost little.
 */
import { shifted } from './rounding.ts';

/** Units: no series below has more than 2^9 terms at the precisions in use (up to 2^10 bits), each off by at most 4 units. */
export const SERIES_ERROR = 1n << 16n;

function memoized(compute: (bits: number) => bigint): (bits: number) => bigint {
  const known = new Map<number, bigint>();
  return (bits) => {
    const found = known.get(bits) ?? compute(bits);
    known.set(bits, found);
    return found;
  };
}

/** atanh(1/q) (sign +1) or atan(1/q) (sign -1). Off by less than SERIES_ERROR. */
function inverseTangent(q: bigint, sign: bigint, bits: number): bigint {
  let term = (1n << BigInt(bits)) / q;
  let sum = 0n;
  for (let n = 1n; term !== 0n; n += 2n) {
    sum += term / n;
    term = (sign * term) / (q * q);
  }
  return sum;
}

/** ln 2 = 2 atanh(1/3), off by one unit. */
export const ln2 = memoized((bits) => inverseTangent(3n, 1n, bits + 31) >> 30n);
/** pi = 16 atan(1/5) - 4 atan(1/239) (Machin), off by one unit. */
export const pi = memoized(
  (bits) => (16n * inverseTangent(5n, -1n, bits + 30) - 4n * inverseTangent(239n, -1n, bits + 30)) >> 30n,
);
/** 2 / sqrt(pi), off by one unit. */
export const twoOverRootPi = memoized((bits) => {
  const root = squareRoot(pi(bits + 30) << BigInt(bits + 30));
  return (1n << BigInt(2 * bits + 31)) / root;
});

/** floor(sqrt(n)), by Newton's iteration from above. */
export function squareRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let root = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** exp(X) = sum * 2^power; sum in [1/2, 2) has `bits` fraction bits and is off by less than (2 + |X|) * SERIES_ERROR units. */
export function expFixed(x: bigint, bits: number): { sum: bigint; power: number } {
  const power = Number(x / ln2(bits));
  const rest = x - BigInt(power) * ln2(bits);
  let term = 1n << BigInt(bits);
  let sum = 0n;
  for (let n = 1n; term !== 0n && term !== -1n; n += 1n) {
    sum += term;
    term = ((term * rest) >> BigInt(bits)) / n;
  }
  return { sum, power };
}

/** log(mantissa * 2^exponent) for mantissa > 0; off by less than (2 + |exponent| + bit length) * SERIES_ERROR units. */
export function logFixed(mantissa: bigint, exponent: number, bits: number): bigint {
  const length = mantissa.toString(2).length;
  const one = 1n << BigInt(bits);
  let power = exponent + length;
  let m = shifted(mantissa, bits - length); // [1/2, 1)
  if (m * 3n < one * 2n) {
    m *= 2n;
    power -= 1;
  }
  // |f| <= 1/5: log(m) = 2 atanh((m - 1) / (m + 1)).
  const f = ((m - one) << BigInt(bits)) / (m + one);
  const square = (f * f) >> BigInt(bits);
  let term = f;
  let sum = 0n;
  for (let n = 1n; term !== 0n && term !== -1n; n += 2n) {
    sum += term / n;
    term = (term * square) >> BigInt(bits);
  }
  return 2n * sum + BigInt(power) * ln2(bits);
}

/** tanh(X) for X >= 0, off by less than 8 * (2 + X) * SERIES_ERROR units. */
export function tanhFixed(x: bigint, bits: number): bigint {
  // exp(-2X) <= 1, so that a large X costs no precision.
  const { sum, power } = expFixed(-2n * x, bits);
  const one = 1n << BigInt(bits);
  const e = shifted(sum, power);
  return ((one - e) << BigInt(bits)) / (one + e);
}

/**
 * erf(X) for 0 <= X <= 5, off by less than 64 * SERIES_ERROR units:
 * 2/sqrt(pi) * X * exp(-X^2) * sum of (2 X^2)^n / (1 * 3 * 5 ... (2n + 1)), whose terms are positive.
 * Each factor is off by a relative SERIES_ERROR * 2^-bits at most, and the product is below 1.
 */
export function erfFixed(x: bigint, bits: number): bigint {
  const square = (x * x) >> BigInt(bits);
  let term = 1n << BigInt(bits);
  let sum = 0n;
  for (let n = 1n; term !== 0n; n += 2n) {
    sum += term;
    term = ((2n * term * square) >> BigInt(bits)) / (n + 2n);
  }
  const { sum: e, power } = expFixed(-square, bits);
  // Shifted last: exp(-X^2) alone would lose as many bits as the sum has gained.
  const product = (((x * sum) >> BigInt(bits)) * e) >> BigInt(bits - power);
  return (product * twoOverRootPi(bits)) >> BigInt(bits);
}

/** Sine and cosine of an X with |X| <= 1, off by less than SERIES_ERROR units. */
function smallSineCosine(x: bigint, bits: number): { sine: bigint; cosine: bigint } {
  let term = 1n << BigInt(bits);
  const sums = [0n, 0n, 0n, 0n];
  for (let n = 0; term !== 0n && term !== -1n; n++) {
    sums[n & 3] = (sums[n & 3] as bigint) + term;
    term = ((term * x) >> BigInt(bits)) / BigInt(n + 1);
  }
  const [c0, s1, c2, s3] = sums as [bigint, bigint, bigint, bigint];
  return { sine: s1 - s3, cosine: c0 - c2 };
}

/** Sine and cosine of mantissa * 2^exponent (|value| < 2^128), off by less than 4 * SERIES_ERROR units. */
export function sineCosineFixed(mantissa: bigint, exponent: number, bits: number): { sine: bigint; cosine: bigint } {
  // 160 more bits: the multiple of pi/2 that is taken away has up to 128 bits.
  const wide = bits + 160;
  const x = shifted(mantissa, exponent + wide);
  const quarter = pi(wide) >> 1n;
  const turns = (2n * x + quarter) / (2n * quarter) - (2n * x + quarter < 0n ? 1n : 0n);
  const { sine, cosine } = smallSineCosine((x - turns * quarter) >> 160n, bits);
  switch (Number(((turns % 4n) + 4n) % 4n)) {
    case 0:
      return { sine, cosine };
    case 1:
      return { sine: cosine, cosine: -sine };
    case 2:
      return { sine: -sine, cosine: -cosine };
    default:
      return { sine: -cosine, cosine: sine };
  }
}
