/** The numbers behind a claim and a proof. */
import { unpackTolerance } from '../protocol/publishedTolerance.ts';
import type { Scalar } from '../semantics/primitives/arithmetic.ts';
import { describe } from './describe.ts';
import type { Standard } from './evidence.ts';
import { decimals, hexFloat } from './numerals.ts';
import type { ReplayedProof } from './replayTypes.ts';
import type { ProvedStep } from './verifyStep.ts';

/** What a step's numbers are, for people. */
export function proofFigures({ operator, k, element, reads, exact, ...rest }: ProvedStep): ReplayedProof {
  return {
    operator: k,
    does: describe(operator),
    element,
    operands: reads.map(({ operand, source: { from, index }, address, value }) => ({
      operand,
      source: `${from} ${index}`,
      element: address,
      value,
    })),
    exact: exact && {
      hex: exact.kind === 'dyadic' ? hexFloat(exact.units, exact.scale) : undefined,
      decimals: decimals(exact),
    },
    result: rest.result,
    resultBytes: rest.resultBytes,
    claimed: rest.claimed,
    claimedBytes: rest.claimedBytes,
    inconsistent: rest.inconsistent,
  };
}

/** As float64 figures: the decision itself is exact (tolerance/accept.ts). */
export function sizesOf(y: Scalar | undefined, r: Scalar | undefined, standard: Standard, float: boolean) {
  if (y === undefined || r === undefined || standard === 'exact')
    return { distance: undefined, allowed: undefined, outsideBy: undefined };
  const { abs, rel } = float ? unpackTolerance(standard) : { abs: 0, rel: 0 };
  const distance = Math.abs(Number(y) - Number(r));
  const allowed = abs + rel * Math.abs(Number(r));
  return { distance, allowed, outsideBy: distance - allowed };
}
