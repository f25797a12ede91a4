/** Ordinary JavaScript values as the tensors a model takes: checked against its schema before anything is paid. */
import { itemType } from '#core/commitment/canonical.ts';
import { DTYPES } from '#core/commitment/dtype.ts';
import { ProtocolError } from '#core/errors.ts';
import type { NamedTensors } from '#core/protocol/rows.ts';
import { itemFrom, namedFrom, splitRows } from '#core/protocol/rows.ts';
import type { IoSchema, NamedSpec } from '#core/protocol/schema.ts';
import type { Tensor, TensorData } from '#core/tensor.ts';
import { checkTensor, elementCount, sameShape, tensor, tensorFrom } from '#core/tensor.ts';

/** A number, an array of any depth, a typed array of the dtype's class, or a finished tensor. */
export type Plain = number | bigint | boolean | TensorData | Tensor | readonly Plain[];
export type PlainInput = Readonly<Record<string, Plain>>;

/**
 * The items of a request, by input name. Nested arrays must have the input's shape, but for leading dimensions of 1, which may be left
 * out; flat and typed arrays need its number of elements, in row-major order. Where the leading dimension is free each row is an
 * item. Numbers of ordinary arrays become the input's dtype (float32: rounded to nearest); a typed array of another class is refused,
 * so that nothing is rounded or reinterpreted unasked. Throws `tensor.*` and `schema.*` errors that name the input.
 */
export function itemsFrom(schema: IoSchema, input: PlainInput): NamedTensors[] {
  const { inputs } = schema;
  const given = itemFrom(inputs, input as unknown as NamedTensors) as unknown as readonly Plain[];
  const tensors = inputs.map((spec, i) => tensorOf(spec, given[i] as Plain));
  const items = schema.rows ? splitRows(inputs, tensors) : [tensors];
  return items.map((item) => namedFrom(inputs, item));
}

function tensorOf(spec: NamedSpec, value: Plain): Tensor {
  if (isTensor(value)) return fitting(spec, value);
  const { name, dtype } = spec;
  const shape = itemType(spec).shape;
  if (ArrayBuffer.isView(value)) {
    const { Data } = DTYPES[dtype];
    if (!(value instanceof Data))
      throw new ProtocolError('tensor.dtype', {
        name,
        got: (value as object).constructor.name,
        expected: `${Data.name} (${dtype}), or an ordinary array`,
      });
    return tensor(dtype, shapeFor(spec, value.length), value, name);
  }
  const { dims, values } = flatten(value, name);
  const flat = dims.length <= 1;
  const wanted = flat ? shapeFor(spec, values.length) : shapeOf(spec, dims);
  if (wanted === undefined)
    throw new ProtocolError('tensor.shape', {
      name,
      got: dims.join(', '),
      expected: `[${spec.shape[0] === -1 ? ['N', ...shape.slice(1)].join(', ') : shape.join(', ')}]`,
    });
  return tensorFrom(dtype, wanted, values, name);
}

/** Of a flat list: as many whole rows as there are elements for. A wrong number is told by the tensor's own check. */
function shapeFor(spec: NamedSpec, elements: number): readonly number[] {
  const { shape } = itemType(spec);
  const row = elementCount(shape);
  if (spec.shape[0] !== -1 || elements === 0 || elements % row !== 0) return shape;
  return [elements / row, ...shape.slice(1)];
}

/** Of a nested list; undefined: it is not the input's. */
function shapeOf(spec: NamedSpec, dims: readonly number[]): readonly number[] | undefined {
  const { shape } = itemType(spec);
  if (spec.shape[0] === -1 && sameShape(dims.slice(1), shape.slice(1))) return dims;
  const ones = shape.length - dims.length;
  const short = ones > 0 && shape.slice(0, ones).every((dim) => dim === 1);
  return sameShape(dims, short ? shape.slice(ones) : shape) ? shape : undefined;
}

function fitting(spec: NamedSpec, value: Tensor): Tensor {
  const { name, dtype } = spec;
  checkTensor(value, name);
  if (value.dtype !== dtype) throw new ProtocolError('tensor.dtype', { name, got: value.dtype, expected: dtype });
  const { shape } = itemType(spec);
  const wanted = spec.shape[0] === -1 ? [value.shape[0] ?? 0, ...shape.slice(1)] : shape;
  if (!sameShape(value.shape, wanted))
    throw new ProtocolError('tensor.shape', { name, got: value.shape.join(', '), expected: `[${wanted.join(', ')}]` });
  return value;
}

type Scalar = number | bigint | boolean;

/** Dimensions and elements of a nested array; rejects ragged ones. */
function flatten(value: Plain, name: string): { dims: number[]; values: Scalar[] } {
  const dims: number[] = [];
  for (let one: Plain = value; Array.isArray(one); one = one[0] as Plain) dims.push(one.length);
  const values: Scalar[] = [];
  const collect = (one: Plain, depth: number): void => {
    if (Array.isArray(one)) {
      if (one.length !== dims[depth])
        throw new ProtocolError('tensor.shape', {
          name,
          got: `a list of ${one.length} beside one of ${dims[depth] ?? 'no elements'}`,
          expected: 'lists of equal length',
        });
      for (const part of one) collect(part, depth + 1);
    } else if (!isScalar(one)) {
      throw new ProtocolError('tensor.value', { name, index: values.length, value: String(one), dtype: 'number' });
    } else if (depth !== dims.length) {
      throw new ProtocolError('tensor.shape', {
        name,
        got: 'a number beside a list',
        expected: 'lists of equal depth',
      });
    } else values.push(one);
  };
  collect(value, 0);
  return { dims, values };
}

const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';

const isTensor = (value: Plain): value is Tensor =>
  typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value && 'data' in value;
