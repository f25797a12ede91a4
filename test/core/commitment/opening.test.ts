import { expect } from 'chai';
import { HASH_BYTES } from '#core/commitment/hashMany.ts';
import { childrenOf, hashAt, nodeOfChildren, pathOf, rootFromPath, rootOf, treeOf } from '#core/commitment/opening.ts';
import { treeRootOf } from '#core/commitment/tree.ts';
import { isProtocolError } from '#core/errors.ts';
import { seeded } from '../../support/seeded.ts';

describe('openings of a tree', () => {
  const { int } = seeded(29);
  const leavesOf = (count: number) => Uint8Array.from({ length: count * HASH_BYTES }, () => int(256));
  const leaf = (leaves: Uint8Array, i: number) => leaves.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES);

  const flip = (hash: Uint8Array) => {
    const at = int(HASH_BYTES);
    hash[at] = (hash[at] as number) ^ 1;
  };

  it('every run of leaves should lead to the root, and to no other with anything changed', () => {
    for (const count of [1, 2, 3, 5, 8, 13, 64, 65, 100]) {
      const leaves = leavesOf(count);
      const tree = treeOf(leaves);
      expect([...rootOf(tree)]).to.deep.equal([...treeRootOf(leaves)]);
      for (let round = 0; round < 30; round++) {
        const first = int(count);
        const last = first + int(count - first);
        const run = Array.from({ length: last - first + 1 }, (_, i) => leaf(leaves, first + i));
        const path = pathOf(tree, first, last);
        const lead = (hashes = run, at = first, way = path) => rootFromPath(hashes, at, count, way);
        expect([...(lead() ?? [])], `${first} to ${last} of ${count}`).to.deep.equal([...rootOf(tree)]);
        const wrong = run.map((hash) => hash.slice());
        flip(wrong[int(wrong.length)] as Uint8Array);
        expect([...(lead(wrong) ?? [])]).to.not.deep.equal([...rootOf(tree)]);
        if (path.length > 0) {
          const bent = path.map((hash) => hash.slice());
          flip(bent[int(bent.length)] as Uint8Array);
          expect([...(lead(run, first, bent) ?? [])]).to.not.deep.equal([...rootOf(tree)]);
          expect(lead(run, first, path.slice(1))).to.equal(undefined);
        }
        expect(lead(run, first, [...path, new Uint8Array(HASH_BYTES)])).to.equal(undefined);
        if (first > 0) expect([...(lead(run, first - 1) ?? [])]).to.not.deep.equal([...rootOf(tree)]);
      }
    }
  });

  it('children should make their node again, padded with empty hashes', () => {
    for (const count of [2, 3, 64, 65, 129, 1000]) {
      const tree = treeOf(leavesOf(count));
      for (let level = 1; level < tree.levels.length; level++) {
        const nodes = (tree.levels[level] as Uint8Array).length / HASH_BYTES;
        for (const index of new Set([0, nodes - 1, int(nodes)])) {
          const children = childrenOf(tree, level, index);
          const depth = Math.min(6, level);
          expect(children.length).to.be.within(1, 64);
          const node = nodeOfChildren(children, depth, tree.empties[level - depth] as Uint8Array);
          expect([...node], `node ${index} of level ${level}`).to.deep.equal([...hashAt(tree, level, index)]);
        }
      }
    }
  });

  it('should refuse what is not there', () => {
    const tree = treeOf(leavesOf(5));
    for (const open of [
      () => pathOf(tree, 3, 5),
      () => pathOf(tree, 2, 1),
      () => childrenOf(tree, 0, 0),
      () => childrenOf(tree, 9, 0),
    ])
      expect(open)
        .to.throw()
        .that.satisfies((error: unknown) => isProtocolError(error, 'execute.opening'));
  });
});
