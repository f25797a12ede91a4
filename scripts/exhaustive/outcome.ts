/** What a piece of the search found, and how it looks at the inputs that float64 alone does not decide. */
import { floatBits } from './exact.ts';

/** An input of a function, as its bit pattern, with the exact result and its distance to a rounding boundary in units. */
export interface Hard {
  of: string;
  input: number;
  result: number;
  margin: number;
}

export interface Outcome {
  /** Inputs compared. */
  inputs: number;
  /** Of these, the ones nearer to a boundary than the closeness of the search: decided by exact arithmetic. */
  exact: number;
  wrong: string[];
  hard: Hard[];
}

/** Relative error that the independent float64 evaluations are allowed: 2^-51.3 by analysis (docs/spec/functions.md). */
export const CLOSEST = 2 ** -50;
/** Inputs of one block: consecutive float32 values of one binade, so that they are start + j * unit. */
export const BLOCK = 8192;

export const start = (): Outcome => ({ inputs: 0, exact: 0, wrong: [], hard: [] });

/** Decides one input exactly: compares the result of the code under test with the one of exact arithmetic. */
export function decide(
  outcome: Outcome,
  name: string,
  x: number,
  got: number,
  exact: { result: number; margin: number },
): void {
  outcome.exact += 1;
  outcome.hard.push({ of: name, input: floatBits(x), result: floatBits(exact.result), margin: exact.margin });
  if (Object.is(got, exact.result)) return;
  outcome.wrong.push(`${name}(${x}, bits ${floatBits(x).toString(16)}) = ${got}, exactly ${exact.result}`);
}

const suspects = new Int32Array(BLOCK);

/**
 * The indices j of a block where the result is not certain: `results[j]` is not what both ends of
 * y (1 - closeness) .. y (1 + closeness) round to, y = c0 + c1 d + ... + c8 d^8, d = (j - BLOCK / 2) * unit.
 */
export function suspicious(results: Float32Array, c: Float64Array, unit: number, closeness: number): Int32Array {
  const [c0, c1, c2, c3, c4, c5, c6, c7, c8] = c as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const below = 1 - closeness;
  const above = 1 + closeness;
  let count = 0;
  for (let j = 0; j < BLOCK; j++) {
    const d = (j - BLOCK / 2) * unit;
    const y = c0 + d * (c1 + d * (c2 + d * (c3 + d * (c4 + d * (c5 + d * (c6 + d * (c7 + d * c8)))))));
    const result = results[j];
    if (Math.fround(y * below) !== result || Math.fround(y * above) !== result) suspects[count++] = j;
  }
  return suspects.subarray(0, count);
}
