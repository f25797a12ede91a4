/** What is known of another party's tree: nodes it has revealed, and those that must be as in one's own tree. */
import { hashAt, type Tree } from '../commitment/opening.ts';
import { nodeHash } from '../commitment/tree.ts';
import { ProtocolError } from '../errors.ts';
import type { Bytes32 } from '../hex.ts';
import { fromHex, toHex } from '../hex.ts';
import { childLevel, depthOf, realNodes } from './position.ts';

export class KnownTree {
  readonly #leaves: number;
  readonly #own: Tree;
  readonly #known = new Map<string, Uint8Array>();
  /** Leaves below this position are as in one's own tree. */
  #agreed = 0;

  /** `own`: a tree with as many leaves. */
  constructor(leaves: number, own: Tree) {
    this.#leaves = leaves;
    this.#own = own;
  }

  get depth(): number {
    return depthOf(this.#leaves);
  }

  /** Takes note of the real children of a node (at most 64, six levels below it or the leaves) and of what follows from them. */
  reveal(level: number, index: number, children: readonly Bytes32[]): void {
    this.#take(level, index, childLevel(level), children);
  }

  #take(level: number, index: number, lowest: number, children: readonly Bytes32[]): void {
    let below = lowest;
    let from = index * 2 ** (level - below);
    let nodes = children.map(fromHex);
    for (;;) {
      for (const [i, hash] of nodes.entries()) this.#known.set(`${below} ${from + i}`, hash);
      if (below === level) return;
      if (nodes.length % 2 === 1) nodes.push(this.#empty(below));
      nodes = Array.from({ length: nodes.length / 2 }, (_, i) =>
        nodeHash(nodes[2 * i] as Uint8Array, nodes[2 * i + 1] as Uint8Array),
      );
      below++;
      from >>= 1;
    }
  }

  /** Takes note of all leaves. */
  revealAll(leaves: readonly Bytes32[]): void {
    this.#take(this.depth, 0, 0, leaves);
  }

  /** All leaves before this one are as in one's own tree. */
  agreeUpTo(leaf: number): void {
    this.#agreed = leaf;
  }

  /** The hash at a position. Throws `challenge.unknown_node` if it is not known. */
  at(level: number, index: number): Uint8Array {
    const revealed = this.#known.get(`${level} ${index}`);
    if (revealed) return revealed;
    if (index >= realNodes(this.#leaves, level)) return this.#empty(level);
    // The last leaf below it, padding aside, is one of those that agree.
    if (Math.min((index + 1) * 2 ** level, this.#leaves) <= this.#agreed) return hashAt(this.#own, level, index);
    throw new ProtocolError('challenge.unknown_node', { level, index });
  }

  /** Siblings of a node up to the root. */
  pathFrom(level: number, index: number): Bytes32[] {
    return this.runPath(level, index, index);
  }

  /** Siblings of a run of nodes of one level, in the order that MerkleTree.rootOfRun takes them. */
  runPath(level: number, first: number, last: number): Bytes32[] {
    const path: Bytes32[] = [];
    let [from, to] = [first, last];
    for (let i = level; i < this.depth; i++) {
      if (from % 2 === 1) path.push(toHex(this.at(i, from - 1)) as Bytes32);
      if (to % 2 === 0) path.push(toHex(this.at(i, to + 1)) as Bytes32);
      from = Math.floor(from / 2);
      to = Math.floor(to / 2);
    }
    return path;
  }

  #empty(level: number): Uint8Array {
    return this.#own.empties[level] as Uint8Array;
  }
}
