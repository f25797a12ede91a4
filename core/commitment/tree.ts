/** The binary tree over leaf hashes, padded to a power of two with canonical empty hashes E(l). */
import { keccak256 } from '../hash.ts';
import { Tags } from '../protocol/tags.ts';

const preimage = (left: Uint8Array, right: Uint8Array) => {
  const bytes = new Uint8Array(65);
  bytes[0] = Tags.NODE;
  bytes.set(left, 1);
  bytes.set(right, 33);
  return bytes;
};

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return keccak256(preimage(left, right));
}

/** Root over at least one leaf. Padding a level with its own empty hash when it is odd equals padding the leaves. */
export function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  let level = [...leaves];
  let empty = new Uint8Array(32);
  while (level.length > 1) {
    if (level.length % 2 === 1) level.push(empty);
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) next.push(nodeHash(level[i] as Uint8Array, level[i + 1] as Uint8Array));
    level = next;
    empty = nodeHash(empty, empty) as Uint8Array<ArrayBuffer>;
  }
  return level[0] as Uint8Array;
}
