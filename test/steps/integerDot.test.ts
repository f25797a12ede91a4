/** IntegerDotStep against core's definition of one element. STEP_FUZZ=100000 compares so many elements. */
import { expect } from 'chai';
import { network } from 'hardhat';
import { DTYPES } from '#core/commitment/dtype.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { openStep } from '#core/semantics/opening.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { commitProgram } from '#core/semantics/record.ts';
import { type Dtype, elementCount, type Tensor, tensor, tensorFrom } from '#core/tensor.ts';
import { cutRuns, fromOpening, type OpenedStep, openElement, stepInput } from '../support/openedStep.ts';
import { randomDots } from '../support/randomDots.ts';
import { type Seeded, seeded } from '../support/seeded.ts';

const COUNT = Number(process.env['STEP_FUZZ'] ?? 300);

const { ethers } = await network.create({
  network: 'local',
  override: { hardfork: 'cancun', blockGasLimit: 2n ** 40n },
});
const contract = await ethers.deployContract('IntegerDotStep');
const isWrong = (step: OpenedStep, claimed: bigint) => contract.isWrong(stepInput(step, claimed));

const NUMBERS: readonly Dtype[] = ['uint8', 'int8', 'int32', 'int64'];

/** Any value of the dtype; the ends of its range often. */
function draw(dtype: Dtype, r: Seeded): bigint {
  const { min, max } = DTYPES[dtype];
  if (r.int(4) === 0) return r.pick([min, max, 0n]);
  const bits = BigInt.asUintN(64, (BigInt(r.bits()) << 32n) | BigInt(r.bits()));
  return min + (bits % (max - min + 1n));
}

/** An integer operator over the index space of a Dot: factors, zero points and bias of any dtype, each of them sometimes absent. */
function integerOperator({ operands: [a, b, bias], ...rest }: Operator, r: Seeded) {
  const dtype = r.pick(['int32', 'int64'] as const);
  const constant = (): Access | undefined =>
    r.int(3) === 0
      ? undefined
      : { ...(a as Access), elements: 1, base: 0, outer: rest.space.map(() => 0), inner: [], guards: [] };
  const operands = [a, b, constant(), b && constant(), bias].map(
    (access) => access && { ...access, dtype: r.pick(NUMBERS) },
  );
  const tensors = operands.map(
    (access): Tensor | undefined =>
      access &&
      tensorFrom(
        access.dtype,
        [access.elements],
        Array.from({ length: access.elements }, () => draw(access.dtype, r)),
      ),
  );
  const operator: Operator = { ...rest, kind: 'IntegerDot', dtype, attribute: 0, operands };
  return { operator, tensors };
}

async function expectDecided(step: OpenedStep): Promise<void> {
  const { bits, operator, element } = step;
  const width = 8 * DTYPES[operator.dtype].bytes;
  const show = () => `${bits.toString(16)}, element ${element} of ${JSON.stringify(operator)}`;
  if (await isWrong(step, bits)) expect.fail(`right bits are called wrong: ${show()}`);
  for (const other of [bits + 1n, bits - 1n, bits ^ (1n << BigInt(width - 1))])
    if (!(await isWrong(step, BigInt.asUintN(width, other))))
      expect.fail(`${other.toString(16)} is accepted: ${show()}`);
}

