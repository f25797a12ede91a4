/** One row of the error table. `{name}` in a text is a field of the payload, so texts and payload types cannot drift apart. */
export interface ErrorEntry {
  /** What happened, with its evidence. */
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;
  readonly retryable: boolean;
  /** Contract errors only: the names of the arguments in order. */
  readonly args?: readonly string[];
}

export type Evidence = string | number | bigint | boolean;

type Fields<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Fields<Rest> : never;

type FieldsOf<E extends ErrorEntry> =
  | Fields<E['what']>
  | Fields<E['remedy']>
  | (E['args'] extends readonly (infer Name extends string)[] ? Name : never);

export type PayloadOf<E extends ErrorEntry> = {
  readonly [K in FieldsOf<E>]: Evidence;
};

export function render(entry: ErrorEntry, payload: Readonly<Record<string, Evidence>>): string {
  const fill = (text: string) =>
    text
      .replace(/\{(\w+)\}/g, (_, name: string) => String(payload[name] ?? `{${name}}`))
      // A reason that is a sentence brings its own full stop.
      .replace(/(?<!\.)\.\.$/, '.');
  return `${fill(entry.what)} ${fill(entry.remedy)}`;
}
