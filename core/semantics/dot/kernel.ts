/** The float64 products behind a Dot: all rows by all columns, sums in any order. */

/** Where a kernel reads the left rows and writes the products of one tile; valid until the next call of `open`. */
export interface Workspace {
  /** Row m begins at leftAt + m * leftStride; only its `depth` values are to be written. */
  readonly left: Float64Array;
  readonly leftAt: number;
  readonly leftStride: number;
  /** The product of (m, n) is at productsAt + m * productsStride + n. */
  readonly products: Float64Array;
  readonly productsAt: number;
  readonly productsStride: number;
}

export interface Kernel {
  readonly name: string;
  /** Columns in the kernel's own order: `columns` of `depth` values each, one after the other. */
  pack(right: Float64Array, columns: number, depth: number): Float64Array;
  /** Makes room for a tile of up to `rows` rows by the packed columns. */
  open(packed: Float64Array, rows: number, columns: number, depth: number): Workspace;
  /** products(m, n) = sum over k of left(m, k) * right(n, k) for m < rows, in the workspace opened last. */
  multiply(rows: number): void;
}

/** Four rows by two columns at a time in registers: about 0.5 ns per multiply-add. */
function multiplyPlain(
  left: Float64Array,
  rows: number,
  right: Float64Array,
  columns: number,
  depth: number,
  out: Float64Array,
): void {
  let m = 0;
  for (; m + 4 <= rows; m += 4) {
    const [r0, r1, r2, r3] = [m * depth, (m + 1) * depth, (m + 2) * depth, (m + 3) * depth];
    let n = 0;
    for (; n + 2 <= columns; n += 2) {
      const c0 = n * depth;
      const c1 = c0 + depth;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      let s20 = 0;
      let s21 = 0;
      let s30 = 0;
      let s31 = 0;
      for (let k = 0; k < depth; k++) {
        const x = right[c0 + k] as number;
        const y = right[c1 + k] as number;
        const p = left[r0 + k] as number;
        const q = left[r1 + k] as number;
        const r = left[r2 + k] as number;
        const s = left[r3 + k] as number;
        s00 += p * x;
        s01 += p * y;
        s10 += q * x;
        s11 += q * y;
        s20 += r * x;
        s21 += r * y;
        s30 += s * x;
        s31 += s * y;
      }
      const o = m * columns + n;
      out[o] = s00;
      out[o + 1] = s01;
      out[o + columns] = s10;
      out[o + columns + 1] = s11;
      out[o + 2 * columns] = s20;
      out[o + 2 * columns + 1] = s21;
      out[o + 3 * columns] = s30;
      out[o + 3 * columns + 1] = s31;
    }
    for (; n < columns; n++)
      for (let i = 0; i < 4; i++) out[(m + i) * columns + n] = single(left, (m + i) * depth, right, n * depth, depth);
  }
  for (; m < rows; m++)
    for (let n = 0; n < columns; n++) out[m * columns + n] = single(left, m * depth, right, n * depth, depth);
}

function single(left: Float64Array, l: number, right: Float64Array, r: number, depth: number): number {
  let even = 0;
  let odd = 0;
  let k = 0;
  for (; k + 2 <= depth; k += 2) {
    even += (left[l + k] as number) * (right[r + k] as number);
    odd += (left[l + k + 1] as number) * (right[r + k + 1] as number);
  }
  if (k < depth) even += (left[l + k] as number) * (right[r + k] as number);
  return even + odd;
}

const plain: { left: Float64Array; products: Float64Array } = {
  left: new Float64Array(0),
  products: new Float64Array(0),
};
let opened: { packed: Float64Array; columns: number; depth: number };

const atLeast = (memory: Float64Array, length: number) => (memory.length >= length ? memory : new Float64Array(length));

export const plainKernel: Kernel = {
  name: 'TypeScript',
  // A copy: the caller's memory is reused.
  pack: (right, columns, depth) => right.slice(0, columns * depth),
  open(packed, rows, columns, depth) {
    opened = { packed, columns, depth };
    plain.left = atLeast(plain.left, rows * depth);
    plain.products = atLeast(plain.products, rows * columns);
    const { left, products } = plain;
    return { left, leftAt: 0, leftStride: depth, products, productsAt: 0, productsStride: columns };
  },
  multiply(rows) {
    multiplyPlain(plain.left, rows, opened.packed, opened.columns, opened.depth, plain.products);
  },
};
