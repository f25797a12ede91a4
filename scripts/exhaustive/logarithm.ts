/**
 * Log over all positive float32 values: log(2^e m) = e ln2 + log(m), so that the part of the mantissa is evaluated once for the 277
 * exponents, in the code under test (its own two steps: logMantissa, then roundLog of logJoined) and in the independent evaluation.
 */
import { LEAST, log, logJoined, logMantissa, roundLog } from '#core/semantics/functions/log.ts';
import { exactValue, floatFromBits, logOf, nearest, toFloat64, units } from './exact.ts';
import { BLOCK, decide, type Outcome, start } from './outcome.ts';

const BITS = 160;
/** Mantissas m from 0.75 to 1.5, as bit patterns: nothing cancels in e ln2 + log(m). */
export const FIRST = 0x3f400000;
export const LAST = 0x3fc00000;
/** The logarithm itself is compared with its two steps at every 256th input. */
const WHOLE = 256;
/** How far the two float64 evaluations may be apart. */
const NEAR = 2 ** -49.5;

const TURNS = Array.from({ length: 280 }, (_, i) => {
  const v = BigInt(i - 150) * logOf(2n, 0, BITS);
  const high = i === 150 ? 0 : toFloat64({ v, bits: BITS });
  const exactHigh = BigInt(Math.round(high * 2 ** 44)) << BigInt(BITS - 44);
  return { high: toFloat64({ v: exactHigh, bits: BITS }), low: toFloat64({ v: v - exactHigh, bits: BITS }) };
});

/** log(m) for a block; around 1 by the series in m - 1, which keeps the relative precision. */
function independent(first: number, unit: number, values: Float64Array): void {
  if (first === 1 || first + BLOCK * unit === 1) {
    for (let j = 0; j < BLOCK; j++) {
      const z = first + j * unit - 1;
      values[j] = z - z * z * (1 / 2 - z * (1 / 3 - z * (1 / 4 - z * (1 / 5 - z * (1 / 6 - z * (1 / 7))))));
    }
    return;
  }
  const middle = first + (BLOCK / 2) * unit;
  const value = toFloat64({ v: logOf(units(middle), 149, BITS), bits: BITS });
  for (let j = 0; j < BLOCK; j++) {
    const w = ((j - BLOCK / 2) * unit) / middle;
    values[j] = value + w * (1 - w * (1 / 2 - w * (1 / 3 - w * (1 / 4 - w * (1 / 5 - w * (1 / 6))))));
  }
}

const suspects = new Int32Array(BLOCK);

/** Every step-th index, and e ln2. */
interface Progression {
  step: number;
  turn: { high: number; low: number };
}

/**
 * The indices where the result is not certain; e: the exponent of the code under test.
 * Certain: all of y (1 - closeness) .. y (1 + closeness) rounds to one float32, and the float64 of the code under test is so near to y
 * that both values its certainty test rounds, 2^-50 away from it, lie in there: so it returns that float32, which is the right one.
 */
function suspicious(
  parts: Float64Array,
  values: Float64Array,
  e: number,
  { step, turn }: Progression,
  closeness: number,
): Int32Array {
  const { high, low } = turn;
  const below = 1 - Math.max(closeness, 2 ** -48);
  const above = 1 + Math.max(closeness, 2 ** -48);
  let count = 0;
  for (let j = 0; j < BLOCK; j += step) {
    const tested = logJoined(e, parts[j] as number);
    const y = high + ((values[j] as number) + low);
    const certain = Math.fround(y * below) === Math.fround(y * above) && Math.abs(tested - y) <= Math.abs(y) * NEAR;
    if (!certain) suspects[count++] = j;
  }
  return suspects.subarray(0, count);
}

/** from, to: bit patterns between FIRST and LAST, multiples of BLOCK. */
export function searchLog(from: number, to: number, closeness: number): Outcome {
  const outcome = start();
  const parts = new Float64Array(BLOCK);
  const values = new Float64Array(BLOCK);
  for (let pattern = from; pattern < to; pattern += BLOCK) {
    const first = floatFromBits(pattern);
    const unit = floatFromBits(pattern + 1) - first;
    independent(first, unit, values);
    for (let j = 0; j < BLOCK; j++) parts[j] = logMantissa(pattern + j - LEAST);
    // The exponent by which the code under test takes these mantissas (its border is elsewhere, on a multiple of BLOCK).
    const carried = (pattern - LEAST) >> 23;
    const halved = first < 1 ? 1 : 0;
    for (let e = -149 + halved; e <= 127 + halved; e++) {
      // Below the normal numbers only mantissas with enough zeros at their end are float32 values.
      const step = 2 ** Math.max(-126 + halved - e, 0);
      if (step > BLOCK && (pattern & 0x7fffff & (step - 1)) !== 0) continue;
      const turn = TURNS[e + 150] as { high: number; low: number };
      const scale = 2 ** e;
      for (const j of suspicious(parts, values, e + carried, { step, turn }, closeness)) {
        const x = (first + j * unit) * scale;
        if (x !== 1) decide(outcome, 'log', x, log(x), nearest(exactValue('log', x)));
      }
      outcome.inputs += Math.ceil(BLOCK / step);
      for (let j = 0; j < BLOCK; j += Math.max(WHOLE, step)) {
        const x = (first + j * unit) * scale;
        const y = logJoined(e + carried, parts[j] as number);
        if (log(x) !== roundLog(x, y)) outcome.wrong.push(`log(${x}) differs from its own two steps`);
      }
    }
  }
  return outcome;
}
