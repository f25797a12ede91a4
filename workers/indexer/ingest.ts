import { isProtocolError } from '#core/errors.ts';
import type { ChainFact, ChainReader } from '#ports/chain.ts';
import type { Clock } from '#ports/clock.ts';
import type { IndexStore } from '#ports/indexing.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { project } from './project.ts';

export interface IngestParts {
  readonly reader: Pick<ChainReader, 'follow'>;
  readonly store: Pick<IndexStore, 'cursor' | 'take' | 'takeBack' | 'finalise'>;
  /** The block the deployment is from: where an empty index starts. */
  readonly startBlock: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Follows the chain into the index until the signal aborts. Every fact is one transaction, and where to go on is read from what those
 * left, so a process that dies anywhere goes on as if it had not. Throws final errors only.
 */
export async function ingest(parts: IngestParts, signal: AbortSignal): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      for await (const fact of parts.reader.follow(await parts.store.cursor(), parts.startBlock, signal)) {
        await take(parts, fact);
        pause = FIRST_PAUSE_MS;
      }
    } catch (error) {
      if (!isProtocolError(error) || !error.retryable) throw error;
      parts.log.warn('the chain could not be followed', { code: error.code, reason: error.message, pauseMs: pause });
      parts.metrics.count('worker_watch_interrupted_total', { code: error.code });
      await parts.clock.sleep(pause, signal);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }
}

async function take({ store, log, metrics }: IngestParts, fact: ChainFact): Promise<void> {
  const { kind, block } = fact;
  switch (kind) {
    case 'block':
      await store.take(block, fact.events, (before) => project(block, fact.events, before));
      metrics.gauge('worker_watch_block', block.number);
      if (fact.events.length > 0) metrics.count('worker_watch_events_total', {}, fact.events.length);
      return;
    case 'reorg':
      log.info('a block fell out', { number: block.number, hash: block.hash });
      metrics.count('worker_watch_reorged_blocks_total');
      await store.takeBack(block);
      return;
    case 'final':
      await store.finalise(block);
      metrics.gauge('worker_watch_final_block', block.number);
  }
}
