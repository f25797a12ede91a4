/** What a program costs: to check (multiply-adds), to dispute (levels of demands), to decide one element (gas, from above). */

import { LEAF_ELEMENTS } from '../commitment/leaf.ts';
import { ProtocolError } from '../errors.ts';
import { elementCount } from '../tensor.ts';
import type { Access, Operator, Program } from './program.ts';
import { MAX_TERMS } from './program.ts';

/** No step may cost more: a transaction that decides one element must fit every block. */
export const MAX_STEP_GAS = 12_000_000;
/** Sequential demands of one dispute at most (challenge game, section 5). */
export const MAX_LEVELS = 8;

/** Terms of one element. */
export function termsOf({ kind, inner, attribute }: Operator): number {
  const terms = elementCount(inner);
  return kind === 'Dot' && attribute === 1 ? Math.min(terms, MAX_TERMS) : terms;
}

/** One per term of a Dot or candidate of a selection, one per element of anything else; all of one item. At least 1. */
export function multiplyAdds({ operators }: Program): bigint {
  let sum = 0n;
  for (const operator of operators) {
    const { kind, space, inner, attribute } = operator;
    const elements = BigInt(elementCount(space));
    const ranges = kind === 'Dot' && attribute === 1 ? BigInt(space.at(-1) as number) : 1n;
    sum += (elements / ranges) * BigInt(kind === 'Gather' ? 1 : Math.max(1, elementCount(inner)));
  }
  return sum > 0n ? sum : 1n;
}

/** ceil(log64 n), and 0 for n <= 1: levels of 64 children. */
const levels64 = (n: number): number => {
  let levels = 0;
  for (let reach = 1; reach < n; reach *= 64) levels++;
  return levels;
};

/**
 * Sequential demands that lead from a challenge to one element: levels of the slot tree below its first 64 children, then one for
 * a tensor of at most 16 leaves, else one per level of 64 children and one for the leaf.
 */
export function treeLevels({ operators }: Program): number {
  const list = Math.max(0, levels64(operators.length) - 1);
  const tensor = operators.reduce((most, { space }) => Math.max(most, levelsOfTensor(elementCount(space))), 0);
  return list + tensor;
}

function levelsOfTensor(elements: number): number {
  const leaves = Math.ceil(elements / LEAF_ELEMENTS);
  return leaves <= 16 ? 1 : 1 + levels64(leaves);
}

/** Gas bounds from the prototypes' measurements, rounded up; the step contracts' own benchmark replaces them. */
const GAS = {
  transaction: 21_000,
  /** Proving a record and parsing it. */
  record: 60_000,
  /** 16 leaves' worth of siblings at most per opened run, and the slot. */
  path: 25_000,
  /** Calldata and hashing of one leaf of 64 elements. */
  leaf: 14_000,
  /** A Dot's term on the wide path. */
  term: 450,
  /** One element of any other primitive. */
  element: 40_000,
} as const;

/** Leaves that opening the taps of one element touches: runs of consecutive addresses, each with its own path. */
function opened(access: Access, inner: readonly number[], terms: number): { runs: number; leaves: number } {
  if (access.inner.length === 0 && access.guards.every((guard) => guard.inner < 0)) return { runs: 1, leaves: 1 };
  let run = 1;
  for (let axis = inner.length - 1; axis >= 0; axis--) {
    if (Math.abs(strideOfTap(access, axis)) !== run) break;
    run *= inner[axis] as number;
  }
  const length = Math.min(run, terms);
  const runs = Math.ceil(terms / length);
  return { runs, leaves: runs * (Math.ceil(length / LEAF_ELEMENTS) + 1) };
}

/** From one tap of an inner axis to the next, where both are present. */
function strideOfTap({ inner, guards }: Access, axis: number): number {
  const guarded = guards.filter((guard) => guard.inner === axis);
  return guarded.reduce((sum, guard) => sum + (guard.innerStep / guard.divisor) * guard.stride, inner[axis] ?? 0);
}

/** Gas of deciding one element of the operator, from above. */
export function stepGas(operator: Operator): number {
  const { kind, inner, operands } = operator;
  const sums = kind === 'Dot' || kind === 'IntegerDot';
  // A selection is decided by one counter-example, TopK by one against its K indices.
  const terms = sums ? termsOf(operator) : 1;
  let gas = GAS.transaction + GAS.record + GAS.element + terms * (sums ? GAS.term : 0);
  for (const access of operands) {
    if (access === undefined) continue;
    const { runs, leaves } = sums ? opened(access, inner, terms) : { runs: 2, leaves: 2 };
    gas += runs * GAS.path + leaves * GAS.leaf;
  }
  if (kind === 'TopK') gas += (operator.space.at(-1) as number) * 2_000;
  return gas;
}

/** Of the operator that is dearest to decide. */
export function largestStep({ operators }: Program): number {
  return operators.reduce((most, operator) => Math.max(most, stepGas(operator)), 0);
}

/** Refuses a program that the game could not dispute. */
export function checkDisputable(program: Program): void {
  const check = (what: string, got: number, limit: number) => {
    if (got > limit) throw new ProtocolError('compile.too_large', { what, got, limit });
  };
  check('demands in a row', treeLevels(program), MAX_LEVELS);
  check('gas in its largest step', largestStep(program), MAX_STEP_GAS);
}
