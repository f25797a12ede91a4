// Tensors through the facade: their bytes on chain against core's encoder, their numbers back against plain numbers.
import { expect } from 'chai';
import { type ethers, loadFixture } from '../../support/contracts/chain.ts';
import { floats } from '../../support/contracts/model.ts';
import { seeded } from '../../support/seeded.ts';
import {
  answered,
  bytesOf,
  consented,
  type Faced,
  faced,
  HALVES,
  inputOf,
  type NumberTensor,
  publishTyped,
  run,
  type Spec,
  storyOf,
} from './facade.ts';

const REFUSAL = { Decimals: 1n, Inexact: 2n, Range: 3n } as const;
const ALL: readonly Spec[] = [
  { name: 'f', dtype: 'float32', shape: [2, 3] },
  { name: 'u8', dtype: 'uint8', shape: [3] },
  { name: 'i8', dtype: 'int8', shape: [1, 4] },
  { name: 'i32', dtype: 'int32', shape: [2] },
  { name: 'i64', dtype: 'int64', shape: [2, 1, 1] },
  { name: 'b', dtype: 'bool', shape: [5] },
  { name: 's', dtype: 'float32', shape: [] },
];
const VALUES: readonly (readonly (number | bigint)[])[] = [
  [0.5, -1.25, 3, 1024, -0.0078125, 16_777_216],
  [0, 255, 7],
  [-128, 127, -1, 0],
  [-2_147_483_648, 2_147_483_647],
  [-(2n ** 63n), 2n ** 63n - 1n],
  [1, 0, 1, 1, 0],
  [-42],
];
/** The same, as people write them. */
const WRITTEN: readonly NumberTensor[] = [
  [
    'f',
    [
      [5, 1],
      [-125, 2],
      [30, 1],
      [1024, 0],
      [-78125, 7],
      [16_777_216, 0],
    ],
    [2, 3],
  ],
  [
    'u8',
    [
      [0, 5],
      [255, 0],
      [7, 0],
    ],
    [3],
  ],
  [
    'i8',
    [
      [-1280, 1],
      [127, 0],
      [-1, 0],
      [0, 0],
    ],
    [1, 4],
  ],
  [
    'i32',
    [
      [-2_147_483_648, 0],
      [2_147_483_647, 0],
    ],
    [2],
  ],
  [
    'i64',
    [
      [-(2n ** 63n), 0],
      [2n ** 63n - 1n, 0],
    ],
    [2, 1, 1],
  ],
  [
    'b',
    [
      [1, 0],
      [0, 0],
      [100, 2],
      [1, 0],
      [0, 0],
    ],
    [5],
  ],
  ['s', [[-42, 0]], []],
];

/** A version that takes and gives every dtype. */
async function typed() {
  const s = await faced();
  const version = await publishTyped(s, ALL, ALL);
  await consented(s, s.requester);
  return { ...s, typed: version };
}

const inputBytes = async (s: Faced, sent: Parameters<typeof storyOf>[1]) =>
  (await sent.wait())?.logs
    .flatMap((log) => s.requests.interface.parseLog(log) ?? [])
    .find(({ name }) => name === 'Requested')?.args['input'];

