/** The error bounds that the fixed-point values under Exp, Log, Tanh and Pow state, against another evaluation to 448 bits. */
import { expect } from 'chai';
import { network } from 'hardhat';
import { bitsOf } from '#core/semantics/functions/bits.ts';
import { DIGITS, expOf, floatFromBits, logOf, units } from '../../scripts/exhaustive/exact.ts';
import { seeded } from '../support/seeded.ts';

const { ethers, networkHelpers } = await network.create('local');
const { loadFixture } = networkHelpers;
const harness = () => ethers.deployContract('FunctionStepHarness');

const BITS = 112;
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
});
