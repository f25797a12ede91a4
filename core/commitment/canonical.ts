/** Items on the wire: an item is the concatenation of its tensors in schema order, a bundle the concatenation of its items. */
import { ProtocolError } from '../errors.ts';
import type { Tensor, TensorType } from '../tensor.ts';
import { checkTensor, sameShape } from '../tensor.ts';
import { decodeTensor, encodeTensorInto } from './elements.ts';
import { byteLength } from './header.ts';

/** The most items one request can carry. */
export const MAX_ITEMS = 32;

/** One tensor of a side: what it is and, in a schema, its name. A free leading dimension is -1 and counts 1 per item. */
export interface TensorSpec extends TensorType {
  readonly name?: string;
}

/** The type of one item's tensor: a free leading dimension is one row. */
export function itemType(spec: TensorSpec): TensorType {
  const [first, ...rest] = spec.shape;
  return {
    dtype: spec.dtype,
    shape: first === -1 ? [1, ...rest] : [...spec.shape],
  };
}

/** Canonical bytes of one item of this side. */
export function itemBytes(side: readonly TensorSpec[]): number {
  return side.reduce((sum, spec) => sum + byteLength(itemType(spec)), 0);
}

/** Checks every tensor against the side, then encodes. Each item has one tensor per entry of `side`, in order. */
export function encodeItems(side: readonly TensorSpec[], items: readonly (readonly Tensor[])[]): Uint8Array {
  checkCount(items.length);
  const bytesPerItem = itemBytes(side);
  const out = new Uint8Array(bytesPerItem * items.length);
  let offset = 0;
  items.forEach((item, row) => {
    if (item.length !== side.length)
      throw new ProtocolError('items.count', {
        got: `${item.length} tensors in item ${row}`,
        expected: side.length,
      });
    side.forEach((spec, i) => {
      const t = item[i] as Tensor;
      const name = items.length === 1 ? nameOf(spec, i) : `${nameOf(spec, i)} of item ${row}`;
      const type = itemType(spec);
      checkTensor(t, name);
      if (t.dtype !== type.dtype)
        throw new ProtocolError('tensor.dtype', {
          name,
          got: t.dtype,
          expected: type.dtype,
        });
      if (!sameShape(t.shape, type.shape))
        throw new ProtocolError('tensor.shape', {
          name,
          got: t.shape.join(', '),
          expected: `[${type.shape.join(', ')}]`,
        });
      encodeTensorInto(t, out, offset);
      offset += byteLength(type);
    });
  });
  return out;
}

/** The tensors of each item; refuses bytes of another length or that are not canonical. */
export function decodeItems(side: readonly TensorSpec[], bytes: Uint8Array, items?: number): Tensor[][] {
  const bytesPerItem = itemBytes(side);
  const count = items ?? bytes.length / bytesPerItem;
  if (bytes.length !== count * bytesPerItem || !Number.isInteger(count))
    throw new ProtocolError('items.length', {
      got: bytes.length,
      expected: items === undefined ? `a multiple of ${bytesPerItem}` : items * bytesPerItem,
    });
  checkCount(count);
  let offset = 0;
  return Array.from({ length: count }, (_, row) =>
    side.map((spec, i) => {
      const type = itemType(spec);
      const end = offset + byteLength(type);
      const name = count === 1 ? nameOf(spec, i) : `${nameOf(spec, i)} of item ${row}`;
      const t = decodeTensor(type, bytes.subarray(offset, end), name);
      offset = end;
      return t;
    }),
  );
}

export function checkCount(items: number): void {
  if (!Number.isInteger(items) || items < 1 || items > MAX_ITEMS)
    throw new ProtocolError('items.count', {
      got: items,
      expected: `1 to ${MAX_ITEMS}`,
    });
}

function nameOf(spec: TensorSpec, index: number): string {
  return spec.name ?? `tensor ${index}`;
}
