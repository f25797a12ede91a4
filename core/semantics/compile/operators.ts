/** The ONNX operators that compile, by family. An operator that is not here makes compiling fail with its name. */
import type { GraphNode } from '../../onnx/graph.ts';
import type { Lowering } from './context.ts';
import { activations } from './lower/activations.ts';
import { arithmetic } from './lower/arithmetic.ts';
import { casting } from './lower/casting.ts';
import { convolution } from './lower/convolution.ts';
import { einsums } from './lower/einsum.ts';
import { gathering } from './lower/gathering.ts';
import { generating } from './lower/generating.ts';
import { logic } from './lower/logic.ts';
import { matrix } from './lower/matrix.ts';
import { normalisation } from './lower/normalisation.ts';
import { pooling } from './lower/pooling.ts';
import { powers } from './lower/powers.ts';
import { quantized } from './lower/quantized.ts';
import { ranking } from './lower/ranking.ts';
import { recurrent } from './lower/recurrent.ts';
import { reduction } from './lower/reduction.ts';
import { reshaping } from './lower/reshaping.ts';
import { resizing } from './lower/resizing.ts';
import { slicing } from './lower/slicing.ts';
import { softmax } from './lower/softmax.ts';

export interface OperatorEntry {
  /** The opset of the default domain that introduced the operator, and the last that had it. */
  readonly since: number;
  readonly until?: number;
  readonly lower: Lowering;
}

export type Family = Readonly<Record<string, OperatorEntry>>;

export const OPERATORS: ReadonlyMap<string, OperatorEntry> = new Map(
  [
    activations,
    arithmetic,
    casting,
    convolution,
    einsums,
    gathering,
    generating,
    logic,
    matrix,
    normalisation,
    pooling,
    powers,
    quantized,
    ranking,
    recurrent,
    reduction,
    reshaping,
    resizing,
    slicing,
    softmax,
  ].flatMap((family: Family) => Object.entries(family)),
);

export function loweringOf({ domain, op }: GraphNode, opset: number): Lowering | undefined {
  if (domain !== '' && domain !== 'ai.onnx') return undefined;
  const entry = OPERATORS.get(op);
  return entry && opset >= entry.since && opset <= (entry.until ?? opset) ? entry.lower : undefined;
}
