/** The order of candidates: of ArgMax, ArgMin, TopK and of whoever decides a dispute about one. */

/** Whether candidate x goes before y: larger (or smaller), NaN before everything; false on ties. */
export function precedes(x: number | bigint, y: number | bigint, largest: boolean): boolean {
  if (Number.isNaN(x)) return !Number.isNaN(y);
  if (Number.isNaN(y)) return false;
  return largest ? x > y : x < y;
}

/**
 * The `count` first of the candidates 0 .. `candidates` - 1, in their order: by `precedes`, ties to the lowest; absent ones (undefined) are
 * none. One pass, with memory for `count`: there may be millions.
 */
export function foremost<T extends number | bigint>(
  candidates: number,
  count: number,
  at: (candidate: number) => T | undefined,
  largest: boolean,
): number[] {
  // A heap of the best so far, the last of them on top: most candidates are compared with that one alone.
  const kept: number[] = [];
  const values: T[] = [];
  const isAfter = (i: number, j: number) => {
    const [x, y] = [values[i] as T, values[j] as T];
    return precedes(y, x, largest) || (!precedes(x, y, largest) && (kept[i] as number) > (kept[j] as number));
  };
  const swap = (i: number, j: number) => {
    [kept[i], kept[j]] = [kept[j] as number, kept[i] as number];
    [values[i], values[j]] = [values[j] as T, values[i] as T];
  };
  for (let candidate = 0; candidate < candidates; candidate++) {
    const value = at(candidate);
    if (value === undefined) continue;
    if (kept.length < count) {
      kept.push(candidate);
      values.push(value);
      for (let i = kept.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (!isAfter(i, parent)) break;
        swap(i, parent);
        i = parent;
      }
    } else if (precedes(value, values[0] as T, largest)) {
      [kept[0], values[0]] = [candidate, value];
      for (let i = 0; ; ) {
        const [left, right] = [2 * i + 1, 2 * i + 2];
        let last = i;
        if (left < count && isAfter(left, last)) last = left;
        if (right < count && isAfter(right, last)) last = right;
        if (last === i) break;
        swap(i, last);
        i = last;
      }
    }
  }
  return kept
    .map((_, i) => i)
    .sort((i, j) => (isAfter(i, j) ? 1 : -1))
    .map((i) => kept[i] as number);
}
