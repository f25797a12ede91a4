// Openings of a trace by somebody who has all of it: proofs that a true trace refuses, and what a forger might answer.
import type { KnownTree } from '#core/challenges/knownTree.ts';
import { padded } from '#core/challenges/openings.ts';
import { leafCount } from '#core/challenges/position.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import { type InputLink, type StepProof, stepProof } from '#core/challenges/stepProof.ts';
import { DTYPES } from '#core/commitment/dtype.ts';
import { LEAF_ELEMENTS } from '#core/commitment/leaf.ts';
import type { OpenTensor } from '#core/semantics/opening.ts';
import type { TraceSalt } from '#core/semantics/trace.ts';
import { whole } from './positions.ts';

/** Element e of operator k and what it was computed from, all of one trace: a proof if the trace is wrong there. */
export function openingOf(trace: ReferenceTrace, salt: TraceSalt, k: number, e: number, link: InputLink): StepProof {
  const [open] = trace.open(k) as [OpenTensor];
  const leaves = leafCount(open.tensor.shape);
  const size = LEAF_ELEMENTS * DTYPES[open.tensor.dtype].bytes;
  const claimed = { tree: whole(leaves, open.tree), leaf: (index: number) => padded(open.leaves(index).bytes, size) };
  const slots: KnownTree = whole(trace.program.operators.length, trace.slots(salt));
  return stepProof(trace, k, e, claimed, slots, link);
}
