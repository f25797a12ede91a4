import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { erf } from '#core/semantics/functions/erf.ts';
import { exp } from '#core/semantics/functions/exp.ts';
import { log } from '#core/semantics/functions/log.ts';
import { powConstant } from '#core/semantics/functions/pow.ts';
import { cos, sin } from '#core/semantics/functions/sinCos.ts';
import { tanh } from '#core/semantics/functions/tanh.ts';
import { exactValue, floatBits, floatFromBits, nearest } from '../../../../scripts/exhaustive/exact.ts';
import { nearestPower } from '../../../../scripts/exhaustive/exactPower.ts';
import { EXPONENTS } from '../../../../scripts/exhaustive/tasks.ts';

/** name -> "input result", bit patterns; written by the exhaustive search, nearest to a rounding boundary first. */
const recorded = JSON.parse(readFileSync('test/vectors/functions.json', 'utf8')) as Record<string, string[]>;
const functions: Record<string, (x: number) => number> = { exp, log, tanh, erf, sin, cos };
const hex = (bits: number) => bits.toString(16).padStart(8, '0');

function cases(name: string): { input: string; x: number; result: string }[] {
  return (recorded[name] ?? []).map((line) => {
    const [input, result] = line.split(' ') as [string, string];
    return { input, result, x: floatFromBits(Number.parseInt(input, 16)) };
  });
}

describe('the inputs nearest to a rounding boundary', () => {
  for (const [name, f] of Object.entries(functions)) {
    it(`should be rounded exactly by ${name}`, () => {
      const all = cases(name);
      expect(all.length).to.be.at.least(400);
      for (const { input, x, result } of all) {
        expect(hex(floatBits(nearest(exactValue(name, x)).result)), `${name} of ${input}, exactly`).to.equal(result);
        expect(hex(floatBits(f(x))), `${name} of ${input}`).to.equal(result);
      }
    });
  }

  it('should include the ones that were known', () => {
    const known = {
      exp: 'c16912cd',
      tanh: '3ac37de2',
      erf: '3940ead6',
      log: '65d890d3',
      sin: '73243f06',
      cos: '6115cb11',
    };
    for (const [name, input] of Object.entries(known)) expect(cases(name)[0]?.input, name).to.equal(input);
  });

  it('should be rounded exactly by every power', () => {
    for (const exponent of EXPONENTS) {
      const power = powConstant(exponent) as (x: number) => number;
      for (const { input, x, result } of cases(`pow ${exponent}`)) {
        expect(hex(floatBits(nearestPower(x, exponent).result)), `pow ${exponent} of ${input}, exactly`).to.equal(
          result,
        );
        expect(hex(floatBits(power(x))), `pow ${exponent} of ${input}`).to.equal(result);
      }
    }
  });
});
