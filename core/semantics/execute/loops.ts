/**
 * Loops with the function of one element in sight of the compiler, for the kinds that make up most of a trace. One loop that is given its
 * function would box every number that the function gives back. They compute what primitives/elementwise.ts says.
 */
import type { Dtype, TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { erf } from '../functions/erf.ts';
import { exp } from '../functions/exp.ts';
import { log } from '../functions/log.ts';
import { tanh } from '../functions/tanh.ts';
import type { ElementwiseKind } from '../kinds.ts';
import { clip } from '../primitives/logic.ts';
import { dequantize, quantize } from '../primitives/quantize.ts';

/** Writes out[at], ... out[at + n - 1] from x[p], x[p + s], ..., y[q], y[q + t], ... and z[r], z[r + u], .... */
export type Loop<Out = TensorData, X = TensorData, Y = X, Z = X> = (
  out: Out,
  at: number,
  n: number,
  x: X,
  p: number,
  s: number,
  y: Y,
  q: number,
  t: number,
  z: Z,
  r: number,
  u: number,
) => void;

type Floats = Float32Array;
type Bools = Uint8Array;
type Integers = Int8Array | Uint8Array;
type Loops<Out, X> = Partial<Record<ElementwiseKind, Loop<Out, X>>>;

/** Elements from which on views of the bits are worth making. */
const MANY = 256;

function relu(out: Floats, at: number, n: number, x: Floats, p: number, s: number): void {
  if (n < MANY) {
    // Math.max keeps NaN and gives +0 for both zeros.
    for (let i = 0; i < n; i++) out[at + i] = Math.max(x[p + i * s] as number, 0);
    return;
  }
  // The same without a branch, which would be guessed wrong for every other element: 0 if the sign is set, unless it is a NaN.
  const from = new Int32Array(x.buffer, x.byteOffset, x.length);
  const to = new Int32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < n; i++) {
    const bits = from[p + i * s] as number;
    const nan = (INFINITY_BITS - (bits & 0x7fffffff)) >> 31;
    to[at + i] = bits & (~(bits >> 31) | nan);
  }
}

const INFINITY_BITS = 0x7f800000;

const floats: Loops<Floats, Floats> = {
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
  Relu: relu,
  Neg: (out, at, n, x, p, s) => {
    for (let i = 0; i < n; i++) out[at + i] = -(x[p + i * s] as number);
  },
  Abs: (out, at, n, x, p, s) => {
    for (let i = 0; i < n; i++) out[at + i] = Math.abs(x[p + i * s] as number);
  },
  Sqrt: (out, at, n, x, p, s) => {
    for (let i = 0; i < n; i++) out[at + i] = Math.sqrt(x[p + i * s] as number);
  },
  Reciprocal: (out, at, n, x, p, s) => {
    for (let i = 0; i < n; i++) out[at + i] = 1 / (x[p + i * s] as number);
  },
  Exp: (out, at, n, x, p, s) => {
    for (let i = 0; i < n; i++) out[at + i] = exp(x[p + i * s] as number);
  },
  Log: (out, at, n, x, p, s) => {
    for (let i = 0; i < n; i++) out[at + i] = log(x[p + i * s] as number);
  },
  Tanh: (out, at, n, x, p, s) => {
    for (let i = 0; i < n; i++) out[at + i] = tanh(x[p + i * s] as number);
  },
  Erf: (out, at, n, x, p, s) => {
    for (let i = 0; i < n; i++) out[at + i] = erf(x[p + i * s] as number);
  },
  Clip: (out, at, n, x, p, s, y, q, t, z, r, u) => {
    for (let i = 0; i < n; i++)
      out[at + i] = clip(x[p + i * s] as number, y[q + i * t] as number, z[r + i * u] as number);
  },
};

const comparisons: Loops<Bools, Floats> = {
  Equal: (out, at, n, x, p, s, y, q, t) => {
    for (let i = 0; i < n; i++) out[at + i] = x[p + i * s] === y[q + i * t] ? 1 : 0;
  },
  Less: (out, at, n, x, p, s, y, q, t) => {
    for (let i = 0; i < n; i++) out[at + i] = (x[p + i * s] as number) < (y[q + i * t] as number) ? 1 : 0;
  },
  LessOrEqual: (out, at, n, x, p, s, y, q, t) => {
    for (let i = 0; i < n; i++) out[at + i] = (x[p + i * s] as number) <= (y[q + i * t] as number) ? 1 : 0;
  },
};

const bools: Loops<Bools, Bools> = {
  And: (out, at, n, x, p, s, y, q, t) => {
    for (let i = 0; i < n; i++) out[at + i] = x[p + i * s] !== 0 && y[q + i * t] !== 0 ? 1 : 0;
  },
  Or: (out, at, n, x, p, s, y, q, t) => {
    for (let i = 0; i < n; i++) out[at + i] = x[p + i * s] !== 0 || y[q + i * t] !== 0 ? 1 : 0;
  },
  Not: (out, at, n, x, p, s) => {
    for (let i = 0; i < n; i++) out[at + i] = x[p + i * s] === 0 ? 1 : 0;
  },
};

const where: Loop<Floats, Bools, Floats, Floats> = (out, at, n, x, p, s, y, q, t, z, r, u) => {
  for (let i = 0; i < n; i++) out[at + i] = (x[p + i * s] !== 0 ? y[q + i * t] : z[r + i * u]) as number;
};

const dequantizeAll: Loop<Floats, Integers | Int32Array, Floats> = (out, at, n, x, p, s, y, q, t, z, r, u) => {
  for (let i = 0; i < n; i++)
    out[at + i] = dequantize(x[p + i * s] as number, y[q + i * t] as number, z[r + i * u] as number);
};

/** To int8 or uint8. */
function quantizeTo(to: Dtype): Loop<Integers, Floats, Floats, Integers> {
  const { min, max } = DTYPES[to];
  const [low, high] = [Number(min), Number(max)];
  return (out, at, n, x, p, s, y, q, t, z, r, u) => {
    for (let i = 0; i < n; i++)
      out[at + i] = quantize(x[p + i * s] as number, y[q + i * t] as number, z[r + i * u] as number, low, high);
  };
}

/** Undefined: there is none for these dtypes. */
export function loopOf(kind: ElementwiseKind, from: readonly Dtype[], to: Dtype): Loop | undefined {
  return find(kind, from, to) as Loop | undefined;
}

function find(kind: ElementwiseKind, from: readonly Dtype[], to: Dtype): unknown {
  if (kind === 'Where') return to === 'float32' ? where : undefined;
  if (kind === 'Quantize') return to === 'int8' || to === 'uint8' ? quantizeTo(to) : undefined;
  if (kind === 'Dequantize') return dequantizeAll;
  const all = (dtype: Dtype) => from.every((operand) => operand === dtype);
  if (all('float32')) return (to === 'float32' ? floats : comparisons)[kind];
  return all('bool') && to === 'bool' ? bools[kind] : undefined;
}
