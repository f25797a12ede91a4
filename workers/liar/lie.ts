import type { TensorData } from '#core/commitment/dtype.ts';
import type { Program } from '#core/semantics/program.ts';

/** An operator and an element of its output. */
export type Place = readonly [operator: number, element: number];

/**
 * What turns a reference execution into a liar's (ExecuteOptions.after): element e of operator k is another value, and everything behind it
 * follows. A lie may not reach the outputs, and evidence needs an element that does: the first one of the last output is a lie too, unless
 * k is that output.
 */
export function lieAt(program: Program, [k, e]: Place): (index: number, data: TensorData) => TensorData {
  const output = lastOutput(program);
  const lies: readonly Place[] =
    k === output
      ? [[k, e]]
      : [
          [k, e],
          [output, 0],
        ];
  return (index, data) => changed(lies, index, data);
}

/** The operator behind which nothing is. */
export const lastOutput = ({ outputs }: Program): number => Math.max(...outputs.map(({ operator }) => operator ?? -1));

function changed(lies: readonly Place[], index: number, data: TensorData): TensorData {
  const mine = lies.filter(([k]) => k === index);
  if (mine.length === 0) return data;
  const copy = data.slice();
  for (const [, e] of mine) {
    if (copy instanceof BigInt64Array) copy[e] = (copy[e] as bigint) ^ 1n;
    else if (copy instanceof Float32Array) copy[e] = otherFloat(copy[e] as number, index);
    else copy[e] = (copy[e] as number) ^ 1;
  }
  return copy;
}

/** Not of a canonical value: far outside any tolerance. */
const UNLIKE_NAN = 3;

/**
 * Another exponent, so that no tolerance covers it; 3 instead of a NaN or an infinity. Which one depends on the operator: a lie that arrives
 * at an output must not be taken back there.
 */
function otherFloat(value: number, operator: number): number {
  if (!Number.isFinite(value)) return UNLIKE_NAN;
  return value === 0 ? 1 + (operator % 5) : value * (2 + (operator % 5));
}
