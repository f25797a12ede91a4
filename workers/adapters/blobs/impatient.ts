import { ProtocolError } from '#core/errors.ts';
import type { ModelStore } from '#ports/blobs.ts';

/** A file that is not there after so long is waited for elsewhere: here others have their turn. */
const PATIENCE_MS = 5_000;
/** How long it is remembered that a fetch failed while nobody waited; whoever asks later lets it be tried again. */
const TOLD_MS = 60_000;
/** Files on their way at a time: each has a connection and a file open. */
const COMING = 64;
/** Failures remembered: strangers name the files. */
const REMEMBERED = 1_000;

type Model = Parameters<ModelStore['fetch']>[0];
type Fetched = Awaited<ReturnType<ModelStore['fetch']>>;

interface Coming {
  readonly done: Promise<Fetched>;
  /** Nobody waits any longer. */
  readonly until: number;
  waiting: number;
}

interface Failure {
  readonly error: unknown;
  readonly at: number;
}

/**
 * The same store for those who do one thing after another: nobody waits for a file longer than a moment from when its fetch began. Then
 * `blobs.coming` is thrown, which is retryable, and the fetch goes on until `signal` aborts; what became of it is said to whoever asks next.
 */
export function impatient(models: ModelStore, signal: AbortSignal, patienceMs = PATIENCE_MS): ModelStore {
  const coming = new Map<string, Coming>();
  const failures = new Map<string, Failure>();

  function begin(key: string, model: Model): Coming {
    const begun: Coming = { done: models.fetch(model, signal), until: performance.now() + patienceMs, waiting: 0 };
    coming.set(key, begun);
    begun.done.then(
      () => coming.delete(key),
      (error) => {
        coming.delete(key);
        if (begun.waiting > 0) return;
        for (const oldest of failures.keys()) if (failures.size >= REMEMBERED) failures.delete(oldest);
        failures.set(key, { error, at: performance.now() });
      },
    );
    return begun;
  }

  function throwFailure(key: string): void {
    const failure = failures.get(key);
    failures.delete(key);
    if (failure && performance.now() - failure.at < TOLD_MS) throw failure.error;
  }

  return {
    async fetch(model, caller) {
      caller.throwIfAborted();
      const { sha256, size, uris } = model;
      const key = JSON.stringify([sha256, size, uris]);
      throwFailure(key);
      const known = coming.get(key);
      if (!known && coming.size >= COMING) throw new ProtocolError('blobs.coming', { sha256 });
      const one = known ?? begin(key, model);
      one.waiting++;
      try {
        return await inTime(one, sha256, caller);
      } finally {
        one.waiting--;
      }
    },
    discard: (sha256) => models.discard(sha256),
  };
}

async function inTime({ done, until }: Coming, sha256: string, signal: AbortSignal): Promise<Fetched> {
  const over = Promise.withResolvers<never>();
  const abort = () => over.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const late = () => over.reject(new ProtocolError('blobs.coming', { sha256 }));
  const timer = setTimeout(late, Math.max(0, until - performance.now()));
  try {
    return await Promise.race([done, over.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
