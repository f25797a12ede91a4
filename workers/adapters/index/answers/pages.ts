/** Where a page ends, as the text that the next one begins with: the values of the order, as JSON in base64url. */
import { ProtocolError } from '#core/errors.ts';

export type Place = readonly (string | number)[];

export const cursorOf = (place: Place) => Buffer.from(JSON.stringify(place)).toString('base64url');

/** By PostgreSQL's type that a value is cast to: what that takes, of lengths that there are. An amount has 78 digits at most. */
const FITS = {
  bigint: (value: string) => /^-?\d{1,19}$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value),
  numeric: (value: string) => /^-?\d{1,78}$/.test(value),
  text: (value: string) => value.length <= 200 && !value.includes('\0'),
};
type Kind = keyof typeof FITS;

/** Throws `search.cursor` for what is no cursor of this question: one value per kind, in order. */
export function placeIn(cursor: string, kinds: readonly Kind[]): Place {
  const place = parsed(cursor);
  const fits = (value: unknown, kind: Kind | undefined) =>
    typeof value === 'string' && kind !== undefined && FITS[kind](value);
  if (Array.isArray(place) && place.length === kinds.length && place.every((value, i) => fits(value, kinds[i])))
    return place;
  throw new ProtocolError('search.cursor', { cursor });
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** The first `limit` rows of one more than that, and the cursor after them if there are more. */
export function page<R>(rows: readonly R[], limit: number, place: (row: R) => Place) {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { shown, next: rows.length > limit && last !== undefined ? cursorOf(place(last)) : null };
}
