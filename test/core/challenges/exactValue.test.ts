/** The number before rounding: what it rounds to is the element, and its text says the same number. */
import { expect } from 'chai';
import { type Exact, exactValue } from '#core/challenges/exactValue.ts';
import { decimals, hexFloat } from '#core/challenges/numerals.ts';
import { floatOf, powerOfTwo } from '#core/semantics/functions/bits.ts';
import { roundToFloat32 } from '#core/semantics/functions/rounding.ts';
import type { Kind } from '#core/semantics/kinds.ts';
import { bitsOfFloat } from '#core/semantics/primitives/elementwise.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { stepElement } from '#core/semantics/step.ts';
import { seeded } from '../../support/seeded.ts';

const CASES = 2_000;
const UNARY: readonly Kind[] = ['Sqrt', 'Reciprocal', 'Exp', 'Log', 'Tanh', 'Erf', 'Sin', 'Cos', 'Pow'];
const BINARY: readonly Kind[] = ['Add', 'Sub', 'Mul', 'Div'];
const POWERS = [0.5, 2, 3, -1, -3, 0.25, 2.2, -0.75].map(Math.fround);

const access = (index: number, inner: readonly number[] = []): Access => ({
  source: { from: 'input', index },
  dtype: 'float32',
  elements: 64,
  base: 0,
  outer: [0],
  inner,
  guards: [],
});

const operatorOf = (kind: Kind, operands: number, attribute = 0): Operator => ({
  kind,
  dtype: 'float32',
  shape: [1],
  space: [1],
  inner: [],
  attribute,
  operands: Array.from({ length: operands }, (_, i) => access(i)),
});

/** Scaled by 2^400, with a bit for what is cut off: enough to round, since no boundary of float32 needs more. */
function rounded(exact: Exact): readonly number[] {
  if (exact.kind === 'dyadic') return [roundToFloat32(exact.units, exact.scale)];
  if (exact.kind === 'enclosed')
    return [roundToFloat32(exact.low, exact.scale), roundToFloat32(exact.high, exact.scale)];
  const { numerator, denominator } = exact;
  const sign = numerator < 0n !== denominator < 0n ? -1n : 1n;
  const [n, d] = [numerator < 0n ? -numerator : numerator, denominator < 0n ? -denominator : denominator];
  const quotient = ((n << 400n) / d) * 2n + ((n << 400n) % d === 0n ? 0n : 1n);
  return [roundToFloat32(sign * quotient, 401)];
}

const bits = (value: number) => bitsOfFloat(Math.fround(value) + 0);

describe('an exact value', () => {
  const random = seeded(3);
  /** Every exponent, and the middle ones more often. */
  const anyFloat = () => {
    const value = random.int(2) === 0 ? floatOf(random.bits()) : random.normal() * 2 ** (random.int(8) - 4);
    return Number.isFinite(value) ? Math.fround(value) : 1;
  };

  for (const kind of [...UNARY, ...BINARY])
    it(`of ${kind} rounds to the element`, () => {
      let found = 0;
      for (let i = 0; i < CASES; i++) {
        const attribute = kind === 'Pow' ? bitsOfFloat(random.pick(POWERS)) : 0;
        const operator = operatorOf(kind, BINARY.includes(kind) ? 2 : 1, attribute);
        const operands = [anyFloat(), anyFloat()];
        const read = (operand: number) => operands[operand] as number;
        const exact = exactValue(operator, 0, read);
        if (exact === undefined) continue;
        found++;
        const expected = Number(stepElement(operator, 0, read));
        // Zeros of either sign are one number; a float below the least underflows to one.
        for (const value of rounded(exact)) {
          if (Math.fround(expected) === 0) expect(value + 0 === 0, `${kind} of ${operands}`).to.equal(true);
          else expect(bits(value), `${kind} of ${operands}, power ${floatOf(attribute)}`).to.equal(bits(expected));
        }
      }
      expect(found).to.be.above(CASES / 4);
    });

  it('of Dot is the exact sum', () => {
    for (let i = 0; i < 300; i++) {
      const n = 1 + random.int(40);
      const sides = [0, 1].map(() => Array.from({ length: n }, anyFloat));
      const bias = anyFloat();
      const operator: Operator = {
        ...operatorOf('Dot', 0),
        inner: [n],
        operands: [access(0, [1]), access(1, [1]), access(2)],
      };
      const read = (operand: number, address: number) => (operand === 2 ? bias : (sides[operand]?.[address] as number));
      const exact = exactValue(operator, 0, read) as Exact;
      expect(bits(rounded(exact)[0] as number)).to.equal(bits(Number(stepElement(operator, 0, read))));
    }
  });

  it('is written with every bit, and with decimals', () => {
    expect(hexFloat(0n, 10)).to.equal('0x0p+0');
    expect(hexFloat(1n, 0)).to.equal('0x1p+0');
    expect(hexFloat(-3n, 1)).to.equal('-0x1.8p+0');
    expect(hexFloat(0x1_0000_0001n, 40)).to.equal('0x1.00000001p-8');
    expect(decimals({ kind: 'dyadic', units: 5n, scale: 3 })).to.equal('6.25e-1');
    expect(decimals({ kind: 'dyadic', units: -1000n, scale: 0 })).to.equal('-1e+3');
    expect(decimals({ kind: 'ratio', numerator: 1n, denominator: 3n }, 5)).to.equal('3.3333...e-1');
    expect(decimals({ kind: 'ratio', numerator: -2n, denominator: -3n }, 3)).to.equal('6.66...e-1');
    for (let i = 0; i < 500; i++) {
      const [units, scale] = [BigInt(random.bits()) * BigInt(random.bits()) + 1n, random.int(200)];
      // All digits: what is cut off could decide a tie.
      const exact = { kind: 'dyadic', units, scale } as const;
      expect(Number(decimals(exact, 300))).to.equal(Number(units) * powerOfTwo(-scale));
      const [, digits = '', power = ''] = /^0x1\.?([0-9a-f]*)p([-+]\d+)$/.exec(hexFloat(units, scale)) ?? [];
      const back = BigInt(`0x1${digits}`);
      const shift = BigInt(scale + Number(power) - 4 * digits.length);
      expect(shift >= 0n ? back << shift : back >> -shift).to.equal(units);
    }
  });
});
