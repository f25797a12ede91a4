/** Openings as the contracts take them (contracts/challenges/ChallengeTypes.sol, contracts/steps/IStep.sol). */

import { DTYPES } from '../commitment/dtype.ts';
import { LEAF_ELEMENTS } from '../commitment/leaf.ts';
import type { Bytes32, Hex } from '../hex.ts';
import { toHex, wordOf } from '../hex.ts';
import type { OpenTensor } from '../semantics/opening.ts';

/** Leaves of one tensor, whole. */
export interface Opened {
  readonly runs: readonly Bytes32[];
  readonly data: Hex;
}

/** Where a tensor's commitment stands. */
export interface Binding {
  readonly header: Bytes32;
  readonly path: readonly Bytes32[];
  readonly link: readonly Bytes32[];
}

export interface LeafOpening {
  readonly data: Hex;
  readonly path: readonly Bytes32[];
}

/** first leaf 32 | leaves 32 | 0. */
export const packRun = (first: number, leaves: number): Bytes32 =>
  wordOf((BigInt(first) << 224n) | (BigInt(leaves) << 192n));

/** Consecutive numbers as [first, last]. */
export function runsOf(numbers: Iterable<number>): [number, number][] {
  const runs: [number, number][] = [];
  for (const n of [...new Set(numbers)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && run[1] === n - 1) run[1] = n;
    else runs.push([n, n]);
  }
  return runs;
}

/** The leaves of a tensor that hold these elements, with their paths. */
export function openElements(
  open: OpenTensor,
  addresses: Iterable<number>,
): { readonly opened: Opened; readonly header: Bytes32; readonly path: readonly Bytes32[] } {
  const leaves = [...addresses].map((address) => Math.floor(address / LEAF_ELEMENTS));
  const openings = runsOf(leaves).map(([first, last]) => ({ first, last, opening: open.leaves(first, last) }));
  const leafBytes = LEAF_ELEMENTS * DTYPES[open.tensor.dtype].bytes;
  const data = openings.map(({ first, last, opening }) => padded(opening.bytes, (last - first + 1) * leafBytes));
  return {
    opened: {
      runs: openings.map(({ first, last }) => packRun(first, last - first + 1)),
      data: toHex(Uint8Array.from(data.flatMap((bytes) => [...bytes]))),
    },
    header: open.leaves(0).header,
    path: openings.flatMap(({ opening }) => opening.path),
  };
}

/** The leaf of one element, as evidence shows it. */
export function openLeaf(open: OpenTensor, element: number): LeafOpening {
  const { bytes, path } = open.element(element);
  return { data: toHex(padded(bytes, LEAF_ELEMENTS * DTYPES[open.tensor.dtype].bytes)), path };
}

export function padded(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}
