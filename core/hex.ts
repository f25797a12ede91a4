/** Hexadecimal words as branded strings: always lower case, so they can be compared and used as keys. */
import { ProtocolError } from './errors.ts';

declare const brand: unique symbol;
/** A value of `T` that went through the constructor of `B`. Brands add up: every RequestId is a Bytes32. */
export type Branded<T, B extends string> = T & {
  readonly [brand]: { readonly [K in B]: true };
};

export type Hex = `0x${string}`;
export type Bytes32 = Branded<Hex, 'Bytes32'>;
/** 20 bytes, lower case: no checksum, so two spellings of one account are one key. */
export type Address = Branded<Hex, 'Address'>;

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): Hex {
  let text = '0x';
  for (const byte of bytes) text += DIGITS[byte];
  return text as Hex;
}

export function fromHex(text: string): Uint8Array {
  if (!/^0x([0-9a-f]{2})*$/i.test(text))
    throw new ProtocolError('hex.invalid', {
      text: excerpt(text),
      expected: 'bytes',
    });
  const bytes = new Uint8Array((text.length - 2) / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 + 2 * i, 4 + 2 * i), 16);
  return bytes;
}

export function toBytes32(text: string): Bytes32 {
  if (!/^0x[0-9a-f]{64}$/i.test(text))
    throw new ProtocolError('hex.invalid', {
      text: excerpt(text),
      expected: '32 bytes',
    });
  return text.toLowerCase() as Bytes32;
}

export function toAddress(text: string): Address {
  if (!/^0x[0-9a-f]{40}$/i.test(text))
    throw new ProtocolError('hex.invalid', {
      text: excerpt(text),
      expected: 'an address',
    });
  return text.toLowerCase() as Address;
}

export const ZERO_ADDRESS = `0x${'0'.repeat(40)}` as Address;
export const ZERO_BYTES32 = `0x${'0'.repeat(64)}` as Bytes32;

/** A uint256 as a 32-byte big-endian word. */
export function wordOf(value: bigint): Bytes32 {
  if (value < 0n || value >> 256n !== 0n) throw new ProtocolError('number.range', { name: 'word', value, bits: 256 });
  return `0x${value.toString(16).padStart(64, '0')}` as Bytes32;
}

/** An address as a 32-byte word, left-padded with zeros. */
export function wordOfAddress(address: Address): Bytes32 {
  return `0x${'0'.repeat(24)}${address.slice(2)}` as Bytes32;
}

function excerpt(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
