/**
 * The functions of core/semantics/functions again, from nothing of theirs: other series, other constants, another rounding.
 * Slow (tens of microseconds) and precise: every value has an absolute error below 2^-400 unless a comment says otherwise, so that
 * a value nearer than 2^-300 to a boundary would be worth a look, and there is none.
 */

/** V * 2^-bits. */
export interface Fixed {
  v: bigint;
  bits: number;
}

export const DIGITS = 448;
const view = new DataView(new ArrayBuffer(4));

export function floatBits(x: number): number {
  view.setFloat32(0, x);
  return view.getUint32(0);
}

export function floatFromBits(bits: number): number {
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

const shift = (v: bigint, by: number): bigint => (by >= 0 ? v << BigInt(by) : v >> BigInt(-by));
const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a);

/** A finite float32 value in units of 2^-149, exactly. */
export function units(x: number): bigint {
  const bits = floatBits(x);
  const exponent = (bits >>> 23) & 0xff;
  const size =
    BigInt(exponent === 0 ? bits & 0x7fffff : (bits & 0x7fffff) | 0x800000) << BigInt(Math.max(exponent - 1, 0));
  return bits >>> 31 === 1 ? -size : size;
}

/** A float32 value with `bits` fraction bits; exact for bits >= 149. */
export const fixed = (x: number, bits: number): bigint => shift(units(x), bits - 149);

/** The nearest float64, for values that do not underflow. */
export function toFloat64({ v, bits }: Fixed): number {
  const size = v < 0n ? -v : v;
  // 100 bits and an odd one for the rest: Number() rounds them once, and powers of two are exact.
  const spare = Math.max(size.toString(2).length - 100, 0);
  const kept = (size >> BigInt(spare)) | (spare > 0 ? 1n : 0n);
  let result = Number(kept);
  for (let left = spare - bits; left !== 0; left -= Math.sign(left)) result *= left > 0 ? 2 : 0.5;
  return v < 0n ? -result : result;
}

/** e^x by halving x until it is below 2^-20, the series, and squaring as often. Relative error 2^(30 - bits). */
export function expOf(x: bigint, bits: number): Fixed {
  // e^-x has the precision, because e^x of a negative x would lose it.
  const wide = bits + 64;
  const size = x < 0n ? -x : x;
  const halvings = 28;
  const small = shift(size, 64) >> BigInt(halvings);
  const one = 1n << BigInt(wide);
  let term = one;
  let sum = one;
  for (let n = 1n; term !== 0n; n++) {
    term = ((term * small) >> BigInt(wide)) / n;
    sum += term;
  }
  for (let n = 0; n < halvings; n++) sum = (sum * sum) >> BigInt(wide);
  if (x >= 0n) return { v: sum >> 64n, bits };
  const extra = Math.max(sum.toString(2).length - wide, 0);
  return { v: (1n << BigInt(2 * wide + extra)) / sum, bits: wide + extra };
}

/** log(x) for x = v * 2^-at > 0, as the zero of e^y - x: two or three steps of Halley's method from Math.log. */
export function logOf(v: bigint, at: number, bits = DIGITS): bigint {
  const length = v.toString(2).length;
  const x = shift(v, bits - length); // [1/2, 1)
  const root = (value: bigint, guess: number) => {
    let y = BigInt(Math.round(guess * 2 ** 50)) << BigInt(bits - 50);
    for (let precise = 48; precise < bits; precise *= 3) {
      const e = expOf(y, bits);
      const power = shift(e.v, bits - e.bits);
      y += ((2n * (value - power)) << BigInt(bits)) / (value + power);
    }
    return y;
  };
  logOfTwo[bits] ??= root(2n << BigInt(bits), Math.LN2);
  return root(x, Math.log(toFloat64({ v: x, bits }))) + BigInt(length - at) * (logOfTwo[bits] as bigint);
}
const logOfTwo: Record<number, bigint> = {};

/** tanh(x), x >= 0: x / (1 + x^2 / (3 + x^2 / (5 + ...))) (Lambert), from far enough inside. */
export function tanhOf(x: bigint, bits: number): bigint {
  const square = (x * x) >> BigInt(bits);
  const start = 60 + (bits >> 3) + Number(x >> BigInt(bits)) * 8;
  let below = BigInt(2 * start + 1) << BigInt(bits);
  for (let n = 2 * start - 1; n > 0; n -= 2) below = (BigInt(n) << BigInt(bits)) + (square << BigInt(bits)) / below;
  return (x << BigInt(bits)) / below;
}

export function rootOf(n: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(n >> BigInt(Math.max(n.toString(2).length - 100, 0) & ~1))) + 1));
  root <<= BigInt((Math.max(n.toString(2).length - 100, 0) & ~1) / 2);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (distance(next, root) <= 1n) {
      root = next;
      while (root * root > n) root -= 1n;
      while ((root + 1n) * (root + 1n) <= n) root += 1n;
      return root;
    }
    root = next;
  }
}

