/** Activation operators (ONNX opset 1 to 24). Formulas with few, well-conditioned roundings: docs/spec/lowering.md. */
import type { Dtype } from '../../../commitment/dtype.ts';
import { broadcastShape } from '../broadcast.ts';
import type { Context, Lowering } from '../context.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { reshapeView } from '../value.ts';
import { elu, hardSigmoid, leakyRelu, sigmoid, softplus, softsign, thresholdedRelu, whereLess } from './curves.ts';

const FLOAT: readonly Dtype[] = ['float32'];
const LARGEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;

/** A function of one float32 input. */
const curve =
  (apply: (c: Context, x: Value) => Value): Lowering =>
  (c) => {
    const x = c.input(0, 'X');
    c.dtypes(FLOAT, x);
    return [apply(c, x)];
  };

/** gamma * (x, or alpha * (Exp(x) - 1) below zero). Opset 1 had shorter defaults. */
const selu = curve((c, x) => {
  const [alpha, gamma] = c.opset < 6 ? [1.6732, 1.0507] : [1.6732631921768188, 1.0507010221481323];
  return c.float32('Mul', elu(c, x, c.float('alpha', alpha)), c.float('gamma', gamma));
});

/** alpha * (Exp(x / alpha) - 1) below zero. */
const celu = curve((c, x) => {
  const alpha = c.float('alpha', 1);
  if (alpha === 0) c.refuse('alpha is 0');
  const power = c.float32('Exp', c.float32('Div', x, alpha));
  return whereLess(c, x, 0, c.float32('Mul', c.float32('Sub', power, 1), alpha), x);
});

/** x * (1 + Erf(x / sqrt 2)) / 2, or with Tanh(sqrt(2 / pi) * (x + 0.044715 x^3)): two functions, 5e-4 apart. */
const gelu = curve((c, x) => {
  const form = c.string('approximate', 'none');
  const root = Math.sqrt(2 / Math.PI);
  const inner = () =>
    c.float32('Mul', x, c.float32('Add', c.float32('Mul', c.float32('Mul', x, 0.044715 * root), x), root));
  const share =
    form === 'none'
      ? c.float32('Erf', c.float32('Mul', x, Math.SQRT1_2))
      : form === 'tanh'
        ? c.float32('Tanh', inner())
        : c.refuse(`approximate ${form} is neither none nor tanh`);
  return c.float32('Mul', c.float32('Mul', x, 0.5), c.float32('Add', share, 1));
});

/** x + bias below -lambd, x - bias above lambd, +0 between. */
const shrink = curve((c, x) => {
  const [bias, lambd] = [c.float('bias', 0), c.float('lambd', 0.5)];
  const upper = whereLess(c, lambd, x, c.float32('Sub', x, bias), c.builder.scalar('float32', 0));
  return whereLess(c, x, -lambd, c.float32('Add', x, bias), upper);
});

/** slope * x below zero. The slope broadcasts to x; before opset 7 it has one element or one per channel. */
const prelu: Lowering = (c) => {
  const [x, given] = [c.input(0, 'X'), c.input(1, 'slope')];
  c.dtypes(c.opset < 9 ? FLOAT : ['float32', 'int32', 'int64'], x, given);
  const one = given.shape.every((dim) => dim === 1);
  const slope =
    c.opset >= 7 && !one
      ? given
      : (reshapeView(given, one ? [] : [...given.shape, ...x.shape.slice(2).map(() => 1)]) as Value);
  if (broadcastShape([x.shape, slope.shape])?.join() !== x.shape.join())
    c.refuse(`a slope [${given.shape}] does not fit [${x.shape}]`);
  const negative = c.apply('Less', 'bool', [x, c.builder.scalar(x.dtype, 0)]);
  return [c.apply('Where', x.dtype, [negative, c.apply('Mul', x.dtype, [x, slope]), x])];
};

/** Bounds are attributes before opset 11; integers since 12. A missing bound is the largest finite number, as ONNX says. */
const clip: Lowering = (c) => {
  const x = c.input(0, 'input');
  c.dtypes(c.opset < 12 ? FLOAT : ['float32', 'int32', 'int64', 'uint8', 'int8'], x);
  const scalar = (index: number, name: string) => {
    const bound = c.inputs[index];
    if (bound === undefined) return undefined;
    if (bound.shape.length > 1 || bound.shape.some((dim) => dim !== 1))
      c.refuse(`its input ${name} has shape [${bound.shape}], not []`);
    return reshapeView(bound, []) as Value;
  };
  if (x.dtype !== 'float32') {
    const [low, high] = [scalar(1, 'min'), scalar(2, 'max')];
    const raised = low ? c.apply('Max', x.dtype, [x, low]) : x;
    return [high ? c.apply('Min', x.dtype, [raised, high]) : raised];
  }
  const attribute = (name: string, otherwise: number) =>
    c.builder.scalar('float32', c.opset < 11 ? c.float(name, otherwise) : otherwise);
  const given = (index: number, name: string) => (c.opset < 11 ? undefined : scalar(index, name));
  const low = given(1, 'min') ?? attribute('min', -LARGEST_FLOAT);
  const high = given(2, 'max') ?? attribute('max', LARGEST_FLOAT);
  return [c.float32('Clip', x, low, high)];
};

export const activations: Family = {
  Sigmoid: { since: 1, lower: curve(sigmoid) },
  HardSigmoid: { since: 1, lower: curve((c, x) => hardSigmoid(c, x, c.float('alpha', 0.2), c.float('beta', 0.5))) },
  HardSwish: { since: 14, lower: curve((c, x) => c.float32('Mul', x, hardSigmoid(c, x, 1 / 6, 0.5))) },
  Softplus: { since: 1, lower: curve(softplus) },
  Softsign: { since: 1, lower: curve(softsign) },
  Elu: { since: 1, lower: curve((c, x) => elu(c, x, c.float('alpha', 1))) },
  Selu: { since: 1, lower: selu },
  Celu: { since: 12, lower: celu },
  LeakyRelu: { since: 1, lower: curve((c, x) => leakyRelu(c, x, c.float('alpha', 0.01))) },
  ThresholdedRelu: { since: 10, lower: curve((c, x) => thresholdedRelu(c, x, c.float('alpha', 1))) },
  PRelu: { since: 1, lower: prelu },
  Shrink: { since: 9, lower: shrink },
  Clip: { since: 1, lower: clip },
  Gelu: { since: 20, lower: gelu },
  Mish: { since: 18, lower: curve((c, x) => c.float32('Mul', x, c.float32('Tanh', softplus(c, x)))) },
  Swish: {
    since: 24,
    lower: curve((c, x) => {
      const alpha = c.float('alpha', 1);
      return c.float32('Mul', x, sigmoid(c, alpha === 1 ? x : c.float32('Mul', x, alpha)));
    }),
  },
};
