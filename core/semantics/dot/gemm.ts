/** A tile of Dots: float64 products first, the exact sum where they do not decide. */
import { boundOf, normOf } from './certify.ts';
import { exactDot } from './exact.ts';
import type { Kernel } from './kernel.ts';

/** The right side of some Dots, prepared once: rows of terms as float64, their norms, and the kernel's own order of them. */
export interface Columns {
  readonly count: number;
  readonly depth: number;
  readonly values: Float64Array;
  readonly norms: Float64Array;
  readonly packed: Float64Array;
}

export function prepareColumns(kernel: Kernel, values: Float64Array, count: number, depth: number): Columns {
  const norms = new Float64Array(count);
  for (let n = 0; n < count; n++) norms[n] = normOf(values, n * depth, depth);
  return { count, depth, values, norms, packed: kernel.pack(values, count, depth) };
}

export interface TileResult {
  /** Where the result of (row, column) goes: rowAt[row] + columnAt[column]. */
  readonly out: Float32Array;
  readonly rowAt: Int32Array;
  readonly columnAt: Int32Array;
}

/** Decides element (row, column) exactly; called where float64 does not. */
export type Decide = (row: number, column: number) => number;

/** `left` holds `rows` rows of the columns' depth; `biases` one value per column. `products` is scratch of rows * count. */
export function multiplyTile(
  kernel: Kernel,
  left: Float64Array,
  rows: number,
  columns: Columns,
  biases: Float64Array,
  products: Float64Array,
  { out, rowAt, columnAt }: TileResult,
  decide: Decide,
): void {
  const { count, depth, norms, packed } = columns;
  kernel.multiply(left, rows, packed, count, depth, products);
  for (let m = 0; m < rows; m++) {
    const norm = normOf(left, m * depth, depth);
    const to = rowAt[m] as number;
    for (let n = 0; n < count; n++) {
      const bias = biases[n] as number;
      const sum = (products[m * count + n] as number) + bias;
      const size = Math.abs(bias) + norm * (norms[n] as number);
      const bound = boundOf(sum, depth, size);
      const low = Math.fround(sum - bound);
      const decided = low === Math.fround(sum + bound) && low !== 0;
      out[to + (columnAt[n] as number)] = decided ? low : size === 0 ? 0 : decide(m, n);
    }
  }
}

/** The exact element of a tile whose taps are all there, or finite: a skipped tap is a zero and adds nothing. */
export function decideTile(left: Float64Array, columns: Columns, biases: Float64Array): Decide {
  const { depth, values } = columns;
  return (m, n) => exactDot(left, values, depth, biases[n] as number, m * depth, n * depth);
}
