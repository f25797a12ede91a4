/** Operators that are one primitive per element, or a short chain of them. */
import type { Dtype } from '../../../commitment/dtype.ts';
import type { ElementwiseKind } from '../../kinds.ts';
import type { Context, Lowering } from '../context.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';

const NUMBERS: readonly Dtype[] = ['float32', 'int32', 'int64', 'uint8', 'int8'];
const SIGNED: readonly Dtype[] = ['float32', 'int32', 'int64', 'int8'];
const FLOAT: readonly Dtype[] = ['float32'];

/** Two operands of one dtype. */
const binary =
  (kind: ElementwiseKind, dtypes = NUMBERS): Lowering =>
  (c) => {
    const [x, y] = [c.input(0, 'A'), c.input(1, 'B')];
    c.dtypes(dtypes, x, y);
    if (x.dtype !== y.dtype) c.refuse(`its inputs are ${x.dtype} and ${y.dtype}`);
    return [c.apply(kind, x.dtype, [x, c.aligned(x, y)])];
  };

const unary =
  (kind: ElementwiseKind, dtypes = FLOAT): Lowering =>
  (c) => {
    const x = c.input(0, 'X');
    c.dtypes(dtypes, x);
    return [c.apply(kind, x.dtype, [x])];
  };

/** One or more operands of one dtype, folded from the left. Before opset 8 they have one shape. */
function folded(c: Context, kind: ElementwiseKind, dtypes: readonly Dtype[]): Value {
  const inputs = Array.from({ length: Math.max(1, c.inputs.length) }, (_, i) => c.input(i, `data_${i}`));
  const [first, ...others] = inputs as [Value, ...Value[]];
  c.dtypes(dtypes, ...inputs);
  const unlike = others.find(({ shape }) => shape.join() !== first.shape.join());
  if (c.opset < 8 && unlike) c.refuse(`its inputs are [${first.shape}] and [${unlike.shape}]`);
  return others.reduce((x, y) => c.apply(kind, x.dtype, [x, y]), first);
}

const variadic =
  (kind: ElementwiseKind, dtypes: readonly Dtype[]): Lowering =>
  (c) => [folded(c, kind, dtypes)];

/** The sum, then Div by the count. */
const mean: Lowering = (c) => {
  const sum = folded(c, 'Add', FLOAT);
  return [c.inputs.length === 1 ? sum : c.float32('Div', sum, c.inputs.length)];
};

export const arithmetic: Family = {
  Add: { since: 1, lower: binary('Add') },
  Sub: { since: 1, lower: binary('Sub') },
  Mul: { since: 1, lower: binary('Mul') },
  Div: { since: 1, lower: binary('Div') },
  Min: { since: 1, lower: variadic('Min', NUMBERS) },
  Max: { since: 1, lower: variadic('Max', NUMBERS) },
  Sum: { since: 1, lower: variadic('Add', FLOAT) },
  Mean: { since: 1, lower: mean },
  Neg: { since: 1, lower: unary('Neg', SIGNED) },
  Abs: { since: 1, lower: unary('Abs', NUMBERS) },
  Sqrt: { since: 1, lower: unary('Sqrt') },
  Reciprocal: { since: 1, lower: unary('Reciprocal') },
  Relu: { since: 1, lower: unary('Relu', SIGNED) },
  Floor: { since: 1, lower: unary('Floor') },
  Ceil: { since: 1, lower: unary('Ceil') },
  Round: { since: 11, lower: unary('Round') },
  Sign: { since: 9, lower: unary('Sign', NUMBERS) },
  Exp: { since: 1, lower: unary('Exp') },
  Log: { since: 1, lower: unary('Log') },
  Tanh: { since: 1, lower: unary('Tanh') },
  Erf: { since: 9, lower: unary('Erf') },
  Sin: { since: 7, lower: unary('Sin') },
  Cos: { since: 7, lower: unary('Cos') },
};
