/** Leaf hashes: keccak256(LEAF || 64 elements), the last leaf padded with zero bytes. */
import { Tags } from '../protocol/tags.ts';
import { hashMany } from './hashMany.ts';

/** Element e is lane e % 64 of leaf e / 64, whatever the dtype. */
export const LEAF_ELEMENTS = 64;

const zeros = new Uint8Array(LEAF_ELEMENTS * 8);

/** The hashes of all leaves, one after the other. */
export function leafHashes(canonical: Uint8Array, elementBytes: number): Uint8Array {
  return hashMany(Tags.LEAF, canonical, LEAF_ELEMENTS * elementBytes, zeros);
}
