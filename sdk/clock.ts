/** Chain time, which deadlines are measured in, and the time of waiting. */
import { makeError } from 'ethers';
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

/** Rejects after `ms`; what `work` comes to then is nobody's concern. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(makeError(`no answer in ${ms / 1_000} s`, 'TIMEOUT', NO_DETAILS)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const NO_DETAILS = { operation: 'ask', reason: 'timeout' };
