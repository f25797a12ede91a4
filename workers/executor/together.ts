/**
 * Whether rows of different requests may share an execution of a model: found out with the first that could, by running them together
 * and each alone. What a publisher says of a model (`rows`) is not enough where one requester's row could change another's result.
 */
import { acceptable } from '#core/semantics/tolerance/accept.ts';
import { compareTensors } from '#core/tolerance.ts';
import type { ServedVersion } from '#ports/work.ts';
import type { Item } from './batch.ts';

/** For versions that publish no tolerance: what sums in another order may differ by in float32. */
const ROUNDING = { abs: 1e-6, rel: 1e-5 };

/** Every input and output has a leading dimension that is free. */
export function hasFreeRows({ schema, rows, exact }: ServedVersion): boolean {
  return rows && !exact && [...schema.inputs, ...schema.outputs].every(({ shape }) => shape[0] === -1);
}

/** Rows that are all alike cannot show that they are mixed. */
export function tellApart(items: readonly Item[]): boolean {
  const [first] = items;
  return items.some((item) => item.some((one, i) => !sameBytes(one.data, first?.[i]?.data)));
}

/** Whether what came out together is, row by row, what comes out alone. */
export function agree({ program }: ServedVersion, together: readonly Item[], alone: readonly Item[]): boolean {
  return alone.every((item, i) => {
    const other = together[i] ?? [];
    if (program) return acceptable(other, item, program);
    return item.every((one, n) => other[n] !== undefined && compareTensors(other[n], one, ROUNDING).within);
  });
}

type Data = Item[number]['data'];

function sameBytes(a: Data, b: Data | undefined): boolean {
  const bytes = (data: Data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return b !== undefined && bytes(a).equals(bytes(b));
}
