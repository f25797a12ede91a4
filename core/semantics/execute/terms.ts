/** The terms of single elements of a Dot, gathered one by one: for elements that a float64 sum in any order does not decide. */
import { watchedDot } from '../dot/sums.ts';
import type { Access, Operator } from '../program.ts';
import { guardValues, startAddress, type Taps, tapAddress, tapsOf } from './taps.ts';

export interface Counters {
  decided: number;
  exact: number;
}

/** The element at o of a Dot over its taps [from, to). */
export type DecideElement = (o: readonly number[], from: number, to: number) => number;

/** An operand that is absent is 1 everywhere; a tap that is not there is no term. */
export function termsOf(
  { operands, inner }: Operator,
  data: readonly (Float32Array | undefined)[],
  counters: Counters,
): DecideElement {
  const [left, right, bias] = operands as readonly [Access, Access | undefined, Access | undefined];
  const [xs, ys, biases] = data as readonly [Float32Array, Float32Array | undefined, Float32Array | undefined];
  let tables: readonly [Taps, Taps | undefined] | undefined;
  let [x, y] = [new Float64Array(0), new Float64Array(0)];
  const [xValues, yValues]: [number[], number[]] = [[], []];
  const onExact = () => {
    counters.exact++;
  };
  return (o, from, to) => {
    tables ??= [tapsOf(left, inner), right && tapsOf(right, inner)];
    const [xTaps, yTaps] = tables;
    if (x.length < to - from) [x, y] = [new Float64Array(to - from), new Float64Array(to - from)];
    const xStart = startAddress(left, o);
    const yStart = right ? startAddress(right, o) : 0;
    guardValues(left.guards, o, xValues);
    if (right) guardValues(right.guards, o, yValues);
    let count = 0;
    for (let k = from; k < to; k++) {
      const p = tapAddress(xTaps, left.guards, xStart, xValues, k);
      const q = right && yTaps ? tapAddress(yTaps, right.guards, yStart, yValues, k) : 0;
      if (p < 0 || q < 0) continue;
      x[count] = xs[p] as number;
      y[count++] = ys ? (ys[q] as number) : 1;
    }
    return watchedDot(x, y, count, bias && biases ? (biases[startAddress(bias, o)] as number) : 0, onExact);
  };
}
