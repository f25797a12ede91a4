import { getBytes, keccak256 } from 'ethers';
import type { Hex } from '#ports/chain.ts';

const BITS = 2048;

/** Whether a block whose header carries `bloom` can have a log with this entry (an address or a topic). Never wrongly false. */
function mayHold(bloom: Uint8Array, entry: Hex): boolean {
  const digest = getBytes(keccak256(entry));
  for (let i = 0; i < 6; i += 2) {
    const bit = (((digest[i] ?? 0) << 8) | (digest[i + 1] ?? 0)) % BITS;
    const byte = bloom[bloom.length - 1 - (bit >> 3)] ?? 0;
    if ((byte & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

/** Whether the header says that a log of one of our contracts with one of our topics may be in the block. */
export function bloomSpeaksOf(bloom: Hex, addresses: readonly Hex[], topics: readonly Hex[]): boolean {
  const bytes = getBytes(bloom);
  return addresses.some((address) => mayHold(bytes, address)) && topics.some((topic) => mayHold(bytes, topic));
}
