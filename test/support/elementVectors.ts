/** Corner cases of the elementwise primitives, whose results no implementation computed (scripts/generate/reference/elementVectors.ts). */
import { readFileSync } from 'node:fs';
import type { Dtype } from '#core/commitment/dtype.ts';
import type { ElementwiseKind } from '#core/semantics/kinds.ts';
import type { Family } from './elements.ts';

interface Row {
  readonly kind: ElementwiseKind;
  readonly from: readonly Dtype[];
  readonly to: Dtype;
  /** Bits of the operands and of the result. */
  readonly cases: readonly string[];
}

const file = new URL('../vectors/steps-elements.json', import.meta.url);
const rows = Object.values(JSON.parse(readFileSync(file, 'utf8')) as Record<string, readonly Row[]>).flat();

export interface ElementCase {
  readonly line: string;
  readonly operands: readonly bigint[];
  readonly result: bigint;
}

export const elementCases: readonly { readonly family: Family; readonly cases: readonly ElementCase[] }[] = rows.map(
  ({ kind, from, to, cases }) => ({
    family: { kind, from, to },
    cases: cases.map((line) => {
      const bits = line.split(' ').map((word) => BigInt(`0x${word}`));
      return { line, operands: bits.slice(0, -1), result: bits.at(-1) as bigint };
    }),
  }),
);
