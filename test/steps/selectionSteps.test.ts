/** SelectionStep: every claim and every hint about small rows, against the order that docs/spec/selection.md gives, written a second time. */
import { expect } from 'chai';
import type { Dtype } from '#core/commitment/dtype.ts';
import { encodeTensor } from '#core/commitment/elements.ts';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import { toHex, wordOf } from '#core/hex.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { recordWords } from '#core/semantics/record.ts';
import { tensorFrom } from '#core/tensor.ts';
import { ethers } from '../support/contracts/chain.ts';
import { seeded } from '../support/seeded.ts';

const TAPS = 5;
const ROWS = 2;
const RANKS = 1n << 255n;
const [step, batch] = await Promise.all([ethers.deployContract('SelectionStep'), ethers.deployContract('StepBatch')]);

type Values = readonly (number | bigint)[];
/** Taps 1 and 3 are there, or all of them. */
const ODD = { outer: -1, inner: 0, outerStep: 0, innerStep: 1, offset: -1, divisor: 2, extent: 2, stride: 0 };
/** No tap is there: v < 0. */
const NONE = { ...ODD, innerStep: 0 };
const GUARDS = { all: [], odd: [ODD], none: [NONE] } as const;
const PRESENT = { all: [0, 1, 2, 3, 4], odd: [1, 3], none: [] } as const;
type Guards = keyof typeof GUARDS;

function operatorOf(
  kind: 'ArgMax' | 'ArgMin' | 'TopK',
  dtype: Dtype,
  ranks = 0,
  attribute = 0,
  guards: Guards = 'all',
) {
  const space = ranks > 0 ? [ROWS, ranks] : [ROWS];
  const access: Access = {
    source: { from: 'input', index: 0 },
    dtype,
    elements: ROWS * TAPS,
    base: 0,
    outer: ranks > 0 ? [TAPS, 0] : [TAPS],
    inner: [1],
    guards: [...GUARDS[guards]],
  };
  const operator: Operator = {
    kind,
    dtype: 'int64',
    shape: space,
    space,
    inner: [TAPS],
    attribute,
    operands: [access],
  };
  return operator;
}

/** One leaf of a tensor. */
function leafOf(dtype: Dtype, values: Values) {
  const padded = [...values, ...new Array<number>(LEAF_ELEMENTS - values.length).fill(0)];
  return { runs: [wordOf(1n << 192n)], data: toHex(encodeTensor(tensorFrom(dtype, [LEAF_ELEMENTS], padded))) };
}

/** What is asked about an element whose row claims these numbers. The row is the second one; the first holds the same backwards. */
function asked(operator: Operator, values: Values, claims: Values, hint: string) {
  const { dtype } = operator.operands[0] as Access;
  const own = [...claims.map(() => 0), ...claims];
  const opened = [leafOf(dtype, [...values.toReversed(), ...values]), leafOf('int64', own)];
  return { record: recordWords(operator, []), element: claims.length, sources: '0x00', opened, hint };
}

async function outcomes(inputs: readonly ReturnType<typeof asked>[]): Promise<string[]> {
  const calls = inputs.map((input) => step.interface.encodeFunctionData('isWrong', [input]));
  const [answers] = await batch.run(step, calls);
  return answers.map((answer) =>
    answer.length === 66 ? String(BigInt(answer) === 1n) : (step.interface.parseError(answer)?.name ?? answer),
  );
}

/** Negative if a goes before b: NaN first, then the larger (or smaller) value. Array.sort keeps ties in their order: the lowest tap wins. */
const before = (largest: boolean) => (a: number | bigint, b: number | bigint) => {
  const [x, y] = [Number.isNaN(a), Number.isNaN(b)];
  if (x || y) return Number(y) - Number(x);
  const sign = a > b ? 1 : a < b ? -1 : 0;
  return largest ? -sign : sign;
};
const ranking = (values: Values, present: readonly number[], largest: boolean) =>
  present.toSorted((i, j) => before(largest)(values[i] as number, values[j] as number));

const word = (value: bigint) => wordOf(BigInt.asUintN(256, value));
const DRAWS: Partial<Record<Dtype, Values>> = {
  float32: [Number.NaN, 0, -0, 1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  int8: [-128, -1, 0, 1, 127],
  uint8: [0, 1, 128, 255],
  int64: [-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n],
};

describe('SelectionStep', function () {
  this.timeout(120_000);
  const random = seeded(71);

  for (const [dtype, draws] of Object.entries(DRAWS) as [Dtype, Values][])
    for (const kind of ['ArgMax', 'ArgMin'] as const)
      it(`proves every wrong claim about ${kind} of ${dtype}, and no right one`, async () => {
        for (const guards of ['all', 'odd', 'none'] as const)
          for (let round = 0; round < 2; round++) {
            const values = Array.from({ length: TAPS }, () => random.pick(draws));
            const right = ranking(values, PRESENT[guards], kind === 'ArgMax')[0] ?? 0;
            const operator = operatorOf(kind, dtype, 0, 0, guards);
            for (const claim of [-1n, 0n, 1n, 2n, 3n, 4n, 5n, 2n ** 63n - 1n]) {
              const hints = PRESENT.all.map((tap) => asked(operator, values, [claim], word(BigInt(tap))));
              const told = await outcomes(hints);
              const about = `${claim} of ${values}, ${guards}, where ${right} is right`;
              if (claim === BigInt(right)) expect(new Set(told), about).to.deep.equal(new Set(['false']));
              else expect(told, about).to.include('true');
            }
          }
      });

  for (const dtype of ['float32', 'int8'] as const)
    for (const attribute of [0, 1])
      it(`proves every wrong row of a TopK of ${dtype}, ${attribute === 1 ? 'largest' : 'smallest'} first`, async () => {
        const operator = operatorOf('TopK', dtype, 2, attribute);
        const values = Array.from({ length: TAPS }, () => random.pick(DRAWS[dtype] as Values));
        const right = ranking(values, PRESENT.all, attribute === 1).slice(0, 2);
        for (let a = -1; a <= TAPS; a++)
          for (let b = -1; b <= TAPS; b++) {
            const hints = [...PRESENT.all.map(BigInt), RANKS, RANKS + 1n];
            const told = await outcomes(hints.map((hint) => asked(operator, values, [a, b], word(hint))));
            const about = `${a}, ${b} of ${values}, where ${right} is right`;
            if (a === right[0] && b === right[1]) expect(new Set(told), about).to.deep.equal(new Set(['false']));
            else expect(told, about).to.include('true');
          }
      });

  it('refuses hints that name nothing', async () => {
    const values = [1, 5, 3, 4, 2];
    const arg = operatorOf('ArgMax', 'float32');
    const top = operatorOf('TopK', 'float32', 2, 1);
    const bad = [
      asked(arg, values, [1], '0x'),
      asked(arg, values, [1], `0x${'00'.repeat(31)}`),
      asked(arg, values, [1], `0x${'00'.repeat(33)}`),
      asked(arg, values, [1], word(BigInt(TAPS))),
      asked(top, values, [1, 3], '0x'),
      asked(top, values, [1, 3], word(BigInt(TAPS))),
      asked(top, values, [1, 3], word(RANKS + 2n)),
    ];
    expect(new Set(await outcomes(bad))).to.deep.equal(new Set(['Step_BadHint']));
  });

  it('refuses other primitives', async () => {
    const input = asked({ ...operatorOf('ArgMax', 'float32'), kind: 'Gather' }, [1, 5, 3, 4, 2], [1], word(0n));
    await expect(step.isWrong(input)).to.be.revertedWithCustomError(step, 'Step_UnknownKind').withArgs(4);
  });
});
