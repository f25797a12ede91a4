/** DotStep against core's definition of one element. STEP_FUZZ=100000 compares so many elements. */
import { expect } from 'chai';
import { getBytes } from 'ethers';
import { network } from 'hardhat';
import { encodeTensor } from '#core/commitment/elements.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { openStep } from '#core/semantics/opening.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { commitProgram } from '#core/semantics/record.ts';
import { elementCount, type Tensor, tensor } from '#core/tensor.ts';
import {
  cutRuns,
  fromOpening,
  type OpenedStep,
  openElement,
  type Run,
  stepInput,
  UNREAD,
} from '../support/openedStep.ts';
import { randomDots } from '../support/randomDots.ts';
import { fromBits } from '../support/rationals.ts';
import { type Seeded, seeded } from '../support/seeded.ts';

const COUNT = Number(process.env['STEP_FUZZ'] ?? 300);

const { ethers } = await network.create({
  network: 'local',
  override: { hardfork: 'cancun', blockGasLimit: 2n ** 40n },
});
const contract = await ethers.deployContract('DotStep');
const isWrong = (step: OpenedStep, claimed: bigint) => contract.isWrong(stepInput(step, claimed));

const DRAWS: readonly ((r: Seeded) => number)[] = [
  (r) => r.normal(),
  (r) => Math.max(0, r.normal()),
  (r) => r.int(9) - 4,
  (r) => fromBits(r.int(0x800000)),
  (r) => Math.fround(2 ** (r.int(250) - 140) * (r.int(2) === 0 ? 1 : -1)),
  (r) => (r.int(3) === 0 ? -0 : Math.fround(r.normal() * 2 ** -24)),
  (r) => r.pick([1, -1, 2 ** -24, 2 ** 24, Number.POSITIVE_INFINITY, 0]),
  (r) => fromBits(r.bits()),
];

/** Values for each operand; sometimes both factors are the same tensor. */
function valuesOf(operator: Operator, r: Seeded): { operator: Operator; tensors: (Tensor | undefined)[] } {
  const [a, b] = operator.operands as readonly [Access, Access | undefined];
  const shared = b !== undefined && r.int(6) === 0;
  const elements = shared ? Math.max(a.elements, b.elements) : 0;
  const operands = operator.operands.map((access, i) =>
    access && shared && i < 2 ? { ...access, source: a.source, elements } : access,
  );
  const draw = r.pick(DRAWS);
  const tensors = operands.map(
    (access) =>
      access &&
      tensor(
        'float32',
        [access.elements],
        Float32Array.from({ length: access.elements }, () => draw(r)),
      ),
  );
  if (shared) tensors[1] = tensors[0];
  return { operator: { ...operator, operands }, tensors };
}

/** The right bits are not wrong; their neighbours, and the same with another sign, are. */
async function expectDecided(step: OpenedStep): Promise<void> {
  const { bits } = step;
  const show = () => `${bits.toString(16)}, element ${step.element} of ${JSON.stringify(step.operator)}`;
  if (await isWrong(step, bits)) expect.fail(`right bits are called wrong: ${show()}`);
  for (const other of [bits ^ 1n, bits + (bits % 2n === 0n ? -1n : 1n), bits ^ 0x80000000n, 0x7fc00001n])
    if (!(await isWrong(step, BigInt.asUintN(32, other)))) expect.fail(`${other.toString(16)} is accepted: ${show()}`);
}

async function fuzz(count: number, seed: number, make: (makers: ReturnType<typeof randomDots>) => Operator) {
  const r = seeded(seed);
  const makers = randomDots(r);
  for (let round = 0; round < count; round++) {
    const { operator, tensors } = valuesOf(make(makers), r);
    const elements = elementCount(operator.space);
    const step = openElement(operator, tensors, r.int(elements));
    await expectDecided(cutRuns(step, () => r.int(2) === 0));
  }
}

