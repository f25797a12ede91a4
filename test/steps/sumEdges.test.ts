/** Sums and elements by records at the edges of what a record can say, some of which no compiler writes. Right bits by hand. */
import { expect } from 'chai';
import type { Bytes32 } from '#core/hex.ts';
import type { Access, Guard, Operator } from '#core/semantics/program.ts';
import { recordWords } from '#core/semantics/record.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { ethers } from '../support/contracts/chain.ts';
import { type OpenedStep, type Run, stepInput, storedBits, UNREAD } from '../support/openedStep.ts';

const [dot, integerDot, logic] = await Promise.all(
  (['DotStep', 'IntegerDotStep', 'LogicStep'] as const).map((name) => ethers.deployContract(name)),
);

const access = (index: number, dtype: Access['dtype'], elements: number, inner: readonly number[]): Access => ({
  source: { from: 'input', index },
  dtype,
  elements,
  base: 0,
  outer: [],
  inner,
  guards: [],
});
const floats = (n: number, of: (i: number) => number) =>
  tensor(
    'float32',
    [n],
    Float32Array.from({ length: n }, (_, i) => of(i)),
  );
const sumOf = (
  operands: readonly (Access | undefined)[],
  inner: readonly number[],
  of: Partial<Operator> = {},
): Operator => ({
  kind: 'Dot',
  dtype: 'float32',
  shape: [],
  space: [],
  inner: [...inner],
  attribute: 0,
  operands: [...operands],
  ...of,
});

/** All of each tensor opened as one run; operands without one are not read. */
function stepOf(operator: Operator, tensors: readonly (Tensor | undefined)[], element = 0): OpenedStep {
  const given = tensors.filter((one) => one !== undefined);
  const opened = given.map(({ data }): Run[] => {
    const leaves = Math.ceil(data.length / 64);
    const bytes = new Uint8Array(leaves * 64 * data.BYTES_PER_ELEMENT);
    const view = new DataView(bytes.buffer);
    Array.from(data as ArrayLike<number>).forEach((value, i) => {
      if (data instanceof Float32Array) view.setFloat32(4 * i, value);
      else view.setInt8(i, value);
    });
    return [{ firstLeaf: 0, bytes }];
  });
  const sources = tensors.map((one) => (one ? given.indexOf(one) : UNREAD));
  return { operator, record: recordWords(operator, []), element, sources, opened, bits: 0n };
}

type Contract = typeof dot;
const isWrong = (contract: Contract | undefined, step: OpenedStep, claimed: bigint) =>
  (contract as NonNullable<Contract>).getFunction('isWrong').staticCall(stepInput(step, claimed));

async function gives(contract: Contract | undefined, step: OpenedStep, value: number): Promise<void> {
  const bits = storedBits(step.operator.dtype, step.operator.dtype === 'float32' ? value : BigInt(value));
  expect(await isWrong(contract, step, bits), `${value}`).to.equal(false);
  expect(await isWrong(contract, step, bits ^ 1n), `${value}, one bit off`).to.equal(true);
}

describe('sums at the edges of their records', () => {
  const ten = floats(10, (i) => i + 1);
  const a = access(0, 'float32', 10, [1]);

  it('have as many operands as they need', async () => {
    await gives(dot, stepOf(sumOf([a], [10]), [ten]), 55);
    await gives(dot, stepOf(sumOf([a, { ...a, source: { from: 'input', index: 1 } }], [10]), [ten, ten]), 385);
    const bytes = tensor('int8', [3], Int8Array.of(-128, 5, 127));
    const three = { kind: 'IntegerDot', dtype: 'int32' } as const;
    await gives(integerDot, stepOf(sumOf([access(0, 'int8', 3, [1])], [3], three), [bytes]), 4);
  });

  it('of nothing are their bias', async () => {
    const bias = access(2, 'float32', 1, []);
    const half = floats(1, () => 0.5);
    await gives(dot, stepOf(sumOf([undefined, undefined, bias], [10]), [undefined, undefined, half]), 0.5);
    await gives(integerDot, stepOf(sumOf([undefined], [3], { kind: 'IntegerDot', dtype: 'int64' }), []), 0);
    const ranges = sumOf([{ ...a, outer: [0] }, undefined, { ...bias, outer: [0] }], [10], {
      space: [2],
      shape: [2],
      attribute: 1,
    });
    await gives(dot, stepOf(ranges, [ten, undefined, half], 0), 55.5);
    await gives(dot, stepOf(ranges, [ten, undefined, half], 1), 0.5);
  });

  it('pass over taps whose guard divides by 0', async () => {
    const guard: Guard = {
      outer: -1,
      inner: 0,
      outerStep: 0,
      innerStep: 1,
      offset: 0,
      divisor: 0,
      extent: 10,
      stride: 0,
    };
    await gives(dot, stepOf(sumOf([{ ...a, guards: [guard] }], [10]), [ten]), 0);
    await gives(dot, stepOf(sumOf([{ ...a, guards: [{ ...guard, divisor: 1 }] }], [10]), [ten]), 55);
  });

  it('begin and end within rows longer than a range, and between them', async () => {
    const [rows, columns] = [2, 10_000];
    const values = floats(rows * columns, (i) => (i % 8_192 === 0 ? 1 : i % 8_192 === 8_191 ? 2 : 0));
    const all = { ...access(0, 'float32', rows * columns, [columns, 1]), outer: [0] };
    const operator = sumOf([all], [rows, columns], { space: [3], shape: [3], attribute: 1 });
    // 2 x 10,000 taps in ranges of 8,192: the last one has 3,616.
    for (const [element, value] of [3, 3, 1].entries()) await gives(dot, stepOf(operator, [values], element), value);
  });

  it('of a dtype that there is not are not decided', async () => {
    const step = stepOf(sumOf([a], [10]), [ten]);
    const record = step.record.map((word, i) =>
      i === 3 ? (`${word.slice(0, 6)}05${word.slice(8)}` as Bytes32) : word,
    );
    expect(step.record[3]?.slice(2, 8)).to.equal('010201');
    await expect(isWrong(dot, { ...step, record }, 0n)).to.be.revertedWithPanic(0x12);
  });

  it('are not those of four operands that an element has', async () => {
    const x = access(0, 'float32', 10, []);
    const where: Operator = { ...sumOf([{ ...x, dtype: 'bool' }, x, x], []), kind: 'Where' };
    for (const operands of [
      [...where.operands, x],
      [x, x, x],
    ])
      await expect(isWrong(logic, stepOf({ ...where, operands }, [ten]), 0n))
        .to.be.revertedWithCustomError(logic as NonNullable<typeof logic>, 'Step_UnknownKind')
        .withArgs(71);
  });
});
