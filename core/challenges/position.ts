/**
 * Where a demand can point (contracts/challenges/Positions.sol): every sixth level of the slot tree and of each tensor's leaf tree, counted
 * from the root. One answer reveals 64 children, or a whole tensor of at most 16 leaves.
 */
import { LEAF_ELEMENTS } from '../commitment/leaf.ts';
import { elementCount } from '../tensor.ts';

export const POSITION_KINDS = { list: 1, operator: 2, tree: 3, leaf: 4 } as const;
export type PositionKind = keyof typeof POSITION_KINDS;

export interface Position {
  readonly kind: PositionKind;
  /** Of list and tree; else 0. */
  readonly level: number;
  /** Of operator, tree and leaf; else 0. */
  readonly operator: number;
  /** Of list, tree and leaf; else 0. */
  readonly index: number;
}

/** Levels that one answer reveals. */
export const CHILD_LEVELS = 6;
/** Leaves up to which a tensor is revealed whole. */
export const WHOLE_LEAVES = 16;

/** Levels between the leaves and the root of a tree of n >= 1 leaves: ceil(log2 n). */
export function depthOf(n: number): number {
  let depth = 0;
  while (2 ** depth < n) depth++;
  return depth;
}

export const leafCount = (shape: readonly number[]): number => Math.ceil(elementCount(shape) / LEAF_ELEMENTS);

/** Nodes of a level that have a leaf below them, in a tree of n leaves. */
export const realNodes = (n: number, level: number): number => Math.ceil(n / 2 ** level);

/** The level of a node's revealed children. */
export const childLevel = (level: number): number => Math.max(0, level - CHILD_LEVELS);

/** How many real children an answer reveals for a node of a tree with n leaves. */
export function childCount(n: number, level: number, index: number): number {
  const below = childLevel(level);
  return Math.min(2 ** (level - below), realNodes(n, below) - index * 2 ** (level - below));
}

/** kind 8 | level 8 | operator 32 | index 40. */
export function packPosition({ kind, level, operator, index }: Position): bigint {
  return (BigInt(POSITION_KINDS[kind]) << 80n) | (BigInt(level) << 72n) | (BigInt(operator) << 40n) | BigInt(index);
}

export const listAt = (level: number, index: number): Position => ({ kind: 'list', level, operator: 0, index });
export const operatorAt = (operator: number): Position => ({ kind: 'operator', level: 0, operator, index: 0 });
export const treeAt = (operator: number, level: number, index: number): Position => ({
  kind: 'tree',
  level,
  operator,
  index,
});
export const leafAt = (operator: number, index: number): Position => ({ kind: 'leaf', level: 0, operator, index });

/** Increases from the root down along every way; as the contract orders rewarded demands. */
export const orderOf = ({ kind, level }: Position): number => POSITION_KINDS[kind] * 256 + (255 - level);

/** Whether a position lies on the way from T to a leaf of an operator's output. */
export function isAbove(position: Position, operator: number, leaf: number): boolean {
  switch (position.kind) {
    case 'list':
      return position.index === Math.floor(operator / 2 ** position.level);
    case 'operator':
      return position.operator === operator;
    case 'tree':
      return position.operator === operator && position.index === Math.floor(leaf / 2 ** position.level);
    case 'leaf':
      return position.operator === operator && position.index === leaf;
  }
}
