/**
 * How a challenge that is false is refuted, one move after another: always into the first node that differs from one's own trace. Pure: the
 * next move follows from what the chain has shown. A challenge whose trace is one's own is true: there is none.
 */

import { DTYPES } from '../commitment/dtype.ts';
import { encodeTensor } from '../commitment/elements.ts';
import { LEAF_ELEMENTS, leafHashes } from '../commitment/leaf.ts';
import { hashAt, rootOf, type Tree } from '../commitment/opening.ts';
import type { Bytes32 } from '../hex.ts';
import { toHex } from '../hex.ts';
import { type OpenTensor, openRecord } from '../semantics/opening.ts';
import type { TraceSalt } from '../semantics/trace.ts';
import { KnownTree } from './knownTree.ts';
import { padded } from './openings.ts';
import { childLevel, leafAt, leafCount, listAt, operatorAt, type Position, treeAt, WHOLE_LEAVES } from './position.ts';
import type { ReferenceTrace } from './reference.ts';
import { type ClaimedTensor, type InputLink, leavesToReveal, type StepProof, stepProof } from './stepProof.ts';

/** What a demand shows of the position it asks for. */
export interface DemandProof {
  readonly node: Bytes32;
  readonly record: readonly Bytes32[];
  readonly recordPath: readonly Bytes32[];
  readonly path: readonly Bytes32[];
  readonly slotPath: readonly Bytes32[];
}

/** Of a challenge, from the chain. */
export interface Shown {
  readonly trace: Bytes32;
  readonly salt: TraceSalt;
  /** The first real nodes below T. */
  readonly children: readonly Bytes32[];
  /** Whether a position was demanded, and the data of its answer, if there is one. */
  demanded(position: Position): { readonly data?: Uint8Array } | undefined;
}

export type RefuterMove =
  /** The trace is the reader's own: the challenge is true. */
  | { readonly kind: 'true' }
  /** Demanded and not yet answered: it will be, or the challenge lapses. */
  | { readonly kind: 'wait'; readonly position: Position }
  | { readonly kind: 'demand'; readonly position: Position; readonly proof: DemandProof }
  | { readonly kind: 'prove'; readonly leaf: number; readonly proof: StepProof };

export function refute(trace: ReferenceTrace, shown: Shown, input: InputLink): RefuterMove {
  const own = trace.slots(shown.salt);
  if (toHex(rootOf(own)) === shown.trace) return { kind: 'true' };
  return new Refutation(trace, shown, input, own).next();
}

class Refutation {
  readonly #trace: ReferenceTrace;
  readonly #shown: Shown;
  readonly #input: InputLink;
  readonly #own: Tree;
  readonly #slots: KnownTree;

  constructor(trace: ReferenceTrace, shown: Shown, input: InputLink, own: Tree) {
    this.#trace = trace;
    this.#shown = shown;
    this.#input = input;
    this.#own = own;
    this.#slots = new KnownTree(trace.tensors.length, own);
  }

  next(): RefuterMove {
    const list = (level: number, index: number) => {
      const node = hashOf(this.#slots, level, index);
      return this.#ask(listAt(level, index), { ...NOTHING, node, path: this.#slots.pathFrom(level, index) });
    };
    const found = this.#descend(this.#own, this.#slots, this.#shown.children, list);
    return typeof found === 'number' ? this.#inOperator(found) : found;
  }

  /** Down a tree from its root, into the first child that differs: the leaf's position, or the move that has to come first. */
  #descend(own: Tree, known: KnownTree, top: readonly Bytes32[], ask: Ask): number | RefuterMove {
    let [level, index, children] = [known.depth, 0, top];
    for (;;) {
      known.reveal(level, index, children);
      const below = childLevel(level);
      const from = index * 2 ** (level - below);
      const differs = children.findIndex((hash, i) => hash !== toHex(hashAt(own, below, from + i)));
      // Nodes that differ have children that do: the contract enforces the padding.
      if (differs < 0) throw new Error(`node ${index} of level ${level} differs, and none of its children`);
      [level, index] = [below, from + differs];
      if (level === 0) return index;
      const answer = ask(level, index);
      if (!(answer instanceof Uint8Array)) return answer;
      children = wordsOf(answer);
    }
  }

