/** All elements of an elementwise operator. */
import type { TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import type { ElementwiseKind } from '../kinds.ts';
import { elementFunction } from '../primitives/elementwise.ts';
import type { Access, Operator } from '../program.ts';
import { type Loop, loopOf } from './loops.ts';
import { forEachRun, runStride } from './runs.ts';

type Numbers = Float32Array;

/** Kept by operator: a recurrent network has hundreds of a few elements each. */
const plans = new WeakMap<Operator, { readonly loop: Loop; readonly elements: number; readonly steps: number[] }>();

export function evaluateElementwise(operator: Operator, data: readonly (TensorData | undefined)[]): TensorData {
  const plan = plans.get(operator) ?? planOf(operator);
  plans.set(operator, plan);
  const { loop, elements, steps } = plan;
  const out = new DTYPES[operator.dtype].Data(elements);
  const accesses = operator.operands as readonly Access[];
  const length = operator.space.at(-1) ?? 1;
  const [x, y, z] = [data[0], data[1], data[2]] as [Numbers, Numbers, Numbers];
  const [s, t, u] = [steps[0] as number, steps[1] as number, steps[2] as number];
  forEachRun(operator.space, accesses, (first, addresses) => {
    const p = addresses[0] as number;
    loop(out, first, length, x, p, s, y, addresses[1] ?? 0, t, z, addresses[2] ?? 0, u);
  });
  return out;
}

function planOf({ kind, dtype, attribute, space, operands }: Operator) {
  const accesses = operands as readonly Access[];
  const dtypes = accesses.map((access) => access.dtype);
  const apply = elementFunction(kind as ElementwiseKind, dtypes, dtype, attribute) as (...scalars: number[]) => number;
  const loop = loopOf(kind as ElementwiseKind, dtypes, dtype) ?? callsOf(accesses.length, apply);
  const steps = [0, 1, 2].map((i) => (i < accesses.length ? runStride(accesses[i] as Access) : 0));
  return { loop, elements: elementCount(space), steps };
}

/** For all that has no loop of its own. */
function callsOf(operands: number, apply: (...scalars: number[]) => number): Loop {
  const loop: Loop<Numbers> = (out, at, n, x, p, s, y, q, t, z, r, u) => {
    if (operands === 1) for (let i = 0; i < n; i++) out[at + i] = apply(x[p + i * s] as number);
    else if (operands === 2)
      for (let i = 0; i < n; i++) out[at + i] = apply(x[p + i * s] as number, y[q + i * t] as number);
    else
      for (let i = 0; i < n; i++)
        out[at + i] = apply(x[p + i * s] as number, y[q + i * t] as number, z[r + i * u] as number);
  };
  return loop as unknown as Loop;
}
