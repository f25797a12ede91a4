// Traces of liars: the reference with one element changed, and everything behind it computed from the lie.
import { ReferenceTrace } from '#core/challenges/reference.ts';
import type { TensorData } from '#core/commitment/dtype.ts';
import type { Program } from '#core/semantics/program.ts';
import type { ProgramCommitment } from '#core/semantics/record.ts';
import type { Tensor } from '#core/tensor.ts';

/**
 * A trace in which element e of operator k is another value. A lie may not reach the outputs, and evidence needs an element that does: the
 * first one of the last output is a lie too, unless k is that output.
 */
export function lyingTrace(
  program: Program,
  commitment: ProgramCommitment,
  inputs: readonly Tensor[],
  k: number,
  e: number,
): ReferenceTrace {
  const output = Math.max(...program.outputs.map(({ operator }) => operator ?? -1));
  const lies: [number, number][] =
    k === output
      ? [[k, e]]
      : [
          [k, e],
          [output, 0],
        ];
  return new LyingTrace(program, commitment, inputs, lies);
}

class LyingTrace extends ReferenceTrace {
  constructor(
    program: Program,
    commitment: ProgramCommitment,
    inputs: readonly Tensor[],
    lies: readonly (readonly [k: number, e: number])[],
  ) {
    super(program, commitment, inputs, { after: (index, data) => changedAt(lies, index, data) });
  }
}

function changedAt(lies: readonly (readonly [number, number])[], index: number, data: TensorData): TensorData {
  const mine = lies.filter(([k]) => k === index);
  if (mine.length === 0) return data;
  const copy = data.slice();
  for (const [, e] of mine) {
    if (copy instanceof BigInt64Array) copy[e] = (copy[e] as bigint) ^ 1n;
    else if (copy instanceof Float32Array) copy[e] = otherBits(copy[e] as number, index);
    else copy[e] = (copy[e] as number) ^ 1;
  }
  return copy;
}

/**
 * A few units in the last place away; 3 instead of a NaN. How many depends on the operator: a lie that arrives at an output must not be taken
 * back there.
 */
function otherBits(value: number, operator: number): number {
  if (Number.isNaN(value)) return 3;
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, value);
  bits.setUint32(0, bits.getUint32(0) ^ (1 << (operator % 5)));
  return bits.getFloat32(0);
}
