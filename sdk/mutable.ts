/** The same value as generated contract types want it: they know no readonly lists, and change none. */
type Mutable<T> = T extends string | number | bigint | boolean
  ? T
  : T extends readonly (infer U)[]
    ? Mutable<U>[]
    : T extends object
      ? { -readonly [K in keyof T]: Mutable<T[K]> }
      : T;

export const asArgument = <T>(value: T): Mutable<T> => value as Mutable<T>;
