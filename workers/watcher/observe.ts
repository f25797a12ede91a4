import { isProtocolError } from '#core/errors.ts';
import { isAboutRequest } from '#core/protocol/events.ts';
import type { BlockRef, ChainFact, ChainReader, Hex, LoggedEvent } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { Head, Observer } from '#ports/observer.ts';
import { type PatienceParts, patiently } from './patiently.ts';

export interface WatcherParts extends PatienceParts {
  readonly reader: ChainReader;
  readonly journal: Journal;
  /** The block the deployment is from: where an empty journal starts. */
  readonly startBlock: number;
  readonly observers: readonly Observer[];
}

/**
 * Follows the chain into the journal until the signal aborts. A block's events are acted on before the block is recorded, so a
 * process that dies between sees the block again; what observers do is idempotent. Throws final errors only.
 */
export async function observe(parts: WatcherParts, signal: AbortSignal): Promise<void> {
  const { reader, journal, startBlock } = parts;
  await patiently(parts, signal, async (progress) => {
    const cursor = await journal.cursor();
    const target = await reader.head();
    const pass = new Pass(parts, target, cursor.final);
    for await (const fact of reader.follow(cursor, startBlock, signal)) {
      await pass.take(fact);
      progress();
    }
  });
}

/** One uninterrupted run of facts. */
class Pass {
  readonly #parts: WatcherParts;
  readonly #target: BlockRef;
  #final: BlockRef | undefined;

  constructor(parts: WatcherParts, target: BlockRef, final: BlockRef | undefined) {
    this.#parts = parts;
    this.#target = target;
    this.#final = final;
  }

  async take(fact: ChainFact): Promise<void> {
    const { metrics, log, journal } = this.#parts;
    switch (fact.kind) {
      case 'block':
        await this.#block(fact.block, fact.events);
        return;
      case 'reorg':
        log.info('a block fell out', { number: fact.block.number, hash: fact.block.hash });
        metrics.count('worker_watch_reorged_blocks_total');
        await this.#again(await journal.orphan(fact.block), this.#head(fact.block));
        return;
      case 'final': {
        const ids = await journal.finalise(fact.block);
        this.#final = fact.block;
        metrics.gauge('worker_watch_final_block', fact.block.number);
        await this.#again(ids, this.#head(fact.block));
      }
    }
  }

  async #block(block: BlockRef, events: readonly LoggedEvent[]): Promise<void> {
    const { observers, journal, log, metrics } = this.#parts;
    const head = this.#head(block);
    if (events.length > 0)
      log.debug('events were seen', { number: block.number, hash: block.hash, events: events.length });
    const others = events.filter(({ event }) => !isAboutRequest(event));
    if (others.length > 0) for (const observer of observers) await observer.noticed?.(others, head);
    for (const [id, own] of byRequest(events)) await this.#touch(id, await this.#standing(id, own), head);
    await journal.record(block, events);
    metrics.gauge('worker_watch_block', block.number);
    if (events.length > 0) metrics.count('worker_watch_events_total', {}, events.length);
    if (block.number >= this.#target.number) for (const observer of observers) await observer.arrived?.(head);
  }

  /** A request that begins in this block has no earlier events to ask the journal for. */
  async #standing(id: Hex, own: readonly LoggedEvent[]): Promise<readonly LoggedEvent[]> {
    if (own[0]?.event.type === 'Requested') return own;
    const before = await this.#parts.journal.eventsOf(id);
    return [...before.filter(({ block }) => block.hash !== own[0]?.block.hash), ...own];
  }

  async #again(ids: readonly Hex[], head: Head): Promise<void> {
    for (const id of ids) await this.#touch(id, await this.#parts.journal.eventsOf(id), head);
  }

  async #touch(id: Hex, events: readonly LoggedEvent[], head: Head): Promise<void> {
    for (const observer of this.#parts.observers) {
      try {
        await observer.touched(id, events, head);
      } catch (error) {
        // The node left out a log, or answers from two forks. The request is looked at again by the sweep.
        if (!isProtocolError(error, 'request.illegal_transition')) throw error;
        this.#parts.log.error('the events of a request do not fit together', { requestId: id, reason: error.message });
        this.#parts.metrics.count('worker_watch_inconsistent_total');
      }
    }
  }

  #head(block: BlockRef): Head {
    return { block, now: Math.max(block.timestamp, this.#target.timestamp), final: this.#final };
  }
}

function byRequest(events: readonly LoggedEvent[]): Map<Hex, LoggedEvent[]> {
  const groups = new Map<Hex, LoggedEvent[]>();
  for (const logged of events) {
    if (!isAboutRequest(logged.event)) continue;
    const group = groups.get(logged.event.id);
    if (group) group.push(logged);
    else groups.set(logged.event.id, [logged]);
  }
  return groups;
}
