/** Seeded randomness for tests: the same cases in every run and on every machine. */
export interface Seeded {
  /** 32 random bits. */
  bits(): number;
  /** A whole number from 0 to below `limit`. */
  int(limit: number): number;
  /** float32, about standard normal. */
  normal(): number;
  pick<T>(list: readonly T[]): T;
}

/** xorshift32. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0 || 1;
  const bits = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  const int = (limit: number) => Math.floor((bits() / 2 ** 32) * limit);
  const normal = () => {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += bits() / 2 ** 32;
    return Math.fround(sum - 6);
  };
  return { bits, int, normal, pick: (list) => list[int(list.length)] as (typeof list)[number] };
}
