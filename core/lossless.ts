/**
 * Events and facts as JSON that loses nothing: a bigint is {"$bigint":"123"}, bytes are {"$bytes":"0a0b"}, everything else is itself.
 * No key of a value may begin with $, so the two cannot be mistaken for one another.
 *
 * Texts of events are written by strangers, and PostgreSQL refuses a zero character or half a surrogate pair even as an escape: a text with
 * one is {"$text":"<its UTF-16 code units, four digits each>"}.
 */
export function encode(value: unknown): string {
  return JSON.stringify(tagged(value));
}

/** The inverse, of what JSON.parse made of it. */
export function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Record<string, unknown>;
  if (typeof record['$bigint'] === 'string') return BigInt(record['$bigint']);
  if (typeof record['$bytes'] === 'string') return new Uint8Array(Buffer.from(record['$bytes'], 'hex'));
  if (typeof record['$text'] === 'string') return textFrom(record['$text']);
  return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, decode(item)]));
}

function tagged(value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: value.toString() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('hex') };
  if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) return { $text: unitsOf(value) };
  if (Array.isArray(value)) return value.map(tagged);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const reserved = entries.find(([key]) => key.startsWith('$'));
  if (reserved) throw new TypeError(`A value cannot have a key that begins with $: "${reserved[0]}".`);
  return Object.fromEntries(entries.map(([key, item]) => [key, tagged(item)]));
}

const unitsOf = (text: string) =>
  Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, '0')).join('');

const textFrom = (units: string) =>
  (units.match(/.{4}/g) ?? []).map((unit) => String.fromCharCode(Number.parseInt(unit, 16))).join('');
