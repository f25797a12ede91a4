/** The terms of single elements of a Dot, gathered one by one: for elements that a float64 sum in any order does not decide. */
import { watchedDot } from '../dot/sums.ts';
import type { Access, Operator } from '../program.ts';
import { type Filler, fillerOf } from './fill.ts';
import { startAddress } from './taps.ts';

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
  const guarded = operands.some((access) => access && access.guards.length > 0);
  let [x, y] = [new Float64Array(0), new Float64Array(0)];
  let fillers: readonly [Filler, Filler | undefined] | undefined;
  const onExact = () => {
    counters.exact++;
  };
  return (o, from, to) => {
    fillers ??= [fillerOf(left, xs, inner), right && ys && fillerOf(right, ys, inner)];
    const [xFiller, yFiller] = fillers;
    const count = to - from;
    if (x.length < count) [x, y] = [new Float64Array(count), new Float64Array(count)];
    xFiller.fill(o, from, to, x, 0);
    if (yFiller) yFiller.fill(o, from, to, y, 0);
    else y.fill(1);
    const added = bias && biases ? (biases[startAddress(bias, o)] as number) : 0;
    const sum = watchedDot(x, y, count, added, onExact);
    if (Number.isFinite(sum) || !guarded) return sum;
    // A tap that is not there was filled with a zero, which adds nothing; but times an infinity it makes a NaN.
    for (let k = from; k < to; k++)
      if (!xFiller.present(o, k) || yFiller?.present(o, k) === false) {
        x[k - from] = 0;
        y[k - from] = 0;
      }
    return watchedDot(x, y, count, added, () => undefined);
  };
}
