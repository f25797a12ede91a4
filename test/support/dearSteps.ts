/** Operators whose elements are dear to decide, each in another way: terms of all exponents, long lists, many runs, guards, operands, ranks. */
import { DTYPES, type Dtype } from '#core/commitment/dtype.ts';
import type { Kind } from '#core/semantics/kinds.ts';
import type { Access, Guard, Operator } from '#core/semantics/program.ts';
import { elementCount, type Tensor } from '#core/tensor.ts';
import type { Specimen } from './contracts/wrongEverywhere.ts';
import { type Seeded, seeded } from './seeded.ts';

/** No byte is 0, hardly; exponents so far apart that only the wide sum decides. */
function anything(dtype: Dtype, count: number, r: Seeded): Tensor {
  const data = new DTYPES[dtype].Data(count) as Float32Array;
  for (let i = 0; i < count; i++) {
    if (dtype === 'int64') data[i] = BigInt.asIntN(64, (BigInt(r.bits()) << 32n) | BigInt(r.bits())) as never;
    else if (dtype === 'float32') data[i] = (r.int(2) - 0.5) * 2 ** (r.int(120) - 60) * (1 + r.int(2 ** 20) / 2 ** 20);
    else data[i] = dtype === 'bool' ? 1 : r.bits();
  }
  return { dtype, shape: [count], data };
}

type Axes = Pick<Operator, 'space' | 'inner'>;

const access = (
  elements: number,
  strides: Partial<Pick<Access, 'outer' | 'inner' | 'guards' | 'base' | 'dtype'>>,
): Access => ({
  source: { from: 'input', index: 0 },
  dtype: 'float32',
  elements,
  base: 0,
  outer: [],
  inner: [],
  guards: [],
  ...strides,
});

/** Holds at each of `size` coordinates of an inner axis, and adds `stride` for each. */
const holding = (inner: number, size: number, stride: number, divisor = 1): Guard => ({
  outer: -1,
  outerStep: 0,
  inner,
  innerStep: divisor,
  offset: 0,
  divisor,
  extent: size,
  stride,
});

