/** All elements of an elementwise operator. */
import type { TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import type { ElementwiseKind } from '../kinds.ts';
import { elementFunction } from '../primitives/elementwise.ts';
import type { Access, Operator } from '../program.ts';
import { forEachRun, runStride } from './runs.ts';

/** Loops with the arithmetic in sight of the compiler, for the kinds that make up most of a trace; the rest call a function. */
type Loop = (
  out: Numbers,
  at: number,
  n: number,
  x: Numbers,
  p: number,
  s: number,
  y: Numbers,
  q: number,
  t: number,
) => void;
type Numbers = Float32Array;

const floatLoops: Partial<Record<ElementwiseKind, Loop>> = {
  Add: (out, at, n, x, p, s, y, q, t) => {
    for (let i = 0; i < n; i++) out[at + i] = (x[p + i * s] as number) + (y[q + i * t] as number);
  },
  Sub: (out, at, n, x, p, s, y, q, t) => {
    for (let i = 0; i < n; i++) out[at + i] = (x[p + i * s] as number) - (y[q + i * t] as number);
  },
  Mul: (out, at, n, x, p, s, y, q, t) => {
    for (let i = 0; i < n; i++) out[at + i] = (x[p + i * s] as number) * (y[q + i * t] as number);
  },
  Div: (out, at, n, x, p, s, y, q, t) => {
    for (let i = 0; i < n; i++) out[at + i] = (x[p + i * s] as number) / (y[q + i * t] as number);
  },
  Max: (out, at, n, x, p, s, y, q, t) => {
    for (let i = 0; i < n; i++) out[at + i] = Math.max(x[p + i * s] as number, y[q + i * t] as number);
  },
  Min: (out, at, n, x, p, s, y, q, t) => {
    for (let i = 0; i < n; i++) out[at + i] = Math.min(x[p + i * s] as number, y[q + i * t] as number);
  },
  Relu: (out, at, n, x, p, s) => {
    // Math.max keeps NaN and gives +0 for both zeros.
    for (let i = 0; i < n; i++) out[at + i] = Math.max(x[p + i * s] as number, 0);
  },
};

export function evaluateElementwise(operator: Operator, data: readonly (TensorData | undefined)[]): TensorData {
  const kind = operator.kind as ElementwiseKind;
  const accesses = operator.operands as readonly Access[];
  const out = new DTYPES[operator.dtype].Data(elementCount(operator.space));
  const length = operator.space.at(-1) ?? 1;
  const [x, y, z] = data as [Numbers, Numbers, Numbers];
  const [s = 0, t = 0, u = 0] = accesses.map(runStride);
  const loop = accesses.every(({ dtype }) => dtype === 'float32') && floatLoops[kind];
  if (loop) {
    forEachRun(operator.space, accesses, (first, [p = 0, q = 0]) => {
      loop(out as Numbers, first, length, x, p, s, y, q, t);
    });
    return out;
  }
  const dtypes = accesses.map(({ dtype }) => dtype);
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
