import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '#core/hex.ts';
import { cardPlace, readCard } from '#core/search/card.ts';
import type { CardEntry } from '#ports/indexing.ts';

/** What a version's metadata says of its card before anything is fetched; undefined = it has none. */
export function cardEntry(metadata: string): CardEntry | undefined {
  const place = cardPlace(metadata);
  switch (place.kind) {
    case 'none':
      return undefined;
    case 'inline': {
      const card = readCard(place.text);
      const id = `sha256:${toHex(sha256(new TextEncoder().encode(place.text))).slice(2)}`;
      return card ? { id, state: 'inline', card } : { id, state: 'unreadable' };
    }
    case 'addressed':
      return { id: `${place.uri}#${place.sha256}`, state: 'wanted', uri: place.uri, sha256: place.sha256 };
    case 'unverifiable':
      return { id: 'unverifiable', state: 'unverifiable' };
  }
}
