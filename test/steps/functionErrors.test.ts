/** The error bounds that the fixed-point values under Exp, Log, Tanh and Pow state, against another evaluation to 448 bits. */
import { expect } from 'chai';
import { network } from 'hardhat';
import { bitsOf } from '#core/semantics/functions/bits.ts';
import {
  DIGITS,
  erfOf,
  expOf,
  fixed,
  floatFromBits,
  logOf,
  sineCosineOf,
  units,
} from '../../scripts/exhaustive/exact.ts';
import { seeded } from '../support/seeded.ts';

const { ethers, networkHelpers } = await network.create('local');
const { loadFixture } = networkHelpers;
const harness = () => ethers.deployContract('FunctionStepHarness');

const BITS = 112;
/** The nearest to a multiple of pi/2, by the continued fractions of 2^e * 2/pi: the first is 2^-29.2 from one. */
const NEAR_ZEROS = [0x6f79be45, 0x50a3e87f, 0x6ff9be45, 0x437ce5f1, 0x5123e87f, 0x53b146a6, 0x65898498, 0x6a1976f1];
const shift = (v: bigint, by: number) => (by >= 0 ? v << BigInt(by) : v >> BigInt(-by));
const size = (v: bigint) => (v < 0n ? -v : v);

describe('FunctionStep: fixed point', () => {
  it('should give e^x within a relative 2^-84', async () => {
    const contract = await loadFixture(harness);
    const r = seeded(21);
    const word = () => BigInt(r.bits());
    for (let n = 0; n < 200; n++) {
      // Up to 2^9, of all sizes; and halfway between multiples of ln2, where the series is longest.
      let x = ((word() << 96n) | (word() << 64n) | (word() << 32n) | word()) >> BigInt(7 + r.int(40));
      if (n % 4 === 0) x = (logOf(2n, 0) * (2n * BigInt(r.int(500)) + 1n)) >> BigInt(DIGITS - BITS + 1);
      if (n % 2 === 0) x = -x;
      const [value, unit] = await contract.power(x);
      const exact = expOf(x << BigInt(DIGITS - BITS), DIGITS);
      const difference = size(shift(value, Number(unit) + exact.bits) - exact.v);
      expect(difference << 84n < exact.v, `${x}`).to.equal(true);
      expect(value > 1n << 111n && value < 1n << 113n, `${x}`).to.equal(true);
    }
  });

  it('should give log(x) within 2^-104 and a relative 2^-79', async () => {
    const contract = await loadFixture(harness);
    const r = seeded(22);
    const one = bitsOf(1);
    for (let n = 0; n < 150; n++) {
      let bits = 1 + r.int(0x7f7fffff);
      if (n % 3 === 0) bits = one + r.int(2 ** (1 + (n % 24))) - r.int(2 ** (1 + (n % 23)));
      if (n % 10 === 0) bits = 1 + (r.int(0x7fffff) >>> r.int(23));
      const value = await contract.fixedLog(bits);
      const exact = logOf(units(floatFromBits(bits)), 149);
      const difference = size((value << BigInt(DIGITS - BITS)) - exact);
      expect(difference < 1n << BigInt(DIGITS - 104), `${bits}`).to.equal(true);
      expect(difference << 79n <= size(exact), `${bits}`).to.equal(true);
    }
  });

  it('should give sines and cosines within a relative 2^-80, also near their zeros', async () => {
    const contract = await loadFixture(harness);
    const r = seeded(23);
    for (let n = 0; n < 200; n++) {
      let bits = 0x39800000 + r.int(0x7f7fffff - 0x39800000);
      // Multiples of pi/2, as near as a float32 comes.
      if (n % 2 === 0) bits = bitsOf(Math.fround((1 + r.int(2 ** (1 + (n % 24)))) * (Math.PI / 2)));
      if (n < NEAR_ZEROS.length) bits = NEAR_ZEROS[n] as number;
      const { sine, cosine } = sineCosineOf(floatFromBits(bits), DIGITS);
      for (const [quarters, exact] of [sine, cosine].entries()) {
        const value = await contract.fixedSine(bits, quarters);
        const difference = size((value << BigInt(DIGITS - 2 * BITS)) - exact);
        expect(difference << 80n < size(exact), `${quarters === 0 ? 'sin' : 'cos'} of ${bits}`).to.equal(true);
      }
    }
  });

  it('should give erf(x)/x within a relative 2^-84', async () => {
    const contract = await loadFixture(harness);
    const r = seeded(24);
    for (let n = 0; n < 150; n++) {
      const bits = n < 4 ? 0x407fffff - n : n % 2 === 0 ? 0x3f000000 + r.int(0x1800000 - 1) : 1 + r.int(0x40800000 - 1);
      const x = fixed(floatFromBits(bits), DIGITS);
      const exact = erfOf(x, DIGITS);
      // The value times x, with 224 + 149 fraction bits, exactly.
      const product = (await contract.erfRatio(bits)) * units(floatFromBits(bits));
      const difference = size((product << BigInt(DIGITS - 2 * BITS - 149)) - exact);
      expect(difference << 84n < exact, `${bits}`).to.equal(true);
    }
  });
});
