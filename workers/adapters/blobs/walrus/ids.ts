/** The BlobIds port: one file at a time, in a thread that lives as long as there is work. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ProtocolError } from '#core/errors.ts';
import type { BlobIds } from '#ports/walrus.ts';
import type { EncoderAnswer, EncoderJob, EncoderOptions } from './encoder.ts';

/** Mainnet and Testnet have as many, and it is fixed for a network's life. */
const WALRUS_SHARDS = 1000;

export interface BlobIdsOptions {
  readonly maxBytes: number;
  readonly shards?: number;
}

export function createBlobIds({ maxBytes, shards = WALRUS_SHARDS }: BlobIdsOptions): BlobIds {
  let thread: Worker | undefined;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  function start(): Worker {
    const workerData: EncoderOptions = { shards };
    const started = new Worker(new URL('./encoder.ts', import.meta.url), { workerData, env: {} });
    started.on('error', () => undefined); // the job in progress hears of it
    return started;
  }

  async function compute(job: EncoderJob): Promise<string> {
    thread ??= start();
    const current = thread;
    const over = new AbortController();
    try {
      const { signal } = over;
      const ended = once(current, 'exit', { signal }).then(([code]) => {
        throw new Error(`its thread ended with code ${code}; is there memory for it?`);
      });
      ended.catch(() => undefined);
      current.postMessage(job);
      const [answer] = (await Promise.race([once(current, 'message', { signal }), ended])) as [EncoderAnswer];
      if ('blobId' in answer) return answer.blobId;
      throw new Error(answer.reason);
    } catch (error) {
      thread = undefined;
      await current.terminate();
      const reason = (error as Error).message;
      throw new ProtocolError('walrus.failed', { file: job.file, reason }, { cause: error });
    } finally {
      over.abort();
    }
  }

  async function inTurn(job: EncoderJob): Promise<string> {
    waiting++;
    const mine = last.then(() => compute(job));
    last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      if (--waiting === 0) await close(); // WebAssembly memory never shrinks
    }
  }

  async function close(): Promise<void> {
    const ending = thread;
    thread = undefined;
    await ending?.terminate();
  }

  return {
    maxBytes,
    async idOf(file, size) {
      if (size > maxBytes) throw new ProtocolError('blobs.too_large', { sha256: file, size, bound: maxBytes });
      return inTurn({ file, size });
    },
    close,
  };
}
