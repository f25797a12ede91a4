import { executeNamed } from '#core/semantics/execute/named.ts';
import type { Program } from '#core/semantics/program.ts';
import { roundToHalf, withWeights } from '#core/semantics/tolerance/coarser.ts';
import type { Tensor } from '#core/tensor.ts';

export type Tensors = Readonly<Record<string, Tensor>>;

/** How a result is falsified: the largest weight of each tensor negated, all weights in half precision, or the answer to the input before. */
export const FAULTS = ['weight', 'half', 'stale'] as const;
export type Fault = (typeof FAULTS)[number];

/** The outputs of a program with other weights. */
export function falsified(program: Program, fault: 'weight' | 'half', inputs: Tensors): Tensors {
  const change = (values: Float32Array) => (fault === 'half' ? values.map(roundToHalf) : flipped(values));
  return executeNamed(withWeights(program, change), inputs);
}

/** The largest weight with the other sign. */
function flipped(data: Float32Array): Float32Array {
  const copy = data.slice();
  const at = copy.reduce((best, value, i) => (Math.abs(value) > Math.abs(copy[best] as number) ? i : best), 0);
  copy[at] = -(copy[at] as number);
  return copy;
}
