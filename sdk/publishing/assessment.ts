/** What is found out about a model before it is published: plain data, JSON but for its bigint and infinities (assessmentJson). */
import type { Bytes32 } from '#core/hex.ts';
import type { PublishedTolerance } from '#core/protocol/publishedTolerance.ts';
import type { Continuity } from '#core/semantics/tolerance/continuity.ts';
import type { Dtype } from '#core/tensor.ts';

export interface Assessment {
  /** Lower-case hex of the ONNX bytes. */
  readonly sha256: string;
  readonly programRoot: Bytes32;
  /** Of one item, by the program. */
  readonly multiplyAdds: bigint;
  readonly operators: number;
  /** Items that were run. */
  readonly samples: number;
  /** Items of them that ONNX Runtime refused; the reference has outputs for these too. */
  readonly rejected: number;
  readonly outputs: readonly AssessedOutput[];
  /** Undefined: no tolerance serves the model, it can only be published in exact mode. */
  readonly tolerance: PublishedTolerance | undefined;
  /** Why there is no tolerance, a sentence each. */
  readonly refusals: readonly string[];
  /** Empty without a tolerance: exact mode excludes everything. */
  readonly cheats: readonly AssessedCheat[];
  readonly advice: readonly string[];
}

export interface AssessedOutput {
  readonly name: string;
  readonly dtype: Dtype;
  readonly continuity: Continuity;
  /** Largest |reference| over the samples. */
  readonly scale: number;
  /** Largest |ONNX Runtime - reference| of each way of running it. */
  readonly deviations: Readonly<Record<string, number>>;
  /** Share of elements for which every way of running it gave the reference's bits. */
  readonly equal: number;
  /** Largest change of an output when weights and inputs change by a unit or two in the last place, over `scale`. */
  readonly sensitivity: number;
}

export interface AssessedCheat {
  readonly name: string;
  readonly samples: number;
  /** Share of the samples for which some element is outside the tolerance. */
  readonly caught: number;
  /** Largest distance over allowance of a sample's elements: the least and the median over the samples. */
  readonly least: number;
  readonly median: number;
}

/** For machines: bigint as text, infinity as null. */
export function assessmentJson(assessment: Assessment): string {
  return JSON.stringify(assessment, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 2);
}
