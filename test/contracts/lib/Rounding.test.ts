/** Rounding, against the definition in rationals: RN(value * 2^unit) for every magnitude below 2^256 and exponents far out. */
import { expect } from 'chai';
import { ethers, loadFixture } from '../../support/contracts/chain.ts';
import { seeded } from '../../support/seeded.ts';

const harness = () => ethers.deployContract('RoundingHarness');

const abs = (x: bigint) => (x < 0n ? -x : x);
const bitLength = (x: bigint) => x.toString(2).length;

/** In units of the least subnormal, 2^-149: the float's step there, then the quotient and its rest. */
function nearest(value: bigint, unit: bigint): bigint {
  if (value === 0n) return 0n;
  // Beyond every float, or below half of the least; keeps the shifts small.
  const top = BigInt(bitLength(value)) + unit;
  if (top > 130n) return 0x7f800000n;
  if (top < -160n) return 0n;
  const up = unit + 149n >= 0n ? unit + 149n : 0n;
  const down = unit + 149n < 0n ? -(unit + 149n) : 0n;
  const [n, d] = [value << up, 1n << down];
  const step = 1n << BigInt(Math.max(0, bitLength(n / d || 1n) - 24));
  const count = n / (d * step);
  const rest = 2n * (n - count * d * step);
  const rounded = rest > d * step || (rest === d * step && count % 2n === 1n) ? count + 1n : count;
  const result = rounded * step;
  if (result >= 1n << 277n) return 0x7f800000n;
  if (result < 1n << 24n) return result; // subnormal, or the binade above with the same step
  const shift = BigInt(bitLength(result) - 24);
  return ((shift + 1n) << 23n) + ((result >> shift) & 0x7fffffn);
}

describe('Rounding', () => {
  const { bits, int } = seeded(41);
  const wide = (width: number) => {
    let x = 0n;
    for (let i = 0; i < 8; i++) x = (x << 32n) | BigInt(bits());
    return (x >> BigInt(256 - width)) | (1n << BigInt(width - 1));
  };

  /** A magnitude of some width: any bits, few bits, all ones, or a tie of `kept` bits and its neighbours. */
  function magnitude(): bigint {
    const width = 1 + int(256);
    const kind = int(4);
    if (kind === 0) return wide(width);
    if (kind === 1) return (1n << BigInt(width)) - 1n;
    const kept = 1 + int(Math.min(25, width));
    const few = wide(kept) << BigInt(width - kept);
    const near = few + (kind === 2 ? 0n : BigInt(int(3) - 1));
    return near > 0n && near < 1n << 256n ? near : few;
  }
  /** Mostly so that the result is a float's: from below the subnormals to beyond the largest. */
  function exponent(value: bigint): bigint {
    const width = BigInt(bitLength(value));
    if (int(8) === 0) return BigInt(int(2000) - 1000);
    if (int(3) === 0) return -149n - width + BigInt(int(30)) - 3n;
    if (int(3) === 0) return 128n - width + BigInt(int(6) - 3);
    return BigInt(int(300) - 160) - width;
  }
  const FAR = 1n << 199n;
  const EDGES = [
    1n,
    2n,
    3n,
    (1n << 24n) - 1n,
    1n << 24n,
    (1n << 25n) - 1n,
    1n << 255n,
    (1n << 255n) + 1n,
    (1n << 256n) - 1n,
  ];

  it('should be the nearest float, ties to even, at every width and exponent', async () => {
    const library = await loadFixture(harness);
    for (let round = 0; round < 8; round++) {
      const values = Array.from({ length: 500 }, magnitude);
      const units = values.map(exponent);
      const got = await library.magnitudes(values, units);
      for (const [i, value] of values.entries())
        expect(got[i], `${value} * 2^${units[i]}`).to.equal(nearest(value, units[i] as bigint));
    }
  });

  it('should take every edge with every exponent about the ends of the range, and the farthest', async () => {
    const library = await loadFixture(harness);
    for (const value of EDGES) {
      const width = bitLength(value);
      const ends = [-149 - width, -126 - width, 104, 128 - width, -405, -404, -406, 0];
      const units = [FAR, -FAR, ...ends.flatMap((end) => Array.from({ length: 9 }, (_, i) => BigInt(end + i - 4)))];
      const got = await library.magnitudes(
        units.map(() => value),
        units,
      );
      for (const [i, unit] of units.entries()) expect(got[i], `${value} * 2^${unit}`).to.equal(nearest(value, unit));
    }
  });

  it('should keep the sign, of what rounds to zero too; zero is +0', async () => {
    const library = await loadFixture(harness);
    const values = [0n, -1n, 1n, -1n, -3n, -(1n << 254n), (1n << 255n) - 1n, 1n - (1n << 255n)];
    const units = [5n, 0n, -200n, -200n, -151n, -300n, -127n, -127n];
    const got = await library.numbers(values, units);
    for (const [i, value] of values.entries()) {
      const sign = value < 0n ? 0x80000000n : 0n;
      expect(got[i], `${value} * 2^${units[i]}`).to.equal(sign | nearest(abs(value), units[i] as bigint));
    }
  });
});
