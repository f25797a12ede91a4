/** MovementStep where operands, indices or what they name is absent: bits by hand. */
import { expect } from 'chai';
import { encodeTensor } from '#core/commitment/elements.ts';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import { toHex, wordOf } from '#core/hex.ts';
import type { Access, Guard, Operator } from '#core/semantics/program.ts';
import { recordWords } from '#core/semantics/record.ts';
import { type Dtype, tensorFrom } from '#core/tensor.ts';
import { ethers } from '../support/contracts/chain.ts';

const N = 6;
const step = await ethers.deployContract('MovementStep');

/** There for element e only, whatever the tap. */
const only = (e: number): Guard => ({
  outer: 0,
  inner: -1,
  outerStep: 1,
  innerStep: 0,
  offset: -e,
  divisor: 1,
  extent: 1,
  stride: 0,
});
/** There for taps from `from` on. */
const taps = (from: number): Guard => ({ ...only(from), outer: -1, inner: 0, outerStep: 0, innerStep: 1, extent: N });

const access = (
  index: number,
  dtype: Dtype,
  outer: number,
  inner: readonly number[],
  guards: Guard[] = [],
): Access => ({
  source: { from: 'input', index },
  dtype,
  elements: N,
  base: 0,
  outer: [outer],
  inner,
  guards,
});
const leafOf = (dtype: Dtype, values: readonly number[]) => ({
  runs: [wordOf(1n << 192n)],
  data: toHex(
    encodeTensor(tensorFrom(dtype, [LEAF_ELEMENTS], [...values, ...new Array(LEAF_ELEMENTS - values.length).fill(0)])),
  ),
});

const FIRST = [10, 11, 12, 13, 14, 15];
const SECOND = [-20, -21, -22, -23, -24, -25];

/** Whether the element is called wrong if its claim is `claimed`. */
async function isWrong(operator: Operator, second: readonly number[], e: number, claimed: number) {
  const dtypes = operator.operands.map((one) => (one as Access).dtype);
  const own = Array.from({ length: N }, (_, i) => (i === e ? claimed : 7));
  const opened = [leafOf('int32', FIRST), leafOf(dtypes[1] as Dtype, second), leafOf('int32', own)];
  return step.isWrong({ record: recordWords(operator, []), element: e, sources: '0x0001', opened, hint: '0x' });
}
const shape = { dtype: 'int32', shape: [N], space: [N], attribute: 0 } as const;

describe('MovementStep', () => {
  it('moves the first operand that is there, and nothing where none is', async () => {
    const operands = [access(0, 'int32', 1, [], [only(1)]), access(1, 'int32', 1, [], [only(2)])];
    const move: Operator = { kind: 'Move', ...shape, inner: [], operands };
    for (const [e, right] of [
      [0, 0],
      [1, 11],
      [2, -22],
      [5, 0],
    ] as const) {
      expect(await isWrong(move, SECOND, e, right), `element ${e}`).to.equal(false);
      expect(await isWrong(move, SECOND, e, right ^ 1), `element ${e}, one bit off`).to.equal(true);
    }
  });

  it('gathers by indices from either end, and nothing beyond', async () => {
    const indices = [0, 5, -1, -6, 6, -7];
    const gather: Operator = {
      kind: 'Gather',
      ...shape,
      inner: [N],
      operands: [access(0, 'int32', 0, [1]), access(1, 'int64', 1, [])],
    };
    for (const [e, right] of [10, 15, 15, 10, 0, 0].entries()) {
      expect(await isWrong(gather, indices, e, right), `index ${indices[e]}`).to.equal(false);
      expect(await isWrong(gather, indices, e, right ^ 1), `index ${indices[e]}, one bit off`).to.equal(true);
    }
  });

  it('reads an absent index as 0, and an absent element as +0', async () => {
    const operands = [access(0, 'int32', 0, [1], [taps(2)]), access(1, 'int64', 1, [], [only(1)])];
    const gather: Operator = { kind: 'Gather', ...shape, inner: [N], operands };
    // Index 3 is there for element 1 only; tap 0, which all others name, is not.
    for (const [e, right] of [
      [0, 0],
      [1, 13],
      [2, 0],
    ] as const) {
      expect(await isWrong(gather, [3, 3, 3, 3, 3, 3], e, right), `element ${e}`).to.equal(false);
      expect(await isWrong(gather, [3, 3, 3, 3, 3, 3], e, right ^ 1), `element ${e}, one bit off`).to.equal(true);
    }
  });

  it('finds no element where a guard divides by 0', async () => {
    const operands = [access(0, 'int32', 1, [], [{ ...only(0), divisor: 0 }]), access(1, 'int32', 1, [])];
    const move: Operator = { kind: 'Move', ...shape, inner: [], operands };
    expect(await isWrong(move, SECOND, 0, -20)).to.equal(false);
    expect(await isWrong(move, SECOND, 0, 10)).to.equal(true);
  });

  it('refuses other primitives', async () => {
    const operands = [access(0, 'int32', 1, []), access(1, 'int32', 1, [])];
    const add: Operator = { kind: 'Add', ...shape, inner: [], operands };
    await expect(isWrong(add, SECOND, 0, 0))
      .to.be.revertedWithCustomError(step, 'Step_UnknownKind')
      .withArgs(16);
  });

  it('reads no element that is not in the data, whatever its runs say', async () => {
    const operands = [access(0, 'int32', 1, []), access(1, 'int32', 1, [])];
    const move: Operator = { kind: 'Move', ...shape, inner: [], operands };
    const whole = leafOf('int32', FIRST);
    const asked = (e: number, data: string) =>
      step.isWrong({
        record: recordWords(move, []),
        element: e,
        sources: '0x0001',
        opened: [{ runs: whole.runs, data }, whole, leafOf('int32', FIRST)],
        hint: '0x',
      });
    const three = whole.data.slice(0, 2 + 8 * 3);
    expect(await asked(2, three)).to.equal(false);
    await expect(asked(3, three)).to.be.revertedWithCustomError(step, 'Step_NotOpened').withArgs(0, 3);
    await expect(asked(3, three.slice(0, -2)))
      .to.be.revertedWithCustomError(step, 'Step_NotOpened')
      .withArgs(0, 3);
  });
});