describe('DotStep', function () {
  this.timeout(0);

  it('should decide windows with guards, absent taps and absent factors', () =>
    fuzz(Math.ceil(COUNT / 3), 3001, ({ windowOperator }) => windowOperator()));

  it('should decide strides of any kind', () =>
    fuzz(Math.ceil(COUNT / 3), 3002, ({ stridedOperator }) => stridedOperator()));

  it('should decide convolutions along runs of channels', () =>
    fuzz(Math.ceil(COUNT / 3), 3003, ({ convolutionOperator }) => convolutionOperator()));

  it('should decide strides and guards of any kind on any axis', () =>
    fuzz(COUNT, 3008, ({ anyOperator }) => anyOperator()));

  it('should decide ranges of 8,192 terms', async () => {
    await fuzz(Math.ceil(COUNT / 100), 3004, ({ rangedOperator }) => rangedOperator());
    await fuzz(Math.ceil(COUNT / 10), 3009, ({ anyRangedOperator }) => anyRangedOperator());
  });

  it('should decide the elements of a compiled model from their openings', async () => {
    const r = seeded(3005);
    const weights = (shape: readonly number[]) =>
      tensor('float32', shape, Float32Array.from({ length: elementCount(shape) }, r.normal));
    const program = compile(
      buildModel({
        inputs: { x: ['float32', [1, 3, 9, 9]] },
        outputs: { y: ['float32', [1, 5]] },
        constants: {
          w: weights([8, 3, 3, 3]),
          b: weights([8]),
          each: weights([8, 1, 3, 3]),
          up: weights([8, 6, 3, 3]),
          head: weights([6, 5]),
        },
        nodes: [
          node('Conv', ['x', 'w', 'b'], ['c'], { pads: [1, 1, 1, 1] }),
          node('Conv', ['c', 'each'], ['d'], { group: 8, strides: [2, 2] }),
          node('AveragePool', ['d'], ['p'], { kernel_shape: [2, 2], pads: [1, 0, 0, 1] }),
          node('ConvTranspose', ['p', 'up'], ['t'], { strides: [2, 2] }),
          node('GlobalAveragePool', ['t'], ['g']),
          node('Flatten', ['g'], ['f']),
          node('MatMul', ['f', 'head'], ['m']),
          node('Softmax', ['m'], ['y']),
        ],
      }),
    );
    const commitment = commitProgram(program);
    const inputs = [weights([1, 3, 9, 9])];
    const dots = program.operators.flatMap(({ kind }, k) => (kind === 'Dot' ? [k] : []));
    expect(dots.length).to.be.greaterThan(6);
    for (const k of dots) {
      const operator = program.operators[k] as Operator;
      const count = elementCount(operator.space);
      for (const e of new Set([0, count - 1, r.int(count), r.int(count)]))
        await expectDecided(fromOpening(operator, openStep(program, inputs, commitment, k, e)));
    }
  });

  const row = (n: number): Operator => {
    const access = (index: number): Access => ({
      source: { from: 'input', index },
      dtype: 'float32',
      elements: n,
      base: 0,
      outer: [],
      inner: [1],
      guards: [],
    });
    const operands = [access(0), access(1), undefined];
    return { kind: 'Dot', dtype: 'float32', shape: [], space: [], inner: [n], attribute: 0, operands };
  };
  const rowOf = (operator: Operator, draw: () => number): OpenedStep => {
    const [n] = operator.inner as [number];
    const side = () => tensor('float32', [n], Float32Array.from({ length: n }, draw));
    return openElement(operator, [side(), side()], 0);
  };

  it('should read whatever bits of a NaN an input holds as a NaN', async () => {
    const step = rowOf(row(20), () => 1);
    for (const bits of [
      [0x7f, 0x80, 0, 1],
      [0xff, 0xff, 0xff, 0xff],
      [0x7f, 0xc0, 0, 0],
    ])
      for (const k of [0, 7, 19]) {
        const bytes = Uint8Array.from(step.opened[0]?.[0]?.bytes as Uint8Array);
        bytes.set(bits, 4 * k);
        const odd = { ...step, opened: [[{ firstLeaf: 0, bytes }], ...step.opened.slice(1)] };
        expect(await isWrong(odd, 0x7fc00000n)).to.equal(false);
        expect(await isWrong(odd, step.bits)).to.equal(true);
        // The output is the canonical one, and nothing else is right.
        expect(await isWrong(odd, 0xffc00000n)).to.equal(true);
      }
  });

  it('should not depend on what the padding of a last leaf holds', async () => {
    const step = rowOf(row(70), () => 1);
    const opened = step.opened.map(([run]) => {
      const bytes = Uint8Array.from((run as (typeof step.opened)[number][number]).bytes);
      bytes.fill(0x7f, 280);
      return [{ firstLeaf: 0, bytes }];
    });
    await expectDecided({ ...step, opened });
  });

  it('should decide the same with any hint', async () => {
    const r = seeded(3006);
    const step = rowOf(row(40), r.normal);
    for (const hint of ['0x', '0x00', `0x${'ff'.repeat(32)}`, `0x${'01'.repeat(6)}`].map((bytes) => getBytes(bytes))) {
      expect(await contract.isWrong(stepInput(step, step.bits, hint))).to.equal(false);
      expect(await contract.isWrong(stepInput(step, step.bits ^ 1n, hint))).to.equal(true);
    }
  });

  it('should revert if something that it reads is not open', async () => {
    const r = seeded(3007);
    const step = rowOf(row(200), r.normal);
    const reverts = async (changed: OpenedStep, ...args: unknown[]) =>
      expect(isWrong(changed, 1n))
        .to.be.revertedWithCustomError(contract, 'Step_NotOpened')
        .withArgs(...args);
    const [a, b] = step.opened as [Run[], Run[]];
    const [run] = a as [Run];
    const leaf = (i: number): Run => ({ firstLeaf: i, bytes: run.bytes.slice(256 * i, 256 * i + 256) });
    await reverts({ ...step, opened: [[leaf(0), leaf(1), leaf(2)], b] }, 0, 192);
    await reverts({ ...step, opened: [[leaf(0), leaf(2), leaf(3)], b] }, 0, 64);
    await reverts({ ...step, opened: [[leaf(1), leaf(2), leaf(3)], b] }, 0, 0);
    await reverts({ ...step, opened: [[], b] }, 0, 0);
    await reverts({ ...step, opened: [a, []] }, 1, 0);
    await reverts({ ...step, sources: [0, UNREAD] }, 1, 0);
    await reverts({ ...step, sources: [0] }, 1, 0);
    await reverts({ ...step, sources: [7, 1] }, 0, 0);
    // Runs that promise more than there is.
    const input = stepInput(step, 1n);
    const [first, ...others] = input.opened as [(typeof input.opened)[0], ...typeof input.opened];
    const short = { ...input, opened: [{ ...first, data: first.data.slice(0, 4 * 199) }, ...others] };
    await expect(contract.isWrong(short)).to.be.revertedWithCustomError(contract, 'Step_NotOpened').withArgs(0, 199);
    const away = { ...input, opened: [...others.slice(0, 1), { runs: [], data: '0x' }] };
    await expect(contract.isWrong({ ...away, opened: [first, ...away.opened] }))
      .to.be.revertedWithCustomError(contract, 'Step_NotOpened')
      .withArgs(2, 0);
  });

  it('should read nothing across the end of a run into another one', async () => {
    // Two rows of 40 side by side in a, apart in b: the second one begins in leaf 0 and ends in leaf 1.
    const { operands, ...rest } = row(80);
    const [a, b] = operands as [Access, Access];
    const operator: Operator = {
      ...rest,
      inner: [2, 40],
      operands: [
        { ...a, inner: [40, 1], elements: 192 },
        { ...b, inner: [50, 1], elements: 90 },
      ],
    };
    const r = seeded(3010);
    const side = (n: number) => tensor('float32', [n], Float32Array.from({ length: n }, r.normal));
    const values = side(192);
    const step = openElement(operator, [values, side(90)], 0);
    await expectDecided(step);
    const leaf = (firstLeaf: number): Run => ({
      firstLeaf,
      bytes: encodeTensor(values).slice(256 * firstLeaf, 256 * firstLeaf + 256),
    });
    await expectDecided({ ...step, opened: [[leaf(0), leaf(1)], ...step.opened.slice(1)] });
    for (const runs of [[leaf(0)], [leaf(0), leaf(2)]])
      await expect(isWrong({ ...step, opened: [runs, ...step.opened.slice(1)] }, 1n))
        .to.be.revertedWithCustomError(contract, 'Step_NotOpened')
        .withArgs(0, 64);
  });

  it('should refuse other primitives and more taps than a sum may have', async () => {
    const step = rowOf(row(8), () => 1);
    const other = openElement(
      { ...row(8), kind: 'IntegerDot', dtype: 'int32' },
      [tensor('float32', [8], new Float32Array(8)), tensor('float32', [8], new Float32Array(8))],
      0,
    );
    await expect(contract.isWrong(stepInput({ ...step, record: other.record }, 0n)))
      .to.be.revertedWithCustomError(contract, 'Step_UnknownKind')
      .withArgs(2);
    await expectDecided(rowOf(row(8192), () => 1));
    const { record } = openElement(
      row(8193),
      [tensor('float32', [8193], new Float32Array(8193)), tensor('float32', [8193], new Float32Array(8193))],
      0,
    );
    await expect(contract.isWrong(stepInput({ ...step, record }, 0n)))
      .to.be.revertedWithCustomError(contract, 'DotStep_TooManyTaps')
      .withArgs(8193);
  });
});
