/** The inner space of an operand, laid out flat: where tap k of an element is, relative to the element's first address. */
import { elementCount } from '../../tensor.ts';
import type { Access, Guard } from '../program.ts';

export interface Taps {
  readonly count: number;
  /** Address of tap k without guards, relative to the element. */
  readonly offsets: Int32Array;
  /** Per guard: innerStep times the tap's coordinate on the guarded axis. */
  readonly steps: readonly Int32Array[];
}

export function tapsOf(access: Access, inner: readonly number[]): Taps {
  const count = elementCount(inner);
  const strides = access.inner.length === 0 ? inner.map(() => 0) : access.inner;
  const along = (perAxis: readonly number[]) => {
    const values = new Int32Array(count);
    let period = 1;
    for (let axis = inner.length - 1; axis >= 0; axis--) {
      const dim = inner[axis] as number;
      const stride = perAxis[axis] as number;
      if (stride !== 0)
        for (let k = 0; k < count; k++) values[k] = (values[k] as number) + (Math.floor(k / period) % dim) * stride;
      period *= dim;
    }
    return values;
  };
  const stepOf = (guard: Guard) => along(inner.map((_, axis) => (axis === guard.inner ? guard.innerStep : 0)));
  return { count, offsets: along(strides), steps: access.guards.map(stepOf) };
}

/** The part of each guard's value that does not depend on the tap, for an element with coordinates o. */
export function guardValues(guards: readonly Guard[], o: readonly number[], out: number[]): number[] {
  for (let g = 0; g < guards.length; g++) {
    const { outer, outerStep, offset } = guards[g] as Guard;
    out[g] = outer < 0 ? offset : offset + outerStep * (o[outer] as number);
  }
  return out;
}

/** Address of tap k, or -1 where a guard does not hold. */
export function tapAddress(
  { offsets, steps }: Taps,
  guards: readonly Guard[],
  start: number,
  values: readonly number[],
  k: number,
): number {
  let address = start + (offsets[k] as number);
  for (let g = 0; g < guards.length; g++) {
    const { divisor, extent, stride } = guards[g] as Guard;
    const v = (values[g] as number) + ((steps[g] as Int32Array)[k] as number);
    if (v < 0) return -1;
    if (divisor === 1) {
      if (v >= extent) return -1;
      address += v * stride;
    } else {
      const q = v / divisor;
      if (q >= extent || q !== Math.floor(q)) return -1;
      address += q * stride;
    }
  }
  return address;
}

/** Address of the element at o without its taps and guards. */
export function startAddress({ base, outer }: Access, o: readonly number[]): number {
  let address = base;
  for (let i = 0; i < outer.length; i++) address += (outer[i] as number) * (o[i] as number);
  return address;
}
