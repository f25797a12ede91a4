// Every place of a trace that a demand can ask for, and the demand of whoever knows the whole trace.
import { KnownTree } from '#core/challenges/knownTree.ts';
import {
  CHILD_LEVELS,
  depthOf,
  leafAt,
  leafCount,
  listAt,
  operatorAt,
  type Position,
  realNodes,
  treeAt,
  WHOLE_LEAVES,
} from '#core/challenges/position.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import type { RefuterMove } from '#core/challenges/refute.ts';
import type { Tree } from '#core/commitment/opening.ts';
import type { Bytes32 } from '#core/hex.ts';
import { toHex } from '#core/hex.ts';
import { type OpenTensor, openRecord } from '#core/semantics/opening.ts';
import type { Operator, Program } from '#core/semantics/program.ts';
import type { TraceSalt } from '#core/semantics/trace.ts';

/** Levels of a tree, its leaves and its root aside, whose nodes an answer reveals. */
function innerLevels(leaves: number): number[] {
  const levels: number[] = [];
  for (let level = depthOf(leaves) - CHILD_LEVELS; level > 0; level -= CHILD_LEVELS) levels.push(level);
  return levels;
}

const nodesOf = (leaves: number, level: number) =>
  Array.from({ length: realNodes(leaves, level) }, (_, index) => index);

/** From the root of the trace down. */
export function positionsOf({ operators }: Program): Position[] {
  const n = operators.length;
  const lists = innerLevels(n).flatMap((level) => nodesOf(n, level).map((index) => listAt(level, index)));
  const tensors = operators.flatMap(({ shape }, k) => {
    const leaves = leafCount(shape);
    if (leaves <= WHOLE_LEAVES) return [operatorAt(k)];
    const inner = innerLevels(leaves).flatMap((level) =>
      nodesOf(leaves, level).map((index) => treeAt(k, level, index)),
    );
    return [operatorAt(k), ...inner, ...nodesOf(leaves, 0).map((index) => leafAt(k, index))];
  });
  return [...lists, ...tensors];
}

/** All of a tree. */
export function whole(leaves: number, own: Tree): KnownTree {
  const tree = new KnownTree(leaves, own);
  tree.agreeUpTo(leaves);
  return tree;
}

/** What asks for the position in a trace that the demander has itself. */
export function demandOf(
  trace: ReferenceTrace,
  salt: TraceSalt,
  position: Position,
): RefuterMove & { readonly kind: 'demand' } {
  const { kind, level, operator, index } = position;
  const { program, commitment } = trace;
  const slots = whole(program.operators.length, trace.slots(salt));
  const hash = (tree: KnownTree, at: number, i: number) => toHex(tree.at(at, i)) as Bytes32;
  const nothing = { record: [], recordPath: [], slotPath: [] };
  if (kind === 'list') {
    const proof = { ...nothing, node: hash(slots, level, index), path: slots.pathFrom(level, index) };
    return { kind: 'demand', position, proof };
  }
  const record = openRecord(program, commitment, operator);
  const slotPath = slots.pathFrom(0, operator);
  if (kind === 'operator') {
    const proof = { ...record, node: hash(slots, 0, operator), path: slotPath, slotPath: [] };
    return { kind: 'demand', position, proof };
  }
  const [open] = trace.open(operator) as [OpenTensor];
  const tree = whole(leafCount((program.operators[operator] as Operator).shape), open.tree);
  const proof = { ...record, node: hash(tree, level, index), path: tree.pathFrom(level, index), slotPath };
  return { kind: 'demand', position, proof };
}
