/**
 * Preloaded into a role (NODE_OPTIONS), it puts the modules of this folder in the place of the adapters of the same name, so that the role, otherwise
 * as an operator runs it, kills itself where CRASH_AT says (points.ts). Inherited by its own children, where it does nothing.
 */
import { registerHooks } from 'node:module';

const HERE = new URL('.', import.meta.url).href;
/** What is replaced, and by what. */
const STAND_INS: Readonly<Record<string, string>> = {
  '/workers/adapters/journal/journal.ts': 'journal.ts',
  '/workers/adapters/outbox/outbox.ts': 'outbox.ts',
  '/workers/adapters/ethers/connectChain.ts': 'connectChain.ts',
  '/workers/adapters/bullmq/queue.ts': 'queue.ts',
  '/workers/adapters/memory/queue.ts': 'memoryQueue.ts',
  '/workers/adapters/index/store.ts': 'indexStore.ts',
  '/workers/adapters/blobs/disk.ts': 'disk.ts',
  '/workers/adapters/blobs/walrus/blobIndex.ts': 'blobIndex.ts',
};

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    if (context.parentURL?.startsWith(HERE)) return found;
    const place = Object.keys(STAND_INS).find((path) => found.url.endsWith(path));
    return place === undefined ? found : { ...found, url: new URL(STAND_INS[place] as string, HERE).href };
  },
});
