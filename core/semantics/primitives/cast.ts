/**
 * One element of Cast, total. docs/spec/cast.md. To float32: nearest, ties to even. From float32 to an integer: truncated, then
 * saturated; NaN gives 0. Integer to integer: modulo 2^bits. To bool: 1 unless it equals 0 (NaN gives 1).
 */
import type { Dtype } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import type { Scalar } from './arithmetic.ts';

/** The value that a store into the target's typed array then reduces or rounds. */
export function castFunction(from: Dtype, to: Dtype): (x: Scalar) => Scalar {
  if (to === 'bool') return (x) => (x === 0 || x === 0n ? 0 : 1);
  // Number(bigint) and Math.fround would round twice; bigints above 2^53 need one rounding.
  if (to === 'float32') return from === 'int64' ? (x) => nearestFloat(x as bigint) : (x) => x;
  if (from === 'float32') return floatToInteger(to);
  if (to === 'int64') return from === 'int64' ? (x) => x : (x) => BigInt(x);
  return from === 'int64' ? (x) => Number(BigInt.asIntN(32, x as bigint)) : (x) => x;
}

function floatToInteger(to: Dtype): (x: Scalar) => Scalar {
  const { min, max } = DTYPES[to];
  const [low, high] = [Number(min), Number(max)];
  if (to !== 'int64') return (x) => (Number.isNaN(x) ? 0 : Math.min(high, Math.max(low, Math.trunc(x as number))));
  return (x) => {
    const value = x as number;
    if (Number.isNaN(value)) return 0n;
    if (value >= 2 ** 63) return max;
    if (value <= -(2 ** 63)) return min;
    return BigInt(Math.trunc(value));
  };
}

/** RN(x) of a 64-bit integer to float32. */
export function nearestFloat(x: bigint): number {
  if (x >= -(2n ** 53n) && x <= 2n ** 53n) return Math.fround(Number(x));
  // Odd rounding: what the low bits say is kept as one sticky bit, well below the 24 bits of the result.
  const negative = x < 0n;
  const size = negative ? -x : x;
  const kept = (size >> 16n) | (size & 0xffffn ? 1n : 0n);
  const value = Math.fround(Number(kept)) * 2 ** 16;
  return negative ? -value : value;
}
