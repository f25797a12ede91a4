/** Gathers the taps of one element of an operand into a dense row, axis by axis. */
import type { TensorData } from '../../commitment/dtype.ts';
import { elementCount } from '../../tensor.ts';
import type { Access, Guard } from '../program.ts';
import { guardValues, startAddress, type Taps, tapAddress, tapsOf } from './taps.ts';

/** What is gathered from, and where to. */
export type Elements = Exclude<TensorData, BigInt64Array> | Int16Array;
export type Row = Float64Array | Int32Array;

export interface Filler {
  /** Writes taps [from, to) of the element at o to dst[at...]; a skipped tap is 0. */
  fill(o: readonly number[], from: number, to: number, dst: Row, at: number): void;
  /** Whether tap k of the element at o is there, so that 0 means a skipped tap or a zero. */
  present(o: readonly number[], k: number): boolean;
}

export function fillerOf(access: Access, data: Elements, inner: readonly number[]): Filler {
  const { guards } = access;
  const count = elementCount(inner);
  let table: Taps | undefined;
  // Whole rows, which are nearly all, do without it.
  const tapsNow = () => {
    table ??= tapsOf(access, inner);
    return table;
  };
  const values: number[] = [];
  const present = (o: readonly number[], k: number) =>
    tapAddress(tapsNow(), guards, startAddress(access, o), guardValues(guards, o, values), k) >= 0;
  const all = axesOf(access, inner);
  // Taps of the last axis lie in one run, unless a guard moves along it.
  const last = inner.length - 1;
  const runs = last >= 0 && guards.every((guard) => guard.inner !== last);
  const run = runs ? (inner[last] as number) : 1;
  const stride = runs ? (access.inner[last] ?? 0) : 0;
  return {
    fill(o, from, to, dst, at) {
      if (all && from === 0 && to === count) {
        fillAll(all, data, startAddress(access, o), o, dst, at);
        return;
      }
      const taps = tapsNow();
      const start = startAddress(access, o);
      guardValues(guards, o, values);
      for (let k = from; k < to; ) {
        const end = Math.min(to, k - (k % run) + run);
        const address = tapAddress(taps, guards, start, values, k);
        const first = at + k - from;
        if (address < 0) clear(dst, first, end - k);
        else for (let i = 0; i < end - k; i++) dst[first + i] = data[address + i * stride] as number;
        k = end;
      }
    },
    present,
  };
}

/** One inner axis: its own stride, the guard that moves along it if there is one, and the taps that one coordinate stands for. */
interface InnerAxis {
  readonly size: number;
  readonly stride: number;
  readonly guard: Guard | undefined;
  readonly block: number;
}

interface Axes {
  readonly inner: readonly InnerAxis[];
  /** Guards that no tap moves. */
  readonly fixed: readonly Guard[];
}

/** Undefined: two guards move along one axis, which no lowering makes. */
function axesOf({ inner: strides, guards }: Access, dims: readonly number[]): Axes | undefined {
  const moving = guards.filter(({ inner }) => inner >= 0);
  if (new Set(moving.map(({ inner }) => inner)).size !== moving.length) return undefined;
  // Without inner axes there is one tap.
  const sizes = dims.length === 0 ? [1] : dims;
  const inner = sizes.map((size, axis) => ({
    size,
    stride: strides[axis] ?? 0,
    guard: moving.find((guard) => guard.inner === axis),
    block: elementCount(sizes.slice(axis + 1)),
  }));
  return { inner, fixed: guards.filter((guard) => guard.inner < 0) };
}

function fillAll({ inner, fixed }: Axes, data: Elements, start: number, o: readonly number[], dst: Row, at: number) {
  let address = start;
  for (const { outer, outerStep, offset, divisor, extent, stride } of fixed) {
    const v = outer < 0 ? offset : offset + outerStep * (o[outer] as number);
    if (v < 0 || v % divisor !== 0 || v / divisor >= extent) {
      const [{ size, block }] = inner as [InnerAxis];
      clear(dst, at, size * block);
      return;
    }
    address += (v / divisor) * stride;
  }
  walk(inner, 0, data, address, o, dst, at);
}

function clear(dst: Row, at: number, count: number): void {
  for (let i = 0; i < count; i++) dst[at + i] = 0;
}

/** A long run side by side is copied and widened by the engine itself. */
function copyRun(data: Elements, start: number, stride: number, size: number, dst: Row, at: number): void {
  if (stride === 1 && size >= 32) dst.set(data.subarray(start, start + size), at);
  else for (let k = 0; k < size; k++) dst[at + k] = data[start + k * stride] as number;
}

function walk(
  inner: readonly InnerAxis[],
  axis: number,
  data: Elements,
  start: number,
  o: readonly number[],
  dst: Row,
  at: number,
): void {
  const { size, stride, guard, block } = inner[axis] as InnerAxis;
  const last = axis === inner.length - 1;
  if (guard === undefined) {
    if (last) copyRun(data, start, stride, size, dst, at);
    else for (let k = 0; k < size; k++) walk(inner, axis + 1, data, start + k * stride, o, dst, at + k * block);
    return;
  }
  const { outer, outerStep, innerStep, offset, divisor, extent, stride: along } = guard;
  let v = outer < 0 ? offset : offset + outerStep * (o[outer] as number);
  const next = inner[axis + 1];
  const dense = next !== undefined && axis + 2 === inner.length && next.guard === undefined && next.stride === 1;
  if (dense && divisor === 1 && innerStep === 1 && stride === 0 && along === next.size) {
    // Taps of a window row side by side, as channels-last convolutions have them: one run of those that are there.
    const first = Math.min(size, Math.max(0, -v));
    const end = Math.max(first, Math.min(size, extent - v));
    clear(dst, at, first * block);
    if (end > first) copyRun(data, start + (v + first) * along, 1, (end - first) * block, dst, at + first * block);
    clear(dst, at + end * block, (size - end) * block);
    return;
  }
  const limit = extent * divisor;
  for (let k = 0; k < size; k++, v += innerStep) {
    const to = at + k * block;
    if (v < 0 || v >= limit || (divisor !== 1 && v % divisor !== 0)) {
      if (last) dst[to] = 0;
      else clear(dst, to, block);
      continue;
    }
    const address = start + k * stride + (divisor === 1 ? v : v / divisor) * along;
    if (last) dst[to] = data[address] as number;
    else walk(inner, axis + 1, data, address, o, dst, to);
  }
}
