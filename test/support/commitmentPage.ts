/** docs/spec/commitments.md once more, for tests that compare: it shares no code with core. */
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { Tensor, TensorType } from '#core/tensor.ts';

/** H(tag, ...) of words, or of raw bytes for a leaf. */
export const pageHash = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const preimage = new Uint8Array(1 + parts.reduce((length, part) => length + part.length, 0));
  preimage[0] = tag;
  let at = 1;
  for (const part of parts) {
    preimage.set(part, at);
    at += part.length;
  }
  return keccak_256(preimage);
};

/** Fields from the most significant bit of a word down, as binary digits; negative numbers in two's complement. */
export function fields(...list: readonly (readonly [value: number | bigint, bits: number])[]): Uint8Array {
  const digits = list
    .map(([value, bits]) => {
      const whole = BigInt(value) < 0n ? BigInt(value) + 2n ** BigInt(bits) : BigInt(value);
      return whole.toString(2).padStart(bits, '0');
    })
    .join('')
    .padEnd(256, '0');
  if (digits.length !== 256) throw new Error(`${digits.length} bits in a word`);
  return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(digits.slice(8 * i, 8 * i + 8), 2));
}

export const pageWord = (value: number | bigint): Uint8Array => fields([value, 256]);

const CODES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 } as const;
const BYTES = { float32: 4, uint8: 1, int8: 1, int32: 4, int64: 8, bool: 1 } as const;

export const dtypeCode = ({ dtype }: Pick<TensorType, 'dtype'>): number => CODES[dtype];

export function pageHeader({ dtype, shape }: TensorType): Uint8Array {
  const dims = Array.from({ length: 7 }, (_, i): [number, number] => [shape[i] ?? 0, 32]);
  return fields([CODES[dtype], 8], [shape.length, 8], ...dims);
}

/** Padded to a power of two with empty hashes; by halves. */
export function pageTree(leaves: readonly Uint8Array[]): Uint8Array {
  let size = 1;
  while (size < leaves.length) size *= 2;
  const node = (from: number, count: number): Uint8Array => {
    if (from >= leaves.length) return emptyOf(count);
    if (count === 1) return leaves[from] as Uint8Array;
    return pageHash(1, node(from, count / 2), node(from + count / 2, count / 2));
  };
  return node(0, size);
}

const empties = new Map<number, Uint8Array>([[1, new Uint8Array(32)]]);

function emptyOf(count: number): Uint8Array {
  const known = empties.get(count);
  if (known) return known;
  const half = emptyOf(count / 2);
  const made = pageHash(1, half, half);
  empties.set(count, made);
  return made;
}

/** H(TENSOR, header, root). */
export function pageCommitment(tensor: Tensor): Uint8Array {
  const { dtype, data } = tensor;
  const size = BYTES[dtype];
  const leaves: Uint8Array[] = [];
  for (let first = 0; first < data.length; first += 64) {
    const leaf = new DataView(new ArrayBuffer(64 * size));
    for (let i = first; i < Math.min(first + 64, data.length); i++) {
      const at = (i - first) * size;
      const value = data[i] as number | bigint;
      if (dtype === 'float32') leaf.setFloat32(at, Number.isNaN(value) ? Number.NaN : (value as number));
      else if (dtype === 'int64') leaf.setBigInt64(at, value as bigint);
      else if (dtype === 'int32') leaf.setInt32(at, value as number);
      else leaf.setInt8(at, value as number);
    }
    leaves.push(pageHash(0, new Uint8Array(leaf.buffer)));
  }
  return pageHash(2, pageHeader(tensor), pageTree(leaves));
}
