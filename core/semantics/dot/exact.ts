/**
 * The exact Dot: every product and the sum without error, then one rounding. No big integer per term: products of float32 values are exact in
 * float64, are split in two and added exactly into bins of 16 binades each (docs/spec/dot.md).
 */
import { roundToFloat32 } from '../functions/rounding.ts';

/** 2^27 + 1: Veltkamp's splitter, which leaves 26 bits in the high part. */
const SPLITTER = 134_217_729;
/** Terms until the bins are emptied: 43 bits of a high part and 10 of headroom. */
const BATCH = 1024;
/** Products of float32 values are multiples of 2^-298; sums are kept in units of 2^-300. */
const SCALE = 300;

const highs = new Float64Array(128);
const lows = new Float64Array(128);
const product = new Float64Array(1);
const words = new Uint32Array(product.buffer);

/** An exact float64 in units of 2^-300; it must be a multiple of that. */
function inUnits(x: number): bigint {
  product[0] = x;
  const top = words[1] as number;
  const exponent = (top >>> 20) & 2047;
  if (exponent === 0) return 0n;
  const mantissa = (BigInt((top & 0xfffff) | 0x100000) << 32n) | BigInt(words[0] as number);
  const shift = exponent - 1075 + SCALE;
  const size = shift >= 0 ? mantissa << BigInt(shift) : mantissa >> BigInt(-shift);
  return top >>> 31 === 1 ? -size : size;
}

/** NaN if a term is NaN or infinities of both signs occur; else the infinity. Only for sums with a non-finite term. */
function nonFinite(a: Float64Array, b: Float64Array, n: number, bias: number, aAt: number, bAt: number): number {
  let sum = Number.isFinite(bias) ? 0 : bias;
  for (let k = 0; k < n; k++) {
    const term = (a[aAt + k] as number) * (b[bAt + k] as number);
    if (!Number.isFinite(term)) sum += term;
  }
  return sum;
}

/**
 * RN(bias + sum of a[aAt + k] * b[bAt + k] over n terms). All values are float32 values; any n. A sum of exactly zero is +0. With a
 * non-finite term: IEEE 754 on the multiset of terms.
 */
export function exactDot(a: Float64Array, b: Float64Array, n: number, bias: number, aAt = 0, bAt = 0): number {
  if (!Number.isFinite(bias)) return nonFinite(a, b, n, bias, aAt, bAt);
  let sum = inUnits(bias);
  for (let start = 0; start < n; start += BATCH) {
    const end = Math.min(n, start + BATCH);
    let first = 127;
    let last = 0;
    for (let k = start; k < end; k++) {
      const p = (a[aAt + k] as number) * (b[bAt + k] as number);
      product[0] = p;
      const bin = ((words[1] as number) >>> 24) & 127;
      const t = p * SPLITTER;
      const high = t - (t - p);
      highs[bin] = (highs[bin] as number) + high;
      lows[bin] = (lows[bin] as number) + (p - high);
      if (bin < first) first = bin;
      if (bin > last) last = bin;
    }
    // The last bin holds what is not finite; it is found before any of it can reach the sum.
    const finite = last < 127;
    for (let bin = first; bin <= last; bin++) {
      if (finite) sum += inUnits(highs[bin] as number) + inUnits(lows[bin] as number);
      highs[bin] = 0;
      lows[bin] = 0;
    }
    if (!finite) return nonFinite(a, b, n, bias, aAt, bAt);
  }
  return roundToFloat32(sum, SCALE);
}
