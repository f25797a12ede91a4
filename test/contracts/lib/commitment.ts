// docs/spec/commitments.md read a second time, without a look at core/commitment or at the contract: slow and literal.
import { concat, getBytes, hexlify, keccak256, toBeHex } from 'ethers';

export type Tensor = { dtype: number; dims: number[]; bytes: Uint8Array };

export const WIDTH: Record<number, number> = { 1: 4, 2: 1, 3: 1, 6: 4, 7: 8, 9: 1 };

const word = (value: bigint | number) => getBytes(toBeHex(value, 32));
const H = (tag: number, ...parts: Uint8Array[]) => getBytes(keccak256(concat([Uint8Array.of(tag), ...parts])));

export function header(dtype: number, dims: number[]): string {
  let bits = (BigInt(dtype) << 248n) | (BigInt(dims.length) << 240n);
  dims.forEach((dim, i) => {
    bits |= BigInt(dim) << BigInt(208 - 32 * i);
  });
  return toBeHex(bits, 32);
}

/** Padded in full with zero hashes: the E(l) of the page come out by themselves. */
function tree(leaves: Uint8Array[]): Uint8Array {
  let level = [...leaves];
  while (level.length & (level.length - 1)) level.push(new Uint8Array(32));
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) above.push(H(1, ...level.slice(i, i + 2)));
    level = above;
  }
  return level[0] as Uint8Array;
}

function tensor({ dtype, dims, bytes }: Tensor): Uint8Array {
  const size = 64 * (WIDTH[dtype] as number);
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const leaf = new Uint8Array(size);
    leaf.set(bytes.subarray(at, at + size));
    leaves.push(H(0, leaf));
  }
  return H(2, getBytes(header(dtype, dims)), tree(leaves));
}

const list = (tensors: Tensor[]) => H(3, word(tensors.length), ...tensors.map(tensor));

export function commit(items: Tensor[][]): string {
  if (items.length === 1) return hexlify(list(items[0] as Tensor[]));
  return hexlify(H(4, word(items.length), tree(items.map(list))));
}

export const wire = (items: Tensor[][]) => concat(items.flat().map(({ bytes }) => bytes));

export const headersHash = (headers: string[]) =>
  hexlify(H(5, word(headers.length), ...headers.map((one) => getBytes(one))));

export const schemaHash = (inputs: string, outputs: string) => hexlify(H(6, getBytes(inputs), getBytes(outputs)));

export function isCanonical({ dtype, bytes }: Tensor): boolean {
  if (dtype === 9) return bytes.every((byte) => byte < 2);
  if (dtype !== 1) return true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += 4) {
    const bits = view.getUint32(at);
    if ((bits & 0x7fffffff) > 0x7f800000 && bits !== 0x7fc00000) return false;
  }
  return true;
}
