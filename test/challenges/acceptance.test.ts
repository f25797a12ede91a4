/** The comparison of an output element, on the chain and in TypeScript, against rationals. */
import { expect } from 'chai';
import { acceptance } from '#core/semantics/tolerance/accept.ts';
import { ethers } from '../support/contracts/chain.ts';
import { patterns, scalarOf } from '../support/elements.ts';
import { type Seeded, seeded } from '../support/seeded.ts';

const CASES = 4_000 * Number(process.env['STEP_FUZZ'] ?? 1);
const PER_CALL = 1_000;

type Case = readonly [y: bigint, r: bigint, atol: bigint, rtol: bigint];

/** In units of 2^-149, straight from the encoding. */
function unitsOf(bits: bigint): bigint {
  const exponent = (bits >> 23n) & 0xffn;
  const fraction = bits & 0x7fffffn;
  const size = exponent === 0n ? fraction : (fraction | 0x800000n) << (exponent - 1n);
  return bits >> 31n === 1n ? -size : size;
}

/** |y - r| <= atol + rtol |r| in integers of 2^-181. */
function isWithin([y, r, atol, rtol]: Case): boolean {
  const [infinite, nan] = [
    [y, r].map((bits) => (bits & 0x7fffffffn) === 0x7f800000n),
    [y, r].map((bits) => (bits & 0x7fffffffn) > 0x7f800000n),
  ];
  if (nan[0] || nan[1]) return nan[0] === nan[1];
  if (infinite[0] || infinite[1]) return y === r;
  const size = (v: bigint) => (v < 0n ? -v : v);
  return size(unitsOf(y) - unitsOf(r)) << 32n <= (unitsOf(atol) << 32n) + rtol * size(unitsOf(r));
}

function draw(random: Seeded, float: () => bigint): Case {
  const r = float();
  // Near r half of the time, where it matters.
  const near = (r + BigInt(random.int(2_001) - 1_000)) & 0xffffffffn;
  const y = random.int(2) === 0 ? near : float();
  const atol = random.int(3) === 0 ? 0n : float() & 0x7f7fffffn;
  const rtol = random.int(3) === 0 ? 0n : BigInt(random.bits() >>> random.int(32));
  return [y, r, atol, rtol];
}

describe('an output element', () => {
  it(`25. is acceptable exactly if rationals say so: equality, one unit beyond, subnormal, zeros, NaN, infinities, ${CASES} times`, async () => {
    const harness = await ethers.deployContract('AcceptanceHarness');
    const random = seeded(25);
    const float = patterns('float32', random);
    const corners: Case[] = [
      [0x3f800001n, 0x3f800000n, 0x34000000n, 0n], // one ulp away, atol of one ulp
      [0x3f800002n, 0x3f800000n, 0x34000000n, 0n],
      [1n, 0n, 0n, 0n],
      [1n, 0x80000001n, 2n, 0n],
      [1n, 0x80000001n, 1n, 0n],
      [0x80000000n, 0n, 0n, 0n],
      [0x7f800000n, 0x7f800000n, 0n, 0n],
      [0x7f800000n, 0xff800000n, 0x7f7fffffn, 0xffffffffn],
      [0x7fc00000n, 0x7f800001n, 0n, 0n],
      [0x7fc00000n, 0n, 0x7f7fffffn, 0xffffffffn],
      [0x7f7fffffn, 0xff7fffffn, 0x7f7fffffn, 0xffffffffn],
      [0x7f7fffffn, 1n, 0x7f7fffffn, 0n],
      [0xff7fffffn, 0x7f7fffffn, 0n, 0xffffffffn],
    ];
    for (let done = 0; done < CASES; done += PER_CALL) {
      const cases = [...(done === 0 ? corners : []), ...Array.from({ length: PER_CALL }, () => draw(random, float))];
      const got = await harness.acceptMany(cases.map((each) => [...each] as [bigint, bigint, bigint, bigint]));
      for (const [i, each] of cases.entries()) {
        const [y, r, atol, rtol] = each;
        const told = each.map((bits) => bits.toString(16)).join(' ');
        expect(got[i], told).to.equal(isWithin(each));
        const accepts = acceptance({ atol: Number(atol), rtol: Number(rtol) });
        expect(accepts(scalarOf(y, 'float32') as number, scalarOf(r, 'float32') as number), told).to.equal(got[i]);
      }
    }
  });
});
