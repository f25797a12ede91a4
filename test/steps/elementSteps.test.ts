/** Whole elementwise steps: records of compiled models, leaves as a dispute opens them, every claim but the right one is wrong. */
import { expect } from 'chai';
import { DTYPES, type Dtype } from '#core/commitment/dtype.ts';
import type { Bytes32, Hex } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { checkPresent } from '#core/semantics/compile/present.ts';
import type { ElementwiseKind } from '#core/semantics/kinds.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { commitProgram, recordWords } from '#core/semantics/record.ts';
import { elementCount, tensor } from '#core/tensor.ts';
import type { StepBatch } from '#types';
import { ethers } from '../support/contracts/chain.ts';
import { ELEMENT_STEPS } from '../support/contracts/elements.ts';
import { expectedBits, type Family, familiesOf, patterns, scalarOf } from '../support/elements.ts';
import { openElement, stepInput, storedBits } from '../support/openedStep.ts';
import { type Seeded, seeded } from '../support/seeded.ts';

const ROWS = 3;
const COLUMNS = 70;
const LEAF = 64;
const ELEMENTS = ROWS * COLUMNS;
/** Of each combination of a kind and dtypes. */
const TRIED = 2;
/** Of one element, without its proofs and calldata. */
const ELEMENT_GAS = 40_000n;

/** How an operand is broadcast to [3, 70], and which of its elements is read there. */
const SHAPES = {
  whole: { shape: [ROWS, COLUMNS], at: (e: number) => e },
  row: { shape: [COLUMNS], at: (e: number) => e % COLUMNS },
  column: { shape: [ROWS, 1], at: (e: number) => Math.floor(e / COLUMNS) },
  scalar: { shape: [], at: () => 0 },
} as const;
type Shape = keyof typeof SHAPES;

const OPERATORS: Partial<Record<ElementwiseKind, string>> = {
  Quantize: 'QuantizeLinear',
  Dequantize: 'DequantizeLinear',
};
/** Definitions that no ONNX operator has: unsigned signs, clipped integers (a Max and a Min), an order of bools, casts that change nothing. */
const uncompiled = ({ kind, from, to }: Family) =>
  (kind === 'Cast' && from[0] === to) ||
  ((kind === 'Neg' || kind === 'Relu') && from[0] === 'uint8') ||
  (kind === 'Clip' && from[0] !== 'float32') ||
  ((kind === 'Less' || kind === 'LessOrEqual') && from[0] === 'bool');

function shapesOf({ kind, from }: Family): Shape[] {
  if (kind === 'Clip' || kind === 'Quantize' || kind === 'Dequantize') return ['whole', 'scalar', 'scalar'];
  return (['whole', 'row', 'column'] as const).slice(0, from.length);
}

interface Step {
  readonly family: Family;
  readonly record: readonly Bytes32[];
  readonly shapes: readonly Shape[];
  /** Raw bits: an input of a request need not be canonical. */
  readonly operands: readonly (readonly bigint[])[];
}

function compiled(family: Family, random: Seeded): Step {
  const { kind, from, to } = family;
  const shapes = shapesOf(family);
  const { operators } = compile(
    buildModel({
      inputs: Object.fromEntries(from.map((dtype, i) => [`x${i}`, [dtype, [...SHAPES[shapes[i] as Shape].shape]]])),
      outputs: { y: [to, [ROWS, COLUMNS]] },
      nodes: [
        node(
          OPERATORS[kind] ?? kind,
          from.map((_, i) => `x${i}`),
          ['y'],
          kind === 'Cast' ? { to: DTYPES[to].code } : {},
        ),
      ],
    }),
  );
  const operator = operators.find((one) => one.kind === kind);
  if (operator === undefined) throw new Error(`no ${kind} of ${from} was compiled`);
  const operands = from.map((dtype, i) => {
    const next = patterns(dtype, random);
    const size = elementCount(SHAPES[shapes[i] as Shape].shape);
    return Array.from({ length: size }, next);
  });
  return { family, record: recordWords(operator, []), shapes, operands };
}

const digits = (bits: bigint, dtype: Dtype) => bits.toString(16).padStart(2 * DTYPES[dtype].bytes, '0');

