/** The binary tree over leaf hashes, padded to a power of two with canonical empty hashes E(l). */
import { keccak256 } from '../hash.ts';
import { Tags } from '../protocol/tags.ts';
import { HASH_BYTES, hashMany } from './hashMany.ts';

const preimage = new Uint8Array(1 + 2 * HASH_BYTES);
preimage[0] = Tags.NODE;

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  preimage.set(left, 1);
  preimage.set(right, 1 + HASH_BYTES);
  return keccak256(preimage);
}

/** Root over at least one leaf. */
export function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const hashes = new Uint8Array(leaves.length * HASH_BYTES);
  leaves.forEach((leaf, i) => {
    hashes.set(leaf, i * HASH_BYTES);
  });
  return treeRootOf(hashes);
}

/** The same of hashes that lie one after the other. */
export function treeRootOf(hashes: Uint8Array): Uint8Array {
  return treeLevels(hashes).at(-1) as Uint8Array;
}

/**
 * All levels from the leaves up to the root, each one hash after the other and without its padding. Padding a level with its own
 * empty hash when it is odd equals padding the leaves.
 */
export function treeLevels(hashes: Uint8Array): Uint8Array[] {
  const levels = [hashes];
  let level = hashes;
  let empty: Uint8Array = new Uint8Array(HASH_BYTES);
  while (level.length > HASH_BYTES) {
    const next = hashMany(Tags.NODE, level, 2 * HASH_BYTES, empty);
    empty = nodeHash(empty, empty);
    levels.push(next);
    level = next;
  }
  return levels;
}
