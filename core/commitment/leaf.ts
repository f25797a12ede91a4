/** Leaf hashes: keccak256(LEAF || 64 elements), the last leaf padded with zero bytes. */
import { keccak256 } from '../hash.ts';
import { Tags } from '../protocol/tags.ts';
import { HASH_BYTES } from './tree.ts';

/** Element e is lane e % 64 of leaf e / 64, whatever the dtype. */
export const LEAF_ELEMENTS = 64;

/** The hashes of all leaves, one after the other. */
export function leafHashes(canonical: Uint8Array, elementBytes: number): Uint8Array {
  const run = LEAF_ELEMENTS * elementBytes;
  const hashes = new Uint8Array(Math.ceil(canonical.length / run) * HASH_BYTES);
  const preimage = new Uint8Array(1 + run);
  preimage[0] = Tags.LEAF;
  for (let start = 0, to = 0; start < canonical.length; start += run, to += HASH_BYTES) {
    const elements = canonical.subarray(start, start + run);
    preimage.set(elements, 1);
    if (elements.length < run) preimage.fill(0, 1 + elements.length); // only the last leaf can be short
    hashes.set(keccak256(preimage), to);
  }
  return hashes;
}
