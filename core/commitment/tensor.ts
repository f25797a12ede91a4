/** The commitment of one tensor: H(TENSOR, header, root). */
import { taggedHash } from '../hash.ts';
import type { Bytes32 } from '../hex.ts';
import { toHex } from '../hex.ts';
import { Tags } from '../protocol/tags.ts';
import type { Tensor } from '../tensor.ts';
import type { Dtype } from './dtype.ts';
import { DTYPES } from './dtype.ts';
import { assertCanonical, encodeTensor } from './elements.ts';
import { decodeHeader, encodeHeader } from './header.ts';
import { leafHashes } from './leaf.ts';
import { treeRootOf } from './tree.ts';

export function commitTensor(t: Tensor): Bytes32 {
  return commitCanonical(t.dtype, encodeHeader(t), encodeTensor(t));
}

function commitCanonical(dtype: Dtype, header: Bytes32, canonical: Uint8Array): Bytes32 {
  const root = treeRootOf(leafHashes(canonical, DTYPES[dtype].bytes));
  return taggedHash(Tags.TENSOR, [header, toHex(root) as Bytes32]);
}

/** Of canonical bytes as long as the header says; checks that they are canonical, as the chain does. */
export function commitTensorBytes(header: Bytes32, canonical: Uint8Array, name = 'tensor'): Bytes32 {
  const { dtype } = decodeHeader(header);
  assertCanonical(dtype, canonical, name);
  return commitCanonical(dtype, header, canonical);
}
