/**
 * Events and facts as JSON that loses nothing: a bigint is {"$bigint":"123"}, bytes are {"$bytes":"0a0b"}, everything else is itself.
 * No key of a value may begin with $, so the two cannot be mistaken for one another.
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
  return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, decode(item)]));
}

function tagged(value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: value.toString() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(tagged);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const reserved = entries.find(([key]) => key.startsWith('$'));
  if (reserved) throw new TypeError(`A journal value cannot have a key that begins with $: "${reserved[0]}".`);
  return Object.fromEntries(entries.map(([key, item]) => [key, tagged(item)]));
}