/** One leaf of a tensor as it is opened: its elements, then zeros. */
function leaf(elements: readonly bigint[], dtype: Dtype, index: number) {
  const text = elements.slice(LEAF * index, LEAF * (index + 1)).map((bits) => digits(bits, dtype));
  const run = `0x${((BigInt(index) << 32n) | 1n).toString(16).padStart(16, '0')}${'0'.repeat(48)}`;
  return { runs: [run], data: `0x${text.join('').padEnd(2 * LEAF * DTYPES[dtype].bytes, '0')}` };
}

/** What `isWrong` is asked about element e if `claimed` is its claim; `astray`: the one that is opened at another leaf. */
function input({ family: { from, to }, record, shapes, operands }: Step, e: number, claimed: bigint, astray = -1) {
  const output = Array.from({ length: ELEMENTS }, (_, i) => (i === e ? claimed : BigInt(i % 2)));
  const opened = [
    ...from.map((dtype, i) => ({ dtype, elements: operands[i] as bigint[] })),
    { dtype: to, elements: output },
  ];
  const leaves = opened.map(({ dtype, elements }, i) => {
    const at = i < shapes.length ? SHAPES[shapes[i] as Shape].at(e) : e;
    return leaf(elements, dtype, Math.floor(at / LEAF) + (i === astray ? 1 : 0));
  });
  const sources = `0x${from.map((_, i) => digits(BigInt(i), 'uint8')).join('')}`;
  return { record: [...record], element: e, sources, opened: leaves, hint: '0x' };
}

const bitsAt = ({ shapes, operands }: Step, e: number) =>
  operands.map((elements, i) => elements[SHAPES[shapes[i] as Shape].at(e)] as bigint);

/** Bit patterns that are not the right one: one bit off, anything, and other forms of the same value. */
function wrongClaims(right: bigint, to: Dtype, random: Seeded): bigint[] {
  const width = 8 * DTYPES[to].bytes;
  const any = BigInt.asUintN(width, (BigInt(random.bits()) << 32n) | BigInt(random.bits()));
  const flipped = [0, width - 1, random.int(width), random.int(width)].map((bit) => right ^ (1n << BigInt(bit)));
  const forms = to === 'bool' ? [2n, 0x80n, 255n] : to === 'float32' ? [0x7fc00001n, 0x7f800001n, 0xffc00000n] : [];
  return [...new Set([any, ...flipped, ...forms])].filter((bits) => bits !== right);
}

for (const [name, kinds] of Object.entries(ELEMENT_STEPS))
  describe(`${name}Step, whole steps`, function () {
    this.timeout(240_000);
    let [address, batch] = ['', {} as StepBatch];
    let encode: (step: ReturnType<typeof input>) => Hex;
    let errorOf: (data: string) => string;

    before(async () => {
      const step = await ethers.deployContract(`${name}Step`);
      address = await step.getAddress();
      batch = (await ethers.deployContract('StepBatch')) as unknown as StepBatch;
      encode = (one) => step.interface.encodeFunctionData('isWrong', [one]) as Hex;
      errorOf = (data) => {
        const error = step.interface.parseError(data);
        return `${error?.name}(${error?.args.join()})`;
      };
    });

    /** Outcome of each: true, false or the error. */
    async function run(steps: readonly ReturnType<typeof input>[]): Promise<string[]> {
      const [outcomes, gas] = await batch.run(address, steps.map(encode));
      for (const used of gas) expect(used < ELEMENT_GAS, `${used} gas`).to.equal(true);
      return outcomes.map((data) => (data.length === 66 ? String(BigInt(data) === 1n) : errorOf(data)));
    }

    for (const kind of kinds)
      it(`${kind}: the right element is not wrong, any other is, and a leaf that is missing is said so`, async () => {
        for (const family of familiesOf(kind).filter((one) => !uncompiled(one))) {
          const random = seeded(Math.imul(kind.length * 64 + family.from.length, 0x9e3779b1) ^ DTYPES[family.to].code);
          const step = compiled(family, random);
          for (let i = 0; i < TRIED; i++) {
            const e = random.int(ELEMENTS);
            const right = expectedBits(family, bitsAt(step, e));
            const wrong = wrongClaims(right, family.to, random);
            const what = `${family.from} to ${family.to}, element ${e} of ${bitsAt(step, e).map((x) => x.toString(16))}`;
            const missing = [...step.shapes.map((shape) => SHAPES[shape].at(e)), e];
            expect(
              await run([
                input(step, e, right),
                ...wrong.map((claimed) => input(step, e, claimed)),
                ...missing.map((_, operand) => input(step, e, right, operand)),
                { ...input(step, e, right), sources: '0x' },
              ]),
              what,
            ).to.deep.equal([
              'false',
              ...wrong.map(() => 'true'),
              ...missing.map((at, operand) => `Step_NotOpened(${operand},${at})`),
              `Step_NotOpened(0,${missing[0]})`,
            ]);
          }
        }
      });
  });

