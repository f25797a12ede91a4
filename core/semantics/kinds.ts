/** The primitives: their codes in a record, what they take, and what their attribute word means (docs/spec/primitives.md). */

export interface KindFacts {
  /** In the record; never reused. */
  readonly code: number;
  /** Operands; for Move at least one. */
  readonly operands: number;
  /** True: one element runs over the inner axes. */
  readonly inner?: true;
}

export const KINDS = {
  /** [a, b?, bias?] float32: RN(bias + sum a * b), absent b = 1. Attribute 1: the last axis of the space numbers ranges of 8,192 terms. */
  Dot: { code: 1, operands: 3, inner: true },
  /** [a, b?, aZero?, bZero?, bias?]: bias + sum (a - aZero) * (b - bZero) modulo 2^32 or 2^64; skipped taps add nothing. */
  IntegerDot: { code: 2, operands: 5, inner: true },
  /** The first operand that is present; +0 if none is. */
  Move: { code: 3, operands: 1 },
  /** [x, index]: x at k = index (negative: + size of the inner space); +0 if that is out of range or absent. */
  Gather: { code: 4, operands: 2, inner: true },
  /** [x]: flat k of the largest present candidate, lowest on ties, NaN above all; 0 if none is present. */
  ArgMax: { code: 5, operands: 1, inner: true },
  /** [x]: flat k of the smallest present candidate, lowest on ties, NaN below all. */
  ArgMin: { code: 6, operands: 1, inner: true },
  /** [x]: the last axis j of the space ranks the candidates; attribute 1: largest first, 0: smallest first; ties to the lowest. */
  TopK: { code: 7, operands: 1, inner: true },

  Add: { code: 16, operands: 2 },
  Sub: { code: 17, operands: 2 },
  Mul: { code: 18, operands: 2 },
  Div: { code: 19, operands: 2 },
  Min: { code: 20, operands: 2 },
  Max: { code: 21, operands: 2 },

  Neg: { code: 32, operands: 1 },
  Abs: { code: 33, operands: 1 },
  Sqrt: { code: 34, operands: 1 },
  Reciprocal: { code: 35, operands: 1 },
  Relu: { code: 36, operands: 1 },
  Floor: { code: 37, operands: 1 },
  Ceil: { code: 38, operands: 1 },
  Round: { code: 39, operands: 1 },
  Sign: { code: 40, operands: 1 },

  Exp: { code: 48, operands: 1 },
  Log: { code: 49, operands: 1 },
  Tanh: { code: 50, operands: 1 },
  Erf: { code: 51, operands: 1 },
  Sin: { code: 52, operands: 1 },
  Cos: { code: 53, operands: 1 },
  /** Attribute: the bits of the float32 exponent, one of those that the exhaustive search has proved. */
  Pow: { code: 54, operands: 1 },

  Equal: { code: 64, operands: 2 },
  Less: { code: 65, operands: 2 },
  LessOrEqual: { code: 66, operands: 2 },
  And: { code: 67, operands: 2 },
  Or: { code: 68, operands: 2 },
  Xor: { code: 69, operands: 2 },
  Not: { code: 70, operands: 1 },
  /** [condition, x, y]: x where the condition holds. */
  Where: { code: 71, operands: 3 },
  Cast: { code: 72, operands: 1 },
  /** [x, low, high]: min(high, max(low, x)). */
  Clip: { code: 73, operands: 3 },

  /** [x, scale, zero]: the integer nearest to RN(x / scale), ties to even, plus zero, saturated to the dtype. */
  Quantize: { code: 80, operands: 3 },
  /** [x, scale, zero]: RN(RN(x - zero) * scale). */
  Dequantize: { code: 81, operands: 3 },
} as const satisfies Record<string, KindFacts>;

export type Kind = keyof typeof KINDS;
/** Kinds whose element depends on one element of each operand. */
export type ElementwiseKind = Exclude<Kind, 'Dot' | 'IntegerDot' | 'Move' | 'Gather' | 'ArgMax' | 'ArgMin' | 'TopK'>;
