/** Plain sums, the Dots without a right side: means, pools and softmax denominators. Exact ties are frequent there. */
import { boundOf } from './certify.ts';
import { exactDot } from './exact.ts';

const ones = new Float64Array(8192).fill(1);

/** RN(bias + sum of `terms` <= 8,192 float32 values); `onExact` is told when float64 did not decide. */
export function exactSum(row: Float64Array, at: number, terms: number, bias: number, onExact: () => void): number {
  let sum = bias;
  let size = Math.abs(bias);
  let lost = false;
  for (let k = 0; k < terms; k++) {
    const x = row[at + k] as number;
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
  return exactDot(row, ones, terms, bias, at, 0);
}
