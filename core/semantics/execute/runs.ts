/** Walking an index space: the last axis is a run that the caller loops over, all others are stepped through here. */
import { elementCount } from '../../tensor.ts';
import type { Access } from '../program.ts';

/**
 * Calls `visit(first, addresses)` for every run: `first` is the flat index of its first element, addresses[i] where accesses[i] is there.
 * The array is reused. Guards are not looked at.
 */
export function forEachRun(
  space: readonly number[],
  accesses: readonly Access[],
  visit: (first: number, addresses: readonly number[]) => void,
): void {
  const addresses = accesses.map(({ base }) => base);
  if (space.length <= 1) {
    if (space[0] !== 0) visit(0, addresses);
    return;
  }
  const outer = space.slice(0, -1);
  const length = space.at(-1) ?? 1;
  const runs = elementCount(outer);
  const position = outer.map(() => 0);
  for (let run = 0; run < runs; run++) {
    visit(run * length, addresses);
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      const next = (position[axis] as number) + 1;
      const wraps = next === outer[axis];
      const steps = wraps ? -(position[axis] as number) : 1;
      for (let i = 0; i < addresses.length; i++)
        addresses[i] = (addresses[i] as number) + steps * ((accesses[i] as Access).outer[axis] as number);
      position[axis] = wraps ? 0 : next;
      if (!wraps) break;
    }
  }
}

/** The stride of an access along the run. */
export const runStride = (access: Access): number => access.outer.at(-1) ?? 0;
