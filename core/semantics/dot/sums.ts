/** Sums that float64 is asked about once more: exact ties are frequent where terms are few and of one size (pools, means, resizing). */
import { boundOf } from './certify.ts';
import { exactDot } from './exact.ts';

const ones = new Float64Array(8192).fill(1);

/** RN(bias + sum of `terms` <= 8,192 float32 values); `onExact` is told when float64 did not decide. */
export function exactSum(row: Float64Array, at: number, terms: number, bias: number, onExact: () => void): number {
  return watchedDot(at === 0 ? row : row.subarray(at), ones, terms, bias, onExact);
}

/** RN(bias + sum of a[k] * b[k] over `terms` float32 values); `onExact` is told when float64 did not decide. */
export function watchedDot(a: Float64Array, b: Float64Array, terms: number, bias: number, onExact: () => void): number {
  let sum = bias;
  let size = Math.abs(bias);
  let lost = false;
  for (let k = 0; k < terms; k++) {
    // Exact in float64.
    const x = (a[k] as number) * (b[k] as number);
    const next = sum + x;
    // Knuth's two-sum: what the addition rounded away.
    const back = next - sum;
    if (sum - (next - back) + (x - back) !== 0) lost = true;
    sum = next;
    size += Math.abs(x);
  }
  if (!lost && Number.isFinite(sum)) return sum === 0 ? 0 : Math.fround(sum);
  const bound = boundOf(sum, terms, size);
  const low = Math.fround(sum - bound);
  if (low === Math.fround(sum + bound) && low !== 0) return low;
  onExact();
  return exactDot(a, b, terms, bias);
}
