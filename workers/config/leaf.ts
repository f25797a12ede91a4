import { z } from 'zod';

/** What one setting is, for its parser, its messages and its row in docs/workers/configuration.md. */
interface About<T> {
  readonly env: string;
  /** What it is for, as the end of "…: the …". */
  readonly about: string;
  readonly example: string;
  /** As it would be written. Absent = it must be given; null = it may be absent. */
  readonly fallback?: string | null;
  readonly check?: (value: T) => string | undefined;
}

export interface LeafMeta {
  readonly env: string;
  readonly about: string;
  readonly example: string;
  readonly kind: string;
  readonly fallback: string | null | undefined;
}

/** Issues of this kind do not count in a section another role uses. */
export const MISSING = 'missing';

/** Where a leaf keeps what it is. */
const described = z.registry<LeafMeta>();

export function describe(leaf: z.ZodType): LeafMeta {
  const meta = described.get(leaf);
  if (!meta) throw new Error('Every setting is made by a function of leaf.ts.');
  return meta;
}

/** `read` gives undefined for what is not of the kind. Values come from JSON or, as text, from the environment. */
function leaf<T>(kind: string, about: About<T>, read: (value: unknown) => T | undefined): z.ZodType<T> {
  const { env, fallback, example } = about;
  const schema = z.unknown().transform((given, context): T => {
    const value = given === undefined ? (fallback ?? undefined) : given;
    if (value === undefined) {
      if (fallback === null) return undefined as T;
      context.addIssue({
        code: 'custom',
        message: `is missing: ${about.about}, for instance ${example}`,
        params: { [MISSING]: true },
      });
      return z.NEVER;
    }
    const parsed = read(value);
    const complaint = parsed === undefined ? `expected ${kind}, for instance ${example}` : about.check?.(parsed);
    if (parsed !== undefined && complaint === undefined) return parsed;
    context.addIssue({ code: 'custom', message: `is ${JSON.stringify(value)}: ${complaint}` });
    return z.NEVER;
  });
  described.add(schema, { env, about: about.about, example, kind, fallback });
  return schema as unknown as z.ZodType<T>;
}

type Optional<A, T> = A extends { readonly fallback: null } ? T | undefined : T;
type Of<A, T> = z.ZodType<Optional<A, T>>;

export const text = <const A extends About<string> & { readonly pattern?: RegExp; readonly kind?: string }>(
  about: A,
): Of<A, string> =>
  leaf(about.kind ?? 'text', about as About<string>, (value) =>
    typeof value === 'string' && value !== '' && (about.pattern?.test(value) ?? true) ? value : undefined,
  ) as Of<A, string>;

export const url = <const A extends About<string> & { readonly schemes: readonly string[] }>(about: A): Of<A, string> =>
  leaf(`a URL that begins with ${about.schemes.join(' or ')}`, about as About<string>, (value) =>
    typeof value === 'string' &&
    about.schemes.some((scheme) => value.startsWith(scheme) && value.length > scheme.length)
      ? value
      : undefined,
  ) as Of<A, string>;

type Range = { readonly min: number; readonly max: number; readonly unit?: string };

export const whole = <const A extends About<number> & Range>(about: A): Of<A, number> =>
  leaf(
    `a whole number${about.unit ? ` of ${about.unit}` : ''} from ${about.min} to ${about.max}`,
    about as About<number>,
    (value) => {
      const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
      return Number.isInteger(number) && Number(number) >= about.min && Number(number) <= about.max
        ? Number(number)
        : undefined;
    },
  ) as Of<A, number>;

/** An amount with `decimals` places, as the integer of its smallest unit. JSON numbers are refused: they would round. */
export const amount = <const A extends About<bigint> & { readonly unit: string; readonly decimals: number }>(
  about: A,
): Of<A, bigint> =>
  leaf(
    `an amount of ${about.unit} in decimal, as text, with at most ${about.decimals} places`,
    about as About<bigint>,
    (value) => {
      const match = typeof value === 'string' ? /^(\d{1,20})(?:\.(\d+))?$/.exec(value) : null;
      const places = match?.[2] ?? '';
      if (!match || places.length > about.decimals) return undefined;
      return BigInt(`${match[1]}${places.padEnd(about.decimals, '0')}`);
    },
  ) as Of<A, bigint>;

export const flag = <const A extends About<boolean>>(about: A): Of<A, boolean> =>
  leaf('true or false', about as About<boolean>, (value) => {
    if (typeof value === 'boolean') return value;
    return value === 'true' ? true : value === 'false' ? false : undefined;
  }) as Of<A, boolean>;

export const choice = <const C extends readonly string[], const A extends About<C[number]>>(
  choices: C,
  about: A,
): Of<A, C[number]> =>
  leaf(`one of ${choices.join(', ')}`, about as About<C[number]>, (value) =>
    typeof value === 'string' && choices.includes(value) ? value : undefined,
  ) as Of<A, C[number]>;

/** In JSON a list, in the environment with commas. */
export const list = <const A extends About<readonly string[]> & { readonly pattern: RegExp; readonly of: string }>(
  about: A,
): Of<A, readonly string[]> =>
  leaf(`a list of ${about.of}`, about as About<readonly string[]>, (value) => {
    const items =
      typeof value === 'string'
        ? value
            .split(',')
            .map((item) => item.trim())
            .filter((item) => item !== '')
        : value;
    if (!Array.isArray(items)) return undefined;
    return items.every((item) => typeof item === 'string' && about.pattern.test(item))
      ? (items as string[])
      : undefined;
  }) as Of<A, readonly string[]>;
