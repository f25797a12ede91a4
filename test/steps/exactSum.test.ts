/** Both accumulators against core's exact Dot. STEP_FUZZ=1000000 compares so many sums. */
import { expect } from 'chai';
import { network } from 'hardhat';
import { exactDot } from '#core/semantics/dot/exact.ts';
import type { SumHarness } from '#types';
import { HARD_SUMS, type Terms } from '../support/hardSums.ts';
import { add, bitsOf, mul, nearestFloat32, rational } from '../support/rationals.ts';
import { seeded } from '../support/seeded.ts';

const COUNT = Number(process.env['STEP_FUZZ'] ?? 6_000);
const BATCH = 300;
const NAN = 0x7fc00000;

// Many sums in one call need more gas than a transaction may have.
const { ethers } = await network.create({
  network: 'local',
  override: { hardfork: 'cancun', blockGasLimit: 2n ** 40n },
});

const expected = ({ a, b, bias }: Terms): number => {
  const sum = exactDot(Float64Array.from(a), Float64Array.from(b), a.length, bias);
  return Number.isNaN(sum) ? NAN : bitsOf(sum);
};

/** A case as SumHarness reads it. NaNs keep whatever bits they have. */
function encode(cases: readonly Terms[]): Uint8Array {
  const words = cases.reduce((sum, { a }) => sum + 1 + 2 * Math.ceil(a.length / 8), 0);
  const bytes = new Uint8Array(32 * words);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { a, b, bias } of cases) {
    view.setUint32(at + 24, a.length);
    view.setFloat32(at + 28, bias);
    at += 32;
    for (const values of [a, b]) {
      values.forEach((value, k) => {
        view.setFloat32(at + 4 * k, value);
      });
      at += 32 * Math.ceil(a.length / 8);
    }
  }
  return bytes;
}

interface Tally {
  sums: number;
  decided: number;
}

async function compareAll(harness: SumHarness, cases: readonly Terms[], what: string): Promise<Tally> {
  const results = await harness.many(encode(cases), { gasLimit: 2n ** 39n });
  expect(results.length).to.equal(cases.length);
  let decided = 0;
  cases.forEach((terms, i) => {
    const result = results[i] as bigint;
    const want = expected(terms);
    const wide = Number(result & 0xffffffffn);
    const show = () => JSON.stringify([what, [...terms.a].map(bitsOf), [...terms.b].map(bitsOf), bitsOf(terms.bias)]);
    if (wide !== want) expect.fail(`wide ${wide.toString(16)}, exact ${want.toString(16)}: ${show()}`);
    if (result >> 64n === 0n) return;
    decided++;
    const fast = Number((result >> 32n) & 0xffffffffn);
    if (fast !== want) expect.fail(`fast ${fast.toString(16)}, exact ${want.toString(16)}: ${show()}`);
  });
  return { sums: cases.length, decided };
}

describe('exact sums on the EVM', () => {
  const names = Object.keys(HARD_SUMS);
  const most = Math.ceil(COUNT / names.length);

  for (const [i, name] of names.entries())
    it(`should have the bits of the exact sum for ${name}`, async function () {
      this.timeout(0);
      const r = seeded(1000 + i);
      const harness = await ethers.deployContract('SumHarness');
      const make = HARD_SUMS[name] as NonNullable<(typeof HARD_SUMS)[string]>;
      const total: Tally = { sums: 0, decided: 0 };
      while (total.sums < most) {
        const cases = Array.from({ length: Math.min(BATCH, most - total.sums) }, () =>
          make(r.pick([0, 1, 2, 3, 4, 7, 8, 9, 12, 16, 17, 24, 33]), r),
        );
        const { sums, decided } = await compareAll(harness, cases, name);
        total.sums += sums;
        total.decided += decided;
      }
      if (process.env['STEP_FUZZ']) console.log(`      ${name}: ${total.sums} sums, ${total.decided} decided fast`);
      // What real networks compute is decided on the fast path.
      if (['normal', 'integers', 'a spread of 40 binades'].includes(name))
        expect(total.decided).to.be.greaterThan(total.sums * 0.85);
    });

  it('should be exact for as many terms as a sum may have', async function () {
    this.timeout(0);
    const r = seeded(2000);
    const harness = await ethers.deployContract('SumHarness');
    for (const name of ['normal', 'any finite', 'cancelling']) {
      const make = HARD_SUMS[name] as NonNullable<(typeof HARD_SUMS)[string]>;
      await compareAll(harness, [make(8192, r), make(8185, r)], name);
    }
    // Everything at the top of the window, of one sign: the accumulator's half is as full as it can be.
    const largest = Math.fround(3.4028234663852886e38 * 2 ** -100);
    for (const value of [largest, -largest]) {
      const full: Terms = { a: new Float32Array(8192).fill(value), b: new Float32Array(8192).fill(largest), bias: 0 };
      const { decided } = await compareAll(harness, [full], 'full');
      expect(decided).to.equal(1);
    }
  });

  it('should round as rationals do', async () => {
    const r = seeded(2001);
    const harness = await ethers.deployContract('SumHarness');
    for (const make of [HARD_SUMS['cancelling'], HARD_SUMS['tied'], HARD_SUMS['any finite']]) {
      for (let round = 0; round < 60; round++) {
        const terms = (make as NonNullable<typeof make>)(1 + r.int(12), r);
        let sum = rational(terms.bias);
        terms.a.forEach((x, k) => {
          sum = add(sum, mul(rational(x), rational(terms.b[k] as number)));
        });
        const [result] = await harness.many(encode([terms]));
        expect(Number((result as bigint) & 0xffffffffn)).to.equal(bitsOf(nearestFloat32(sum)));
      }
    }
  });

  it('should round integers of any size and unit once', async () => {
    const r = seeded(2002);
    const harness = await ethers.deployContract('SumHarness');
    const values: bigint[] = [];
    const units: bigint[] = [];
    for (let round = 0; round < 3000; round++) {
      const size = r.pick([256, 1 + r.int(256)]);
      // Short values, ties and almost ties: a few bits at the top, perhaps one at the end.
      const top = BigInt(1 + r.int(2 ** r.pick([1, 8, 24, 25, 26])));
      const width = BigInt(top.toString(2).length);
      const value = BigInt.asUintN(256, top << (BigInt(size) > width ? BigInt(size) - width : 0n));
      values.push(value | BigInt(r.int(2)) || 1n);
      // From below half of the least subnormal to above the largest float.
      units.push(BigInt(r.pick([-149, 104, r.int(280) - 150]) - size + r.int(4) - 2 + r.pick([0, 0, 24])));
    }
    const bits = await harness.rounded(values, units);
    values.forEach((value, i) => {
      const unit = units[i] as bigint;
      const exact = unit >= 0n ? { n: value << unit, d: 1n } : { n: value, d: 1n << -unit };
      expect(bits[i], `${value} * 2^${unit}`).to.equal(BigInt(bitsOf(nearestFloat32(exact))));
    });
  });
});
