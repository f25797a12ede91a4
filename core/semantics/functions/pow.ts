/**
 * Pow by a constant: x^y of a float32 x, correctly rounded, for the exponents whose hardest inputs are known. docs/spec/functions.md.
 * Special cases are those of C99 Annex F (IEEE 754 pow): x^0 = 1, also for NaN; 1^y = 1; a negative x only with integer exponents.
 */

import { integerPower, quarterPower } from './powRational.ts';
import { realPower } from './powReal.ts';

/** The float32 values nearest to these and to their negatives are exponents: roots, and the gammas of displays. */
const REAL = [1 / 3, 2 / 3, 2.2, 1 / 2.2, 2.4, 1 / 2.4].map(Math.fround);

/**
 * exponent: a float32 value. Gives a function of float32 values, or undefined for an exponent that is not in the proved table.
 * In the table: integers up to 16, multiples of 1/4 up to 4, and REAL, each with both signs.
 */
export function powConstant(exponent: number): ((x: number) => number) | undefined {
  const size = Math.abs(exponent);
  if (size === 0) return () => 1;
  if (Number.isInteger(exponent)) return size <= 16 ? integerPower(exponent) : undefined;
  if (Number.isInteger(4 * exponent)) return size <= 4 ? quarterPower(4 * exponent) : undefined;
  return REAL.includes(size) ? realPower(exponent) : undefined;
}
