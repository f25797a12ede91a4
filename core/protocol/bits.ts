/** Packed words as lists of fields from the most significant bit, so that a layout is written once and read both ways. */
import { ProtocolError } from '../errors.ts';

/** Field name and width in bits, from the most significant bit. `_` names bits that must be zero. */
export type Layout = readonly (readonly [name: string, bits: number])[];

export function packWord(layout: Layout, fields: Readonly<Record<string, bigint>>): bigint {
  let word = 0n;
  for (const [name, bits] of layout) {
    const value = name === '_' ? 0n : (fields[name] ?? 0n);
    if (value < 0n || value >> BigInt(bits) !== 0n) throw new ProtocolError('number.range', { name, value, bits });
    word = (word << BigInt(bits)) | value;
  }
  return word;
}

/** The fields of a word; throws if bits that must be zero are set. */
export function unpackWord(layout: Layout, word: bigint): Record<string, bigint> {
  const fields: Record<string, bigint> = {};
  let rest = word;
  for (const [name, bits] of [...layout].reverse()) {
    const value = rest & ((1n << BigInt(bits)) - 1n);
    rest >>= BigInt(bits);
    if (name !== '_') fields[name] = value;
    else if (value !== 0n) throw new ProtocolError('word.reserved_bits', { word: `0x${word.toString(16)}` });
  }
  if (rest !== 0n) throw new ProtocolError('number.range', { name: 'word', value: word, bits: 256 });
  return fields;
}
