/** Activation functions as primitives: what the ONNX operators and the gates of RNN, GRU and LSTM share. x is float32. */
import type { Context } from '../context.ts';
import type { Value } from '../value.ts';

/** float32 x where a < b, y elsewhere (also where a or b is NaN). */
export function whereLess(c: Context, a: Value | number, b: Value | number, x: Value, y: Value): Value {
  const value = (z: Value | number) => (typeof z === 'number' ? c.builder.scalar('float32', z) : z);
  return c.apply('Where', 'float32', [c.apply('Less', 'bool', [value(a), value(b)]), x, y]);
}

/** 1 / (1 + Exp(-x)). */
export const sigmoid = (c: Context, x: Value): Value =>
  c.float32('Reciprocal', c.float32('Add', c.float32('Exp', c.float32('Neg', x)), 1));

/** Clip(alpha * x + beta, 0, 1). */
export const hardSigmoid = (c: Context, x: Value, alpha: number, beta: number): Value =>
  c.float32('Clip', affine(c, x, alpha, beta), 0, 1);

export const affine = (c: Context, x: Value, alpha: number, beta: number): Value =>
  c.float32('Add', c.float32('Mul', x, alpha), beta);

/** max(x, 0) + Log(1 + Exp(-|x|)): neither overflows nor loses the large x. */
export function softplus(c: Context, x: Value): Value {
  const power = c.float32('Exp', c.float32('Neg', c.float32('Abs', x)));
  return c.float32('Add', c.float32('Max', x, 0), c.float32('Log', c.float32('Add', power, 1)));
}

/** alpha * (Exp(x) - 1) below zero. */
export const elu = (c: Context, x: Value, alpha: number): Value =>
  whereLess(c, x, 0, c.float32('Mul', c.float32('Sub', c.float32('Exp', x), 1), alpha), x);

/** alpha * x below zero. */
export const leakyRelu = (c: Context, x: Value, alpha: number): Value =>
  whereLess(c, x, 0, c.float32('Mul', x, alpha), x);

/** x above alpha, +0 elsewhere, also for NaN. */
export const thresholdedRelu = (c: Context, x: Value, alpha: number): Value =>
  whereLess(c, alpha, x, x, c.builder.scalar('float32', 0));

/** x / (1 + |x|). */
export const softsign = (c: Context, x: Value): Value => c.float32('Div', x, c.float32('Add', c.float32('Abs', x), 1));
