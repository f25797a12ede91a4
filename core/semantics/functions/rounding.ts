/** From exact integers to the nearest float32 or float64. */
import { powerOfTwo } from './bits.ts';

/** A real number that lies in [low, high] * 2^-scale. */
export interface Enclosure {
  low: bigint;
  high: bigint;
  scale: number;
}

/** Bits of a natural number; 0 for 0. */
export function bitLength(size: bigint): number {
  const digits = size.toString(16);
  return (digits.length - 1) * 4 + 32 - Math.clz32(Number.parseInt(digits[0] as string, 16));
}

/** v * 2^by, rounded towards minus infinity. */
export const shifted = (v: bigint, by: number): bigint => (by >= 0 ? v << BigInt(by) : v >> BigInt(-by));

/** The float32 nearest to v * 2^-scale, ties to even. Zero gives +0; a result that underflows keeps its sign. */
export function roundToFloat32(v: bigint, scale: number): number {
  if (v === 0n) return 0;
  const size = v < 0n ? -v : v;
  // The result is kept * 2^(dropped - scale): at most 24 bits, and no unit below 2^-149.
  const dropped = Math.max(bitLength(size) - 24, scale - 149);
  let kept = shifted(size, -dropped);
  if (dropped > 0) {
    const rest = size - (kept << BigInt(dropped));
    const half = 1n << BigInt(dropped - 1);
    if (rest > half || (rest === half && (kept & 1n) === 1n)) kept += 1n;
  }
  const unit = dropped - scale;
  const magnitude = unit > 104 ? Number.POSITIVE_INFINITY : Math.fround(Number(kept) * powerOfTwo(unit));
  return v < 0n ? -magnitude : magnitude;
}

/** The float64 nearest to v * 2^-scale; the result is assumed to be normal and |v| < 2^1024. */
export const roundToFloat64 = (v: bigint, scale: number): number => Number(v) * powerOfTwo(-scale);

/**
 * The float32 nearest to a real number that can be enclosed ever more tightly, and that is no boundary between two
 * float32 results (else no enclosure decides, and this does not end).
 * enclose: takes the fraction bits to work with.
 */
export function roundEnclosed(enclose: (bits: number) => Enclosure): number {
  for (let bits = 128; ; bits *= 2) {
    const { low, high, scale } = enclose(bits);
    const result = roundToFloat32(low, scale);
    if (result === roundToFloat32(high, scale)) return result;
  }
}
