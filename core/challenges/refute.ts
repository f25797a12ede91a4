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
import type { Operator } from '../semantics/program.ts';
import type { TraceSalt } from '../semantics/trace.ts';
import { elementCount } from '../tensor.ts';
import { KnownTree } from './knownTree.ts';
import { padded } from './openings.ts';
import { childLevel, leafAt, leafCount, listAt, operatorAt, type Position, treeAt, WHOLE_LEAVES } from './position.ts';
import type { ReferenceTrace } from './reference.ts';
import { type ClaimedTensor, type InputLink, type StepProof, stepProof } from './stepProof.ts';

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
    return 'kind' in found ? found : this.#inOperator(found.first);
  }

  /**
   * Down a tree from its root, into the first child that differs: that leaf, and the last one that may have to be shown with it. What lies
   * between is asked for on the same level at the same time: each level has a time of its own, and it is over when the next one begins.
   * @param reach the last leaf that decides elements of a leaf
   */
  #descend(
    own: Tree,
    known: KnownTree,
    top: readonly Bytes32[],
    ask: Ask,
    reach: (leaf: number) => number = (leaf) => leaf,
  ): { readonly first: number; readonly last: number } | RefuterMove {
    let [level, first] = [known.depth, 0];
    let shown = [top];
    for (;;) {
      for (const [i, children] of shown.entries()) known.reveal(level, first + i, children);
      const below = childLevel(level);
      const from = first * 2 ** (level - below);
      const differs = (shown[0] as readonly Bytes32[]).findIndex(
        (hash, i) => hash !== toHex(hashAt(own, below, from + i)),
      );
      // Nodes that differ have children that do: the contract enforces the padding.
      if (differs < 0) throw new Error(`node ${first} of level ${level} differs, and none of its children`);
      [level, first] = [below, from + differs];
      const last = Math.floor(reach((first + 1) * 2 ** level - 1) / 2 ** level);
      if (level === 0) return { first, last };
      const answers = all(range(first, last).map((index) => ask(level, index)));
      if ('kind' in answers) return answers;
      shown = answers.map(wordsOf);
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
    const found = this.#descend(
      mine.tree,
      tree,
      wordsOf(top),
      (level, index) => inner(treeAt(k, level, index), level, index),
      (leaf) => lastOfRow(program.operators[k] as Operator, leaf),
    );
    if ('kind' in found) return found;

    const { first, last } = found;
    tree.agreeUpTo(first);
    const leaves = all(range(first, last).map((leaf) => inner(leafAt(k, leaf), 0, leaf)));
    if ('kind' in leaves) return leaves;
    const leaf = (index: number) => (index < first ? wholeLeaf(mine, index) : leaves[index - first]);
    return this.#prove(k, firstDifference(leaves[0] as Uint8Array, mine, first), { tree, leaf });
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

/** All answers, or the move that gets the first one that nobody has asked for; if all were asked for, that one waits for an answer. */
function all(answers: readonly (RefuterMove | Uint8Array)[]): readonly Uint8Array[] | RefuterMove {
  const moves = answers.filter((answer): answer is RefuterMove => !(answer instanceof Uint8Array));
  return moves.find(({ kind }) => kind === 'demand') ?? moves[0] ?? (answers as readonly Uint8Array[]);
}

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** A TopK is decided by the whole row of its ranks: the leaf in which the row of a leaf's last element ends. Else the leaf itself. */
function lastOfRow({ kind, space }: Operator, leaf: number): number {
  const last = Math.min((leaf + 1) * LEAF_ELEMENTS, elementCount(space)) - 1;
  const ranks = kind === 'TopK' ? (space.at(-1) as number) : 1;
  return Math.floor((last - (last % ranks) + ranks - 1) / LEAF_ELEMENTS);
}

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
