/** Chain time: what deadlines are measured in. */
import type { Network } from './network.ts';

/** Unix seconds of the newest block. */
export async function chainNow({ provider }: Network): Promise<number> {
  const block = await provider.getBlock('latest');
  return block?.timestamp ?? 0;
}

/** Resolves after `ms`, or rejects with the signal's reason. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(done, ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', stop, { once: true });
    function done(): void {
      signal?.removeEventListener('abort', stop);
      resolve();
    }
  });
}
