/** Lists and bundles: what a request's input and a submission's output are committed to by. */
import { ProtocolError } from '../errors.ts';
import { taggedHash } from '../hash.ts';
import type { Bytes32 } from '../hex.ts';
import { fromHex, toHex, wordOf } from '../hex.ts';
import { Tags } from '../protocol/tags.ts';
import { checkCount } from './canonical.ts';
import { byteLength, decodeHeader } from './header.ts';
import { commitTensorBytes } from './tensor.ts';
import { treeRoot } from './tree.ts';

/** H(LIST, n, commitments in schema order): all tensors of one side of one item. Always, also for one tensor. */
export function commitList(commitments: readonly Bytes32[]): Bytes32 {
  return taggedHash(Tags.LIST, [wordOf(BigInt(commitments.length)), ...commitments]);
}

/** One item: its list. Several: H(BUNDLE, items, root of the tree over their lists). */
export function commitBundle(lists: readonly Bytes32[]): Bytes32 {
  checkCount(lists.length);
  const [only] = lists;
  if (lists.length === 1 && only !== undefined) return only;
  const root = treeRoot(lists.map((list) => fromHex(list)));
  return taggedHash(Tags.BUNDLE, [wordOf(BigInt(lists.length)), toHex(root) as Bytes32]);
}

/** The commitment of `items` items in canonical bytes. `headers` are those of one item. */
export function commitItems(headers: readonly Bytes32[], items: number, bytes: Uint8Array): Bytes32 {
  checkCount(items);
  const lengths = headers.map((header) => byteLength(decodeHeader(header)));
  const expected = items * lengths.reduce((sum, length) => sum + length, 0);
  if (bytes.length !== expected) throw new ProtocolError('items.length', { got: bytes.length, expected });
  let offset = 0;
  const lists = Array.from({ length: items }, (_, item) =>
    commitList(
      headers.map((header, i) => {
        const start = offset;
        offset += lengths[i] as number;
        return commitTensorBytes(header, bytes.subarray(start, offset), `tensor ${i} of item ${item}`);
      }),
    ),
  );
  return commitBundle(lists);
}
