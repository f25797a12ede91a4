/** A tensor of which some leaves are shown: its commitment follows from them, its elements are read out of them. */
import { DTYPES } from '../commitment/dtype.ts';
import { decodeHeader } from '../commitment/header.ts';
import { LEAF_ELEMENTS, leafHashes } from '../commitment/leaf.ts';
import { rootFromPath } from '../commitment/opening.ts';
import { taggedHash } from '../hash.ts';
import type { Bytes32 } from '../hex.ts';
import { fromHex, toHex } from '../hex.ts';
import { Tags } from '../protocol/tags.ts';
import type { Scalar } from '../semantics/primitives/arithmetic.ts';
import type { Dtype, TensorType } from '../tensor.ts';
import { Mismatch } from './checks.ts';
import type { Opened } from './openings.ts';
import { depthOf, leafCount } from './position.ts';

export class OpenedTensor {
  readonly type: TensorType;
  /** H(TENSOR, header, root), the root being what every run leads to. */
  readonly commitment: Bytes32;
  readonly #leaves = new Map<number, Uint8Array>();

  /** Throws a Mismatch if the runs do not lead to one root. */
  constructor(opened: Opened, header: Bytes32, path: readonly Bytes32[]) {
    this.type = decodeHeader(header);
    const width = DTYPES[this.type.dtype].bytes;
    const size = LEAF_ELEMENTS * width;
    const count = leafCount(this.type.shape);
    const data = fromHex(opened.data);
    const siblings = path.map(fromHex);
    let [byte, used] = [0, 0];
    let root: Bytes32 | undefined;
    for (const run of opened.runs) {
      const first = Number(BigInt(run) >> 224n);
      const length = Number((BigInt(run) >> 192n) & 0xffffffffn);
      const last = first + length - 1;
      if (BigInt.asUintN(192, BigInt(run)) !== 0n || length === 0 || last >= count)
        throw new Mismatch(`leaves ${first} to ${last} are opened, and there are ${count}`);
      const bytes = data.slice(byte, byte + length * size);
      if (bytes.length !== length * size) throw new Mismatch('leaves are not whole');
      byte += bytes.length;
      const needed = pathLength(first, last, count);
      const found = rootFromPath(wordsOf(leafHashes(bytes, width)), first, count, siblings.slice(used, used + needed));
      used += needed;
      const next = found && (toHex(found) as Bytes32);
      if (next === undefined || (root ?? next) !== next) throw new Mismatch('its leaves do not lead to one root');
      root = next;
      for (let i = 0; i < length; i++) this.#leaves.set(first + i, bytes.subarray(i * size, (i + 1) * size));
    }
    if (root === undefined || byte !== data.length || used !== siblings.length)
      throw new Mismatch('data or path are left over');
    this.commitment = taggedHash(Tags.TENSOR, [header, root]);
  }

  /** Bytes as they are; throws if the leaf is not shown. */
  bytes(element: number): Uint8Array {
    const leaf = this.#leaves.get(Math.floor(element / LEAF_ELEMENTS));
    if (leaf === undefined) throw new Mismatch(`element ${element} is not opened`);
    const width = DTYPES[this.type.dtype].bytes;
    const from = (element % LEAF_ELEMENTS) * width;
    return leaf.subarray(from, from + width);
  }

  /** Read as canonical. */
  value = (element: number): Scalar => scalarOf(this.type.dtype, this.bytes(element));
}

/** A number of the dtype; NaNs of any payload are NaN, bools other than 0 are 1. */
export function scalarOf(dtype: Dtype, bytes: Uint8Array): Scalar {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (dtype) {
    case 'float32':
      return view.getFloat32(0);
    case 'int64':
      return view.getBigInt64(0);
    case 'int32':
      return view.getInt32(0);
    case 'int8':
      return view.getInt8(0);
    case 'bool':
      return view.getUint8(0) === 0 ? 0 : 1;
    default:
      return view.getUint8(0);
  }
}

export const wordsOf = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: bytes.length / 32 }, (_, i) => bytes.slice(32 * i, 32 * i + 32));

/** Siblings of a run of leaves up to the root. */
function pathLength(first: number, last: number, leaves: number): number {
  let [from, to, length] = [first, last, 0];
  for (let level = 0; level < depthOf(leaves); level++) {
    length += (from % 2) + (1 - (to % 2));
    from = Math.floor(from / 2);
    to = Math.floor(to / 2);
  }
  return length;
}
