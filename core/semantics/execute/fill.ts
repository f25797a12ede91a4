/** Gathers the taps of one element of an operand into a dense row, run by run. */
import type { Access } from '../program.ts';
import { guardValues, startAddress, tapAddress, tapsOf } from './taps.ts';

export interface Row {
  [index: number]: number;
}

export interface Filler {
  /** Writes taps [from, to) of the element at o to dst[at...]; a skipped tap is 0. */
  fill(o: readonly number[], from: number, to: number, dst: Row, at: number): void;
  /** Whether tap k of the element at o is there, so that 0 means a skipped tap or a zero. */
  present(o: readonly number[], k: number): boolean;
}

export function fillerOf(access: Access, data: ArrayLike<number>, inner: readonly number[]): Filler {
  const { guards } = access;
  const taps = tapsOf(access, inner);
  const last = inner.length - 1;
  const runs = last >= 0 && guards.every((guard) => guard.inner !== last);
  const run = runs ? (inner[last] as number) : 1;
  const stride = runs ? (access.inner[last] ?? 0) : 0;
  const values: number[] = [];
  return {
    fill(o, from, to, dst, at) {
      const start = startAddress(access, o);
      guardValues(guards, o, values);
      for (let k = from; k < to; ) {
        const end = Math.min(to, k - (k % run) + run);
        const address = tapAddress(taps, guards, start, values, k);
        const count = end - k;
        const to0 = at + k - from;
        if (address < 0) for (let i = 0; i < count; i++) dst[to0 + i] = 0;
        else for (let i = 0; i < count; i++) dst[to0 + i] = data[address + i * stride] as number;
        k = end;
      }
    },
    present(o, k) {
      return tapAddress(taps, guards, startAddress(access, o), guardValues(guards, o, values), k) >= 0;
    },
  };
}
