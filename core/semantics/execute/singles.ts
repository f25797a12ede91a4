/**
 * Dots computed one by one where they lie: plain sums over rows, and products of which no row or column is used more than a few times
 * (variances, one query against its keys). Gathering them for a matrix product would cost more than multiplying them.
 */
import { elementCount } from '../../tensor.ts';
import { unravel } from '../access.ts';
import { boundFactor, SUM_UNIT } from '../dot/certify.ts';
import type { Access, Operator } from '../program.ts';
import { MAX_TERMS } from '../program.ts';
import type { DotWork } from './dot.ts';
import { fewProducts } from './product.ts';
import { startAddress, tapsOf } from './taps.ts';
import { type Counters, termsOf } from './terms.ts';

/** Runs of taps shorter than this are no gain. */
const LEAST_RUN = 4;
/** Multiply-adds of a task, about. */
const TASK = 2 ** 15;

/** Undefined: another way is faster. The bits are the same. */
export function planSingles(
  operator: Operator,
  data: readonly (Float32Array | undefined)[],
  counters: Counters,
): DotWork | undefined {
  const { space, inner, attribute, operands } = operator;
  const [left, right, bias] = operands as readonly [Access, Access | undefined, Access | undefined];
  const run = inner.at(-1) ?? 1;
  if (run < LEAST_RUN || operands.some((access) => access && access.guards.length > 0)) return undefined;
  if (right && !fewProducts(operator)) return undefined;
  const terms = elementCount(inner);
  const ranged = attribute === 1;
  const depth = ranged ? Math.min(terms, MAX_TERMS) : terms;
  const elements = elementCount(space);
  const perTask = Math.max(1, Math.floor(TASK / depth));
  const decide = termsOf(operator, data, counters);
  const [x, y, biases] = data as readonly [Float32Array, Float32Array | undefined, Float32Array | undefined];
  const simple = inner.length === 1;
  const xOffsets = simple ? undefined : tapsOf(left, inner).offsets;
  const yOffsets = simple || right === undefined ? undefined : tapsOf(right, inner).offsets;
  const [s, t] = [left.inner.at(-1) ?? 0, right?.inner.at(-1) ?? 0];
  const factor = boundFactor(depth);
  const sums = new Float64Array(2);
  const o: number[] = [];
  return {
    tasks: Math.ceil(elements / perTask),
    run(task, out) {
      const [begin, end] = [task * perTask, Math.min(elements, (task + 1) * perTask)];
      for (let e = begin; e < end; e++) {
        unravel(e, space, o);
        const from = ranged ? (o[space.length - 1] as number) * MAX_TERMS : 0;
        const to = ranged ? Math.min(terms, from + MAX_TERMS) : terms;
        const p = startAddress(left, o);
        const q = right ? startAddress(right, o) : 0;
        const added = bias && biases ? (biases[startAddress(bias, o)] as number) : 0;
        sums[0] = added;
        sums[1] = Math.abs(added);
        for (let k = from; k < to; ) {
          const next = Math.min(to, k - (k % run) + run);
          const [i, j] = [
            p + (xOffsets ? (xOffsets[k] as number) : k * s),
            q + (yOffsets ? (yOffsets[k] as number) : k * t),
          ];
          if (y) addProducts(sums, x, i, s, y, j, t, next - k);
          else addTerms(sums, x, i, s, next - k);
          k = next;
        }
        const sum = sums[0] as number;
        const bound = factor * (sums[1] as number) + Math.abs(sum) * SUM_UNIT;
        const low = Math.fround(sum - bound);
        if (low === Math.fround(sum + bound) && low !== 0) out[e] = low;
        else out[e] = bound === 0 ? 0 : decide(o, from, to);
      }
      counters.decided += end - begin;
    },
  };
}

// Two sums at a time, because one would wait for itself; with more, and their sizes, the registers do not suffice.

function addTerms(sums: Float64Array, x: Float32Array, p: number, s: number, n: number): void {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = p;
  let k = 0;
  for (; k + 2 <= n; k += 2) {
    const u = x[i] as number;
    const v = x[i + s] as number;
    i += 2 * s;
    a += u;
    b += v;
    c += Math.abs(u);
    d += Math.abs(v);
  }
  if (k < n) {
    const u = x[i] as number;
    a += u;
    c += Math.abs(u);
  }
  sums[0] = (sums[0] as number) + (a + b);
  sums[1] = (sums[1] as number) + (c + d);
}

function addProducts(
  sums: Float64Array,
  x: Float32Array,
  p: number,
  s: number,
  y: Float32Array,
  q: number,
  t: number,
  n: number,
): void {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = p;
  let j = q;
  let k = 0;
  for (; k + 2 <= n; k += 2) {
    const u = (x[i] as number) * (y[j] as number);
    const v = (x[i + s] as number) * (y[j + t] as number);
    i += 2 * s;
    j += 2 * t;
    a += u;
    b += v;
    c += Math.abs(u);
    d += Math.abs(v);
  }
  if (k < n) {
    const u = (x[i] as number) * (y[j] as number);
    a += u;
    c += Math.abs(u);
  }
  sums[0] = (sums[0] as number) + (a + b);
  sums[1] = (sums[1] as number) + (c + d);
}
