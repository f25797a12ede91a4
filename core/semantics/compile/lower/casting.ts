/** Cast (ONNX opset 1 to 25), CastLike (15 to 25), and Dropout (1 to 22) outside training, which is the identity. */
import type { Dtype } from '../../../commitment/dtype.ts';
import { dtypeOfCode } from '../../../commitment/dtype.ts';
import type { Context, Lowering } from '../context.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { expand } from '../value.ts';

/** One Cast; none if the value is of that dtype. */
export function castTo(c: Context, x: Value, dtype: Dtype): Value {
  return x.dtype === dtype ? x : c.apply('Cast', dtype, [x]);
}

/** Before opset 6 the type was named. */
const NAMED: ReadonlyMap<string, Dtype> = new Map([
  ['FLOAT', 'float32'],
  ['INT32', 'int32'],
  ['INT64', 'int64'],
  ['UINT8', 'uint8'],
  ['INT8', 'int8'],
  ['BOOL', 'bool'],
]);

const cast: Lowering = (c) => {
  const x = c.input(0, 'input');
  if (!c.has('to')) c.refuse('its attribute to is missing');
  if (c.opset < 6) {
    const name = c.string('to', '').toUpperCase();
    return [castTo(c, x, NAMED.get(name) ?? c.refuse(`type ${name} is not one of the six`))];
  }
  const code = c.int('to', 0);
  return [castTo(c, x, dtypeOfCode(code) ?? c.refuse(`element type ${code} is not one of the six`))];
};

/**
 * Training is the identity too if the ratio is 0. The mask says true everywhere since opset 12, when it first had a meaning without
 * training; before, +0 (opset 10: false).
 */
const dropout: Lowering = (c) => {
  const x = c.input(0, 'data');
  c.dtypes(['float32'], x);
  const training =
    c.opset < 7
      ? c.int('is_test', 0) === 0
      : c.opset >= 12 && Number(c.constant(2, 'training_mode')?.data[0] ?? 0) !== 0;
  const ratio = () => (c.opset < 12 ? c.float('ratio', 0.5) : Number(c.constant(1, 'ratio')?.data[0] ?? 0.5));
  if (training && ratio() !== 0) c.refuse('in training it drops elements at random');
  const mask = c.builder.scalar(c.opset < 10 ? 'float32' : 'bool', c.opset < 12 ? 0 : 1);
  return [x, expand(mask, x.shape)];
};

export const casting: Family = {
  Cast: { since: 1, lower: cast },
  CastLike: { since: 15, lower: (c) => [castTo(c, c.input(0, 'input'), c.input(1, 'target_type').dtype)] },
  Dropout: { since: 1, lower: dropout },
};
