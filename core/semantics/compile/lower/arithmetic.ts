/** Operators that are one primitive per element, or a short chain of them. */
import type { Dtype } from '../../../commitment/dtype.ts';
import type { ElementwiseKind } from '../../kinds.ts';
import type { Context, Lowering } from '../context.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';

const NUMBERS: readonly Dtype[] = ['float32', 'int32', 'int64', 'uint8', 'int8'];
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

/** One or more operands, folded from the left. */
const variadic =
  (combine: (c: Context, x: Value, y: Value) => Value): Lowering =>
  (c) => {
    const inputs = [c.input(0, 'data_0'), ...c.inputs.slice(1).map((_, i) => c.input(i + 1, `data_${i + 1}`))];
    const [first] = inputs;
    c.dtypes(NUMBERS, ...inputs);
    return [inputs.slice(1).reduce((x, y) => combine(c, x, y), first as Value)];
  };

const pairwise = (kind: ElementwiseKind): Lowering => variadic((c, x, y) => c.apply(kind, x.dtype, [x, y]));

const mean: Lowering = (c) => {
  const sum = variadic((d, x, y) => d.float32('Add', x, y))(c)[0] as Value;
  return [c.inputs.length === 1 ? sum : c.float32('Div', sum, c.inputs.length)];
};

export const arithmetic: Family = {
  Add: { since: 1, lower: binary('Add') },
  Sub: { since: 1, lower: binary('Sub') },
  Mul: { since: 1, lower: binary('Mul') },
  Div: { since: 1, lower: binary('Div') },
  Min: { since: 1, lower: pairwise('Min') },
  Max: { since: 1, lower: pairwise('Max') },
  Sum: { since: 1, lower: variadic((c, x, y) => c.float32('Add', x, y)) },
  Mean: { since: 1, lower: mean },
  Neg: { since: 1, lower: unary('Neg', NUMBERS) },
  Abs: { since: 1, lower: unary('Abs', NUMBERS) },
  Sqrt: { since: 1, lower: unary('Sqrt') },
  Reciprocal: { since: 1, lower: unary('Reciprocal') },
  Relu: { since: 1, lower: unary('Relu', NUMBERS) },
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
