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
  let squares = 0;
  for (let k = 0; k < terms; k++) {
    const x = row[at + k] as number;
    squares += x * x;
  }
  return Math.sqrt(squares) * (1 + 1e-9);
}
