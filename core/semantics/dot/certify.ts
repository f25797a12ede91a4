/** When a float64 sum already decides the float32 result (docs/spec/dot.md, "The bound"). */

/** 2^-53 with room for the rounding of the bound itself. */
const UNIT = 1.112e-16;

/** Times |sum|: covers the rounding of sum - bound and sum + bound. */
export const SUM_UNIT = 2.3e-16;

/** Times the size of a sum of `terms` exact products and a bias: what the additions can lose, in any order. */
export const boundFactor = (terms: number): number => (terms + 2) * UNIT;

/** Upper bound of |sum - exact|; `size` >= |bias| + sum |a * b|. */
export function boundOf(sum: number, terms: number, size: number): number {
  return boundFactor(terms) * size + Math.abs(sum) * SUM_UNIT;
}

/** Euclidean norm of float32 values, rounded up; infinite or NaN if a value is. Squares of float32 values neither over- nor underflow. */
export function normOf(row: Float64Array, at: number, terms: number): number {
  // Four sums, because one would wait for itself; no arrays, because this is the inner loop of what is left beside the kernel.
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const end = at + terms;
  let k = at;
  for (; k + 4 <= end; k += 4) {
    const w = row[k] as number;
    const x = row[k + 1] as number;
    const y = row[k + 2] as number;
    const z = row[k + 3] as number;
    a += w * w;
    b += x * x;
    c += y * y;
    d += z * z;
  }
  for (; k < end; k++) {
    const x = row[k] as number;
    a += x * x;
  }
  return Math.sqrt(a + b + (c + d)) * (1 + 1e-9);
}
