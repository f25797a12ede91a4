import { expect } from 'chai';
import {
  bigBinary,
  floatBinary,
  floatUnary,
  integerBinary,
  integerUnary,
  roundHalfEven,
} from '#core/semantics/primitives/arithmetic.ts';
import {
  add,
  bitsOf,
  compare,
  div,
  fromBits,
  mul,
  nearestFloat32,
  nearestOf,
  rational,
} from '../../../support/rationals.ts';
import { seeded } from '../../../support/seeded.ts';

/** The bits that a store into a Float32Array leaves; one NaN. */
function stored(x: number): number {
  const bits = bitsOf(Math.fround(x));
  return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : bits;
}

const INTERESTING = [
  0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x3f800000, 0xbf800000, 0x3f7fffff, 0x3f800001, 0x7f7fffff,
  0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x33800000, 0x34000000, 0x4b000000, 0x4b7fffff, 0x4b800000,
  0x00000003, 0x20000000,
].map(fromBits);

const negative = (x: number) => bitsOf(x) >>> 31 === 1;

describe('arithmetic of float32', () => {
  const { bits, int } = seeded(3);
  /** Any bits, numbers near each other (cancellation, ties), small integers, subnormals. */
  const pairs: [number, number][] = INTERESTING.flatMap((x) => INTERESTING.map((y): [number, number] => [x, y]));
  for (let i = 0; i < 30_000; i++) {
    const x = fromBits(bits());
    const near = fromBits((bitsOf(x) ^ (int(4) << 31) ^ int(16)) >>> 0);
    const other = [fromBits(bits()), near, Math.fround(int(64) - 32), fromBits(int(0x800000))][int(4)] as number;
    pairs.push([x, other]);
  }

  const exact = {
    Add: (x: number, y: number) => add(rational(x), rational(y)),
    Sub: (x: number, y: number) => add(rational(x), rational(-y)),
    Mul: (x: number, y: number) => mul(rational(x), rational(y)),
    Div: (x: number, y: number) => div(rational(x), rational(y)),
  } as const;

  for (const kind of ['Add', 'Sub', 'Mul', 'Div'] as const)
    it(`${kind} should round the exact value once`, () => {
      for (const [x, y] of pairs) {
        if (!Number.isFinite(x) || !Number.isFinite(y) || (kind === 'Div' && y === 0)) continue;
        const value = exact[kind](x, y);
        const want = nearestFloat32(value);
        const got = floatBinary[kind](x, y);
        if (value.n === 0n) expect(Math.fround(got), `${x} ${y}`).to.satisfy((z: number) => z === 0);
        else expect(stored(got), `${kind} ${bitsOf(x).toString(16)} ${bitsOf(y).toString(16)}`).to.equal(bitsOf(want));
      }
    });

  it('should give the signs of zeros, the infinities and the NaNs of IEEE 754', () => {
    const cases: [keyof typeof floatBinary, number, number, number][] = [
      ['Add', -0, -0, -0],
      ['Add', 1, -1, 0],
      ['Sub', 0, 0, 0],
      ['Mul', -0, 3, -0],
      ['Div', 1, -0, Number.NEGATIVE_INFINITY],
      ['Min', 0, -0, -0],
      ['Max', -0, 0, 0],
    ];
    for (const [kind, x, y, want] of cases) expect(stored(floatBinary[kind](x, y)), kind).to.equal(bitsOf(want));
    for (const kind of ['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max'] as const)
      for (const x of INTERESTING) {
        expect(stored(floatBinary[kind](x, Number.NaN)), kind).to.equal(0x7fc00000);
        expect(stored(floatBinary[kind](Number.NaN, x)), kind).to.equal(0x7fc00000);
      }
    expect(stored(floatBinary.Sub(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY))).to.equal(0x7fc00000);
    expect(stored(floatBinary.Mul(0, Number.POSITIVE_INFINITY))).to.equal(0x7fc00000);
    expect(stored(floatBinary.Div(0, 0))).to.equal(0x7fc00000);
  });

  it('Sqrt and Reciprocal should round the exact value once', () => {
    for (const [x] of pairs) {
      if (!Number.isFinite(x) || x === 0) continue;
      const inverse = nearestFloat32(div({ n: 1n, d: 1n }, rational(x)));
      expect(stored(floatUnary.Reciprocal(x))).to.equal(bitsOf(inverse));
      if (x < 0) continue;
      // The root is below y exactly if x is below y * y.
      const root = nearestOf(
        (y) => compare(rational(x), mul(y, y)) < 0,
        (y) => compare(rational(x), mul(y, y)) === 0,
      );
      expect(stored(floatUnary.Sqrt(x)), `${x}`).to.equal(bitsOf(root));
    }
    expect(stored(floatUnary.Sqrt(-0))).to.equal(0x80000000);
    expect(stored(floatUnary.Sqrt(-1))).to.equal(0x7fc00000);
  });

  it('Round should go to the nearest integer, ties to even, and keep the sign of zeros', () => {
    for (const [x] of pairs) {
      if (!Number.isFinite(x)) continue;
      const rounded = roundHalfEven(x);
      const value = rational(x);
      const distance = add(value, rational(-rounded));
      const twice = { n: 2n * (distance.n < 0n ? -distance.n : distance.n), d: distance.d };
      const order = compare(twice, { n: 1n, d: 1n });
      expect(order <= 0 && Number.isInteger(rounded), `${x}`).to.equal(true);
      if (order === 0) expect(Math.abs(rounded % 2), `${x}`).to.equal(0);
      expect(negative(rounded), `sign of ${x}`).to.equal(negative(x));
    }
    expect([0.5, 1.5, 2.5, -0.5, -1.5].map(roundHalfEven)).to.deep.equal([0, 2, 2, -0, -2]);
  });

  it('Relu and Sign should give +0 for both zeros and keep NaN', () => {
    for (const kind of ['Relu', 'Sign'] as const) {
      expect([0, -0].map((x) => stored(floatUnary[kind](x)))).to.deep.equal([0, 0]);
      expect(stored(floatUnary[kind](Number.NaN))).to.equal(0x7fc00000);
    }
    expect([-3, 5].map(floatUnary.Sign)).to.deep.equal([-1, 1]);
    expect([-3, 5].map(floatUnary.Relu)).to.deep.equal([0, 5]);
  });
});

