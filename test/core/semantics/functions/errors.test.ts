import { expect } from 'chai';
import { erfFloat64 } from '#core/semantics/functions/erf.ts';
import { expFloat64 } from '#core/semantics/functions/exp.ts';
import { LEAST, logJoined, logMantissa } from '#core/semantics/functions/log.ts';
import { sineFloat64 } from '#core/semantics/functions/sinCos.ts';
import { tanhFloat64 } from '#core/semantics/functions/tanh.ts';
import { exactValue, floatBits, floatFromBits, toFloat64 } from '../../../../scripts/exhaustive/exact.ts';
import { seeded } from '../../../support/seeded.ts';

const logFloat64 = (x: number) => {
  const above = floatBits(x) - LEAST;
  return logJoined(above >> 23, logMantissa(above));
};

/** |y - exact| / |exact|, for the float64 y. */
function relativeError(name: string, x: number, y: number): number {
  const exact = exactValue(name, x);
  let scaled = y;
  let places = 0;
  for (; !Number.isInteger(scaled); places++) scaled *= 2;
  const bits = Math.max(exact.bits, places);
  const value = exact.v << BigInt(bits - exact.bits);
  const difference = (BigInt(scaled) << BigInt(bits - places)) - value;
  return Math.abs(toFloat64({ v: (difference << 200n) / value, bits: 200 }));
}

/** Ranges of bit patterns on which the polynomials change, and the bound that the functions state. */
const STATED: readonly (readonly [name: string, f: (x: number) => number, from: number, to: number, bound: number])[] =
  [
    ['exp', (x) => expFloat64(x, 0), 0x32800000, 0x42b10000, 2 ** -51.5],
    ['exp', (x) => expFloat64(x, 0), 0xb2800000, 0xc2ae0000, 2 ** -51.5],
    ['log', logFloat64, 0x00800000, 0x7f7fffff, 2 ** -51],
    ['log', logFloat64, 0x3f000000, 0x40000000, 2 ** -51],
    ['log', logFloat64, 0x3f7c0000, 0x3f840000, 2 ** -51],
    ['tanh', tanhFloat64, 0x39800000, 0x41100000, 2 ** -50.5],
    ['tanh', tanhFloat64, 0x3c000000, 0x3d800000, 2 ** -50.5],
    ['erf', erfFloat64, 0x30000000, 0x407b0000, 2 ** -50.5],
    ['erf', erfFloat64, 0x3b800000, 0x3d000000, 2 ** -50.5],
    ['sin', (x) => sineFloat64(x, 0), 0x39800000, 0x7f7fffff, 2 ** -49],
    ['sin', (x) => sineFloat64(x, 0), 0x3f000000, 0x42000000, 2 ** -49],
    ['cos', (x) => sineFloat64(x, 1), 0x39800000, 0x7f7fffff, 2 ** -49],
    ['cos', (x) => sineFloat64(x, 1), 0x3f000000, 0x42000000, 2 ** -49],
  ];

describe('the float64 evaluations', () => {
  for (const [name, f, from, to, bound] of STATED) {
    it(`should keep the error of ${name} from ${floatFromBits(from)} to ${floatFromBits(to)}`, () => {
      const { int } = seeded(from);
      for (let n = 0; n < 3000; n++) {
        const x = floatFromBits(from + int(to - from));
        if (x !== 1) expect(relativeError(name, x, f(x)), `${name}(${x})`).to.be.below(bound);
      }
    });
  }
});
