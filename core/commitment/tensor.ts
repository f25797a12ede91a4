/** The commitment of one tensor: H(TENSOR, header, root). */
import { taggedHash } from '../hash.ts';
import type { Bytes32 } from '../hex.ts';
import { toHex } from '../hex.ts';
import { Tags } from '../protocol/tags.ts';
import type { Tensor } from '../tensor.ts';
import { DTYPES } from './dtype.ts';
import { assertCanonical, encodeTensor } from './elements.ts';
import { decodeHeader, encodeHeader } from './header.ts';
import { leafHashes } from './leaf.ts';
import { treeRoot } from './tree.ts';

export function commitTensor(t: Tensor): Bytes32 {
  return commitTensorBytes(encodeHeader(t), encodeTensor(t));
}

/** Of canonical bytes as long as the header says; checks that they are canonical, as the chain does. */
export function commitTensorBytes(header: Bytes32, canonical: Uint8Array, name = 'tensor'): Bytes32 {
  const { dtype } = decodeHeader(header);
  assertCanonical(dtype, canonical, name);
  const root = treeRoot(leafHashes(canonical, DTYPES[dtype].bytes));
  return taggedHash(Tags.TENSOR, [header, toHex(root) as Bytes32]);
}
