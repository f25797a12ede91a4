/** Exp, Tanh and Erf over consecutive float32 values, against Taylor polynomials around the exact value in the middle of each block. */
import { erf } from '#core/semantics/functions/erf.ts';
import { exp } from '#core/semantics/functions/exp.ts';
import { tanh } from '#core/semantics/functions/tanh.ts';
import { erfOf, exactValue, expOf, fixed, floatFromBits, nearest, piOf, rootOf, tanhOf, toFloat64 } from './exact.ts';
import { BLOCK, decide, type Outcome, start, suspicious } from './outcome.ts';

export type Smooth = 'exp' | 'tanh' | 'erf';

const BITS = 160;
const DEGREE = 8;
const TWO_OVER_ROOT_PI = toFloat64({
  v: (1n << BigInt(2 * BITS + 1)) / rootOf(piOf(BITS) << BigInt(BITS)),
  bits: BITS,
});

/** Taylor coefficients around x, up to degree 8; only the first needs all its bits. */
const around: Record<Smooth, (x: number) => Float64Array> = {
  exp: (x) => {
    const c = new Float64Array(DEGREE + 1);
    c[0] = toFloat64(expOf(fixed(x, BITS), BITS));
    for (let n = 1; n <= DEGREE; n++) c[n] = (c[n - 1] as number) / n;
    return c;
  },
  tanh: (x) => {
    const c = new Float64Array(DEGREE + 1);
    c[0] = toFloat64({ v: tanhOf(fixed(x, BITS), BITS), bits: BITS });
    for (let n = 0; n < DEGREE; n++) {
      let sum = n === 0 ? 1 : 0;
      for (let k = 0; k <= n; k++) sum -= (c[k] as number) * (c[n - k] as number);
      c[n + 1] = sum / (n + 1);
    }
    return c;
  },
  erf: (x) => {
    const c = new Float64Array(DEGREE + 1);
    if (x < 2 ** -30) {
      // x^2/3 is below 2^-61.
      c[0] = TWO_OVER_ROOT_PI * x;
      c[1] = TWO_OVER_ROOT_PI;
      return c;
    }
    const v = fixed(x, BITS);
    c[0] = toFloat64({ v: erfOf(v, BITS), bits: BITS });
    let before = 0;
    let g = TWO_OVER_ROOT_PI * toFloat64(expOf(-((v * v) >> BigInt(BITS)), BITS));
    for (let n = 0; n < DEGREE; n++) {
      c[n + 1] = g / (n + 1);
      [before, g] = [g, (-2 * (x * g + before)) / (n + 1)];
    }
    return c;
  },
};

// One loop for each, so that the engine compiles the function into it.
const evaluate: Record<Smooth, (first: number, unit: number, results: Float32Array) => void> = {
  exp: (first, unit, results) => {
    for (let j = 0; j < BLOCK; j++) results[j] = exp(first + j * unit);
  },
  tanh: (first, unit, results) => {
    for (let j = 0; j < BLOCK; j++) results[j] = tanh(first + j * unit);
  },
  erf: (first, unit, results) => {
    for (let j = 0; j < BLOCK; j++) results[j] = erf(first + j * unit);
  },
};
const single: Record<Smooth, (x: number) => number> = { exp, tanh, erf };

/** from, to: bit patterns of positive floats, multiples of BLOCK (to is excluded); sign: -1 for their negatives (Exp only). */
export function searchSmooth(name: Smooth, from: number, to: number, sign: 1 | -1, closeness: number): Outcome {
  const outcome = start();
  const results = new Float32Array(BLOCK);
  for (let pattern = from; pattern < to; pattern += BLOCK) {
    const first = sign * floatFromBits(pattern);
    const unit = sign * (floatFromBits(pattern + 1) - floatFromBits(pattern));
    evaluate[name](first, unit, results);
    const middle = first + (BLOCK / 2) * unit;
    for (const j of suspicious(results, around[name](middle), unit, closeness)) {
      const x = first + j * unit;
      if (x !== 0) decide(outcome, name, x, single[name](x), nearest(exactValue(name, x)));
    }
    outcome.inputs += BLOCK;
  }
  return outcome;
}