describe('elementwise steps, by their record', () => {
  const x = patterns('float32', seeded(3));
  const elements = Array.from({ length: ELEMENTS }, x);
  const valueOf32 = (bits: bigint) => scalarOf(bits, 'float32') as number;
  const product: Family = { kind: 'Mul', from: ['float32', 'float32'], to: 'float32' };

  /** x times its transpose, or times a row of constants. */
  async function asked(shape: readonly number[], row?: readonly bigint[]) {
    const program = compile(
      buildModel({
        inputs: { x: ['float32', shape] },
        outputs: { y: ['float32', [...shape]] },
        constants: row ? { c: tensor('float32', [row.length], Float32Array.from(row, valueOf32)) } : {},
        nodes: [...(row ? [] : [node('Transpose', ['x'], ['c'], { perm: [1, 0] })]), node('Mul', ['x', 'c'], ['y'])],
      }),
    );
    const operator = program.operators.find(({ kind }) => kind === 'Mul') as Operator;
    const record = recordWords(operator, commitProgram(program).constantRoots);
    const step = await ethers.deployContract('ArithmeticStep');
    const isWrong = (
      e: number,
      sources: string,
      from: readonly (readonly bigint[])[],
      at: readonly number[],
      claimed: bigint,
    ) => {
      const opened = from.map((one, i) => leaf(one, 'float32', Math.floor((at[i] as number) / LEAF)));
      const output = Array.from({ length: ELEMENTS }, (_, i) => (i === e ? claimed : 0n));
      const own = leaf(output, 'float32', Math.floor(e / LEAF));
      return step.isWrong({ record: [...record], element: e, sources, opened: [...opened, own], hint: '0x' });
    };
    return { step, record, isWrong };
  }
  it('should read two operands of one source at their own addresses', async () => {
    const { isWrong } = await asked([8, 8]);
    for (const e of [0, 7, 9, 40, 63]) {
      const [a, b] = [(e % 8) * 8 + Math.floor(e / 8), e].map((at) => elements[at] as bigint) as [bigint, bigint];
      const right = expectedBits(product, [a, b]);
      expect(await isWrong(e, '0x0000', [elements], [0], right), `element ${e}`).to.equal(false);
      expect(await isWrong(e, '0x0000', [elements], [0], right ^ 1n), `element ${e}, one bit off`).to.equal(true);
    }
  });

  it('should find the operand behind a constant, whose commitment is in the record', async () => {
    const row = elements.slice(0, COLUMNS).reverse();
    const { isWrong } = await asked([ROWS, COLUMNS], row);
    for (const e of [0, 1, 69, 70, 139, 209]) {
      const at = [e, e % COLUMNS] as const;
      const right = expectedBits(product, [elements[at[0]], row[at[1]]] as bigint[]);
      expect(await isWrong(e, '0x0001', [elements, row], at, right), `element ${e}`).to.equal(false);
      expect(await isWrong(e, '0x0001', [elements, row], at, right ^ 1n), `element ${e}, one bit off`).to.equal(true);
    }
  });

  it('should refuse a kind of another family, and dtypes without a definition', async () => {
    const { step, record } = await asked([8, 8]);
    const [head, ...rest] = record as [Bytes32, ...Bytes32[]];
    const all = leaf(elements, 'float32', 0);
    for (const [kind, dtype] of [
      [3, 1],
      [64, 1],
      [32, 1],
      [18, 6],
      [18, 9],
      [18, 0],
      [18, 255],
    ]) {
      const changed = `0x${digits(BigInt(kind as number), 'uint8')}${digits(BigInt(dtype as number), 'uint8')}${head.slice(6)}`;
      const call = step.isWrong({
        record: [changed, ...rest],
        element: 0,
        sources: '0x0000',
        opened: [all, all],
        hint: '0x',
      });
      await expect(call).to.be.revertedWithCustomError(step, 'Step_UnknownKind').withArgs(kind);
    }
  });
});

