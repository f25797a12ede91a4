/** What search knows of a model besides its names: the part of a card that people read. */

export interface Card {
  readonly task: string | undefined;
  readonly description: string | undefined;
  /** Lower case, each once. */
  readonly tags: readonly string[];
}

/** Bytes of a card that are read; a longer one is no card. */
export const CARD_BYTES = 65_536;
const TASK_LENGTH = 200;
const DESCRIPTION_LENGTH = 1_000;
const TAG_LENGTH = 64;
const MOST_TAGS = 32;

/** What search looks for in a tag, and what it keeps of one. */
export const tagOf = (text: string) => text.trim().toLowerCase().slice(0, TAG_LENGTH);

/** From a card's JSON, written by a stranger: what is not as it should be is left out. undefined = it is no JSON object. */
export function readCard(text: string): Card | undefined {
  if (text.length > CARD_BYTES) return undefined;
  const card = parsed(text);
  if (typeof card !== 'object' || card === null || Array.isArray(card)) return undefined;
  const { task, description, tags } = card as Readonly<Record<string, unknown>>;
  const texts = Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  const kept = [...new Set(texts.map((tag) => clean(tagOf(tag))))].filter((tag) => tag !== '').slice(0, MOST_TAGS);
  return { task: textOf(task, TASK_LENGTH), description: textOf(description, DESCRIPTION_LENGTH), tags: kept };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown, most: number): string | undefined {
  const text = typeof value === 'string' ? clean(value.trim()).slice(0, most) : '';
  return text === '' ? undefined : text.toWellFormed();
}

/** PostgreSQL keeps no zero characters, and nobody wants to print the other control characters. */
const clean = (text: string) => text.replace(/\p{Cc}/gu, ' ').toWellFormed();

/** Where a version's card is, from its metadata. */
export type CardPlace =
  | { readonly kind: 'inline'; readonly text: string }
  /** A URI that names the sha256 of what is there: at its end, or as #sha256=. */
  | { readonly kind: 'addressed'; readonly uri: string; readonly sha256: string }
  /** A URI that names no hash: what it gives tomorrow may be something else. */
  | { readonly kind: 'unverifiable' }
  | { readonly kind: 'none' };

const ADDRESSED = /^[a-z][a-z0-9+.-]{0,31}:[^\s#]{0,2000}?([0-9a-f]{64})$/;
const WITH_FRAGMENT = /^([a-z][a-z0-9+.-]{0,31}:[^\s#]{1,2000})#sha256=([0-9a-f]{64})$/;
const URI = /^[a-z][a-z0-9+.-]{0,31}:\S+$/;

export function cardPlace(metadata: string): CardPlace {
  const text = metadata.trim();
  if (text.startsWith('{')) return { kind: 'inline', text };
  const [, uri, named] = WITH_FRAGMENT.exec(text) ?? [];
  if (uri !== undefined && named !== undefined) return { kind: 'addressed', uri, sha256: named };
  const [, sha256] = ADDRESSED.exec(text) ?? [];
  if (sha256 !== undefined) return { kind: 'addressed', uri: text, sha256 };
  return URI.test(text) ? { kind: 'unverifiable' } : { kind: 'none' };
}
