import { expect } from 'chai';
import { powConstant } from '#core/semantics/functions/pow.ts';
import { floatBits, floatFromBits } from '../../../../scripts/exhaustive/exact.ts';
import { nearestPower } from '../../../../scripts/exhaustive/exactPower.ts';
import { EXPONENTS } from '../../../../scripts/exhaustive/tasks.ts';
import { seeded } from '../../../support/seeded.ts';

const Infinite = Number.POSITIVE_INFINITY;
const power = (y: number) => powConstant(y) as (x: number) => number;

function is(x: number, y: number, result: number): void {
  const got = power(y)(x);
  expect(
    Number.isNaN(result) ? Number.isNaN(got) : Object.is(got, result),
    `${x}^${y} = ${got}, not ${result}`,
  ).to.equal(true);
}

function compare(x: number, y: number): void {
  const exact = nearestPower(x, y).result;
  const got = power(y)(x);
  if (!Object.is(got, exact)) expect.fail(`${x}^${y}, bits ${floatBits(x).toString(16)}: ${got}, exactly ${exact}`);
}

describe('powConstant', () => {
  it('should know the exponents of its table and no others', () => {
    for (const y of [0, -0, ...EXPONENTS]) expect(powConstant(y), `${y}`).to.be.a('function');
    const others = [
      17,
      -17,
      4.25,
      4.5,
      0.125,
      1 / 3,
      2.2,
      Math.fround(0.3),
      Math.fround(Math.PI),
      1e30,
      Infinite,
      -Infinite,
      Number.NaN,
    ];
    for (const y of others) expect(powConstant(y), `${y}`).to.equal(undefined);
  });

  it('should follow C99 Annex F', () => {
    for (const x of [0, -0, 1, -2.5, Infinite, -Infinite, Number.NaN]) is(x, 0, 1);
    for (const y of EXPONENTS) {
      const odd = Number.isInteger(y) && y % 2 !== 0;
      const positive = y > 0;
      is(1, y, 1);
      is(Number.NaN, y, Number.NaN);
      is(0, y, positive ? 0 : Infinite);
      is(-0, y, positive ? (odd ? -0 : 0) : odd ? -Infinite : Infinite);
      is(Infinite, y, positive ? Infinite : 0);
      is(-Infinite, y, positive ? (odd ? -Infinite : Infinite) : odd ? -0 : 0);
      is(-1, y, Number.isInteger(y) ? (odd ? -1 : 1) : Number.NaN);
      if (!Number.isInteger(y)) for (const x of [-2, -(2 ** -149), -3e38]) is(x, y, Number.NaN);
    }
  });

  it('should agree with exact arithmetic at random inputs', () => {
    const random = seeded(5).int;
    for (const y of EXPONENTS)
      for (let n = 0; n < 120; n++) {
        // Most results finite: |log2 x| up to 152 / |y|.
        const reach = Math.min(152 / Math.abs(y), 148);
        const scale = 2 ** Math.floor((random(1000) / 500 - 1) * reach);
        const x = Math.fround((1 + random(2 ** 23) / 2 ** 23) * scale);
        if (x !== 1 && x < Infinite) compare(x, y);
        if (Number.isInteger(y) && x < Infinite)
          expect(power(y)(-x)).to.equal(y % 2 === 0 ? power(y)(x) : -power(y)(x));
      }
  });

  it('should agree with exact arithmetic at the ends of the range and around 1', () => {
    const patterns = [1, 2, 3, 0x7fffff, 0x800000, 0x800001, 0x7f7fffff, 0x7f7ffffe];
    for (let by = -8; by <= 8; by++) patterns.push(0x3f800000 + by, 0x40000000 + by);
    for (const y of EXPONENTS) {
      // Where the result overflows, becomes subnormal, and vanishes.
      for (const end of [128, -126, -149, -150]) {
        const x = floatBits(Math.min(Math.fround(2 ** (end / y)), 3.4e38));
        for (const by of [-2, -1, 0, 1, 2]) patterns.push(x + by);
      }
      for (const pattern of patterns.splice(42))
        if (pattern > 0 && pattern < 0x7f800000) compare(floatFromBits(pattern), y);
      for (const pattern of patterns) if (pattern !== 0x3f800000) compare(floatFromBits(pattern), y);
    }
  });

  it('should round ties to even: odd bases whose power has 25 bits', () => {
    const tie = (base: number, y: number, exact: bigint) => {
      expect(exact >= 2n ** 24n && exact < 2n ** 25n && (exact & 1n) === 1n).to.equal(true);
      const half = exact >> 1n;
      is(base, y, Number(half % 2n === 0n ? half : half + 1n) * 2);
    };
    for (let m = 4097; m <= 5791; m += 2) tie(m, 2, BigInt(m) ** 2n);
    for (let m = 257; m <= 321; m += 2) tie(m, 3, BigInt(m) ** 3n);
    for (const m of [29, 31]) tie(m, 5, BigInt(m) ** 5n);
    for (let m = 257; m <= 321; m += 2) tie(m * m, 1.5, BigInt(m) ** 3n);
    for (const m of [29, 31]) tie(m ** 4, 1.25, BigInt(m) ** 5n);
    for (const m of [29, 31]) tie(m ** 2, 2.5, BigInt(m) ** 5n);
    is(3, 15, 14348907);
    is(5, 10, 9765625);
    // Half of the least subnormal number, and three halves.
    is(2 ** -50, 3, 0);
    is(-(2 ** -50), 3, -0);
    is(2 ** 75, -2, 0);
    is(2 ** -100, 1.5, 0);
  });

  it('should be the square root at 1/2', () => {
    const random = seeded(6).int;
    for (let n = 0; n < 5000; n++) {
      const x = floatFromBits(random(0x7f800000));
      expect(power(0.5)(x)).to.equal(Math.fround(Math.sqrt(x)));
    }
  });
});
