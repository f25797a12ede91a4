/** All elements of a Move: each from the first operand that is present, +0 where none is. */
import type { TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import type { Access, Operator } from '../program.ts';
import { forEachRun, runStride } from './runs.ts';

export function evaluateMove(operator: Operator, data: readonly (TensorData | undefined)[]): TensorData {
  const out = new DTYPES[operator.dtype].Data(elementCount(operator.space));
  // Last to first: what is present in an earlier operand overwrites.
  for (let i = operator.operands.length - 1; i >= 0; i--)
    copy(operator.space, operator.operands[i] as Access, data[i] as Float32Array, out as Float32Array);
  return out;
}

function copy(space: readonly number[], access: Access, from: Float32Array, out: Float32Array): void {
  const lengthOfRun = space.at(-1) ?? 1;
  if (access.guards.length > 0) {
    copyGuarded(space, access, from, out);
    return;
  }
  const stride = runStride(access);
  forEachRun(space, [access], (first, addresses) => {
    const address = addresses[0] as number;
    if (stride === 1 && lengthOfRun > 16) out.set(from.subarray(address, address + lengthOfRun), first);
    else for (let i = 0; i < lengthOfRun; i++) out[first + i] = from[address + i * stride] as number;
  });
}

/** Per axis: what each coordinate adds to the address, and the coordinates at which the guards of that axis hold. */
interface AxisTable {
  readonly offsets: Int32Array;
  readonly holds: Uint8Array;
}

function copyGuarded(space: readonly number[], access: Access, from: Float32Array, out: Float32Array): void {
  let base = access.base;
  let never = false;
  const tables = space.map((dim, axis): AxisTable => {
    const stride = access.outer[axis] as number;
    return { offsets: Int32Array.from({ length: dim }, (_, c) => c * stride), holds: new Uint8Array(dim).fill(1) };
  });
  for (const { outer, outerStep, offset, divisor, extent, stride } of access.guards) {
    const table = tables[outer];
    const count = table?.holds.length ?? 1;
    for (let c = 0; c < count; c++) {
      const v = offset + outerStep * c;
      const holds = v >= 0 && v % divisor === 0 && v / divisor < extent;
      const part = holds ? (v / divisor) * stride : 0;
      if (table === undefined) {
        base += part;
        never ||= !holds;
      } else {
        table.offsets[c] = (table.offsets[c] as number) + part;
        if (!holds) table.holds[c] = 0;
      }
    }
  }
  if (!never) walk(tables, 0, 0, base, from, out);
}

function walk(
  tables: readonly AxisTable[],
  axis: number,
  first: number,
  at: number,
  from: Float32Array,
  out: Float32Array,
) {
  const table = tables[axis];
  if (table === undefined) {
    out[first] = from[at] as number;
    return;
  }
  const { offsets, holds } = table;
  const count = offsets.length;
  if (axis === tables.length - 1) {
    for (let c = 0; c < count; c++)
      if (holds[c] === 1) out[first * count + c] = from[at + (offsets[c] as number)] as number;
    return;
  }
  for (let c = 0; c < count; c++)
    if (holds[c] === 1) walk(tables, axis + 1, first * count + c, at + (offsets[c] as number), from, out);
}
