/** Building blocks of the vectors, written as plainly as the specification reads and without a line of core/. */
import { keccak256 } from 'ethers';

/** A value as `bits / 4` hexadecimal digits. */
export const digits = (value: bigint | number, bits: number) =>
  BigInt(value)
    .toString(16)
    .padStart(bits / 4, '0');
export const word = (value: bigint | number) => digits(value, 256);
const plain = (hex: string) => hex.replace(/^0x/, '');

/** H(TAG, words...). */
export const H = (tag: number, ...words: string[]) => keccak256(`0x${digits(tag, 8)}${words.map(plain).join('')}`);

export function hexOf(bytes: Uint8Array): string {
  return `0x${[...bytes].map((byte) => digits(byte, 8)).join('')}`;
}

/** The same numbers on every machine and in every run (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}
