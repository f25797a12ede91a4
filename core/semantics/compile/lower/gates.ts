/** Activation functions that RNN, GRU and LSTM name in their attribute (ONNX opset 7 to 22), each as its primitives. */
import type { Context } from '../context.ts';
import type { Value } from '../value.ts';

export type Activation = (x: Value) => Value;

interface Definition {
  /** Parameters it takes from activation_alpha and activation_beta; undefined: none. `required`: no default. */
  readonly alpha?: number | 'required';
  readonly beta?: number | 'required';
  readonly apply: (c: Context, x: Value, alpha: number, beta: number) => Value;
}

const sigmoid = (c: Context, x: Value): Value =>
  c.float32('Reciprocal', c.float32('Add', c.float32('Exp', c.float32('Neg', x)), 1));

const where = (c: Context, condition: Value, x: Value, y: Value): Value =>
  c.apply('Where', 'float32', [condition, x, y]);
const below = (c: Context, x: Value | number, y: Value | number): Value => {
  const value = (z: Value | number) => (typeof z === 'number' ? c.builder.scalar('float32', z) : z);
  return c.apply('Less', 'bool', [value(x), value(y)]);
};

const DEFINITIONS: Readonly<Record<string, Definition>> = {
  sigmoid: { apply: sigmoid },
  tanh: { apply: (c, x) => c.float32('Tanh', x) },
  relu: { apply: (c, x) => c.float32('Relu', x) },
  affine: {
    alpha: 'required',
    beta: 'required',
    apply: (c, x, alpha, beta) => c.float32('Add', c.float32('Mul', x, alpha), beta),
  },
  leakyrelu: { alpha: 0.01, apply: (c, x, alpha) => where(c, below(c, x, 0), c.float32('Mul', x, alpha), x) },
  thresholdedrelu: {
    alpha: 1,
    apply: (c, x, alpha) => where(c, below(c, alpha, x), x, c.builder.scalar('float32', 0)),
  },
  scaledtanh: {
    alpha: 'required',
    beta: 'required',
    apply: (c, x, alpha, beta) => c.float32('Mul', c.float32('Tanh', c.float32('Mul', x, beta)), alpha),
  },
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    apply: (c, x, alpha, beta) => c.float32('Clip', c.float32('Add', c.float32('Mul', x, alpha), beta), 0, 1),
  },
  elu: {
    alpha: 1,
    apply: (c, x, alpha) =>
      where(c, below(c, x, 0), c.float32('Mul', c.float32('Sub', c.float32('Exp', x), 1), alpha), x),
  },
  softsign: { apply: (c, x) => c.float32('Div', x, c.float32('Add', c.float32('Abs', x), 1)) },
  softplus: {
    apply: (c, x) => {
      const power = c.float32('Exp', c.float32('Neg', c.float32('Abs', x)));
      return c.float32('Add', c.float32('Max', x, 0), c.float32('Log', c.float32('Add', power, 1)));
    },
  },
};

/**
 * The functions of each direction: the node's list, or `defaults` for every direction. activation_alpha and activation_beta are consumed
 * in the order of the functions that take one.
 */
export function activationsOf(c: Context, directions: number, defaults: readonly string[]): Activation[][] {
  const all = Array.from({ length: directions }, () => defaults).flat();
  const given = c.strings('activations') ?? [];
  if (given.length > 0 && given.length !== all.length)
    c.refuse(`it names ${given.length} activations for ${directions} direction(s) of ${defaults.length}`);
  const [alphas, betas] = [[...(c.floats('activation_alpha') ?? [])], [...(c.floats('activation_beta') ?? [])]];
  const parameter = (wanted: number | 'required' | undefined, list: number[], name: string): number => {
    if (wanted === undefined) return 0;
    const value = list.shift() ?? wanted;
    return value === 'required' ? c.refuse(`its activation ${name} lacks a parameter`) : value;
  };
  const functions = (given.length > 0 ? given : all).map((name): Activation => {
    const found = Object.hasOwn(DEFINITIONS, name.toLowerCase()) ? DEFINITIONS[name.toLowerCase()] : undefined;
    if (found === undefined) return c.refuse(`its activation ${name} is not defined`);
    const alpha = parameter(found.alpha, alphas, name);
    const beta = parameter(found.beta, betas, name);
    return (x) => found.apply(c, x, alpha, beta);
  });
  return Array.from({ length: directions }, (_, d) => functions.slice(d * defaults.length, (d + 1) * defaults.length));
}
