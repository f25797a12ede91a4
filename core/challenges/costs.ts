/** Fees and bonds as contracts/challenges/DisputeCosts.sol computes them; test/challenges/prices.test.ts asks the contract. */
import type { ProgramHeader } from './claim.ts';

/** Gas that fees and bonds are computed from: above what the moves take. */
export const PRICED_GAS = {
  demand: 240_000n,
  /** An answer of 64 children. */
  children: 200_000n,
  /** An answer of all elements of a tensor of at most 16 leaves. */
  whole: 500_000n,
  leaf: 130_000n,
  /** What the demands on its path add to a proof; its step is the whole transaction without them. */
  prove: 300_000n,
} as const;

/** Bonds are whole numbers of it: a thousandth of an OPG. */
export const BOND_UNIT = 10n ** 15n;

type Answer = 'children' | 'whole' | 'leaf';

/** Wei of OPG for an answer: 1.5 times its gas. */
export const feeOf = (answer: Answer, gasPrice: bigint): bigint => (PRICED_GAS[answer] * gasPrice * 3n) / 2n;

/** Wei of OPG that a challenge locks: twice the pool that pays whoever refutes it. */
export function bondOf(
  { levels, largestStep }: Pick<ProgramHeader, 'levels' | 'largestStep'>,
  gasPrice: bigint,
): bigint {
  const fees = 2n * levels * feeOf('whole', gasPrice);
  const work = ((levels * PRICED_GAS.demand + PRICED_GAS.prove + largestStep) * gasPrice * 3n) / 2n;
  return ((2n * (fees + work) + BOND_UNIT - 1n) / BOND_UNIT) * BOND_UNIT;
}
