/** All elements of a Dot, as matrix products over its batch axes. */
import { elementCount } from '../../tensor.ts';
import { exactDot } from '../dot/exact.ts';
import type { Access, Operator } from '../program.ts';
import { fillerOf } from './fill.ts';
import { productOf } from './product.ts';
import { startAddress } from './taps.ts';

export interface DotTools {
  readonly counters: { decided: number; exact: number };
}

export const dotTools = (): DotTools => ({ counters: { decided: 0, exact: 0 } });

export function evaluateDot(
  operator: Operator,
  data: readonly (Float32Array | undefined)[],
  tools: DotTools,
): Float32Array {
  const { space, inner } = operator;
  const [a, b, bias] = operator.operands;
  const out = new Float32Array(elementCount(space));
  const { batches, rows, columns, ranges } = productOf(operator, [a], [b, bias]);
  const left = fillerOf(a as Access, data[0] as Float32Array, inner);
  const right = b && fillerOf(b, data[1] as Float32Array, inner);
  const o: number[] = space.map(() => 0);
  for (const [range, [from, to]] of ranges.entries()) {
    const terms = to - from;
    const x = new Float64Array(terms);
    const y = new Float64Array(terms).fill(1);
    for (let batch = 0; batch < batches.count; batch++)
      for (let m = 0; m < rows.count; m++)
        for (let n = 0; n < columns.count; n++) {
          batches.place(batch, o);
          rows.place(m, o);
          columns.place(n, o);
          left.fill(o, from, to, x, 0);
          right?.fill(o, from, to, y, 0);
          for (let k = 0; k < terms; k++)
            if (!left.present(o, from + k) || (right && !right.present(o, from + k))) x[k] = 0;
          const first = bias ? ((data[2] as Float32Array)[startAddress(bias, o)] as number) : 0;
          const at =
            (batches.offsets[batch] as number) +
            (rows.offsets[m] as number) +
            (columns.offsets[n] as number) +
            range;
          out[at] = exactDot(x, y, terms, first);
          tools.counters.decided++;
        }
  }
  return out;
}
