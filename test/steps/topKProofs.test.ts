/** Every wrong row of a small TopK is proved wrong by what a refuter shows of it; the right row by nothing. */
import { expect } from 'chai';
import { packRun } from '#core/challenges/openings.ts';
import { readsOf } from '#core/challenges/reads.ts';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import type { Scalar } from '#core/semantics/primitives/arithmetic.ts';
import type { Access, Operator } from '#core/semantics/program.ts';
import { recordWords } from '#core/semantics/record.ts';
import { stepElement } from '#core/semantics/step.ts';
import { ethers } from '../support/contracts/chain.ts';

const TAPS = 4;
const ROWS = 2;

/** Candidates in leaves of their own. */
const topK = (ranks: number, attribute: number): Operator => {
  const access: Access = {
    source: { from: 'input', index: 0 },
    dtype: 'float32',
    elements: ROWS * TAPS * LEAF_ELEMENTS,
    base: 0,
    outer: [TAPS * LEAF_ELEMENTS, 0],
    inner: [LEAF_ELEMENTS],
    guards: [],
  };
  const space = [ROWS, ranks];
  return { kind: 'TopK', dtype: 'int64', shape: space, space, inner: [TAPS], attribute, operands: [access] };
};

/** Whole leaves of 64 elements of `bytes` bytes, of which some are not 0. */
function leavesOf(bytes: 4 | 8, elements: ReadonlyMap<number, Scalar>) {
  const leaves = [...new Set([...elements.keys()].map((e) => Math.floor(e / LEAF_ELEMENTS)))].sort((a, b) => a - b);
  const view = new DataView(new ArrayBuffer(leaves.length * LEAF_ELEMENTS * bytes));
  for (const [e, value] of elements) {
    const at = (leaves.indexOf(Math.floor(e / LEAF_ELEMENTS)) * LEAF_ELEMENTS + (e % LEAF_ELEMENTS)) * bytes;
    if (bytes === 8) view.setBigInt64(at, BigInt(value));
    else view.setFloat32(at, Number(value));
  }
  return { runs: leaves.map((leaf) => packRun(leaf, 1)), data: new Uint8Array(view.buffer) };
}

/** All rows of `ranks` numbers from -1 to TAPS, which are no candidates, and all between. */
const claims = (ranks: number): number[][] =>
  ranks === 0 ? [[]] : claims(ranks - 1).flatMap((row) => Array.from({ length: TAPS + 2 }, (_, i) => [...row, i - 1]));

describe('proofs about a TopK', () => {
  for (const [ranks, attribute, values] of [
    [1, 1, [3, 8, 8, -1]],
    [2, 1, [3, 8, 8, -1]],
    [3, 0, [5, Number.NaN, -0, 0]],
    [3, 1, [1, 2, 3, 4]],
  ] as const)
    it(`decide all claims of ${ranks} ranks of ${values}`, async () => {
      const step = await ethers.deployContract('SelectionStep');
      const operator = topK(ranks, attribute);
      const first = ranks; // of the second row
      const read = (_: number, address: number): Scalar => values[address / LEAF_ELEMENTS - TAPS] as number;
      const right = Array.from({ length: ranks }, (_, i) => Number(stepElement(operator, first + i, read)));
      for (const row of claims(ranks)) {
        const wrong = row.findIndex((tap, i) => tap !== right[i]);
        const element = first + Math.max(0, wrong);
        const reads = readsOf(operator, element, read, (e) => BigInt(row[e - first] as number));
        const shown = new Map([...(reads.operands[0] as Set<number>)].map((address) => [address, read(0, address)]));
        const own = new Map(row.map((tap, i) => [first + i, BigInt(tap)]));
        const input = {
          record: recordWords(operator, []),
          element,
          sources: '0x00',
          opened: [leavesOf(4, shown), leavesOf(8, own)],
          hint: reads.hint,
        };
        expect(shown.size, `${row}`).to.be.at.most(2);
        expect(await step.isWrong(input), `${row}, where ${right} is right`).to.equal(wrong >= 0);
      }
    });
});