describe('arithmetic of integers', () => {
  const { bits, int } = seeded(5);
  const wrap32 = (x: bigint) => Number(BigInt.asIntN(32, x));

  const exact = {
    Add: (x: bigint, y: bigint) => x + y,
    Sub: (x: bigint, y: bigint) => x - y,
    Mul: (x: bigint, y: bigint) => x * y,
    Div: (x: bigint, y: bigint) => (y === 0n ? 0n : x / y),
    Min: (x: bigint, y: bigint) => (x < y ? x : y),
    Max: (x: bigint, y: bigint) => (x > y ? x : y),
  } as const;

  it('should be modulo 2^bits for every dtype', () => {
    const edges = [0, 1, -1, 2, 2 ** 31 - 1, -(2 ** 31), 127, -128, 255, 65536, 46341];
    const values = [...edges, ...Array.from({ length: 200 }, () => bits() | 0)];
    for (const kind of Object.keys(exact) as (keyof typeof exact)[])
      for (const x of values) {
        const y = values[int(values.length)] as number;
        const want = exact[kind](BigInt(x), BigInt(y));
        expect(Int32Array.of(integerBinary[kind](x, y))[0], `${kind} ${x} ${y}`).to.equal(wrap32(want));
        const small = exact[kind](BigInt.asIntN(8, BigInt(x)), BigInt.asIntN(8, BigInt(y)));
        const got = Int8Array.of(integerBinary[kind]((x << 24) >> 24, (y << 24) >> 24))[0];
        expect(got, `int8 ${kind} ${x} ${y}`).to.equal(Number(BigInt.asIntN(8, small)));
        const unsigned = exact[kind](BigInt(x & 255), BigInt(y & 255));
        expect(Uint8Array.of(integerBinary[kind](x & 255, y & 255))[0]).to.equal(Number(BigInt.asUintN(8, unsigned)));
        const [bigX, bigY] = [BigInt(x) * 4_294_967_291n, BigInt(y) * 4_294_967_311n];
        expect(BigInt64Array.of(bigBinary[kind](bigX, bigY))[0]).to.equal(BigInt.asIntN(64, exact[kind](bigX, bigY)));
      }
  });

  it('should divide by zero to 0 and wrap the least value', () => {
    expect(integerBinary.Div(7, 0)).to.equal(0);
    expect(Int32Array.of(integerBinary.Div(-(2 ** 31), -1))[0]).to.equal(-(2 ** 31));
    expect(BigInt64Array.of(bigBinary.Div(-(2n ** 63n), -1n))[0]).to.equal(-(2n ** 63n));
    expect(Int8Array.of(integerUnary.Abs(-128))[0]).to.equal(-128);
  });
});
