/** Comparisons, Where and operators on bools (ONNX opset 1 to 19), IsNaN (9 to 20) and IsInf (10 to 20): exact. */
import type { Dtype } from '../../../commitment/dtype.ts';
import type { ElementwiseKind } from '../../kinds.ts';
import type { Lowering } from '../context.ts';
import type { Family } from '../operators.ts';
import { expand } from '../value.ts';

const NUMBERS: readonly Dtype[] = ['float32', 'int32', 'int64', 'uint8', 'int8'];
const ALL: readonly Dtype[] = [...NUMBERS, 'bool'];
const BOOL: readonly Dtype[] = ['bool'];
const LARGEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;

/** Two operands of one dtype give a bool. `swapped`: Greater is Less with its operands exchanged, which also holds for NaN. */
const compared =
  (kind: ElementwiseKind, dtypes: readonly Dtype[], swapped = false): Lowering =>
  (c) => {
    const [x, given] = [c.input(0, 'A'), c.input(1, 'B')];
    c.dtypes(dtypes, x, given);
    const y = c.aligned(x, given);
    return [c.apply(kind, 'bool', swapped ? [y, x] : [x, y])];
  };

const not: Lowering = (c) => {
  const x = c.input(0, 'X');
  c.dtypes(BOOL, x);
  return [c.apply('Not', 'bool', [x])];
};

const where: Lowering = (c) => {
  const [condition, x, y] = [c.input(0, 'condition'), c.input(1, 'X'), c.input(2, 'Y')];
  c.dtypes(BOOL, condition);
  c.dtypes(ALL, x, y);
  return [c.apply('Where', x.dtype, [condition, x, y])];
};

/** Only NaN differs from itself. */
const notANumber: Lowering = (c) => {
  const x = c.input(0, 'X');
  c.dtypes(['float32'], x);
  return [c.apply('Not', 'bool', [c.apply('Equal', 'bool', [x, x])])];
};

const infinite: Lowering = (c) => {
  const x = c.input(0, 'X');
  c.dtypes(['float32'], x);
  const [positive, negative] = [c.int('detect_positive', 1) !== 0, c.int('detect_negative', 1) !== 0];
  if (!positive && !negative) return [expand(c.builder.scalar('bool', 0), x.shape)];
  const tested = positive && negative ? c.float32('Abs', x) : positive ? x : c.float32('Neg', x);
  return [c.apply('Less', 'bool', [c.builder.scalar('float32', LARGEST_FLOAT), tested])];
};

export const logic: Family = {
  Equal: { since: 1, lower: compared('Equal', ALL) },
  Less: { since: 1, lower: compared('Less', NUMBERS) },
  Greater: { since: 1, lower: compared('Less', NUMBERS, true) },
  LessOrEqual: { since: 12, lower: compared('LessOrEqual', NUMBERS) },
  GreaterOrEqual: { since: 12, lower: compared('LessOrEqual', NUMBERS, true) },
  And: { since: 1, lower: compared('And', BOOL) },
  Or: { since: 1, lower: compared('Or', BOOL) },
  Xor: { since: 1, lower: compared('Xor', BOOL) },
  Not: { since: 1, lower: not },
  Where: { since: 9, lower: where },
  IsNaN: { since: 9, lower: notANumber },
  IsInf: { since: 10, lower: infinite },
};
