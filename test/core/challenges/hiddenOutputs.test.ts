import { expect } from 'chai';
import { findHidden, type ShownItem } from '#core/challenges/hiddenOutputs.ts';
import { treeOfHashes } from '#core/challenges/reference.ts';
import { commitBundle, commitList } from '#core/commitment/list.ts';
import { pathOf } from '#core/commitment/opening.ts';
import type { Bytes32 } from '#core/hex.ts';
import { toHex } from '#core/hex.ts';
import { seeded } from '../../support/seeded.ts';

const word = (n: number) => `0x${n.toString(16).padStart(64, '0')}` as Bytes32;
/** Commitments of `outputs` tensors of each item: any words, all different. */
const bundle = (items: number, outputs: number) =>
  Array.from({ length: items }, (_, i) => Array.from({ length: outputs }, (_, o) => word(1 + i * outputs + o)));

/** What the chain shows of an item of these. */
function shown(lists: readonly (readonly Bytes32[])[], item: number): ShownItem {
  const path = lists.length === 1 ? [] : pathOf(treeOfHashes(lists.map(commitList)), item, item);
  return { item, submitted: lists[item] as Bytes32[], itemPath: path.map((hash) => toHex(hash) as Bytes32) };
}
const hashOf = (lists: readonly (readonly Bytes32[])[]) => commitBundle(lists.map(commitList));

describe('a result that was submitted as a hash', () => {
  it('is right by its hash, whatever was shown', () => {
    for (const items of [1, 2, 5, 32]) {
      const own = bundle(items, 2);
      expect(findHidden(own, hashOf(own), [])).to.deep.equal({ kind: 'right' });
      expect(findHidden(own, hashOf(own), [shown(own, items - 1)])).to.deep.equal({ kind: 'right' });
    }
  });

  it('is found wrong at the output that differs, after no more demands than the tree has levels, and one', () => {
    const random = seeded(20);
    for (let round = 0; round < 60; round++) {
      const [items, outputs] = [1 + random.int(32), 1 + random.int(3)];
      const own = bundle(items, outputs);
      const wrong = Array.from({ length: 1 + random.int(2) }, () => [random.int(items), random.int(outputs)] as const);
      const theirs = own.map((list, i) =>
        list.map((hash, o) => (wrong.some(([item, output]) => item === i && output === o) ? word(9_999) : hash)),
      );
      const seen: ShownItem[] = [];
      for (;;) {
        const found = findHidden(own, hashOf(theirs), seen);
        if (found.kind === 'wrong') {
          expect(theirs[found.shown.item]?.[found.output]).to.equal(word(9_999));
          break;
        }
        if (found.kind === 'right') throw new Error('it is wrong');
        expect(found.items).to.include.oneOf(wrong.map(([item]) => item));
        seen.push(shown(theirs, found.items[0] as number));
        expect(seen.length).to.be.at.most(1 + Math.ceil(Math.log2(items)));
      }
    }
  });

  it('has nobody left to ask where all items are right, and only the padding is not', () => {
    const own = bundle(3, 1);
    const garbled = [2, 1, 0].map((item) => {
      const { itemPath, ...rest } = shown(own, item);
      return { ...rest, itemPath: item === 2 ? [word(7_777), ...itemPath.slice(1)] : itemPath };
    });
    expect(findHidden(own, word(5), garbled)).to.deep.equal({ kind: 'hidden', items: [] });
  });
});
