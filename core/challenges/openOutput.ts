/** What a demand for a submitted output asks for, out of outputs that one holds (contracts/challenges/ChallengeTypes.sol, OutputProof). */
import { LEAF_ELEMENTS } from '../commitment/leaf.ts';
import type { Bytes32 } from '../hex.ts';
import { OpenTensor } from '../semantics/opening.ts';
import type { Tensor } from '../tensor.ts';
import type { OutputDemand } from './events.ts';
import { shownItem } from './evidence.ts';
import { type LeafOpening, openLeaf } from './openings.ts';

export interface OutputProof {
  readonly leaf: LeafOpening;
  /** Commitments of the item's outputs. */
  readonly submitted: readonly Bytes32[];
  readonly itemPath: readonly Bytes32[];
}

/** `outputs`: of every item, as they were submitted. */
export function openOutput(
  outputs: readonly (readonly Tensor[])[],
  { item, output, leaf }: OutputDemand['position'],
): OutputProof {
  const open = new OpenTensor(outputs[item]?.[output] as Tensor);
  const { submitted, itemPath } = shownItem(outputs, item);
  return { leaf: openLeaf(open, leaf * LEAF_ELEMENTS), submitted, itemPath };
}
