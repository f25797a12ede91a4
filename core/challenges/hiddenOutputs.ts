/**
 * Results that were submitted as a hash, against one's own: what is known of them comes piece by piece, each piece with its way to the hash.
 * Pure.
 */
import { commitBundle, commitList } from '../commitment/list.ts';
import { hashAt } from '../commitment/opening.ts';
import type { Bytes32 } from '../hex.ts';
import { toHex } from '../hex.ts';
import { treeOfHashes } from './reference.ts';

/** The commitments of one item's outputs, as the submitted hash was made from them. */
export interface ShownItem {
  readonly item: number;
  readonly submitted: readonly Bytes32[];
  /** Of the item's list in a bundle. */
  readonly itemPath: readonly Bytes32[];
}

export type HiddenFinding =
  /** The hash is one's own. */
  | { readonly kind: 'right' }
  /** An output of an item is another than one's own. */
  | { readonly kind: 'wrong'; readonly output: number; readonly shown: ShownItem }
  /** These items can be the ones that differ, the likeliest first; none of them was shown. */
  | { readonly kind: 'hidden'; readonly items: readonly number[] };

/** `own`: by item the commitments of the outputs. */
export function findHidden(
  own: readonly (readonly Bytes32[])[],
  outputHash: Bytes32,
  shown: readonly ShownItem[],
): HiddenFinding {
  const lists = own.map(commitList);
  if (commitBundle(lists) === outputHash) return { kind: 'right' };
  for (const one of shown) {
    const output = own[one.item]?.findIndex((hash, o) => hash !== one.submitted[o]) ?? -1;
    if (output >= 0) return { kind: 'wrong', output, shown: one };
  }
  const seen = new Set(shown.map(({ item }) => item));
  const suspects = narrowest(lists, shown) ?? lists.map((_, item) => item);
  return { kind: 'hidden', items: suspects.filter((item) => !seen.has(item)) };
}

/** The items below the smallest subtree that some way to the hash shows to differ. */
function narrowest(lists: readonly Bytes32[], shown: readonly ShownItem[]): number[] | undefined {
  const tree = treeOfHashes(lists);
  for (let level = 0; level < tree.levels.length - 1; level++)
    for (const { item, itemPath } of shown) {
      const sibling = Math.floor(item / 2 ** level) ^ 1;
      if (itemPath[level] === toHex(hashAt(tree, level, sibling))) continue;
      const below = lists.flatMap((_, i) => (Math.floor(i / 2 ** level) === sibling ? [i] : []));
      // Padding that is not as it should be: no item is different there.
      if (below.length > 0) return below;
    }
  return undefined;
}
