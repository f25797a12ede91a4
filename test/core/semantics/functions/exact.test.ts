import { expect } from 'chai';
import { erf } from '#core/semantics/functions/erf.ts';
import { exp } from '#core/semantics/functions/exp.ts';
import {
  erfFixed,
  expFixed,
  logFixed,
  pi,
  SERIES_ERROR,
  sineCosineFixed,
  tanhFixed,
  twoOverRootPi,
} from '#core/semantics/functions/fixedPoint.ts';
import { log } from '#core/semantics/functions/log.ts';
import { roundToFloat32 } from '#core/semantics/functions/rounding.ts';
import { cos, sin } from '#core/semantics/functions/sinCos.ts';
import { tanh } from '#core/semantics/functions/tanh.ts';
import {
  erfOf,
  exactValue,
  expOf,
  fixed,
  floatBits,
  floatFromBits,
  logOf,
  nearest,
  piOf,
  rootOf,
  sineCosineOf,
  tanhOf,
  units,
} from '../../../../scripts/exhaustive/exact.ts';
import { seeded } from '../../../support/seeded.ts';

const functions: Record<string, (x: number) => number> = { exp, log, tanh, erf, sin, cos };

/** Where each function is neither constant nor the identity, as ranges of bit patterns of |x|; and whether x may be negative. */
const RANGES: Record<string, { from: number; to: number; signs: readonly number[] }> = {
  exp: { from: 0x32800000, to: 0x42d00000, signs: [1, -1] },
  log: { from: 1, to: 0x7f7fffff, signs: [1] },
  tanh: { from: 0x39000000, to: 0x41180000, signs: [1, -1] },
  erf: { from: 1, to: 0x40880000, signs: [1, -1] },
  sin: { from: 0x39000000, to: 0x7f7fffff, signs: [1, -1] },
  cos: { from: 0x39000000, to: 0x7f7fffff, signs: [1, -1] },
};

function compare(name: string, x: number): void {
  const f = functions[name] as (x: number) => number;
  const exact = nearest(exactValue(name, x)).result;
  if (!Object.is(f(x), exact))
    expect.fail(`${name}(${x}), bits ${floatBits(x).toString(16)}: ${f(x)}, exactly ${exact}`);
}

describe('functions against exact arithmetic', () => {
  for (const [name, { from, to, signs }] of Object.entries(RANGES)) {
    it(`should agree at random inputs of ${name}`, () => {
      const random = seeded(Number.parseInt(name, 36)).bits;
      for (let n = 0; n < 2000; n++) {
        const sign = signs[n % signs.length] as number;
        compare(name, sign * floatFromBits(from + (random() % (to - from))));
      }
    });

    it(`should agree around powers of two and other turns of ${name}`, () => {
      const turns = [
        1,
        1.5,
        Math.SQRT2,
        0.69921875,
        Math.LN2,
        Math.PI,
        Math.PI / 2,
        1 / 64,
        0.0078125,
        3.92,
        9.01,
        88.7,
        103.97,
      ];
      const patterns = [
        ...Array.from({ length: 254 }, (_, e) => (e + 1) << 23),
        ...Array.from({ length: 22 }, (_, e) => 1 << e),
        ...turns.flatMap((x) => [x, x / 2, x * 2, x * 1024]).map((x) => floatBits(Math.fround(x))),
      ];
      for (const pattern of patterns)
        for (const by of [-2, -1, 0, 1, 2])
          for (const sign of signs) {
            const x = sign * floatFromBits(pattern + by);
            if (pattern + by >= from && pattern + by <= to && x !== 1) compare(name, x);
          }
    });
  }

  it('should agree in the subnormal results of Exp', () => {
    const random = seeded(8).bits;
    for (let n = 0; n < 2000; n++) compare('exp', Math.fround(-87 - 17.2 * (random() / 2 ** 32)));
  });

  it('should agree at the largest inputs of Sin and Cos, and near multiples of pi/2', () => {
    const random = seeded(9).bits;
    for (let n = 0; n < 2000; n++) {
      const multiple = Math.fround((random() % 2 ** (1 + (n % 24))) * (Math.PI / 2));
      for (const x of [floatFromBits(0x7e000000 + (random() % 0x17fffff)), multiple].filter((x) => x >= 2 ** -12)) {
        compare('sin', x);
        compare('cos', x);
      }
    }
  });
});

describe('fixed point', () => {
  const BITS = 300;
  // The other evaluation is off by 2^-270 at most.
  const OTHER = 1n << 30n;
  const near = (a: bigint, b: bigint, error: bigint, what: string) =>
    expect(a - b < error + OTHER && b - a < error + OTHER, `${what}: ${a} ${b}`).to.equal(true);

  it('should know pi and 2/sqrt(pi)', () => {
    near(pi(BITS), piOf(BITS), 1n, 'pi');
    near(twoOverRootPi(BITS), (1n << BigInt(2 * BITS + 1)) / rootOf(piOf(BITS) << BigInt(BITS)), 1n, '2/sqrt(pi)');
  });

  it('should keep the errors it states', () => {
    const random = seeded(10).bits;
    for (let n = 0; n < 300; n++) {
      const x = floatFromBits(0x38000000 + (random() % 0x0a000000)); // 3e-5 .. 8
      const sign = n % 2 === 0 ? 1 : -1;
      const v = fixed(x, BITS);
      const { sum, power } = expFixed(BigInt(sign) * v, BITS);
      const other = expOf(BigInt(sign) * v, BITS);
      near(sum, (other.v << 64n) >> BigInt(other.bits - BITS + power + 64), 16n * SERIES_ERROR, `exp ${sign * x}`);
      near(logFixed(units(x), -149, BITS), logOf(units(x), 149, BITS), 512n * SERIES_ERROR, `log ${x}`);
      near(tanhFixed(v, BITS), tanhOf(v, BITS), 128n * SERIES_ERROR, `tanh ${x}`);
      if (x < 5) near(erfFixed(v, BITS), erfOf(v, BITS), 64n * SERIES_ERROR, `erf ${x}`);
      const wide = floatFromBits(0x38000000 + (random() % 0x477fffff));
      const ours = sineCosineFixed(BigInt(sign) * units(wide), -149, BITS);
      const theirs = sineCosineOf(sign * wide, BITS);
      near(ours.sine, theirs.sine, 4n * SERIES_ERROR, `sin ${sign * wide}`);
      near(ours.cosine, theirs.cosine, 4n * SERIES_ERROR, `cos ${sign * wide}`);
    }
  });

  it('should round integers like the boundaries say, ties to even', () => {
    const random = seeded(11).bits;
    for (let n = 0; n < 20000; n++) {
      // Few bits, so that ties and exact values are common; exponents over the whole range and beyond.
      const v = BigInt(random() % 2 ** (1 + (n % 30))) * (n % 2 === 0 ? 1n : -1n);
      const scale = (random() % 290) - 130;
      const bits = Math.max(scale, 0);
      const value = { v: v << BigInt(bits - scale), bits };
      const got = roundToFloat32(v, scale);
      const exact = nearest(value).result;
      expect(Object.is(got, exact), `${v} * 2^${-scale}: ${got}, exactly ${exact}`).to.equal(true);
    }
  });
});
