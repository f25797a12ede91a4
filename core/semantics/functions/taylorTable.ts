/** A function as Taylor polynomials around the points of an even grid, as float64 coefficients computed from exact ones. */
import { roundToFloat64 } from './rounding.ts';

/**
 * coefficients: those around point i, from degree 0 on, as fixed-point numbers with `bits` fraction bits.
 * The result holds `degree + 1` numbers for each point.
 */
export function taylorTable(
  points: number,
  degree: number,
  bits: number,
  coefficients: (i: number) => readonly bigint[],
): Float64Array {
  const table = new Float64Array(points * (degree + 1));
  for (let i = 0; i < points; i++) {
    const exact = coefficients(i);
    for (let n = 0; n <= degree; n++) table[i * (degree + 1) + n] = roundToFloat64(exact[n] as bigint, bits);
  }
  return table;
}
