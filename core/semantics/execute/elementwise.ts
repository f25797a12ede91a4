/** All elements of an elementwise operator. */
import type { TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import type { ElementwiseKind } from '../kinds.ts';
import { elementFunction } from '../primitives/elementwise.ts';
import type { Access, Operator } from '../program.ts';
import { loopOf } from './loops.ts';
import { forEachRun, runStride } from './runs.ts';

type Numbers = Float32Array;

export function evaluateElementwise(operator: Operator, data: readonly (TensorData | undefined)[]): TensorData {
  const kind = operator.kind as ElementwiseKind;
  const accesses = operator.operands as readonly Access[];
  const out = new DTYPES[operator.dtype].Data(elementCount(operator.space));
  const length = operator.space.at(-1) ?? 1;
  const [x, y, z] = data as [Numbers, Numbers, Numbers];
  const [s = 0, t = 0, u = 0] = accesses.map(runStride);
  const dtypes = accesses.map(({ dtype }) => dtype);
  const loop = loopOf(kind, dtypes, operator.dtype);
  if (loop) {
    forEachRun(operator.space, accesses, (first, addresses) => {
      const p = addresses[0] as number;
      loop(out, first, length, x, p, s, y, addresses[1] ?? 0, t, z, addresses[2] ?? 0, u);
    });
    return out;
  }
  const apply = elementFunction(kind, dtypes, operator.dtype, operator.attribute) as (...scalars: number[]) => number;
  const target = out as Numbers;
  forEachRun(operator.space, accesses, (first, [p = 0, q = 0, r = 0]) => {
    if (accesses.length === 1) for (let i = 0; i < length; i++) target[first + i] = apply(x[p + i * s] as number);
    else if (accesses.length === 2)
      for (let i = 0; i < length; i++) target[first + i] = apply(x[p + i * s] as number, y[q + i * t] as number);
    else
      for (let i = 0; i < length; i++)
        target[first + i] = apply(x[p + i * s] as number, y[q + i * t] as number, z[r + i * u] as number);
  });
  return out;
}
