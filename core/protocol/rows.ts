/** Between what a graph takes (tensors by name, with a leading dimension of N rows) and what a request carries (N items). */
import type { TensorSpec } from '../commitment/canonical.ts';
import { itemType } from '../commitment/canonical.ts';
import type { TensorData } from '../commitment/dtype.ts';
import { DTYPES } from '../commitment/dtype.ts';
import { ProtocolError } from '../errors.ts';
import type { Tensor } from '../tensor.ts';
import { checkTensor, elementCount, sameShape } from '../tensor.ts';
import type { NamedSpec } from './schema.ts';

export type NamedTensors = Readonly<Record<string, Tensor>>;

/** One item from tensors by name, in schema order: every name of the side and no other. Shapes are checked when encoding. */
export function itemFrom(side: readonly NamedSpec[], tensors: NamedTensors): Tensor[] {
  const names = side.map(({ name }) => name);
  const unknown = Object.keys(tensors).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ProtocolError('schema.tensor_unknown', { name: unknown, expected: names.join(', ') });
  return side.map(({ name }) => {
    const found = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    if (found === undefined) throw new ProtocolError('schema.tensor_missing', { name, expected: names.join(', ') });
    return found;
  });
}

/** An item's tensors by name. */
export function namedFrom(side: readonly NamedSpec[], item: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(side.map(({ name }, i) => [name, item[i] as Tensor]));
}

/** Cuts tensors of N rows into N items of one row. Every tensor of the side must have a free leading dimension. */
export function splitRows(side: readonly TensorSpec[], tensors: readonly Tensor[]): Tensor[][] {
  const count = tensors[0]?.shape[0] ?? 0;
  side.forEach((spec, i) => {
    const t = tensors[i];
    const name = spec.name ?? `tensor ${i}`;
    if (t === undefined) throw new ProtocolError('schema.tensor_missing', { name, expected: side.length });
    checkTensor(t, name);
    if (spec.shape[0] !== -1 || !sameShape(t.shape, [count, ...spec.shape.slice(1)]))
      throw new ProtocolError('tensor.shape', {
        name,
        got: t.shape.join(', '),
        expected: `[${[count, ...spec.shape.slice(1)].join(', ')}]`,
      });
  });
  return Array.from({ length: count }, (_, row) =>
    side.map((spec, i) => rowOf(tensors[i] as Tensor, itemType(spec).shape, row)),
  );
}

/** Joins items of one row into tensors of N rows: what one execution of a graph with a free leading dimension takes. */
export function joinRows(side: readonly TensorSpec[], items: readonly (readonly Tensor[])[]): Tensor[] {
  return side.map((spec, i) => {
    const { dtype, shape } = itemType(spec);
    const size = elementCount(shape);
    const data = new DTYPES[dtype].Data(size * items.length);
    items.forEach((item, row) => {
      const t = item[i];
      if (t === undefined || t.dtype !== dtype || !sameShape(t.shape, shape))
        throw new ProtocolError('tensor.shape', {
          name: `${spec.name ?? `tensor ${i}`} of item ${row}`,
          got: t?.shape.join(', ') ?? 'none',
          expected: `${dtype} [${shape.join(', ')}]`,
        });
      (data.set as (from: TensorData, at: number) => void)(t.data, row * size);
    });
    return { dtype, shape: [items.length, ...shape.slice(1)], data };
  });
}

function rowOf(t: Tensor, shape: readonly number[], row: number): Tensor {
  const size = elementCount(shape);
  return { dtype: t.dtype, shape: [...shape], data: t.data.slice(row * size, (row + 1) * size) };
}