describe('IntegerDotStep', function () {
  this.timeout(0);

  for (const name of ['windowOperator', 'stridedOperator', 'convolutionOperator'] as const)
    it(`should decide elements of any dtypes (${name})`, async () => {
      const r = seeded(4000 + name.length);
      const make = randomDots(r)[name];
      for (let round = 0; round < COUNT / 3; round++) {
        const { operator, tensors } = integerOperator(make(), r);
        const step = openElement(operator, tensors, r.int(elementCount(operator.space)));
        await expectDecided(cutRuns(step, () => r.int(2) === 0));
      }
    });

  it('should decide 8,192 taps of the largest values', async () => {
    for (const [dtype, value] of [
      ['int32', -(2n ** 31n)],
      ['int64', -(2n ** 63n)],
      ['uint8', 255n],
    ] as const) {
      const access = (inner: readonly number[], elements: number): Access => ({
        source: { from: 'input', index: 0 },
        dtype,
        elements,
        base: 0,
        outer: [],
        inner,
        guards: [],
      });
      const operands = [access([1], 8192), access([1], 8192), access([], 1), access([], 1), access([], 1)];
      const operator: Operator = {
        kind: 'IntegerDot',
        dtype: 'int64',
        shape: [],
        space: [],
        inner: [8192],
        attribute: 0,
        operands,
      };
      const many = tensorFrom(dtype, [8192], new Array<bigint>(8192).fill(value));
      const zero = tensorFrom(dtype, [1], [value === 255n ? 0n : -1n - value]);
      await expectDecided(openElement(operator, [many, many, zero, zero, zero], 0));
    }
  });

  it('should decide the elements of a compiled model from their openings', async () => {
    const r = seeded(4005);
    const bytes = (dtype: 'uint8' | 'int8', shape: readonly number[]) =>
      tensorFrom(
        dtype,
        shape,
        Array.from({ length: elementCount(shape) }, () => draw(dtype, r)),
      );
    const longs = (...values: bigint[]) => tensor('int64', [values.length], BigInt64Array.from(values));
    const program = compile(
      buildModel({
        inputs: { x: ['uint8', [1, 3, 8, 8]], z: ['uint8', []] },
        outputs: { y: ['int32', [1, 4, 4, 4]], s: ['int64', [1]] },
        constants: {
          w: bytes('int8', [4, 3, 3, 3]),
          m: bytes('int8', [4, 5]),
          axes: longs(0n, 1n),
          flat: longs(-1n, 4n),
          one: longs(1n),
        },
        nodes: [
          node('ConvInteger', ['x', 'w', 'z'], ['y'], { pads: [1, 1, 1, 1], strides: [2, 2] }),
          node('Reshape', ['x', 'flat'], ['rows']),
          node('MatMulInteger', ['rows', 'm'], ['p']),
          node('Cast', ['p'], ['wide'], { to: 7 }),
          node('ReduceSum', ['wide', 'axes'], ['sum'], { keepdims: 0 }),
          node('Reshape', ['sum', 'one'], ['s']),
        ],
      }),
    );
    const commitment = commitProgram(program);
    const inputs = [bytes('uint8', [1, 3, 8, 8]), bytes('uint8', [])];
    const sums = program.operators.flatMap(({ kind }, k) => (kind === 'IntegerDot' ? [k] : []));
    expect(sums.length).to.be.greaterThan(2);
    for (const k of sums) {
      const operator = program.operators[k] as Operator;
      const count = elementCount(operator.space);
      for (const e of new Set([0, count - 1, r.int(count), r.int(count)]))
        await expectDecided(fromOpening(operator, openStep(program, inputs, commitment, k, e)));
    }
  });

  it('should refuse other primitives and more than 8,192 taps', async () => {
    const access: Access = {
      source: { from: 'input', index: 0 },
      dtype: 'int8',
      elements: 8193,
      base: 0,
      outer: [],
      inner: [1],
      guards: [],
    };
    const operator: Operator = {
      kind: 'IntegerDot',
      dtype: 'int32',
      shape: [],
      space: [],
      inner: [8193],
      attribute: 0,
      operands: [access],
    };
    const many = tensor('int8', [8193], new Int8Array(8193));
    const step = openElement(operator, [many], 0);
    await expect(isWrong(step, 0n))
      .to.be.revertedWithCustomError(contract, 'IntegerDotStep_TooManyTaps')
      .withArgs(8193);
    const { record } = openElement({ ...operator, kind: 'Dot' }, [many], 0);
    await expect(isWrong({ ...step, record }, 0n))
      .to.be.revertedWithCustomError(contract, 'Step_UnknownKind')
      .withArgs(1);
  });
});
