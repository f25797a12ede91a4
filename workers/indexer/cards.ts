import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '#core/hex.ts';
import { CARD_BYTES, type Card, readCard } from '#core/search/card.ts';
import type { BlobSource } from '#ports/blobs.ts';
import type { Clock } from '#ports/clock.ts';
import type { IndexStore, WantedCard } from '#ports/indexing.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';

export interface CardParts {
  readonly store: Pick<IndexStore, 'wantedCards' | 'settleCard'>;
  readonly sources: readonly BlobSource[];
  /** Other places a blob may be, by its sha256; asked before the URI. */
  readonly mirrors: (sha256: string) => readonly string[];
  /** Where a published URI may be asked for, or why nowhere. */
  readonly placesOf: (uri: string) => { readonly places: readonly string[] } | { readonly reason: string };
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Cards fetched in one go. */
const AT_ONCE = 8;
const FETCH_MS = 20_000;
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 6 * 3_600_000;

/** Fetches the cards that are due. What is fetched is a stranger's: it counts only if it has the hash its URI names. */
export async function fetchCards(parts: CardParts, signal: AbortSignal): Promise<void> {
  const wanted = await parts.store.wantedCards(parts.clock.now(), AT_ONCE);
  await Promise.all(wanted.map((one) => settle(parts, one, signal)));
}

async function settle(parts: CardParts, wanted: WantedCard, signal: AbortSignal): Promise<void> {
  const { store, clock, log, metrics } = parts;
  const found = await anyOf(parts, wanted, signal);
  if (signal.aborted) return;
  const outcome = found === 'unreadable' ? 'unreadable' : typeof found === 'string' ? 'missing' : 'fetched';
  metrics.count('worker_index_cards_total', { outcome });
  if (outcome === 'missing') {
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(wanted.attempts, 20));
    log.info('a card could not be fetched', { uri: wanted.uri, reason: found, attempt: wanted.attempts + 1, waitMs });
    await store.settleCard(wanted.id, { dueAt: clock.now() + waitMs });
  } else await store.settleCard(wanted.id, typeof found === 'string' ? 'unreadable' : { card: found });
}

/** The card, 'unreadable' for bytes of the right hash that are none, or why no place has it. */
async function anyOf(parts: CardParts, wanted: WantedCard, signal: AbortSignal): Promise<Card | string> {
  const named = parts.placesOf(wanted.uri);
  const reasons = 'reason' in named ? [named.reason] : [];
  for (const uri of [...parts.mirrors(wanted.sha256), ...('places' in named ? named.places : [])]) {
    const found = await bytesAt(parts.sources, uri, AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)])).catch(
      (error: Error) => error.message,
    );
    if (typeof found === 'string') reasons.push(found);
    else if (toHex(sha256(found)).slice(2) !== wanted.sha256) reasons.push(`${uri} has other bytes than its hash says`);
    else return readCard(new TextDecoder().decode(found)) ?? 'unreadable';
  }
  return reasons.join('; ');
}

/** All bytes of a blob, or why there are none. Never reads on beyond what a card may have. */
async function bytesAt(sources: readonly BlobSource[], uri: string, signal: AbortSignal): Promise<Uint8Array | string> {
  const scheme = uri.slice(0, uri.indexOf(':'));
  const source = sources.find(({ schemes }) => schemes.includes(scheme));
  if (!source) return `nothing here reads ${scheme}: URIs`;
  const stream = await source.open(uri, signal);
  if (!stream) return `${uri} is not there`;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > CARD_BYTES) return `${uri} is longer than ${CARD_BYTES} bytes`;
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