const circles: Record<number, bigint> = {};
/** pi by the arithmetic-geometric mean (Brent, Salamin 1976). */
export function piOf(bits: number): bigint {
  const known = circles[bits];
  if (known !== undefined) return known;
  const wide = BigInt(bits + 64);
  let a = 1n << wide;
  let b = rootOf(1n << (2n * wide - 1n));
  let t = 1n << (wide - 2n);
  for (let p = 0n; distance(a, b) > 4n; p++) {
    const mean = (a + b) >> 1n;
    b = rootOf(a * b);
    t -= (((a - mean) ** 2n) >> wide) << p;
    a = mean;
  }
  const result = ((a + b) ** 2n / (4n * t)) >> 64n;
  circles[bits] = result;
  return result;
}

/** erf(x), x >= 0: the alternating series, with the bits that its cancellation costs on top. */
export function erfOf(x: bigint, bits: number): bigint {
  const spare = 16 + 2 * Number((x * x) >> BigInt(2 * bits));
  const wide = BigInt(bits + spare);
  const wideX = x << BigInt(spare);
  const square = (wideX * wideX) >> wide;
  let term = wideX;
  let sum = 0n;
  for (let n = 0n; term !== 0n; n++) {
    const part = term / (2n * n + 1n);
    sum += (n & 1n) === 0n ? part : -part;
    term = ((term * square) >> wide) / (n + 1n);
  }
  const root = rootOf(piOf(Number(wide)) << wide);
  return (((2n * sum) << wide) / root) >> BigInt(spare);
}

/** Sine and cosine of a float32 x: x modulo pi/2, an eighth of that, the sine's series, and three doublings. */
export function sineCosineOf(x: number, bits: number): { sine: bigint; cosine: bigint } {
  const wide = bits + 176;
  const half = piOf(wide) / 2n;
  const v = fixed(x, wide);
  let quadrant = v / half;
  if (v < 0n) quadrant -= 1n;
  const rest = (v - quadrant * half) >> 112n; // [0, pi/2), 64 bits more than asked for
  const w = BigInt(bits + 64);
  const one = 1n << w;
  const small = rest >> 3n;
  const square = (small * small) >> w;
  let term = small;
  let sine = 0n;
  for (let n = 2n; term !== 0n; n += 2n) {
    sine += (n & 2n) === 2n ? term : -term;
    term = ((term * square) >> w) / (n * (n + 1n));
  }
  let cosine = rootOf((one << w) - sine * sine);
  for (let n = 0; n < 3; n++) [sine, cosine] = [(2n * sine * cosine) >> w, one - ((2n * sine * sine) >> w)];
  sine >>= 64n;
  cosine >>= 64n;
  const turned = [
    { sine, cosine },
    { sine: cosine, cosine: -sine },
    { sine: -sine, cosine: -cosine },
    { sine: -cosine, cosine: sine },
  ];
  return turned[Number(((quadrant % 4n) + 4n) % 4n)] as { sine: bigint; cosine: bigint };
}

/** The six functions of one operand at a float32 x where they are finite and not zero. */
export function exactValue(name: string, x: number): Fixed {
  const odd = (f: (a: bigint, bits: number) => bigint, bits: number) => {
    const v = f(fixed(Math.abs(x), bits), bits);
    return { v: x < 0 ? -v : v, bits };
  };
  switch (name) {
    case 'exp':
      return expOf(fixed(x, DIGITS), DIGITS);
    case 'log':
      return { v: logOf(units(x), 149), bits: DIGITS };
    case 'tanh':
      return odd(tanhOf, DIGITS);
    case 'erf':
      return odd(erfOf, DIGITS);
    case 'sin':
      return { v: sineCosineOf(x, DIGITS).sine, bits: DIGITS };
    default:
      return { v: sineCosineOf(x, DIGITS).cosine, bits: DIGITS };
  }
}

/**
 * The float32 nearest to a value, found by comparing it with the boundary on either side of a first guess; and how far it is from the
 * nearer boundary, in units in the last place of the result (0.5 for a value that is a float32). Ties to even.
 */
export function nearest(value: Fixed): { result: number; margin: number } {
  const bits = Math.max(value.bits, 200);
  const size = shift(value.v < 0n ? -value.v : value.v, bits - value.bits);
  let pattern = floatBits(Math.min(Math.fround(toFloat64({ v: size, bits })), 3.4028234663852886e38));
  // The boundary above the float with these bits, halfway to the next one (2^128 after the largest), exactly.
  const boundary = (p: number) => {
    const above = p === 0x7f7fffff ? 1n << 277n : units(floatFromBits(p + 1));
    return (units(floatFromBits(p)) + above) << BigInt(bits - 150);
  };
  const even = (p: number) => (p & 1) === 0;
  while (pattern > 0 && (size < boundary(pattern - 1) || (size === boundary(pattern - 1) && even(pattern - 1))))
    pattern -= 1;
  while (pattern < 0x7f800000 && (size > boundary(pattern) || (size === boundary(pattern) && !even(pattern))))
    pattern += 1;
  const below = pattern > 0 ? boundary(pattern - 1) : -boundary(0);
  const gap = pattern < 0x7f800000 ? distance(boundary(pattern), size) : size - below;
  let near = distance(size, below);
  if (gap < near) near = gap;
  const place = fixed(floatFromBits(Math.min(pattern, 0x7f7fffff) & 0x7f800000), bits) >> 23n;
  const least = 1n << BigInt(bits - 149);
  const margin = toFloat64({ v: (near << 400n) / (place > least ? place : least), bits: 400 });
  const result = floatFromBits(pattern);
  return { result: value.v < 0n ? -result : result, margin };
}
