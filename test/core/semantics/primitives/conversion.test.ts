import { expect } from 'chai';
import type { Dtype } from '#core/commitment/dtype.ts';
import { DTYPES } from '#core/commitment/dtype.ts';
import { castFunction, nearestFloat } from '#core/semantics/primitives/cast.ts';
import { clip, comparisons } from '#core/semantics/primitives/logic.ts';
import { dequantize, quantizeFunction } from '#core/semantics/primitives/quantize.ts';
import { add, bitsOf, compare, div, fromBits, mul, nearestFloat32, rational } from '../../../support/rationals.ts';
import { seeded } from '../../../support/seeded.ts';

const INTEGERS: readonly Dtype[] = ['int32', 'int64', 'uint8', 'int8'];

function clamp(x: bigint, low: bigint, high: bigint): bigint {
  if (x < low) return low;
  return x > high ? high : x;
}

/** What a typed array of the dtype keeps. */
function stored(dtype: Dtype, x: number | bigint): number | bigint {
  if (dtype === 'int64') return BigInt64Array.of(x as bigint)[0] as bigint;
  const cell = new DTYPES[dtype].Data(1);
  cell[0] = x as number;
  return cell[0] as number;
}

describe('Cast', () => {
  const { bits, int } = seeded(17);

  it('should truncate floats towards zero, saturate them and take NaN to 0', () => {
    const edges = [
      0,
      -0,
      0.5,
      -0.99,
      1.5,
      -1.5,
      127.9,
      128,
      -128.9,
      -129,
      255.9,
      256,
      2 ** 31,
      -(2 ** 31),
      2 ** 63,
      -(2 ** 63),
    ];
    const values = [...edges, ...Array.from({ length: 3000 }, () => fromBits(bits()))].map(Math.fround);
    for (const to of INTEGERS) {
      const cast = castFunction('float32', to);
      const { min, max } = DTYPES[to];
      for (const x of values) {
        if (Number.isNaN(x)) continue;
        const whole = Number.isFinite(x) ? rational(x).n / rational(x).d : x > 0 ? max : min;
        const want = clamp(whole, min, max);
        expect(BigInt(stored(to, cast(x))), `${x} to ${to}`).to.equal(want);
      }
      expect(BigInt(stored(to, cast(Number.NaN)))).to.equal(0n);
    }
  });

  it('should round an int64 to float32 once', () => {
    const hard = [
      (1n << 62n) + (1n << 38n) + 1n,
      (1n << 24n) + 1n,
      (1n << 54n) + (1n << 30n),
      -(2n ** 63n),
      2n ** 63n - 1n,
    ];
    for (let i = 0; i < 5000; i++) {
      const word = (BigInt(bits()) << 32n) | BigInt(bits());
      hard.push(BigInt.asIntN(64, word) >> BigInt(int(63)));
      // A tie of float32 plus or minus one.
      hard.push((1n << 60n) + (BigInt(int(2 ** 20)) << 37n) + (1n << 36n) + BigInt(int(3) - 1));
    }
    for (const x of hard) expect(bitsOf(nearestFloat(x)), `${x}`).to.equal(bitsOf(nearestFloat32({ n: x, d: 1n })));
  });

  it('should wrap integers and read anything but zero as true', () => {
    for (const from of INTEGERS)
      for (const to of INTEGERS)
        for (let i = 0; i < 200; i++) {
          const word = (BigInt(bits()) << 32n) | BigInt(bits());
          const x = stored(from, from === 'int64' ? BigInt.asIntN(64, word) : Number(BigInt.asIntN(32, word)));
          const unsigned = to === 'uint8';
          const width = 8 * DTYPES[to].bytes;
          const want = unsigned ? BigInt.asUintN(width, BigInt(x)) : BigInt.asIntN(width, BigInt(x));
          expect(BigInt(stored(to, castFunction(from, to)(x))), `${x} ${from} to ${to}`).to.equal(want);
        }
    expect([0, -0, 1e-45, Number.NaN].map(castFunction('float32', 'bool'))).to.deep.equal([0, 0, 1, 1]);
    expect(castFunction('bool', 'int64')(1)).to.equal(1n);
  });
});

describe('Quantize and Dequantize', () => {
  const { normal, int } = seeded(23);

  it('should round x / scale to float32, then to even, add the zero point and saturate', () => {
    for (let i = 0; i < 20_000; i++) {
      const scale = Math.fround(2 ** (int(10) - 6) * (1 + int(3) / 4));
      // Every other x is a tie.
      const x = Math.fround(i % 2 === 0 ? normal() * 40 * scale : (int(500) - 250 + 0.5) * scale);
      for (const to of ['uint8', 'int8'] as const) {
        const zero = to === 'uint8' ? int(256) : int(256) - 128;
        const ratio = rational(nearestFloat32(div(rational(x), rational(scale))));
        const floor = ratio.n >= 0n ? ratio.n / ratio.d : -((-ratio.n + ratio.d - 1n) / ratio.d);
        const rest = compare(add(ratio, { n: -floor, d: 1n }), { n: 1n, d: 2n });
        const nearest = rest > 0 || (rest === 0 && floor % 2n !== 0n) ? floor + 1n : floor;
        const { min, max } = DTYPES[to];
        const sum = nearest + BigInt(zero);
        const want = clamp(sum, min, max);
        expect(BigInt(quantizeFunction(to)(x, scale, zero)), `${x} / ${scale} + ${zero}`).to.equal(want);
      }
    }
    expect(quantizeFunction('uint8')(Number.NaN, 1, 7)).to.equal(7);
    expect(quantizeFunction('int8')(Number.NEGATIVE_INFINITY, 1, 7)).to.equal(-128);
  });

  it('should dequantize with the two roundings of ONNX Runtime', () => {
    for (let i = 0; i < 5000; i++) {
      const x = int(2 ** 31) - 2 ** 30;
      const scale = Math.fround(normal());
      const first = nearestFloat32({ n: BigInt(x) - 3n, d: 1n });
      const want = nearestFloat32(mul(rational(first), rational(scale)));
      expect(Math.fround(dequantize(x, scale, 3))).to.equal(want);
    }
  });
});

describe('Clip and comparisons', () => {
  it('should let the upper bound win and keep NaN', () => {
    expect(clip(5, 3, 1)).to.equal(1);
    expect(clip(Number.NaN, 0, 1)).to.satisfy(Number.isNaN);
    expect(Object.is(clip(-0, 0, 1), 0)).to.equal(true);
  });

  it('should be false with NaN and equate the zeros', () => {
    for (const kind of ['Equal', 'Less', 'LessOrEqual'] as const)
      expect(comparisons[kind](Number.NaN, 1), kind).to.equal(0);
    expect(comparisons.Equal(0, -0)).to.equal(1);
    expect(comparisons.Less(-0, 0)).to.equal(0);
  });
});
