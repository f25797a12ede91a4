/** From an element's number to the elements it depends on: the index arithmetic that the chain repeats from the record. */
import type { Access } from './program.ts';

/** No element: a guard of the access does not hold. */
export const ABSENT = -1;

/** Coordinates of a flat index, row-major, into `out`. */
export function unravel(flat: number, dims: readonly number[], out: number[]): number[] {
  let rest = flat;
  for (let i = dims.length - 1; i >= 0; i--) {
    const dim = dims[i] as number;
    out[i] = rest % dim;
    rest = Math.floor(rest / dim);
  }
  return out;
}

/** The address in the source at (o, k), or ABSENT. */
export function addressAt(access: Access, o: readonly number[], k: readonly number[]): number {
  let address = access.base;
  for (let i = 0; i < access.outer.length; i++) address += (access.outer[i] as number) * (o[i] as number);
  for (let j = 0; j < access.inner.length; j++) address += (access.inner[j] as number) * (k[j] as number);
  for (const guard of access.guards) {
    let v = guard.offset;
    if (guard.outer >= 0) v += guard.outerStep * (o[guard.outer] as number);
    if (guard.inner >= 0) v += guard.innerStep * (k[guard.inner] as number);
    if (v < 0 || v % guard.divisor !== 0 || v / guard.divisor >= guard.extent) return ABSENT;
    address += (v / guard.divisor) * guard.stride;
  }
  return address;
}
