/** Operators that make constants: Constant, ConstantOfShape, Range, EyeLike. Their operands must be known when compiling. */

import { DTYPES, dtypeOfCode } from '../../../commitment/dtype.ts';
import { type Dtype, elementCount, type Tensor } from '../../../tensor.ts';
import type { Lowering } from '../context.ts';
import type { Family } from '../operators.ts';
import { expand } from '../value.ts';

/** Opset 1 to 24: exactly one of its attributes. */
const constant: Lowering = (c) => {
  const floats = c.has('value_float') ? [c.float('value_float', 0)] : c.floats('value_floats');
  const ints = c.exactInts(c.has('value_int') ? 'value_int' : 'value_ints');
  const list = c.has('value_floats') || c.has('value_ints');
  if (floats) {
    const tensor: Tensor = { dtype: 'float32', shape: list ? [floats.length] : [], data: Float32Array.from(floats) };
    return [c.builder.constant(tensor)];
  }
  if (ints) {
    const data = BigInt64Array.from(ints);
    return [c.builder.constant({ dtype: 'int64', shape: list ? [ints.length] : [], data })];
  }
  return [c.builder.constant(c.tensor('value') ?? c.refuse('it has no value of the six dtypes'))];
};

/** Opset 9: one value everywhere; a view of one element. */
const constantOfShape: Lowering = (c) => {
  const shape = c.integers(0, 'input') ?? c.refuse('its shape is missing');
  const value = c.tensor('value') ?? { dtype: 'float32', shape: [], data: new Float32Array(1) };
  if (value.data.length !== 1) c.refuse(`its value has ${value.data.length} elements`);
  const scalar = c.builder.constant({ ...value, shape: [] });
  return [expand(scalar, c.checkShape(shape))];
};

/** Opset 11: start + i * delta for i below ceil((limit - start) / delta); float32 rounds the product and the sum. */
const range: Lowering = (c) => {
  const [start, limit, delta] = ['start', 'limit', 'delta'].map((name, i) => {
    if (elementCount(c.input(i, name).shape) !== 1)
      c.refuse(`its ${name} is [${c.input(i, name).shape}], not one number`);
    return c.requireConstant(i, name);
  }) as [Tensor, Tensor, Tensor];
  const { dtype } = start;
  c.dtypes(['float32', 'int32', 'int64'], ...['start', 'limit', 'delta'].map((name, i) => c.input(i, name)));
  if (limit.dtype !== dtype || delta.dtype !== dtype) c.refuse('start, limit and delta differ in their dtypes');
  const [from, to, by] = [start, limit, delta].map(({ data }) => data[0] ?? 0) as [number, number, number];
  if (Number(by) === 0) c.refuse('its delta is 0');
  const steps =
    typeof from === 'bigint' ? divideUp(BigInt(to) - BigInt(from), BigInt(by)) : Math.ceil((to - from) / by);
  if (Number.isNaN(steps)) c.refuse(`from ${from} to ${to} by ${by} is no range`);
  const count = Math.max(0, steps);
  c.builder.reserve(dtype, count);
  const data = new DTYPES[dtype].Data(count);
  for (let i = 0; i < count; i++)
    if (data instanceof BigInt64Array) data[i] = BigInt(from) + BigInt(i) * BigInt(by);
    else data[i] = from + (dtype === 'float32' ? Math.fround(i * by) : i * by);
  return [c.builder.constant({ dtype, shape: [count], data })];
};

function divideUp(n: bigint, d: bigint): number {
  const quotient = n / d;
  return Number(n % d !== 0n && n < 0n === d < 0n ? quotient + 1n : quotient);
}

/** Opset 9: ones on a diagonal of the shape of the input. */
const eyeLike: Lowering = (c) => {
  const x = c.input(0, 'input');
  const [rows, columns] = x.shape as [number, number];
  if (x.shape.length !== 2) c.refuse(`[${x.shape}] is no matrix`);
  const dtype: Dtype = c.has('dtype') ? (dtypeOfCode(c.int('dtype', 0)) ?? c.refuse('its dtype is unknown')) : x.dtype;
  const k = c.int('k', 0);
  return [c.builder.table(dtype, [rows, columns], (i) => (i % columns === Math.floor(i / columns) + k ? 1 : 0))];
};

export const generating: Family = {
  Constant: { since: 1, lower: constant },
  ConstantOfShape: { since: 9, lower: constantOfShape },
  Range: { since: 11, lower: range },
  EyeLike: { since: 9, lower: eyeLike },
};
