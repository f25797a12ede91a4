/** Real Walrus ids, each computed once per run: one takes seconds. */
import { readFileSync } from 'node:fs';
import type { BlobIds } from '#ports/walrus.ts';
import { createBlobIds } from '../../workers/adapters/blobs/walrus/ids.ts';
import { sha256 } from './graphs.ts';

/** `computed` counts the questions, those answered from memory too. */
export function rememberedIds(maxBytes: number): BlobIds & { readonly computed: number } {
  const ids = createBlobIds({ maxBytes });
  const known = new Map<string, Promise<string>>();
  let computed = 0;
  return {
    ...ids,
    get computed() {
      return computed;
    },
    idOf(file, size) {
      computed++;
      const key = sha256(readFileSync(file));
      const id = known.get(key) ?? ids.idOf(file, size);
      known.set(key, id);
      return id;
    },
  };
}
