import { Queue as BullQueue, type JobsOptions } from 'bullmq';
import type { Hex } from '#ports/chain.ts';
import type { Queue } from '#ports/queue.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { Backend, QueuePool } from './backend.ts';
import { openBackend, unavailable } from './backend.ts';
import { StageConsumer } from './consumer.ts';
import { ATTEMPTS, defaultTiming, type Timing } from './timing.ts';

export interface QueueOptions {
  /** redis://, postgres:// or pglite: (then `embedded` is the pool of the journal's database). */
  readonly url: string;
  readonly embedded?: QueuePool | undefined;
  /** Keeps the jobs of several processes on one server apart: the role and its key, for instance. Letters, digits and hyphens. */
  readonly namespace: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly timing?: Partial<Timing>;
}

/** Connects, prepares the backend's tables, and checks that it answers. */
export async function openQueue(options: QueueOptions): Promise<Queue> {
  return new BullmqQueue(await openBackend(options.url, options.embedded, options.log), options);
}

/** One BullMQ queue per stage. What a job says is only that something may be ready; the journal says what. */
class BullmqQueue implements Queue {
  readonly #backend: Backend;
  readonly #options: QueueOptions;
  readonly #timing: Timing;
  readonly #queues = new Map<string, BullQueue>();
  readonly #consumers = new Map<string, StageConsumer>();
  #closed: Promise<void> | undefined;

  constructor(backend: Backend, options: QueueOptions) {
    this.#backend = backend;
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
  }

  async push(stage: string, id: Hex, options: { readonly priority?: number; readonly delayMs?: number } = {}) {
    await this.#try(() => this.#queue(stage).add(stage, { id }, jobOptions(stage, id, options)));
  }

  async consume(stage: string, concurrency: number, work: (id: Hex, signal: AbortSignal) => Promise<void>) {
    if (this.#consumers.has(stage)) throw new Error(`The stage "${stage}" is consumed already.`);
    const name = this.#name(stage);
    const log = this.#options.log.child({ stage });
    const consumer = new StageConsumer(stage, name, this.#backend, concurrency, work, {
      log,
      metrics: this.#options.metrics,
      timing: this.#timing,
    });
    this.#consumers.set(stage, consumer);
    const reclaimed = (await this.#try(async () => this.#backend.reclaim?.(name))) ?? 0;
    if (reclaimed > 0) log.info('jobs of the last process wait again', { jobs: reclaimed });
    await this.#try(() => consumer.start());
  }

  async depth(stage: string) {
    const counts = await this.#try(() =>
      this.#queue(stage).getJobCounts('waiting', 'prioritized', 'delayed', 'active'),
    );
    const of = (state: string) => counts[state] ?? 0;
    return { waiting: of('waiting') + of('prioritized') + of('delayed'), active: of('active') };
  }

  close(graceMs: number): Promise<void> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  async #close(graceMs: number): Promise<void> {
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.close(graceMs)));
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    await this.#backend.close();
  }

  #queue(stage: string): BullQueue {
    const known = this.#queues.get(stage);
    if (known) return known;
    const queue = new BullQueue(
      this.#name(stage),
      // Nobody reads the event stream; keep it short.
      { connection: this.#backend.producer, streams: { events: { maxLen: 100 } } },
      this.#backend.factory,
    );
    queue.on('error', (error) => this.#options.log.debug('queue connection failed', { stage, reason: error.message }));
    this.#queues.set(stage, queue);
    return queue;
  }

  #name(stage: string): string {
    return `${this.#options.namespace}-${stage}`;
  }

  async #try<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw unavailable(error, this.#options.url);
    }
  }
}

/**
 * The id `req-<stage>-<request>` is held once while its job waits: a push meanwhile only says when it should run (now, if it does not say). A push
 * while the job runs is kept and runs after it, because the run may have read the journal before what the push is about.
 */
function jobOptions(
  stage: string,
  id: Hex,
  options: { readonly priority?: number; readonly delayMs?: number },
): JobsOptions {
  return {
    deduplication: { id: `req-${stage}-${id}`, keepLastIfActive: true, reschedule: true },
    priority: options.priority ?? 0,
    delay: options.delayMs ?? 0,
    attempts: ATTEMPTS,
    backoff: { type: 'jitter' },
    removeOnComplete: true,
    removeOnFail: true,
  };
}
