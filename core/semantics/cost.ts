/** What a program costs: to check (multiply-adds), to dispute (levels of demands), to decide one element (gas, from above). */

import { LEAF_ELEMENTS } from '../commitment/leaf.ts';
import { ProtocolError } from '../errors.ts';
import { elementCount } from '../tensor.ts';
import type { Program } from './program.ts';
import { type StepCost, stepCost } from './stepGas.ts';

/** No step may cost more: a transaction that decides one element must fit every block. */
export const MAX_STEP_GAS = 12_000_000;
/** Nodes of Ethereum and of its rollups pass on no transaction above 131,072 bytes. The rest is for 8 demands on the path. */
export const MAX_PROOF_BYTES = 126_000;
/** A challenge, and an answer about an output, name the hashes of all of them: 96 bytes each of such a transaction. */
export const MAX_OUTPUTS = 512;
/** Sequential demands of one dispute at most (challenge game, section 5). */
export const MAX_LEVELS = 8;

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

/** Gas and calldata of the proofs that are dearest in either. */
export function dearestProof(program: Program): StepCost {
  const costs = program.operators.map((operator) => stepCost(operator, program));
  return costs.reduce(
    (most, { gas, bytes }) => ({ gas: Math.max(most.gas, gas), bytes: Math.max(most.bytes, bytes) }),
    { gas: 0, bytes: 0 },
  );
}

/** Gas of deciding an element of the operator that is dearest to decide. */
export const largestStep = (program: Program): number => dearestProof(program).gas;

/** Refuses a program that the game could not dispute. */
export function checkDisputable(program: Program): void {
  const check = (what: string, got: number, limit: number) => {
    if (got > limit) throw new ProtocolError('compile.too_large', { what, got, limit });
  };
  check('outputs', program.outputs.length, MAX_OUTPUTS);
  check('demands in a row', treeLevels(program), MAX_LEVELS);
  const { gas, bytes } = dearestProof(program);
  check('gas in its largest step', gas, MAX_STEP_GAS);
  check('bytes in its largest proof', bytes, MAX_PROOF_BYTES);
}
