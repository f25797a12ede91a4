/** When a float64 sum already decides the float32 result (docs/spec/dot.md, "The bound"). */

/** 2^-53 with room for the rounding of the bound itself. */
const UNIT = 1.112e-16;

/**
 * Upper bound of |sum - exact| for a float64 sum of `terms` exact products and a bias in any order, `size` >= |bias| + sum |a * b|;
 * the second part covers the rounding of sum - bound and sum + bound.
 */
export function boundOf(sum: number, terms: number, size: number): number {
  return (terms + 2) * UNIT * size + Math.abs(sum) * 2.3e-16;
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
