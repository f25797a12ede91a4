/** The elementwise step contracts behind their harnesses, many elements in a call. */
import { DTYPES, type Dtype } from '#core/commitment/dtype.ts';
import type { ElementwiseKind } from '#core/semantics/kinds.ts';
import { KINDS } from '#core/semantics/kinds.ts';
import type { ElementHarness } from '#types';
import type { Family } from '../elements.ts';
import { ethers } from './chain.ts';

/** Which contract decides which kinds. */
export const ELEMENT_STEPS: Readonly<Record<string, readonly ElementwiseKind[]>> = {
  Arithmetic: [
    ...(['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max', 'Neg', 'Abs', 'Sqrt', 'Reciprocal'] as const),
    ...(['Relu', 'Floor', 'Ceil', 'Round', 'Sign'] as const),
  ],
  Logic: ['Equal', 'Less', 'LessOrEqual', 'And', 'Or', 'Xor', 'Not', 'Where', 'Clip'],
  Conversion: ['Cast', 'Quantize', 'Dequantize'],
};

export const elementHarness = async (name: string) =>
  (await ethers.deployContract(`${name}Harness`)) as unknown as ElementHarness;

/** A byte each, the first one's lowest. */
export const packedDtypes = (dtypes: readonly Dtype[]) =>
  dtypes.reduce((packed, dtype, i) => packed + DTYPES[dtype].code * 256 ** i, 0);

const OPERANDS = 3;

/** What the chain gives for each list of operands' bits. */
export async function applyMany(
  harness: ElementHarness,
  { kind, from, to }: Family,
  cases: readonly (readonly bigint[])[],
): Promise<bigint[]> {
  const operands = new DataView(new ArrayBuffer(8 * OPERANDS * cases.length));
  for (const [i, bits] of cases.entries())
    for (const [j, each] of bits.entries()) operands.setBigUint64(8 * (OPERANDS * i + j), each);
  const results = await harness.applyMany(
    KINDS[kind].code,
    DTYPES[to].code,
    packedDtypes(from),
    new Uint8Array(operands.buffer),
  );
  const view = new DataView(ethers.getBytes(results).buffer);
  return cases.map((_, i) => view.getBigUint64(8 * i));
}
