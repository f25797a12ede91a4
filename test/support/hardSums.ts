/** Terms of sums that are hard to round: what tests of exact sums draw from. */
import { fromBits } from './rationals.ts';
import type { Seeded } from './seeded.ts';

export interface Terms {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly bias: number;
}

type Make = (n: number, r: Seeded) => Terms;

const sign = (r: Seeded) => (r.int(2) === 0 ? 1 : -1);
const fill = (n: number, draw: () => number) => Float32Array.from({ length: n }, draw);
const plain =
  (draw: (r: Seeded) => number): Make =>
  (n, r) => ({ a: fill(n, () => draw(r)), b: fill(n, () => draw(r)), bias: r.int(3) === 0 ? 0 : draw(r) });

const bits = (r: Seeded) => fromBits(r.bits());
const finite = (r: Seeded) => fromBits((r.int(2) << 31) | r.int(0x7f800000));
const subnormal = (r: Seeded) => fromBits((r.int(2) << 31) | r.int(0x800000));
const power = (r: Seeded, low: number, high: number) => Math.fround(sign(r) * 2 ** (low + r.int(high - low + 1)));
const scaled = (r: Seeded, spread: number) => Math.fround(r.normal() * 2 ** (r.int(spread) - (spread >> 1)));
const odd = (r: Seeded) =>
  r.pick([
    0,
    -0,
    1,
    -1,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    2 ** -149,
    3.4028234663852886e38,
  ]);

/** Each pair of products cancels, all of it or all but the last place; something small is left. */
const cancelling: Make = (n, r) => {
  const { a, b } = plain(r.pick([(s: Seeded) => s.normal(), finite, (s: Seeded) => scaled(s, 60)]))(n, r);
  for (let k = 0; k + 1 < n; k += 2) {
    a[k + 1] = a[k] as number;
    b[k + 1] = -(b[k] as number);
    if (r.int(6) === 0) a[k + 1] = fromBits((new Uint32Array(a.buffer)[k + 1] as number) ^ 1);
  }
  return { a, b, bias: r.pick([0, -0, subnormal(r), Math.fround(r.normal() * 2 ** -40)]) };
};

/** A sum exactly half way between two float32, sometimes with a nudge far below: its bits are that of a tie or of one side. */
const tied: Make = (n, r) => {
  const exponent = r.int(230) - 130;
  const a = new Float32Array(n);
  const b = fill(n, () => 1);
  a[0] = sign(r) * (2 ** 23 + r.int(2 ** 23)) * 2 ** exponent;
  if (n > 1) a[1] = sign(r) * 2 ** (exponent - 1);
  if (n > 2 && r.int(2) === 0) {
    a[2] = power(r, -126, -20);
    b[2] = power(r, -126, -20);
  }
  // In any order, with products instead of values.
  for (let k = 0; k < n; k++) {
    const j = r.int(n);
    [a[k], a[j]] = [a[j] as number, a[k] as number];
    [b[k], b[j]] = [b[j] as number, b[k] as number];
  }
  return { a, b, bias: r.pick([0, -0, sign(r) * 2 ** (exponent - 1)].map(Math.fround)) };
};

/**
 * A tie at the top, some products at the exponent where the fast sum's window ends (67 below the top) and others just below it, of the other
 * sign: what the window leaves out decides the rounding.
 */
const atTheEdge: Make = (n, r) => {
  const top = 150 + r.int(50);
  const [way, back] = r.int(2) === 0 ? [0, 0x80000000] : [0x80000000, 0];
  const of = (sign: number, field: number, mantissa: number) => fromBits((sign | (field << 23) | mantissa) >>> 0);
  const a = new Float32Array(n);
  const b = new Float32Array(n).fill(1);
  const full = () => 0x7fffff - r.int(4);
  const half = top >> 1;
  for (let k = 0; k < n; k++) {
    const kept = r.int(5) === 0;
    a[k] = of(kept ? way : back, half, full());
    b[k] = of(0, top + (kept ? 60 : 59) - half, full());
  }
  if (n < 2) return { a, b, bias: 0 };
  [a[0], b[0]] = [of(way, top, r.int(0x800000)), 1];
  [a[1], b[1]] = [of(way, top - 24, 0), 1];
  return { a, b, bias: 0 };
};

export const HARD_SUMS: Readonly<Record<string, Make>> = {
  normal: plain((r) => r.normal()),
  'zeros among them': plain((r) => Math.max(0, r.normal()) * sign(r)),
  integers: plain((r) => r.int(9) - 4),
  'a spread of 40 binades': plain((r) => scaled(r, 40)),
  'a spread of 130 binades': plain((r) => scaled(r, 130)),
  'any finite': plain(finite),
  subnormal: plain(subnormal),
  'subnormal times large': (n, r) => ({
    a: fill(n, () => subnormal(r)),
    b: fill(n, () => power(r, 100, 127)),
    bias: subnormal(r),
  }),
  'around the largest': plain((r) => fromBits((r.int(2) << 31) | (0x7f7fffff - r.int(4)))),
  'around the root of the largest': plain((r) => power(r, 62, 65)),
  'around the least product': plain((r) => power(r, -76, -73)),
  'powers far apart': plain((r) => power(r, -149, 127)),
  'any bits': plain(bits),
  'some that are not finite': plain((r) => (r.int(12) === 0 ? odd(r) : r.normal())),
  'odd ones only': plain(odd),
  'zeros only': plain((r) => r.pick([0, -0])),
  cancelling,
  tied,
  'at the edge of the window': atTheEdge,
};
