/** GET /readyz: whether the index is as far as the chain, so that a balancer sends questions to it. */
import type { RequestListener } from 'node:http';
import { isProtocolError } from '#core/errors.ts';
import type { ChainReader } from '#ports/chain.ts';
import type { IndexStore } from '#ports/indexing.ts';

export interface Readiness {
  readonly ready: boolean;
  readonly [detail: string]: unknown;
}

/** Ready when the newest block read is at most `behindSeconds` older than the newest of the chain. */
export async function readiness(
  store: Pick<IndexStore, 'newest'>,
  reader: Pick<ChainReader, 'head'>,
  behindSeconds: number,
): Promise<Readiness> {
  try {
    const [newest, head] = await Promise.all([store.newest(), reader.head()]);
    if (!newest) return { ready: false, head: head.number, reason: 'no block has been read yet' };
    const behind = Math.max(0, head.timestamp - newest.timestamp);
    return { ready: behind <= behindSeconds, block: newest.number, head: head.number, behindSeconds: behind };
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return { ready: false, reason: error.message };
  }
}

export function readinessRoute(ask: () => Promise<Readiness>): RequestListener {
  return async (_request, response) => {
    const told = await ask();
    response.writeHead(told.ready ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(`${JSON.stringify(told)}\n`);
  };
}
