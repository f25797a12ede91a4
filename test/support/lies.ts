// Traces of liars: the reference with one element changed, and everything behind it computed from the lie.
import { ReferenceTrace } from '#core/challenges/reference.ts';
import type { Program } from '#core/semantics/program.ts';
import type { ProgramCommitment } from '#core/semantics/record.ts';
import type { Tensor } from '#core/tensor.ts';
import { lieAt } from '../../workers/liar/lie.ts';

/** A trace in which element e of operator k is another value, and one of an output if that does not reach any. */
export const lyingTrace = (
  program: Program,
  commitment: ProgramCommitment,
  inputs: readonly Tensor[],
  k: number,
  e: number,
): ReferenceTrace => new ReferenceTrace(program, commitment, inputs, { after: lieAt(program, [k, e]) });
