import { getBytes, hexlify, keccak256 } from 'ethers';
import type { Hex } from '#ports/chain.ts';

const BITS = 2048;

/** The three bits an entry (an address or a topic) sets. */
function bitsOf(entry: Hex): readonly number[] {
  const digest = getBytes(keccak256(entry));
  return [0, 2, 4].map((i) => (((digest[i] ?? 0) << 8) | (digest[i + 1] ?? 0)) % BITS);
}

const isSet = (bloom: Uint8Array, bit: number) =>
  ((bloom[bloom.length - 1 - (bit >> 3)] ?? 0) & (1 << (bit & 7))) !== 0;

/** Whether a block whose header carries `bloom` can have a log with this entry. Never wrongly false. */
function mayHold(bloom: Uint8Array, entry: Hex): boolean {
  return bitsOf(entry).every((bit) => isSet(bloom, bit));
}

/** The bloom of a block with exactly these logs. */
export function bloomOf(logs: readonly { readonly address: Hex; readonly topics: readonly Hex[] }[]): Hex {
  const bloom = new Uint8Array(BITS / 8);
  for (const { address, topics } of logs)
    for (const bit of [address, ...topics].flatMap(bitsOf)) {
      const at = bloom.length - 1 - (bit >> 3);
      bloom[at] = (bloom[at] ?? 0) | (1 << (bit & 7));
    }
  return hexlify(bloom) as Hex;
}

/** How likely a bloom as full as this one speaks of any of our events when there is none. */
export function chanceOf(bloom: Hex, addresses: number, topics: number): number {
  const bytes = getBytes(bloom);
  let set = 0;
  for (let bit = 0; bit < BITS; bit++) if (isSet(bytes, bit)) set++;
  const one = (set / BITS) ** 3;
  return (1 - (1 - one) ** addresses) * (1 - (1 - one) ** topics);
}

/** Whether the header says that a log of one of our contracts with one of our topics may be in the block. */
export function bloomSpeaksOf(bloom: Hex, addresses: readonly Hex[], topics: readonly Hex[]): boolean {
  const bytes = getBytes(bloom);
  return addresses.some((address) => mayHold(bytes, address)) && topics.some((topic) => mayHold(bytes, topic));
}
