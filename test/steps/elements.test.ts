/** The elementwise step contracts against the reference semantics, bit by bit. STEP_FUZZ multiplies the number of cases. */
import { expect } from 'chai';
import { DTYPES } from '#core/commitment/dtype.ts';
import type { ElementwiseKind } from '#core/semantics/kinds.ts';
import { KINDS } from '#core/semantics/kinds.ts';
import { ethers } from '../support/contracts/chain.ts';
import { expectedBits, type Family, familiesOf, patterns } from '../support/elements.ts';
import { seeded } from '../support/seeded.ts';

const CASES = 400 * Number(process.env['STEP_FUZZ'] ?? 1);
/** Of one call: the simulated node allows some 30 million gas. */
const PER_CALL = 400;

const HARNESSES: Readonly<Record<string, readonly ElementwiseKind[]>> = {
  ArithmeticHarness: [
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Min',
    'Max',
    'Neg',
    'Abs',
    'Sqrt',
    'Reciprocal',
    'Relu',
    'Floor',
    'Ceil',
    'Round',
    'Sign',
  ],
  LogicHarness: ['Equal', 'Less', 'LessOrEqual', 'And', 'Or', 'Xor', 'Not', 'Where', 'Clip'],
  ConversionHarness: ['Cast', 'Quantize', 'Dequantize'],
};

type Harness = {
  applyMany(kind: number, dtype: number, from: number, operands: bigint[][]): Promise<bigint[]>;
};

for (const [name, kinds] of Object.entries(HARNESSES))
  describe(`${name.replace('Harness', 'Step')}, elements`, () => {
    let harness: Harness;
    before(async () => {
      harness = (await ethers.deployContract(name)) as unknown as Harness;
    });

    for (const kind of kinds)
      for (const family of familiesOf(kind))
        it(`${kind} of ${family.from.join(', ')} to ${family.to} gives the bits of the definition, ${CASES} times`, async () => {
          for (let done = 0; done < CASES; done += PER_CALL) await compare(harness, family, done);
        });
  });

async function compare(harness: Harness, family: Family, seed: number): Promise<void> {
  const random = seeded(KINDS[family.kind].code * 1009 + seed + 1);
  const draw = family.from.map((dtype) => patterns(dtype, random));
  const operands = Array.from({ length: Math.min(CASES, PER_CALL) }, () => {
    const bits = draw.map((next) => next());
    // Near each other: sums that cancel, ties, equal operands.
    if (bits.length > 1 && family.from[0] === family.from[1] && random.int(4) === 0)
      bits[1] = ((bits[0] as bigint) ^ BigInt(random.int(4))) & mask(family);
    return bits.map((each, i) => canonical(each, family.from[i] as string));
  });
  const got = await harness.applyMany(
    KINDS[family.kind].code,
    DTYPES[family.to].code,
    DTYPES[family.from[0] as Family['to']].code,
    operands.map((each) => [...each, 0n, 0n, 0n].slice(0, 3)),
  );
  for (const [i, each] of operands.entries()) {
    const wanted = expectedBits(family, each);
    if (got[i] !== wanted)
      expect.fail(
        `${family.kind}(${each.map((bits) => bits.toString(16))}) is ${got[i]?.toString(16)}, wanted ${wanted.toString(16)}`,
      );
  }
}

const mask = ({ from }: Family) => (1n << BigInt(8 * DTYPES[from[0] as Family['to']].bytes)) - 1n;
const canonical = (bits: bigint, dtype: string) => {
  if (dtype === 'bool') return bits & 1n;
  return dtype === 'float32' && (bits & 0x7fffffffn) > 0x7f800000n ? 0x7fc00000n : bits;
};
