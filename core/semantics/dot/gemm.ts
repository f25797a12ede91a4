/** A tile of Dots: float64 products first, the exact sum where they do not decide. */
import { boundFactor, normOf, SUM_UNIT } from './certify.ts';
import type { Kernel, Workspace } from './kernel.ts';

/** The right side of some Dots, prepared once: the norm of each column, and all of them in the kernel's own order. */
export interface Columns {
  readonly count: number;
  readonly depth: number;
  readonly norms: Float64Array;
  readonly packed: Float64Array;
}

/** `values`: `count` columns of `depth` terms, one after the other. */
export function prepareColumns(kernel: Kernel, values: Float64Array, count: number, depth: number): Columns {
  const norms = new Float64Array(count);
  for (let n = 0; n < count; n++) norms[n] = normOf(values, n * depth, depth);
  return { count, depth, norms, packed: kernel.pack(values, count, depth) };
}

export interface TileResult {
  readonly out: Float32Array;
  /** Where the result of (row, column) goes: rowAt[row] + columnAt[column]. */
  readonly rowAt: Int32Array;
  readonly columnAt: Int32Array;
}

/**
 * Multiplies the rows in the workspace and stores what float64 decides. `biases`: of the first row's columns, and `biasStride`
 * further on (0 or more) those of the next row. `decide(row, column)` gives the exact
 * element where it does not, and is told of nothing else.
 */
export function multiplyTile(
  kernel: Kernel,
  { left, leftAt, leftStride, products, productsAt, productsStride }: Workspace,
  { count, depth, norms }: Columns,
  biases: Float64Array,
  biasStride: number,
  { out, rowAt, columnAt }: TileResult,
  decide: (row: number, column: number) => number,
): void {
  const rows = rowAt.length;
  kernel.multiply(rows);
  // boundOf, with what does not change from column to column taken out of the loop.
  const factor = boundFactor(depth);
  for (let m = 0; m < rows; m++) {
    const rowBound = factor * normOf(left, leftAt + m * leftStride, depth);
    const to = rowAt[m] as number;
    const from = productsAt + m * productsStride;
    const biasFrom = m * biasStride;
    for (let n = 0; n < count; n++) {
      const bias = biases[biasFrom + n] as number;
      const sum = (products[from + n] as number) + bias;
      const bound = factor * Math.abs(bias) + rowBound * (norms[n] as number) + Math.abs(sum) * SUM_UNIT;
      const low = Math.fround(sum - bound);
      const at = to + (columnAt[n] as number);
      if (low === Math.fround(sum + bound) && low !== 0) out[at] = low;
      else out[at] = bound === 0 ? 0 : decide(m, n);
    }
  }
}
