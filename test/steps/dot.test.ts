/** DotStep against core's definition of one element. STEP_FUZZ=100000 compares so many elements. */
import { expect } from 'chai';
import { network } from 'hardhat';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { openStep } from '#core/semantics/opening.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { commitProgram } from '#core/semantics/record.ts';
import { elementCount, type Tensor, tensor } from '#core/tensor.ts';
import { cutRuns, fromOpening, type OpenedStep, openElement, stepInput, UNREAD } from '../support/openedStep.ts';
import { randomDots } from '../support/randomDots.ts';
import { fromBits } from '../support/rationals.ts';
import { type Seeded, seeded } from '../support/seeded.ts';

const COUNT = Number(process.env['STEP_FUZZ'] ?? 600);

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

async function fuzz(count: number, seed: number, make: (r: Seeded) => Operator): Promise<void> {
  const r = seeded(seed);
  for (let round = 0; round < count; round++) {
    const { operator, tensors } = valuesOf(make(r), r);
    const elements = elementCount(operator.space);
    const step = openElement(operator, tensors, r.int(elements));
    await expectDecided(cutRuns(step, () => r.int(2) === 0));
  }
}

describe('DotStep', function () {
  this.timeout(0);
  const makers = (r: Seeded) => randomDots(r);

  it('should decide windows with guards, absent taps and absent factors', () =>
    fuzz(Math.ceil(COUNT / 3), 3001, (r) => makers(r).windowOperator()));

  it('should decide strides of any kind', () => fuzz(Math.ceil(COUNT / 3), 3002, (r) => makers(r).stridedOperator()));

  it('should decide convolutions along runs of channels', () =>
    fuzz(Math.ceil(COUNT / 3), 3003, (r) => makers(r).convolutionOperator()));

  it('should decide ranges of 8,192 terms', () =>
    fuzz(Math.ceil(COUNT / 100), 3004, (r) => makers(r).rangedOperator()));
});
