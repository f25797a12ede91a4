/** Items as rows: stacking them along the leading dimension for one execution, and taking the result apart again. */
import type { TensorSpec } from '#core/commitment/canonical.ts';
import { DTYPES } from '#core/commitment/dtype.ts';
import type { Tensor } from '#core/tensor.ts';

export type Named = Readonly<Record<string, Tensor>>;

/** One item's tensors under the names the graph knows them by. */
export function nameTensors(side: readonly TensorSpec[], item: readonly Tensor[]): Named {
  return Object.fromEntries(side.map((spec, i) => [spec.name as string, item[i] as Tensor]));
}

/** All items as one set of tensors with leading dimension `items.length`. */
export function stackRows(side: readonly TensorSpec[], items: readonly (readonly Tensor[])[]): Named {
  if (items.length === 1) return nameTensors(side, items[0] as readonly Tensor[]);
  const stacked = side.map((_, i): Tensor => {
    const rows = items.map((item) => item[i] as Tensor);
    const { dtype, shape, data } = rows[0] as Tensor;
    const all = new DTYPES[dtype].Data(rows.length * data.length);
    rows.forEach((row, n) => {
      (all as Float32Array).set(row.data as Float32Array, n * data.length);
    });
    return { dtype, shape: [rows.length, ...shape.slice(1)], data: all };
  });
  return nameTensors(side, stacked);
}

/** The rows of a result, or undefined when its leading dimension is not the number of rows that were put in. */
export function splitRows(side: readonly TensorSpec[], result: Named, rows: number): Tensor[][] | undefined {
  const tensors = side.map((spec) => result[spec.name as string]);
  if (tensors.some((tensor) => tensor?.shape[0] !== rows)) return undefined;
  return Array.from({ length: rows }, (_, n) =>
    (tensors as Tensor[]).map(({ dtype, shape, data }) => {
      const length = data.length / rows;
      return { dtype, shape: [1, ...shape.slice(1)], data: data.slice(n * length, (n + 1) * length) };
    }),
  );
}
