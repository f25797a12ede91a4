import { expect } from 'chai';
import type { PublishedTolerance } from '#core/protocol/publishedTolerance.ts';
import { acceptable, acceptance, firstUnacceptable } from '#core/semantics/tolerance/accept.ts';
import { tensorFrom } from '#core/tensor.ts';
import { rejects } from '../../../support/rejects.ts';
import { seeded } from '../../../support/seeded.ts';

const view = new DataView(new ArrayBuffer(4));
const fromBits = (bits: number): number => {
  view.setUint32(0, bits);
  return view.getFloat32(0);
};
const bitsOf = (x: number): number => {
  view.setFloat32(0, x);
  return view.getUint32(0);
};

/** The definition on rationals with the denominator 2^181, from the bits: mantissa * 2^(exponent - 150), subnormals included. */
function scaled(bits: number): bigint {
  const exponent = (bits >>> 23) & 0xff;
  const fraction = BigInt(bits & 0x7fffff);
  const mantissa = exponent === 0 ? fraction : fraction + 0x800000n;
  const value = mantissa << BigInt(Math.max(exponent, 1) - 1 + 32); // (2^-149) * 2^181 = 2^32
  return bits >>> 31 ? -value : value;
}
const abs = (x: bigint) => (x < 0n ? -x : x);
function byDefinition(yBits: number, rBits: number, { atol, rtol }: PublishedTolerance): boolean {
  const nan = (bits: number) => (bits & 0x7fffffff) > 0x7f800000;
  const infinite = (bits: number) => (bits & 0x7fffffff) === 0x7f800000;
  if (nan(yBits) || nan(rBits)) return nan(yBits) && nan(rBits);
  if (infinite(yBits) || infinite(rBits)) return yBits === rBits;
  const [y, r] = [scaled(yBits), scaled(rBits)];
  // Everything times 2^181 * 2^32.
  return abs(y - r) << 32n <= (scaled(atol) << 32n) + BigInt(rtol) * abs(r);
}

const check = (yBits: number, rBits: number, tolerance: PublishedTolerance) => {
  const want = byDefinition(yBits, rBits, tolerance);
  const got = acceptance(tolerance)(fromBits(yBits), fromBits(rBits));
  if (got !== want)
    expect.fail(`y ${yBits.toString(16)}, r ${rBits.toString(16)}, ${JSON.stringify(tolerance)}: ${got}, not ${want}`);
  return want;
};

describe('the acceptance rule', () => {
  it('should decide any bits as the definition on rationals does', () => {
    const next = seeded(1).bits;
    let accepted = 0;
    for (let i = 0; i < 40_000; i++) {
      const r = next();
      // Half of the time near r, else anything.
      const y = i % 2 ? (r + (next() % 33) - 16) >>> 0 : next();
      const rtol = next() >>> (next() % 33);
      const atol = i % 3 ? next() % 0x7f800000 : 0;
      accepted += Number(check(y, r, { atol, rtol: rtol >>> 0 }));
    }
    expect(accepted).to.be.within(5_000, 35_000);
  });

  it('should accept equality and refuse one ulp beyond, wherever the boundary is a float32', () => {
    const next = seeded(2).bits;
    let boundaries = 0;
    for (let i = 0; i < 20_000; i++) {
      // r and rtol with few bits, so that rtol * |r| is short and y = r + it is often a float32.
      const r = bitsOf((1 + (next() % 64)) * 2 ** ((next() % 60) - 30) * (i % 2 ? 1 : -1));
      const tolerance = {
        atol: i % 3 ? bitsOf((next() % 16) * 2 ** ((next() % 40) - 30)) : 0,
        rtol: 1 << (8 + (next() % 23)),
      };
      const target =
        scaled(r) +
        (i % 5 < 3 ? 1n : -1n) * (scaled(tolerance.atol) + ((BigInt(tolerance.rtol) * abs(scaled(r))) >> 32n));
      const y = bitsOf(Number(target) / 2 ** 181);
      if (scaled(y) !== target || (y & 0x7fffffff) === 0) continue;
      boundaries++;
      check(y, r, tolerance);
      expect(byDefinition(y, r, tolerance)).to.equal(true);
      for (const neighbour of [(y + 1) >>> 0, (y - 1) >>> 0]) check(neighbour, r, tolerance);
      const outside = [(y + 1) >>> 0, (y - 1) >>> 0].filter(
        (bits) => !acceptance(tolerance)(fromBits(bits), fromBits(r)),
      );
      expect(outside.length, 'one neighbour is beyond').to.be.greaterThanOrEqual(1);
    }
    expect(boundaries).to.be.greaterThan(2_000);
  });

  it('should decide subnormals against huge values', () => {
    const edges = [0, 1, 2, 0x7fffff, 0x800000, 0x3f800000, 0x7f7fffff, 0x7f7ffffe, 0x7f800000, 0x7fc00000, 0x7f800001];
    const signed = edges.flatMap((bits) => [bits, (bits | 0x80000000) >>> 0]);
    const tolerances = [0, 1, 0x800000, 0x7f7fffff].flatMap((atol) =>
      [0, 1, 0x80000000, 0xffffffff].map((rtol) => ({ atol, rtol })),
    );
    for (const tolerance of tolerances) for (const y of signed) for (const r of signed) check(y, r, tolerance);
  });

  it('should match all NaN encodings, and zeros of either sign', () => {
    const exact = { atol: 0, rtol: 0 };
    expect(acceptance(exact)(0, -0)).to.equal(true);
    expect(acceptance(exact)(fromBits(0xffc00001), Number.NaN)).to.equal(true);
    expect(acceptance({ atol: 0x7f7fffff, rtol: 0xffffffff })(Number.NaN, 1)).to.equal(false);
    expect(acceptance({ atol: 0x7f7fffff, rtol: 0xffffffff })(Infinity, 3e38)).to.equal(false);
    expect(acceptance({ atol: 0x7f7fffff, rtol: 0xffffffff })(-Infinity, Infinity)).to.equal(false);
  });

  it('should refuse tolerances that cannot be published', () => {
    for (const atol of [0x7f800000, 0x7fc00000, 0x80000001])
      rejects('tolerance.invalid', () => acceptance({ atol, rtol: 0 }));
  });

  it('should compare whole tensors, integers by equality', () => {
    const wide = { atol: bitsOf(10), rtol: 0 };
    const whole = (...values: number[]) => tensorFrom('int64', [2], values.map(BigInt));
    const float = (...values: number[]) => tensorFrom('float32', [2], values);
    expect(firstUnacceptable(whole(1, 2), whole(1, 3), wide)).to.equal(1);
    expect(firstUnacceptable(whole(1, 3), whole(1, 3), wide)).to.equal(-1);
    expect(firstUnacceptable(float(0, 11), float(0, 0), wide)).to.equal(1);
    expect(acceptable([float(0, 10)], [float(0, 0)], wide)).to.equal(true);
    expect(acceptable([float(0, 10)], [float(0, 0), float(0, 0)], wide)).to.equal(false);
    expect(acceptable([whole(0, 0)], [float(0, 0)], wide)).to.equal(false);
    rejects('tensor.dtype', () => firstUnacceptable(float(0, 0), whole(0, 0), wide));
    rejects('tensor.shape', () => firstUnacceptable(tensorFrom('float32', [1], [0]), float(0, 0), wide));
  });
});
