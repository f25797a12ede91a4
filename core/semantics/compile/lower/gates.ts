/** Activation functions that RNN, GRU and LSTM name in their attribute (ONNX opset 7 to 22), each as its primitives. */
import type { Context } from '../context.ts';
import type { Value } from '../value.ts';
import { affine, elu, hardSigmoid, leakyRelu, sigmoid, softplus, softsign, thresholdedRelu } from './curves.ts';

export type Activation = (x: Value) => Value;

interface Definition {
  /** Parameters it takes from activation_alpha and activation_beta; undefined: none. `required`: no default. */
  readonly alpha?: number | 'required';
  readonly beta?: number | 'required';
  readonly apply: (c: Context, x: Value, alpha: number, beta: number) => Value;
}

const DEFINITIONS: Readonly<Record<string, Definition>> = {
  sigmoid: { apply: sigmoid },
  tanh: { apply: (c, x) => c.float32('Tanh', x) },
  relu: { apply: (c, x) => c.float32('Relu', x) },
  affine: { alpha: 'required', beta: 'required', apply: affine },
  leakyrelu: { alpha: 0.01, apply: leakyRelu },
  thresholdedrelu: { alpha: 1, apply: thresholdedRelu },
  scaledtanh: {
    alpha: 'required',
    beta: 'required',
    apply: (c, x, alpha, beta) => c.float32('Mul', c.float32('Tanh', c.float32('Mul', x, beta)), alpha),
  },
  hardsigmoid: { alpha: 0.2, beta: 0.5, apply: hardSigmoid },
  elu: { alpha: 1, apply: elu },
  softsign: { apply: softsign },
  softplus: { apply: softplus },
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