describe('tensors to the chain', () => {
  it('of every dtype become the canonical bytes that core makes of the same values, in any order of names', async () => {
    const s = await loadFixture(typed);
    const wanted = bytesOf(ALL, VALUES);
    const random = seeded(3);
    for (const tensors of [WRITTEN, WRITTEN.toReversed(), WRITTEN.toSorted(() => random.int(3) - 1)]) {
      const sent = await (await run(s, s.requester, s.typed, inputOf(...tensors))).send();
      expect(await inputBytes(s, sent)).to.equal(wanted);
    }
  });

  const float = (value: bigint | number, decimals: number): NumberTensor => [
    'x',
    [[value, decimals], ...HALVES[1].slice(1)],
    [8],
  ];
  for (const [what, number, refusal] of [
    ['a tenth, which no float32 is', float(1, 1), REFUSAL.Inexact],
    ['2^24 + 1, which no float32 is', float(2 ** 24 + 1, 0), REFUSAL.Inexact],
    ['less than the least float32', float(1, 46), REFUSAL.Inexact],
    ['more than the largest float32', float(10, -38), REFUSAL.Range],
    ['decimals beyond 67', float(0, 68), REFUSAL.Decimals],
    ['decimals below -38', float(0, -39), REFUSAL.Decimals],
  ] as const)
    it(`refuse ${what}, and say which element`, async () => {
      const s = await loadFixture(faced);
      await consented(s, s.requester);
      await expect((await run(s, s.requester, 'acme/digits', inputOf(number))).send())
        .to.be.revertedWithCustomError(s.facade, 'Facade_NotConvertible')
        .withArgs('x', 0n, refusal);
    });

  it('of a caller that chose to round are the nearest float32, ties to even', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester, { nearest: true });
    const values = [
      [1, 1],
      [2 ** 24 + 1, 0],
      [2 ** 24 + 3, 0],
      [1, 46],
      [314159265358979, 14],
      [-1, 1],
      [7, 46],
      [0, 0],
    ] as const;
    const sent = await (await run(s, s.requester, 'acme/digits', inputOf(['x', values, [8]]))).send();
    const rounded = values.map(([value, decimals]) => Number(`${value}e-${decimals}`)); // JavaScript reads decimals exactly rounded
    expect(await inputBytes(s, sent)).to.equal(floats(...rounded.map(Math.fround)));
    await expect(
      (await run(s, s.requester, 'acme/digits', inputOf(float(10, -38)))).send(),
      'beyond the largest, rounding too',
    )
      .to.be.revertedWithCustomError(s.facade, 'Facade_NotConvertible')
      .withArgs('x', 0n, REFUSAL.Range);
  });

  for (const [at, name, value, refusal] of [
    [1, 'u8', [256, 0], REFUSAL.Range],
    [1, 'u8', [-1, 0], REFUSAL.Range],
    [2, 'i8', [128, 0], REFUSAL.Range],
    [3, 'i32', [2n ** 31n, 0], REFUSAL.Range],
    [4, 'i64', [2n ** 63n, 0], REFUSAL.Range],
    [5, 'b', [2, 0], REFUSAL.Range],
    [3, 'i32', [15, 1], REFUSAL.Inexact],
  ] as const)
    it(`refuse ${value.join(' / 10^')} as ${name}, rounding or not`, async () => {
      const s = await loadFixture(typed);
      const tensors = WRITTEN.map(([label, values, shape], i) =>
        i === at ? ([label, [value, ...values.slice(1)], shape] as const) : ([label, values, shape] as const),
      );
      for (const nearest of [false, true]) {
        await s.facade.connect(s.requester).configure({ ...s.settings, nearest });
        await expect((await run(s, s.requester, s.typed, inputOf(...tensors))).send())
          .to.be.revertedWithCustomError(s.facade, 'Facade_NotConvertible')
          .withArgs(name, 0n, refusal);
      }
    });

  it("must have the schema's shape, not only its number of elements", async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester);
    for (const [values, shape] of [
      [HALVES[1], [1, 8]],
      [HALVES[1], [2, 4]],
      [HALVES[1], []],
      [HALVES[1].slice(1), [7]],
      [HALVES[1].slice(1), [8]],
      [[...HALVES[1], [0, 0] as const], [8]],
    ] as const)
      await expect((await run(s, s.requester, 'acme/digits', inputOf(['x', values, shape]))).send())
        .to.be.revertedWithCustomError(s.facade, 'Facade_ShapeMismatch')
        .withArgs('x');
  });

  it('must be those of the version: none missing, none more, no text', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester);
    const refused = async (input: readonly unknown[], error: string, ...args: unknown[]) =>
      expect((await run(s, s.requester, 'acme/digits', input as ReturnType<typeof inputOf>)).send())
        .to.be.revertedWithCustomError(s.facade, error)
        .withArgs(...args);
    await refused(inputOf(), 'Facade_TensorCount', 0n, 0n, 1n);
    await refused(inputOf(HALVES, HALVES), 'Facade_TensorCount', 2n, 0n, 1n);
    await refused([[HALVES], [['t', ['text']]]], 'Facade_TensorCount', 1n, 1n, 1n);
    await refused(inputOf(['y', HALVES[1], [8]]), 'Facade_TensorMissing', 'x');
  });

  it('of a version that takes two must name both: the same name twice is not two', async () => {
    const s = await loadFixture(typed);
    const [first, , ...rest] = WRITTEN;
    if (first === undefined) throw new Error('no tensors');
    await expect((await run(s, s.requester, s.typed, inputOf(first, first, ...rest))).send())
      .to.be.revertedWithCustomError(s.facade, 'Facade_TensorMissing')
      .withArgs('u8');
  });
});

describe('tensors from the chain', () => {
  it('of every dtype come back as the numbers they are, with names and shapes', async () => {
    const s = await loadFixture(typed);
    const story = await storyOf(s, await (await run(s, s.requester, s.typed, inputOf(...WRITTEN))).send(), s.requester);
    const typedStory = Object.assign(story, { shape: await shapeOf(s) });
    const logs = await answered(s, typedStory, bytesOf(ALL, VALUES));
    const [numbers, strings, jsons, simulated] =
      logs.find(({ name }) => name === 'InferenceResult')?.args[0].toArray(true) ?? [];
    expect([strings, jsons, simulated]).to.deep.equal([[], [], false]);
    const normal = WRITTEN.map(([name, values, shape]) => [name, values.map(canonical), shape.map(BigInt)]);
    expect(numbers).to.deep.equal(normal);
  });
});

/** Without zeros at the end of a fraction. */
function canonical([value, decimals]: readonly [bigint | number, bigint | number]): [bigint, bigint] {
  const [v, d] = [BigInt(value), BigInt(decimals)];
  return d > 0n && v % 10n === 0n ? canonical([v / 10n, d - 1n]) : [v, d];
}

/** What a submission of the version of all dtypes says of its outputs. */
async function shapeOf(s: Awaited<ReturnType<typeof typed>>) {
  const { index } = await s.directory.inputsOf(s.typed);
  const outputs = await s.directory.outputsAt(index);
  const outputHeaders = outputs.map(({ header }) => header as ReturnType<typeof ethers.zeroPadValue>);
  return { inputHeaders: [], outputHeaders, outputBytes: 0 } as never;
}
