/** Reads about a request that is paid for: one look that fails is no reason to turn away from it. */
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import { named } from './chainErrors.ts';
import { sleep } from './clock.ts';
import type { Network } from './network.ts';

export interface Patience {
  /** Milliseconds between looks at the chain; default 1,000. */
  readonly pollMs?: number;
  /** Milliseconds for which every look may fail before it is given up; default: the network's, 120,000. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
}

/** Endpoints behind a balancer may not have the block of a receipt yet. */
const BEHIND_MS = 30_000;

/**
 * What `read` gives, as soon as the chain answers. `recent`: the request was just seen in a block, so that an endpoint without it is
 * behind. Throws `result.unavailable` if it never does.
 */
export async function patiently<T>(
  network: Network,
  { id, recent }: { readonly id: RequestId; readonly recent: boolean },
  { pollMs = 1_000, patienceMs = network.patienceMs, signal }: Patience,
  read: () => Promise<T>,
): Promise<T> {
  const began = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await named('the reader', read);
    } catch (error) {
      const waited = performance.now() - began;
      if (isProtocolError(error, 'chain.unavailable')) {
        const { reason } = error.payload;
        if (waited > patienceMs) throw new ProtocolError('result.unavailable', { id, reason }, { cause: error });
      } else if (!recent || !isProtocolError(error, 'request.unknown') || waited > Math.min(patienceMs, BEHIND_MS))
        throw error;
    }
    await sleep(pollMs, signal);
  }
}