describe('an operand that a guard makes absent', () => {
  /** Operand i is there for e >= 2 only, and lags by two. */
  const guarded = (operator: Operator, i = 0): Operator => {
    const guard = { outer: 0, inner: -1, outerStep: 1, innerStep: 0, offset: -2, divisor: 1, extent: 62, stride: 1 };
    const lagging = { ...(operator.operands[i] as Access), outer: [0], guards: [guard] };
    return { ...operator, operands: operator.operands.with(i, lagging) };
  };
  const floats = (of: (i: number) => number) =>
    tensor(
      'float32',
      [64],
      Float32Array.from({ length: 64 }, (_, i) => of(i)),
    );
  const values = floats((i) => i + 1.5);
  const negatives = floats((i) => -i - 2.5);
  const truths = tensor('bool', [64], new Uint8Array(64).fill(1));
  /** With what is read of the first operand: the step contract, the operands, and the element by hand where that is exact. */
  const CASES = {
    Sub: { step: 'Arithmetic', operands: [values, negatives], right: (first: number, e: number) => first + e + 2.5 },
    Exp: { step: 'Function', operands: [values], right: (first: number) => (first === 0 ? 1 : undefined) },
    Where: {
      step: 'Logic',
      operands: [truths, values, negatives],
      right: (_: number, e: number) => (e < 2 ? -e - 2.5 : e + 1.5),
    },
    Cast: { step: 'Conversion', operands: [values], right: (first: number) => Math.trunc(first) },
  } as const;
  const operatorOf = (op: keyof typeof CASES): Operator => {
    const { operands } = CASES[op];
    const names = operands.map((_, i) => `x${i}`);
    const inputs = Object.fromEntries(operands.map((one, i) => [`x${i}`, [one.dtype, [64]] as const]));
    const to = op === 'Cast' ? 'int32' : 'float32';
    const cast = op === 'Cast' ? { to: DTYPES.int32.code } : {};
    const model = buildModel({ inputs, outputs: { y: [to, [64]] }, nodes: [node(op, names, ['y'], cast)] });
    return compile(model).operators.find(({ kind }) => kind === op) as Operator;
  };

  for (const op of Object.keys(CASES) as (keyof typeof CASES)[])
    it(`reads as 0 on chain and in the definition: ${op}`, async () => {
      const { step: name, operands, right } = CASES[op];
      const operator = guarded(operatorOf(op));
      const step = await ethers.deployContract(`${name}Step`);
      for (const e of [0, 1, 2, 63]) {
        const opened = openElement(operator, operands, e);
        const byHand = right(e < 2 ? 0 : e - 0.5, e);
        if (byHand !== undefined) expect(opened.bits).to.equal(storedBits(operator.dtype, byHand));
        const asked = (claimed: bigint) => step.getFunction('isWrong').staticCall(stepInput(opened, claimed));
        expect(await asked(opened.bits), `${op} ${e}`).to.equal(false);
        expect(await asked(opened.bits ^ 1n)).to.equal(true);
      }
    });

  it('is none of a compiled program: a lowering that made one would be refused', () => {
    const gather = compile(
      buildModel({
        inputs: { x: ['float32', [64]], i: ['int64', [64]] },
        outputs: { y: ['float32', [64]] },
        nodes: [node('Gather', ['x', 'i'], ['y'])],
      }),
    ).operators.find(({ kind }) => kind === 'Gather') as Operator;
    const sub = operatorOf('Sub');
    for (const fine of [sub, gather, guarded(gather, 0)]) expect(() => checkPresent(fine)).not.to.throw();
    for (const bad of [
      guarded(sub, 0),
      guarded(sub, 1),
      guarded(gather, 1),
      { ...sub, operands: [sub.operands[0], undefined] },
    ])
      expect(() => checkPresent(bad)).to.throw('may be absent');
  });
});
