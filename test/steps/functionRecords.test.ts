/** FunctionStep as a dispute calls it: the record of a compiled model, opened leaves, and a claim. */
import { expect } from 'chai';
import { network } from 'hardhat';
import { encodeTensor } from '#core/commitment/elements.ts';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import { bitsOf } from '#core/semantics/functions/bits.ts';
import type { Operator } from '#core/semantics/program.ts';
import { recordWords } from '#core/semantics/record.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { seeded } from '../support/seeded.ts';

const { ethers, networkHelpers } = await network.create('local');
const { loadFixture } = networkHelpers;
const deployed = () => ethers.deployContract('FunctionStep');

const [ROWS, COLUMNS, TAKEN] = [9, 47, 22];
const place = (e: number) => Math.floor(e / TAKEN) * COLUMNS + 3 + 2 * (e % TAKEN);

const NAMES = ['Exp', 'Log', 'Tanh', 'Erf', 'Sin', 'Cos', 'Pow'] as const;

/** Functions of every second column from the third on, so that operands do not lie where the elements do. */
const model = compile(
  buildModel({
    inputs: { x: ['float32', [ROWS, COLUMNS]] },
    outputs: Object.fromEntries(NAMES.map((name) => [name, ['float32', [ROWS, TAKEN]]])),
    constants: {
      y: tensor('float32', [], Float32Array.of(2.4)),
      from: tensor('int64', [1], BigInt64Array.of(3n)),
      to: tensor('int64', [1], BigInt64Array.of(BigInt(COLUMNS))),
      axis: tensor('int64', [1], BigInt64Array.of(1n)),
      stride: tensor('int64', [1], BigInt64Array.of(2n)),
    },
    nodes: [
      node('Slice', ['x', 'from', 'to', 'axis', 'stride'], ['t']),
      ...NAMES.map((name) => node(name, name === 'Pow' ? ['t', 'y'] : ['t'], [name])),
    ],
  }),
);

const r = seeded(11);
const input = tensor(
  'float32',
  [ROWS, COLUMNS],
  Float32Array.from({ length: ROWS * COLUMNS }, (_, i) =>
    i % 10 === 0 ? ([0, -0, Number.NaN, Infinity, -Infinity][r.int(5)] as number) : r.normal() * 2 ** (r.int(20) - 10),
  ),
);
const outputs: Tensor[] = [];
execute(model, [input], {
  observe: (index, { dtype, shape, data }) => {
    outputs[index] = tensor(dtype, shape, data.slice());
  },
});

/** Leaves [first, first + count) of a tensor as one run. */
function opened(of: Tensor, first: number, count: number, change?: (bytes: Uint8Array) => void) {
  const data = new Uint8Array(count * LEAF_ELEMENTS * 4);
  data.set(encodeTensor(of).subarray(first * LEAF_ELEMENTS * 4, (first + count) * LEAF_ELEMENTS * 4));
  change?.(data);
  return { runs: [ethers.toBeHex((BigInt(first) << 224n) | (BigInt(count) << 192n), 32)], data };
}

/** The leaf that holds the operand of element e, and the leaf of the element itself. */
function stepOf(operator: Operator, output: Tensor, e: number, change?: (bytes: Uint8Array) => void) {
  return {
    record: recordWords(operator, []),
    element: e,
    sources: '0x00',
    opened: [
      opened(input, Math.floor(place(e) / LEAF_ELEMENTS), 1),
      opened(output, Math.floor(e / LEAF_ELEMENTS), 1, change),
    ],
    hint: '0x',
  };
}

describe('FunctionStep: records of a compiled model', () => {
  it('should have one operator for each function', () => {
    expect(model.operators.map(({ kind }) => kind).sort()).to.deep.equal([...NAMES].sort());
    for (const { operands } of model.operators) expect(operands[0]?.source.from).to.equal('input');
    expect(model.operators.find(({ kind }) => kind === 'Pow')?.attribute).to.equal(bitsOf(Math.fround(2.4)));
  });

  it('should accept what the executor makes and refuse any other bits', async () => {
    const step = await loadFixture(deployed);
    for (const [k, operator] of model.operators.entries()) {
      const output = outputs[k] as Tensor;
      for (let e = 0; e < ROWS * TAKEN; e += 1 + r.int(9)) {
        const what = `${operator.kind}, element ${e}`;
        expect(await step.isWrong(stepOf(operator, output, e)), what).to.equal(false);
        const at = 4 * (e % LEAF_ELEMENTS) + r.int(4);
        const flip = 1 << r.int(8);
        const changed = stepOf(operator, output, e, (bytes) => {
          bytes[at] = (bytes[at] as number) ^ flip;
        });
        expect(await step.isWrong(changed), `${what}, changed`).to.equal(true);
      }
    }
  });

  it('should take a NaN of any payload in an input for the one NaN', async () => {
    const step = await loadFixture(deployed);
    const e = Array.from({ length: ROWS * TAKEN }, (_, i) => i).find((i) =>
      Number.isNaN(input.data[place(i)]),
    ) as number;
    const at = place(e);
    const [operator, output] = [model.operators[0] as Operator, outputs[0] as Tensor];
    const given = stepOf(operator, output, e);
    const payload = opened(input, Math.floor(at / LEAF_ELEMENTS), 1, (bytes) => {
      bytes.set([0xff, 0x80, 0, 1], 4 * (at % LEAF_ELEMENTS));
    });
    expect(await step.isWrong({ ...given, opened: [payload, ...given.opened.slice(1)] })).to.equal(false);
  });

  it('should refuse to decide without the operand or the claim', async () => {
    const step = await loadFixture(deployed);
    const [operator, output] = [model.operators[0] as Operator, outputs[0] as Tensor];
    const given = stepOf(operator, output, 0);
    const refused = (change: Partial<typeof given>, operand: number) =>
      expect(step.isWrong({ ...given, ...change }))
        .to.be.revertedWithCustomError(step, 'Step_NotOpened')
        .withArgs(operand, operand === 0 ? place(0) : 0);
    await refused({ opened: [opened(input, 1, 1), ...given.opened.slice(1)] }, 0);
    await refused({ opened: [...given.opened.slice(0, 1), opened(output, 1, 1)] }, 1);
    await refused({ sources: '0xff' }, 0);
    await refused({ sources: '0x' }, 0);
  });

  it('should refuse records of other families and exponents that no compiler writes', async () => {
    const step = await loadFixture(deployed);
    const k = model.operators.findIndex(({ kind }) => kind === 'Pow');
    const pow = model.operators[k] as Operator;
    const others: readonly [Operator, bigint][] = [
      [{ ...pow, kind: 'Sqrt', attribute: 0 }, 34n],
      // No multiple of a quarter, too many quarters, too large, below and beyond all multiples that are looked for.
      ...[2.3, 4.25, 17, -4.25, 0.125, 2 ** 22].map((y): [Operator, bigint] => [
        { ...pow, attribute: bitsOf(Math.fround(y)) },
        54n,
      ]),
    ];
    for (const [operator, kind] of others)
      await expect(step.isWrong(stepOf(operator, outputs[k] as Tensor, 0)))
        .to.be.revertedWithCustomError(step, 'Step_UnknownKind')
        .withArgs(kind);
  });
});