export function dearSteps(): Readonly<Record<string, Specimen>> {
  const r = seeded(77);
  const specimen = (
    kind: Kind,
    { space, inner }: Axes,
    operands: readonly (Access | undefined)[],
    more: Partial<Specimen> & { readonly dtype?: Dtype; readonly attribute?: number } = {},
  ): Specimen => {
    const { dtype = 'float32', attribute = 0, ...rest } = more;
    const operator: Operator = { kind, dtype, shape: [elementCount(space)], space, inner, attribute, operands };
    const tensors = operands.map((one) => one && anything(one.dtype, one.elements, r));
    return { operator, tensors, from: operands.map(() => 'operator' as const), elements: [0], ...rest };
  };
  const dot = (inner: readonly number[], a: Access, b?: Access, bias?: Access) =>
    specimen('Dot', { space: [], inner }, [a, b, bias]);

  const binary = Array.from({ length: 13 }, (_, i) => 2 ** (12 - i));
  const twos = binary.map(() => 2);
  const reverse = access(8192, { inner: [-1], base: 8191 });
  const guarded = (guards: number, divisor: number) =>
    access(8192, { inner: binary, guards: Array.from({ length: guards }, (_, i) => holding(i % 13, 2, 0, divisor)) });
  const asked = (divisor: number) => access(8192, { inner: [0], guards: [holding(0, 8192, 1, divisor)] });
  const shared = dot([80], access(80 * 128, { inner: [128] }), undefined, access(80 * 128, { base: 79 * 128 }));
  const parts = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      access(10, {
        dtype: 'int64',
        outer: [0],
        guards: [
          { outer: 0, outerStep: 1, inner: -1, innerStep: 0, offset: -10 * i, divisor: 1, extent: 10, stride: 1 },
        ],
      }),
    );
  return {
    '8,192 terms side by side': dot([8192], access(8192, { inner: [1] }), access(8192, { inner: [1] })),
    '8,192 terms, none beside the next': dot([8192], reverse, reverse),
    '2 to the power of 13 terms': dot(
      twos,
      access(8192, { inner: binary.toReversed() }),
      access(8192, { inner: binary }),
    ),
    '90 times 90, one of them across': dot(
      [90, 90],
      access(8100, { inner: [1, 90] }),
      access(8100, { inner: [90, 1] }),
    ),
    'terms in 100 leaves apart': dot([100], access(100 * 128, { inner: [128] })),
    '40 times from 50 leaves to others': dot([40, 50], access(50 * 128, { inner: [1, 128] })),
    'the same in both factors': dot(
      [20, 60],
      access(60 * 128, { inner: [0, 128] }),
      access(60 * 128, { inner: [0, 128] }),
    ),
    'a bias behind 80 leaves of a factor': {
      ...shared,
      tensors: [shared.tensors[0], undefined, shared.tensors[0]],
      from: ['operator'],
    },
    'divisors in both factors': dot([8192], asked(2), asked(3)),
    'terms of which none is there': dot(
      [8192],
      access(8192, { inner: [0], guards: [{ ...holding(0, 8192, 1, 7), innerStep: 1, offset: -1 }] }),
      access(8192, { inner: [1] }),
    ),
    '200 times 40, one of them by twos': dot(
      [40, 200],
      access(8_000, { inner: [200, 1] }),
      access(16_000, { inner: [2, 80] }),
    ),
    'a range of 8,192 terms across lines': specimen(
      'Dot',
      { space: [2], inner: [3, 5, 600] },
      [
        access(9_000, { outer: [0], inner: [5, 1, 15] }),
        access(9_000, { outer: [0], inner: [3_000, 600, 1] }),
        undefined,
      ],
      { attribute: 1 },
    ),
    '80 guards on 13 short axes': dot([...twos.map((_, i) => (i < 12 ? 1 : 2))], guarded(40, 1), guarded(40, 1)),
    '4,096 integers of 64 bits': specimen(
      'IntegerDot',
      { space: [], inner: [4096, 1] },
      [
        access(4096, { inner: [1, 0], dtype: 'int64' }),
        access(4096, { inner: [1, 0], dtype: 'int64' }),
        access(1, { dtype: 'int64' }),
        access(1, { dtype: 'int64' }),
        access(1, { dtype: 'int64' }),
      ],
      { dtype: 'int64' },
    ),
    '8,192 integers of 64 bits backwards': specimen(
      'IntegerDot',
      { space: [], inner: [8192] },
      [access(8192, { inner: [-1], base: 8191, dtype: 'int64' })],
      { dtype: 'int64' },
    ),
    '8,192 bytes by bytes backwards': specimen(
      'IntegerDot',
      { space: [], inner: [64, 128] },
      [0, 1].map(() => access(8192, { inner: [-128, -1], base: 8191, dtype: 'uint8' })),
      { dtype: 'int32' },
    ),
    '40 guards of a window of 13 axes': specimen(
      'ArgMax',
      { space: [3], inner: twos },
      [{ ...guarded(40, 1), outer: [0] }],
      {
        dtype: 'int64',
        claim: (right) => (BigInt((right as BigInt64Array)[0] ?? 0n) + 4095n) % 8192n,
      },
    ),
    '16 axes': specimen(
      'Mul',
      { space: Array.from({ length: 16 }, () => 2), inner: [] },
      [0, 1].map(() => access(65_536, { outer: Array.from({ length: 16 }, (_, i) => 2 ** i), dtype: 'int64' })),
      { dtype: 'int64' },
    ),
    'the last of 300 parts': specimen('Move', { space: [3_000], inner: [] }, parts(300), {
      dtype: 'int64',
      elements: [2_999],
    }),
    'a candidate that is missing among 500 ranks': specimen(
      'TopK',
      { space: [1, 500], inner: [501] },
      [access(501, { outer: [0, 0], inner: [1] })],
      {
        dtype: 'int64',
        attribute: 1,
        elements: [499],
        // The one candidate that is not in the row, as the last.
        claim: (right) => BigInt((500 * 501) / 2) - (right as BigInt64Array).reduce((sum, tap) => sum + tap, 0n),
      },
    ),
    'two of 60,000 candidates': specimen(
      'ArgMax',
      { space: [3, 3], inner: [4, 50, 300] },
      [access(540_000, { outer: [180_000, 60_000], inner: [15_000, 300, 1] })],
      { dtype: 'int64', elements: [4], claim: (right) => BigInt((Number(right[4]) + 30_001) % 60_000) },
    ),
  };
}
