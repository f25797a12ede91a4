/** All elements of a Move: each from the first operand that is present, +0 where none is. */
import type { TensorData } from '../../commitment/dtype.ts';
import { DTYPES } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import type { Access, Operator } from '../program.ts';
import { forEachRun, runStride } from './runs.ts';

export function evaluateMove(operator: Operator, data: readonly (TensorData | undefined)[]): TensorData {
  const { space } = operator;
  const out = new DTYPES[operator.dtype].Data(elementCount(space)) as Float32Array;
  const guarded = guards.get(operator) ?? operator.operands.map((access) => guardedOf(space, access as Access));
  guards.set(operator, guarded);
  // Last to first: what is present in an earlier operand overwrites.
  for (let i = operator.operands.length - 1; i >= 0; i--) {
    const from = data[i] as Float32Array;
    const parts = guarded[i];
    if (parts === undefined) copy(space, operator.operands[i] as Access, from, out);
    else walk(parts.axes, 0, 0, parts.base, from, out);
  }
  return out;
}

function copy(space: readonly number[], access: Access, from: Float32Array, out: Float32Array): void {
  const lengthOfRun = space.at(-1) ?? 1;
  const stride = runStride(access);
  forEachRun(space, [access], (first, addresses) => {
    const address = addresses[0] as number;
    if (stride === 1 && lengthOfRun > 16) out.set(from.subarray(address, address + lengthOfRun), first);
    else for (let i = 0; i < lengthOfRun; i++) out[first + i] = from[address + i * stride] as number;
  });
}

/**
 * The coordinates of an axis at which its guards hold, evenly spaced because each guard's are, and what they add to the address, evenly
 * too: first, first + step, ....
 */
interface Axis {
  readonly size: number;
  readonly count: number;
  readonly first: number;
  readonly step: number;
  readonly address: number;
  readonly addressStep: number;
}

interface Guarded {
  readonly axes: readonly Axis[];
  readonly base: number;
}

/** Kept by operator. Undefined: the operand has no guards. */
const guards = new WeakMap<Operator, readonly (Guarded | undefined)[]>();

function guardedOf(space: readonly number[], access: Access): Guarded | undefined {
  if (access.guards.length === 0) return undefined;
  let base = access.base;
  let never = false;
  const tables = space.map((dim, axis) => {
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
  const axes = tables.map(({ offsets, holds }) => spaced(offsets, holds));
  // Without axes there is one element.
  if (axes.length === 0) axes.push(spaced(Int32Array.of(0), Uint8Array.of(1)));
  return never ? { axes: axes.map((axis) => ({ ...axis, count: 0 })), base } : { axes, base };
}

function spaced(offsets: Int32Array, holds: Uint8Array): Axis {
  const first = Math.max(0, holds.indexOf(1));
  const second = holds.indexOf(1, first + 1);
  const step = second < 0 ? 1 : second - first;
  const address = offsets[first] as number;
  const addressStep = second < 0 ? 0 : (offsets[second] as number) - address;
  const count = holds.reduce((sum, hold) => sum + hold, 0);
  return { size: holds.length, count, first, step, address, addressStep };
}

function walk(
  axes: readonly Axis[],
  axis: number,
  begin: number,
  at: number,
  from: Float32Array,
  out: Float32Array,
): void {
  const { size, count, first, step, address, addressStep } = axes[axis] as Axis;
  const [to, start] = [begin * size + first, at + address];
  if (axis < axes.length - 1)
    for (let i = 0; i < count; i++) walk(axes, axis + 1, to + i * step, start + i * addressStep, from, out);
  else if (step === 1 && addressStep === 1 && count > 16) out.set(from.subarray(start, start + count), to);
  else for (let i = 0; i < count; i++) out[to + i * step] = from[start + i * addressStep] as number;
}
