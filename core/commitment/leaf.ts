/** Leaf hashes: keccak256(LEAF || 64 elements), the last leaf padded with zero bytes. */
import { keccak256 } from '../hash.ts';
import { Tags } from '../protocol/tags.ts';

/** Element e is lane e % 64 of leaf e / 64, whatever the dtype. */
export const LEAF_ELEMENTS = 64;

export function leafHashes(canonical: Uint8Array, elementBytes: number): Uint8Array[] {
  const run = LEAF_ELEMENTS * elementBytes;
  const preimage = new Uint8Array(1 + run);
  preimage[0] = Tags.LEAF;
  const leaves: Uint8Array[] = [];
  for (let start = 0; start < canonical.length; start += run) {
    const elements = canonical.subarray(start, start + run);
    preimage.set(elements, 1);
    preimage.fill(0, 1 + elements.length); // only the last leaf can be short
    leaves.push(keccak256(preimage));
  }
  return leaves;
}
