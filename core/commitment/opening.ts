/**
 * Openings of a tree: the hashes beside the way from some leaves to the root, and the children of a node that a demand reveals
 * (challenge game, section 5). Levels count from the leaves (0) up; positions without a leaf below them hold the empty hash of their level.
 */
import { ProtocolError } from '../errors.ts';
import { HASH_BYTES } from './hashMany.ts';
import { nodeHash, treeLevels } from './tree.ts';

/** Levels below a node that one answer reveals: 64 children. */
const CHILD_LEVELS = 6;

export interface Tree {
  /** Real hashes of each level, one after the other; the last level is the root. */
  readonly levels: readonly Uint8Array[];
  /** The empty hash of each level. */
  readonly empties: readonly Uint8Array[];
}

/** `leaves`: at least one hash, one after the other. */
export function treeOf(leaves: Uint8Array): Tree {
  const levels = treeLevels(leaves);
  const empties: Uint8Array[] = [new Uint8Array(HASH_BYTES)];
  for (let level = 1; level < levels.length; level++) {
    const below = empties[level - 1] as Uint8Array;
    empties.push(nodeHash(below, below));
  }
  return { levels, empties };
}

/** The hash at a position; the empty one beyond the last leaf. */
export function hashAt({ levels, empties }: Tree, level: number, index: number): Uint8Array {
  const hashes = levels[level] as Uint8Array;
  const at = index * HASH_BYTES;
  return at < hashes.length ? hashes.slice(at, at + HASH_BYTES) : (empties[level] as Uint8Array).slice();
}

export const rootOf = ({ levels }: Tree): Uint8Array => levels.at(-1) as Uint8Array;

/** What proves the leaves [first, last] under a root: per level from the leaves, the hash left of the run if it begins odd, then right if it ends even. */
export function pathOf(tree: Tree, first: number, last: number): Uint8Array[] {
  const leaves = (tree.levels[0] as Uint8Array).length / HASH_BYTES;
  if (!(first >= 0 && first <= last && last < leaves))
    throw new ProtocolError('execute.opening', { place: `leaves ${first} to ${last}`, reason: `there are ${leaves}` });
  const path: Uint8Array[] = [];
  let [from, to] = [first, last];
  for (let level = 0; level < tree.levels.length - 1; level++) {
    if (from % 2 === 1) path.push(hashAt(tree, level, from - 1));
    if (to % 2 === 0) path.push(hashAt(tree, level, to + 1));
    from >>= 1;
    to >>= 1;
  }
  return path;
}

/** The root that leaves [first, first + hashes.length) and a path lead to, in a tree of `leaves` leaves; undefined if the path does not fit. */
export function rootFromPath(
  hashes: readonly Uint8Array[],
  first: number,
  leaves: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  let level = [...hashes];
  let from = first;
  let used = 0;
  for (let width = leaves; width > 1; width = Math.ceil(width / 2)) {
    const sides = [from % 2 === 1, (from + level.length - 1) % 2 === 0];
    if (sides[0]) level.unshift(path[used++] ?? new Uint8Array(0));
    if (sides[1]) level.push(path[used++] ?? new Uint8Array(0));
    if (level.some((hash) => hash.length !== HASH_BYTES)) return undefined;
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) next.push(nodeHash(level[i] as Uint8Array, level[i + 1] as Uint8Array));
    level = next;
    from >>= 1;
  }
  return used === path.length && level.length === 1 ? level[0] : undefined;
}

/** The real children that a node reveals: those six levels below it, or its leaves if they are nearer. Padding follows from the count. */
export function childrenOf(tree: Tree, level: number, index: number): Uint8Array[] {
  const below = Math.max(0, level - CHILD_LEVELS);
  const width = 2 ** (level - below);
  const count = (tree.levels[below] as Uint8Array).length / HASH_BYTES;
  const from = index * width;
  if (!(level > 0 && level < tree.levels.length && from < count))
    throw new ProtocolError('execute.opening', {
      place: `node ${index} of level ${level}`,
      reason: 'it is no inner node',
    });
  return Array.from({ length: Math.min(width, count - from) }, (_, i) => hashAt(tree, below, from + i));
}

/** The node that children (six levels below, or leaves) make: they are padded with empty hashes of their level. */
export function nodeOfChildren(
  children: readonly Uint8Array[],
  levels: number,
  emptyOfChildren: Uint8Array,
): Uint8Array {
  let level = [...children];
  let empty = emptyOfChildren;
  for (let i = 0; i < levels; i++) {
    if (level.length % 2 === 1) level.push(empty);
    const next: Uint8Array[] = [];
    for (let j = 0; j < level.length; j += 2) next.push(nodeHash(level[j] as Uint8Array, level[j + 1] as Uint8Array));
    level = next;
    empty = nodeHash(empty, empty);
  }
  return level[0] as Uint8Array;
}
