/**
 * Sin and Cos over one binade of positive float32 values (sin is odd, cos even). x = a + b with the upper 12 bits of the mantissa in a
 * and the lower 12 in b: 2048 + 4096 exact evaluations and the addition theorem give all 2^23 values independently.
 */
import { cos, sin } from '#core/semantics/functions/sinCos.ts';
import { exactValue, nearest, sineCosineOf, toFloat64 } from './exact.ts';
import { decide, type Outcome, start } from './outcome.ts';

const BITS = 128;
const LOW = 4096;

interface Table {
  sine: Float64Array;
  cosine: Float64Array;
}

function table(count: number, x: (i: number) => number): Table {
  const sine = new Float64Array(count);
  const cosine = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const exact = sineCosineOf(x(i), BITS);
    sine[i] = toFloat64({ v: exact.sine, bits: BITS });
    cosine[i] = toFloat64({ v: exact.cosine, bits: BITS });
  }
  return { sine, cosine };
}

const suspects = new Int32Array(LOW);

/** Indices where `results` is not what u v[j] + s t[j] - error and + error round to. */
function suspicious(
  results: Float32Array,
  [u, s]: readonly [number, number],
  [v, t]: readonly [Float64Array, Float64Array],
  error: number,
): Int32Array {
  let count = 0;
  for (let j = 0; j < LOW; j++) {
    const y = u * (v[j] as number) + s * (t[j] as number);
    const result = results[j];
    if (Math.fround(y - error) !== result || Math.fround(y + error) !== result) suspects[count++] = j;
  }
  return suspects.subarray(0, count);
}

/**
 * exponent: that of the binade, 2^exponent <= x < 2^(exponent + 1); every `stride`-th of the 2048 rows of 4096 inputs.
 * closeness: relative to the larger of the terms that are added.
 */
export function searchSineCosine(exponent: number, stride: number, closeness: number): Outcome {
  const outcome = start();
  const unit = 2 ** (exponent - 23);
  const rows = 2048 / stride;
  const heads = table(rows, (i) => (2048 + i * stride) * LOW * unit);
  const tails = table(LOW, (j) => j * unit);
  const sines = new Float32Array(LOW);
  const cosines = new Float32Array(LOW);
  const most = Math.min(1, LOW * unit);
  for (let i = 0; i < rows; i++) {
    const first = (2048 + i * stride) * LOW * unit;
    for (let j = 0; j < LOW; j++) sines[j] = sin(first + j * unit);
    for (let j = 0; j < LOW; j++) cosines[j] = cos(first + j * unit);
    const s = heads.sine[i] as number;
    const c = heads.cosine[i] as number;
    const error = closeness * Math.min(1, Math.abs(s) + most);
    for (const j of suspicious(sines, [s, c], [tails.cosine, tails.sine], error)) {
      const x = first + j * unit;
      decide(outcome, 'sin', x, sin(x), nearest(exactValue('sin', x)));
    }
    for (const j of suspicious(cosines, [c, -s], [tails.cosine, tails.sine], closeness)) {
      const x = first + j * unit;
      decide(outcome, 'cos', x, cos(x), nearest(exactValue('cos', x)));
    }
    outcome.inputs += 2 * LOW;
  }
  return outcome;
}
