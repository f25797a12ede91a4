import { expect } from 'chai';
import { erf } from '#core/semantics/functions/erf.ts';
import { exp } from '#core/semantics/functions/exp.ts';
import { log } from '#core/semantics/functions/log.ts';
import { cos, sin } from '#core/semantics/functions/sinCos.ts';
import { tanh } from '#core/semantics/functions/tanh.ts';

const { POSITIVE_INFINITY: Infinite, NaN: None } = Number;
const LEAST = 2 ** -149;
const MOST = 2 ** 128 - 2 ** 104;

type Case = readonly [x: number, result: number];

function same(name: string, f: (x: number) => number, cases: readonly Case[]): void {
  for (const [x, result] of cases) {
    const got = f(x);
    const right = Number.isNaN(result) ? Number.isNaN(got) : Object.is(got, result);
    expect(
      right,
      `${name}(${Object.is(x, -0) ? '-0' : x}) is ${result}, not ${Object.is(got, -0) ? '-0' : got}`,
    ).to.equal(true);
  }
}

describe('functions at zeros, infinities, NaN and their thresholds', () => {
  it('should hold for Exp', () => {
    same('exp', exp, [
      [0, 1],
      [-0, 1],
      [Infinite, Infinite],
      [-Infinite, 0],
      [None, None],
      [LEAST, 1],
      [-LEAST, 1],
      [MOST, Infinite],
      [-MOST, 0],
      // ln(2^128 - 2^103) = 88.722839...: the last float32 below it and the first above.
      [Math.fround(88.72283), Math.fround(3.4027985e38)],
      [Math.fround(88.72284), Infinite],
      // -150 ln2 = -103.972077...: half of the least subnormal number.
      [Math.fround(-103.97207), LEAST],
      [Math.fround(-103.97209), 0],
      // 1 + x rounds up above 2^-24 only, and down below -2^-25 only.
      [2 ** -24, 1 + 2 ** -23],
      [2 ** -24 - 2 ** -48, 1],
      [-(2 ** -25), 1],
      [-(2 ** -25) - 2 ** -48, 1 - 2 ** -24],
    ]);
  });

  it('should hold for Log', () => {
    same('log', log, [
      [0, -Infinite],
      [-0, -Infinite],
      [1, 0],
      [Infinite, Infinite],
      [-Infinite, None],
      [-1, None],
      [-LEAST, None],
      [None, None],
      [LEAST, Math.fround(-103.27892990343184)],
      [MOST, Math.fround(88.72283905206835)],
      [2 ** -126, Math.fround(-87.3365447505531)],
      [1 + 2 ** -23, Math.fround(2 ** -23 - 2 ** -47)],
      [1 - 2 ** -24, Math.fround(-(2 ** -24) - 2 ** -49)],
    ]);
  });

  it('should hold for Tanh and Erf', () => {
    const odd: Case[] = [
      [0, 0],
      [-0, -0],
      [Infinite, 1],
      [-Infinite, -1],
      [None, None],
      [MOST, 1],
      [-MOST, -1],
    ];
    // 13 ln2 = 9.0109...: 1 - tanh = 2^-25; the boundary is a little below, because of the next term of 2 e^-2x - 2 e^-4x.
    same('tanh', tanh, [...odd, [LEAST, LEAST], [-LEAST, -LEAST], [2 ** -126, 2 ** -126], [Math.fround(9.02), 1]]);
    same('tanh', tanh, [
      [9, 1 - 2 ** -24],
      [-9, -1 + 2 ** -24],
      [2 ** -12, 2 ** -12],
      [-(2 ** -12), -(2 ** -12)],
    ]);
    // 2 / sqrt(pi) = 1.128...: the least subnormal stays, 4 of them become 4.51 and so 5.
    same('erf', erf, [...odd, [LEAST, LEAST], [-LEAST, -LEAST], [4 * LEAST, 5 * LEAST], [-4 * LEAST, -5 * LEAST]]);
    same('erf', erf, [
      [Math.fround(3.93), 1],
      [Math.fround(-3.93), -1],
      [Math.fround(3.83), 1 - 2 ** -24],
    ]);
  });

  it('should hold for Sin and Cos', () => {
    same('sin', sin, [
      [0, 0],
      [-0, -0],
      [Infinite, None],
      [-Infinite, None],
      [None, None],
      [LEAST, LEAST],
      [-LEAST, -LEAST],
      [2 ** -12, 2 ** -12],
    ]);
    same('cos', cos, [
      [0, 1],
      [-0, 1],
      [Infinite, None],
      [-Infinite, None],
      [None, None],
      [LEAST, 1],
      [2 ** -12, 1],
      // 1 - x^2/2 passes the boundary 1 - 2^-25 at 2^-12.
      [2 ** -12 + 2 ** -35, 1 - 2 ** -24],
    ]);
  });
});
