import { z } from 'zod';

type Shape = Readonly<Record<string, z.ZodType>>;
type Read<S extends Shape> = { readonly [K in keyof S]: z.output<S[K]> };

/**
 * A part of the configuration: its settings, and what the code is given. A key is written with the unit a person thinks in; `convert` turns it
 * into the unit the code computes in: milliseconds, bytes, wei. Unknown keys are refused.
 */
export interface Section<S extends Shape, T> {
  readonly shape: S;
  readonly schema: z.ZodType<T>;
}

export type Given<S> = S extends Section<Shape, infer T> ? Readonly<T> : never;

export function section<const S extends Shape>(shape: S): Section<S, Read<S>>;
export function section<const S extends Shape, T>(shape: S, convert: (read: Read<S>) => T): Section<S, T>;
export function section<const S extends Shape, T>(shape: S, convert?: (read: Read<S>) => T): Section<S, Read<S> | T> {
  // Zod asks a leaf only about a key that is there; an absent one has a default or a message of its own.
  const absent = Object.fromEntries(Object.keys(shape).map((key) => [key, undefined]));
  const complete = (given: unknown) => (typeof given === 'object' ? { ...absent, ...given } : given);
  const strict = z.preprocess(complete, z.strictObject(shape)).transform((read) => {
    const values = read as Read<S>;
    return convert ? convert(values) : values;
  });
  return { shape, schema: strict as unknown as z.ZodType<Read<S> | T> };
}
