/** All elements of a Gather: x at the tap that the index names; +0 where there is no such tap. */
import type { TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import { unravel } from '../access.ts';
import type { Access, Operator } from '../program.ts';
import { forEachRun, runStride } from './runs.ts';
import { guardValues, tapAddress, tapsOf } from './taps.ts';

export function evaluateGather(operator: Operator, data: readonly (TensorData | undefined)[]): TensorData {
  const out = new DTYPES[operator.dtype].Data(elementCount(operator.space)) as Float32Array;
  const [x, index] = operator.operands as [Access, Access];
  const [from, indices] = data as [Float32Array, Int32Array];
  const length = operator.space.at(-1) ?? 1;
  const taps = tapsOf(x, operator.inner);
  const [stride, indexStride] = [runStride(x), runStride(index)];
  const big = index.dtype === 'int64';
  const { guards } = x;
  const o: number[] = [];
  const values: number[] = [];
  forEachRun(operator.space, [x, index], (first, [start = 0, at = 0]) => {
    for (let i = 0; i < length; i++) {
      const named = indices[at + i * indexStride] as number;
      const k = big ? tapNumber(named as unknown as bigint, taps.count) : named < 0 ? named + taps.count : named;
      if (!(k >= 0 && k < taps.count)) continue;
      if (guards.length > 0) guardValues(guards, unravel(first + i, operator.space, o), values);
      const address = tapAddress(taps, guards, start + i * stride, values, k);
      if (address >= 0) out[first + i] = from[address] as number;
    }
  });
  return out;
}

/** Far outside is -1: such an int64 must not become a float64 that happens to be in range. */
function tapNumber(index: bigint, count: number): number {
  const k = index < 0n ? index + BigInt(count) : index;
  return k >= 0n && k < BigInt(count) ? Number(k) : -1;
}
