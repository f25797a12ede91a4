/**
 * Pow by a constant over positive float32 values: (2^e m)^y = 2^(e y) m^y, so that m^y, a binomial series around the exact power of
 * the middle of each block, is evaluated once for all exponents.
 *
 * Multiples of 1/4: 2^(4 e) turns into a power of two, which scales the float64 code exactly, so four binades stand for all whose results
 * are normal; the binades with subnormal results are searched one by one. Other exponents: all binades; there the code under test, which
 * carries its own certainty test, is compared at one input in `sample`, the independent evaluation decides them all.
 */
import { powConstant } from '#core/semantics/functions/pow.ts';
import { floatFromBits, toFloat64 } from './exact.ts';
import { nearestPower, realPower } from './exactPower.ts';
import { BLOCK, decide, type Outcome, start } from './outcome.ts';

const BITS = 160;
const suspects = new Int32Array(BLOCK);

/** The binades to search for an exponent: all that stand for themselves. */
function binades(y: number): number[] {
  const all = Array.from({ length: 277 }, (_, i) => i - 149);
  const reachable = all.filter((e) => Math.max(e * y, (e + 1) * y) > -152 && Math.min(e * y, (e + 1) * y) < 129);
  if (!Number.isInteger(4 * y)) return reachable;
  const subnormal = (e: number) => Math.min(e * y, (e + 1) * y) < -125;
  const period = Number.isInteger(y) ? 1 : Number.isInteger(2 * y) ? 2 : 4;
  return reachable.filter((e) => (e >= 0 && e < period) || subnormal(e));
}

/** m^y for a block, by the binomial series to degree 7. */
function independent(first: number, unit: number, y: number, values: Float64Array): void {
  const middle = first + (BLOCK / 2) * unit;
  const value = toFloat64(realPower(middle, y, BITS));
  const c = [1];
  for (let n = 0; n < 7; n++) c.push(((c[n] as number) * (y - n)) / (n + 1));
  const [, c1, c2, c3, c4, c5, c6, c7] = c as [number, number, number, number, number, number, number, number];
  for (let j = 0; j < BLOCK; j++) {
    const w = ((j - BLOCK / 2) * unit) / middle;
    values[j] = value + value * (w * (c1 + w * (c2 + w * (c3 + w * (c4 + w * (c5 + w * (c6 + w * c7)))))));
  }
}

/** Indices, every step-th, where y (1 -+ closeness) does not round to one float32. */
function undecided(values: Float64Array, factor: number, step: number, closeness: number): Int32Array {
  const below = factor * (1 - closeness);
  const above = factor * (1 + closeness);
  let count = 0;
  for (let j = 0; j < BLOCK; j += step) {
    const value = values[j] as number;
    if (Math.fround(value * below) !== Math.fround(value * above)) suspects[count++] = j;
  }
  return suspects.subarray(0, count);
}

/** exponent: one of the table; blocks: every `stride`-th of the 1024 blocks of mantissas. */
export function searchPower(exponent: number, stride: number, sample: number, closeness: number): Outcome {
  const outcome = start();
  const power = powConstant(exponent);
  if (power === undefined) throw new Error(`no power for ${exponent}`);
  const values = new Float64Array(BLOCK);
  const list = binades(exponent);
  const factors = list.map((e) =>
    Number.isInteger(e * exponent) ? 2 ** (e * exponent) : toFloat64(realPower(2 ** e, exponent, BITS)),
  );
  const every = Number.isInteger(4 * exponent) ? 1 : sample;
  for (let block = 0; block < 1024; block += stride) {
    const first = floatFromBits(0x3f800000 + block * BLOCK);
    const unit = 2 ** -23;
    independent(first, unit, exponent, values);
    for (const [i, e] of list.entries()) {
      const step = 2 ** Math.max(-126 - e, 0);
      if (step > BLOCK && (block * BLOCK) % step !== 0) continue;
      const factor = factors[i] as number;
      const scale = 2 ** e;
      const input = (j: number) => (first + j * unit) * scale;
      for (const j of undecided(values, factor, step, closeness)) {
        const x = input(j);
        if (x !== 1) decide(outcome, `pow ${exponent}`, x, power(x), nearestPower(x, exponent));
      }
      for (let j = (((e + 149) * 5) % every) * step; j < BLOCK; j += every * step) {
        const y = (values[j] as number) * factor;
        const got = power((first + j * unit) * scale);
        if (got === Math.fround(y * (1 - closeness)) || got === Math.fround(y * (1 + closeness))) continue;
        outcome.wrong.push(`pow(${input(j)}, ${exponent}) = ${got}, about ${y}`);
      }
      outcome.inputs += Math.ceil(BLOCK / step);
    }
  }
  return outcome;
}
