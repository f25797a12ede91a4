/** Tensors as plain data: a dtype, a shape and elements in row-major order. */
import type { Dtype, TensorData } from './commitment/dtype.ts';
import { DTYPES, isDtype } from './commitment/dtype.ts';
import { ProtocolError } from './errors.ts';

export type { Dtype, TensorData } from './commitment/dtype.ts';

export interface Tensor {
  readonly dtype: Dtype;
  /** Empty for a scalar. */
  readonly shape: readonly number[];
  /** bool is a Uint8Array of 0 and 1. */
  readonly data: TensorData;
}

/** What a tensor is, without its values. */
export interface TensorType {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, dim) => count * dim, 1);
}

/** Builds a tensor and checks it. `name` is used in errors only. */
export function tensor(dtype: Dtype, shape: readonly number[], data: TensorData, name = 'tensor'): Tensor {
  const made = { dtype, shape, data };
  checkTensor(made, name);
  return made;
}

/**
 * Builds a tensor from ordinary numbers; each must be a value of the dtype. For float32: any number, rounded to nearest, but none that
 * would become infinite. Beyond 2^53 a number may have been another one when it was written: there only a bigint is whole.
 */
export function tensorFrom(
  dtype: Dtype,
  shape: readonly number[],
  values: Iterable<number | bigint | boolean>,
  name = 'tensor',
): Tensor {
  const list = [...values];
  if (!isDtype(dtype))
    throw new ProtocolError('tensor.dtype', {
      name,
      got: String(dtype),
      expected: dtypeNames(),
    });
  const { Data } = DTYPES[dtype];
  const elements = list.map((value, index) => {
    const element = elementOf(dtype, value);
    if (element !== undefined) return element;
    throw new ProtocolError('tensor.value', { name, index, value: String(value), dtype });
  });
  const data =
    dtype === 'int64'
      ? BigInt64Array.from(elements as bigint[])
      : (Data as Float32ArrayConstructor).from(elements as number[]);
  return tensor(dtype, shape, data, name);
}

/** undefined: the dtype has no such value. */
function elementOf(dtype: Dtype, value: number | bigint | boolean): number | bigint | undefined {
  if (dtype === 'float32') {
    const infinite = typeof value === 'number' && !Number.isFinite(value);
    return infinite || Number.isFinite(Math.fround(Number(value))) ? Number(value) : undefined;
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return undefined;
  const { min, max } = DTYPES[dtype];
  const whole = BigInt(value);
  if (whole < min || whole > max) return undefined;
  return dtype === 'int64' ? whole : Number(whole);
}

/** Throws unless dtype, shape, array class, element count and (for bool) values fit together. */
export function checkTensor(t: Tensor, name = 'tensor'): void {
  if (!isDtype(t.dtype))
    throw new ProtocolError('tensor.dtype', {
      name,
      got: String(t.dtype),
      expected: dtypeNames(),
    });
  checkShape(t.shape, name);
  const { Data } = DTYPES[t.dtype];
  if (!(t.data instanceof Data))
    throw new ProtocolError('tensor.dtype', {
      name,
      got: t.data?.constructor?.name ?? 'nothing',
      expected: Data.name,
    });
  const expected = elementCount(t.shape);
  if (t.data.length !== expected)
    throw new ProtocolError('tensor.length', {
      name,
      got: t.data.length,
      shape: t.shape.join(', '),
      expected,
    });
  if (t.dtype === 'bool') {
    const index = (t.data as Uint8Array).findIndex((byte) => byte > 1);
    if (index >= 0)
      throw new ProtocolError('tensor.value', {
        name,
        index,
        value: String(t.data[index]),
        dtype: 'bool',
      });
  }
}

/** More elements than calldata can ever hold, few enough that no product overflows. */
export const MAX_ELEMENTS = 2 ** 40;

/** A shape has at most 7 dimensions, each a whole number from 1 to 2^32 - 1, and at most 2^40 elements in all. */
export function checkShape(shape: readonly number[], name = 'tensor'): void {
  const dims = Array.isArray(shape) && shape.length <= 7;
  if (!dims || !shape.every((dim) => Number.isInteger(dim) && dim >= 1 && dim < 2 ** 32))
    throw new ProtocolError('tensor.shape', {
      name,
      got: String(shape),
      expected: 'at most 7 dimensions of 1 to 4294967295',
    });
  if (elementCount(shape) > MAX_ELEMENTS)
    throw new ProtocolError('tensor.shape', { name, got: String(shape), expected: 'at most 2^40 elements' });
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

function dtypeNames(): string {
  return `one of ${Object.keys(DTYPES).join(', ')}`;
}
