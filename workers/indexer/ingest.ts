import type { ChainFact, ChainReader } from '#ports/chain.ts';
import type { IndexStore } from '#ports/indexing.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import { project } from './project.ts';

export interface IngestParts {
  readonly reader: Pick<ChainReader, 'follow'>;
  readonly store: Pick<IndexStore, 'cursor' | 'take' | 'takeBack' | 'finalise'>;
  /** The block the deployment is from: where an empty index starts. */
  readonly startBlock: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Follows the chain into the index until the signal aborts, or an error breaks it off: main.ts begins again, patiently. Every fact is one
 * transaction, and where to go on is read from what those left, so a process that dies anywhere goes on as if it had not. `progress` is
 * called after each.
 */
export async function ingest(parts: IngestParts, signal: AbortSignal, progress: () => void): Promise<void> {
  const { reader, store, startBlock } = parts;
  for await (const fact of reader.follow(await store.cursor(), startBlock, signal)) {
    await take(parts, fact);
    progress();
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
