/**
 * Elements of Equal, Less, LessOrEqual, And, Or, Xor, Not and Clip. docs/spec/logic.md. Comparisons with NaN are false; -0 equals +0. A
 * bool is 0 or 1; any other byte reads as 1.
 */
export const comparisons = {
  Equal: (x: number, y: number) => (x === y ? 1 : 0),
  Less: (x: number, y: number) => (x < y ? 1 : 0),
  LessOrEqual: (x: number, y: number) => (x <= y ? 1 : 0),
} as const;

export const bigComparisons = {
  Equal: (x: bigint, y: bigint) => (x === y ? 1 : 0),
  Less: (x: bigint, y: bigint) => (x < y ? 1 : 0),
  LessOrEqual: (x: bigint, y: bigint) => (x <= y ? 1 : 0),
} as const;

export const logic = {
  And: (x: number, y: number) => (x !== 0 && y !== 0 ? 1 : 0),
  Or: (x: number, y: number) => (x !== 0 || y !== 0 ? 1 : 0),
  Xor: (x: number, y: number) => ((x !== 0) !== (y !== 0) ? 1 : 0),
} as const;

/** ONNX Clip: the upper bound wins where the bounds cross. NaN if any of the three is. */
export const clip = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));
export const bigClip = (x: bigint, low: bigint, high: bigint): bigint => {
  const raised = x < low ? low : x;
  return raised > high ? high : raised;
};