  /** Operator k is the first whose slot differs: all it reads is as in one's own trace. */
  #inOperator(k: number): RefuterMove {
    this.#slots.agreeUpTo(k);
    const { program, commitment } = this.#trace;
    const record = openRecord(program, commitment, k);
    const slotPath = this.#slots.pathFrom(0, k);
    const top = this.#ask(operatorAt(k), {
      ...record,
      node: hashOf(this.#slots, 0, k),
      path: slotPath,
      slotPath: [],
    });
    if (!(top instanceof Uint8Array)) return top;

    const [mine] = this.#trace.open(k) as [OpenTensor];
    const tree = new KnownTree(leafCount(mine.tensor.shape), mine.tree);
    const inner = (position: Position, level: number, index: number) =>
      this.#ask(position, {
        ...record,
        node: hashOf(tree, level, index),
        path: tree.pathFrom(level, index),
        slotPath,
      });
    if (leafCount(mine.tensor.shape) <= WHOLE_LEAVES) {
      tree.revealAll(hashesOfLeaves(top, mine));
      const claimed = { tree, leaf: (index: number) => leafOf(top, mine, index) };
      return this.#prove(k, firstDifference(top, mine, 0), claimed);
    }
    const found = this.#descend(mine.tree, tree, wordsOf(top), (level, index) =>
      inner(treeAt(k, level, index), level, index),
    );
    if (typeof found !== 'number') return found;

    tree.agreeUpTo(found);
    const bytes = inner(leafAt(k, found), 0, found);
    if (!(bytes instanceof Uint8Array)) return bytes;
    const claimed: ClaimedTensor = {
      tree,
      leaf: (index) => (index < found ? wholeLeaf(mine, index) : this.#shown.demanded(leafAt(k, index))?.data),
    };
    const e = firstDifference(bytes, mine, found);
    for (const leaf of leavesToReveal(this.#trace, k, e, claimed)) {
      const more = inner(leafAt(k, leaf), 0, leaf);
      if (!(more instanceof Uint8Array)) return more;
    }
    return this.#prove(k, e, claimed);
  }

  #prove(k: number, e: number, claimed: ClaimedTensor): RefuterMove {
    const proof = stepProof(this.#trace, k, e, claimed, this.#slots, this.#input);
    return { kind: 'prove', leaf: Math.floor(e / LEAF_ELEMENTS), proof };
  }

  /** The answer to a demand, or the move that gets it. */
  #ask(position: Position, proof: DemandProof): RefuterMove | Uint8Array {
    const demanded = this.#shown.demanded(position);
    if (demanded) return demanded.data ?? { kind: 'wait', position };
    return { kind: 'demand', position, proof };
  }
}

type Ask = (level: number, index: number) => RefuterMove | Uint8Array;

const NOTHING = { record: [], recordPath: [], slotPath: [] } as const;

const hashOf = (tree: KnownTree, level: number, index: number) => toHex(tree.at(level, index)) as Bytes32;

const leafBytesOf = ({ tensor }: OpenTensor) => LEAF_ELEMENTS * DTYPES[tensor.dtype].bytes;

const leafOf = (bytes: Uint8Array, mine: OpenTensor, index: number): Uint8Array =>
  bytes.subarray(index * leafBytesOf(mine), (index + 1) * leafBytesOf(mine));

function wholeLeaf(mine: OpenTensor, index: number): Uint8Array {
  return padded(mine.leaves(index).bytes, leafBytesOf(mine));
}

/** Of whole leaves side by side. */
function hashesOfLeaves(bytes: Uint8Array, mine: OpenTensor): Bytes32[] {
  return wordsOf(leafHashes(bytes, DTYPES[mine.tensor.dtype].bytes));
}

function wordsOf(bytes: Uint8Array): Bytes32[] {
  return Array.from({ length: bytes.length / 32 }, (_, i) => toHex(bytes.subarray(32 * i, 32 * i + 32)) as Bytes32);
}

/** The first element, from that leaf's first on, whose bytes differ from one's own. */
function firstDifference(bytes: Uint8Array, mine: OpenTensor, leaf: number): number {
  const own = encodeTensor(mine.tensor).subarray(leaf * leafBytesOf(mine));
  const differs = bytes.findIndex((byte, i) => i < own.length && byte !== own[i]);
  if (differs < 0) throw new Error(`leaf ${leaf} differs, and none of its elements`);
  return leaf * LEAF_ELEMENTS + Math.floor(differs / DTYPES[mine.tensor.dtype].bytes);
}
