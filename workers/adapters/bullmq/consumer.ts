import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { isProtocolError } from '#core/errors.ts';
import type { Hex } from '#ports/chain.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { Backend } from './backend.ts';
import { backoff, MAX_STALLED, type Timing, UNEXPECTED_ATTEMPTS } from './timing.ts';

type Work = (id: Hex, signal: AbortSignal) => Promise<void>;

interface Surroundings {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly timing: Timing;
}

/** How long aborted work has to notice before its connection is cut; its jobs are then found abandoned. */
const ABORT_GRACE_MS = 1_000;

/** One stage's BullMQ worker: what a job's errors mean, and an orderly end. */
export class StageConsumer {
  readonly #stage: string;
  readonly #work: Work;
  readonly #worker: Worker;
  readonly #surroundings: Surroundings;
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #stopped = false;
  #away = false;

  constructor(
    stage: string,
    name: string,
    backend: Backend,
    concurrency: number,
    work: Work,
    surroundings: Surroundings,
  ) {
    this.#stage = stage;
    this.#work = work;
    this.#surroundings = surroundings;
    const { timing } = surroundings;
    this.#worker = new Worker(
      name,
      (job, token, signal) => this.#process(job, token ?? '', signal),
      {
        connection: backend.consumer,
        concurrency,
        autorun: false,
        lockDuration: timing.lockMs,
        stalledInterval: timing.stalledMs,
        maxStalledCount: MAX_STALLED,
        runRetryDelay: 1_000,
        settings: { backoffStrategy: (attemptsMade) => backoff(attemptsMade, timing) },
      },
      backend.factory,
    );
    this.#worker.on('error', (error) => this.#failed(error));
    this.#worker.on('active', () => this.#recovered());
    this.#worker.on('stalled', (jobId) => this.#surroundings.log.warn('job was abandoned and waits again', { jobId }));
    // Somebody else may run the job now: stop.
    this.#worker.on('lockRenewalFailed', (jobIds) => {
      for (const jobId of jobIds) this.#worker.cancelJob(jobId, 'lock lost');
    });
  }

  /** Resolves once it is connected and takes jobs. */
  async start(): Promise<void> {
    await this.#worker.waitUntilReady();
    this.#worker.run().catch((error) => this.#failed(error));
  }

  /** Takes no more jobs, waits for the running ones, then aborts them, then leaves them to the next process. */
  async close(graceMs: number): Promise<void> {
    this.#stopped = true;
    await this.#worker.pause(true);
    await this.#settled(graceMs);
    this.#closing.abort(new Error('The process is closing.'));
    await this.#settled(ABORT_GRACE_MS);
    if (this.#running.size > 0)
      this.#surroundings.log.warn('jobs did not end in time and will run again', { jobs: this.#running.size });
    // An orderly close talks to the server; without one it would wait for it to come back.
    await this.#worker.close(this.#running.size > 0 || this.#away);
  }

  async #settled(withinMs: number): Promise<void> {
    const timer = new AbortController();
    const all = async () => {
      while (this.#running.size > 0) await Promise.allSettled(this.#running);
    };
    await Promise.race([all(), sleep(withinMs, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
  }

  #process(job: Job<{ id: Hex }>, token: string, cancelled: AbortSignal | undefined): Promise<void> {
    const run = this.#run(job, token, cancelled).finally(() => this.#running.delete(run));
    this.#running.add(run);
    return run;
  }

  async #run(job: Job<{ id: Hex }>, token: string, cancelled: AbortSignal | undefined): Promise<void> {
    // Fetched in the moment of closing.
    if (this.#stopped) return putBack(job, token);
    const closing = this.#closing.signal;
    try {
      await this.#work(job.data.id, cancelled ? AbortSignal.any([cancelled, closing]) : closing);
      this.#surroundings.metrics.count('worker_queue_jobs_total', { stage: this.#stage, outcome: 'done' });
    } catch (error) {
      if (closing.aborted) return putBack(job, token);
      this.#classify(error, job);
    }
  }

  /** Throws what tells BullMQ to retry or to drop the job. */
  #classify(error: unknown, job: Job<{ id: Hex }>): never {
    const { log, metrics } = this.#surroundings;
    const fields = { requestId: job.data.id, attempt: job.attemptsMade + 1, error };
    const known = isProtocolError(error);
    const last = job.attemptsMade + 1 >= (known ? (job.opts.attempts ?? 1) : UNEXPECTED_ATTEMPTS);
    const drop = (known && !error.retryable) || last;
    metrics.count('worker_queue_jobs_total', { stage: this.#stage, outcome: drop ? 'dropped' : 'retried' });
    if (!known) log.error('job threw an error without a code', fields);
    else if (drop) log.warn('job was dropped', fields);
    else log.info('job will be tried again', fields);
    if (drop) throw new UnrecoverableError(error instanceof Error ? error.message : String(error));
    throw error;
  }

  /** One line when the server goes away, and one when work goes on, however often the client tries in between. */
  #failed(error: Error): void {
    if (this.#away || this.#stopped) return;
    this.#away = true;
    this.#surroundings.log.warn('queue does not answer, waiting for it', { reason: error.message });
  }

  #recovered(): void {
    if (!this.#away) return;
    this.#away = false;
    this.#surroundings.log.info('queue answers again');
  }
}

/** Waits again without having used up an attempt. */
async function putBack(job: Job, token: string): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}
