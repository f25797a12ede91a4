import { AsyncLocalStorage } from 'node:async_hooks';
import { isProtocolError } from '#core/errors.ts';
import type { Hex } from '#ports/chain.ts';
import type { Queue } from '#ports/queue.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';

interface Job {
  readonly id: Hex;
  readonly priority: number;
  /** Of pushes, to keep their order within a priority. */
  readonly turn: number;
  readonly attempts: number;
  /** Set while it waits for a delay to pass. */
  timer: NodeJS.Timeout | undefined;
}

interface Stage {
  readonly waiting: Map<Hex, Job>;
  /** Those of them that wait for no delay, the next one last. */
  readonly due: Job[];
  readonly running: Map<Hex, Promise<void>>;
  /** Pushed while they ran. */
  readonly again: Set<Hex>;
  concurrency: number;
  work: ((id: Hex, signal: AbortSignal) => Promise<void>) | undefined;
}

const ATTEMPTS = 10;
const UNEXPECTED_ATTEMPTS = 3;

export interface MemoryQueueOptions {
  /** Milliseconds until the next try, after so many. Default 10. */
  readonly backoff?: (attempts: number) => number;
  readonly log?: Log;
  readonly metrics?: Metrics;
}

/**
 * The queue within a process: the same rules, and gone with it, which loses nothing, as the journal is the truth. A job costs microseconds
 * here, and milliseconds in the journal's PGlite.
 */
export function memoryQueue({ backoff = () => 10, log, metrics }: MemoryQueueOptions = {}): Queue {
  const stages = new Map<string, Stage>();
  const closing = new AbortController();
  /** Jobs are nobody's: they do not run in the asynchronous context of whoever pushed. */
  const outside = AsyncLocalStorage.snapshot();
  let closed = false;
  let turns = 0;

  const stageOf = (name: string): Stage => {
    const known = stages.get(name);
    if (known) return known;
    const stage: Stage = {
      waiting: new Map(),
      due: [],
      running: new Map(),
      again: new Set(),
      concurrency: 0,
      work: undefined,
    };
    stages.set(name, stage);
    return stage;
  };

  const wait = (name: string, stage: Stage, job: Omit<Job, 'timer'>, delayMs: number) => {
    clearTimeout(stage.waiting.get(job.id)?.timer);
    const waiting: Job = { ...job, timer: undefined };
    stage.waiting.set(job.id, waiting);
    const ready = () => {
      waiting.timer = undefined;
      stage.due.splice(placeOf(stage.due, waiting), 0, waiting);
      take(name, stage);
    };
    if (delayMs <= 0) ready();
    else waiting.timer = setTimeout(ready, delayMs);
  };

  const take = (name: string, stage: Stage) => {
    const { work } = stage;
    while (work && !closed && stage.running.size < stage.concurrency) {
      const job = stage.due.pop();
      if (!job) return;
      stage.waiting.delete(job.id);
      stage.running.set(
        job.id,
        outside(() => run(name, stage, job, work)),
      );
    }
  };

  const run = async (name: string, stage: Stage, job: Job, work: NonNullable<Stage['work']>) => {
    let retry = false;
    try {
      // Not in the turn of whoever pushed.
      await Promise.resolve();
      await work(job.id, closing.signal);
      metrics?.count('worker_queue_jobs_total', { stage: name, outcome: 'done' });
    } catch (error) {
      const attempts = isProtocolError(error) ? (error.retryable ? ATTEMPTS : 1) : UNEXPECTED_ATTEMPTS;
      retry = job.attempts + 1 < attempts;
      if (!closed) failed(name, job, error, retry);
    }
    stage.running.delete(job.id);
    const again = stage.again.delete(job.id);
    if (again) wait(name, stage, { ...job, attempts: 0, turn: turns++ }, 0);
    else if (retry) wait(name, stage, { ...job, attempts: job.attempts + 1 }, backoff(job.attempts + 1));
    take(name, stage);
  };

  function failed(name: string, { id, attempts }: Job, error: unknown, retry: boolean): void {
    metrics?.count('worker_queue_jobs_total', { stage: name, outcome: retry ? 'retried' : 'dropped' });
    const fields = { stage: name, requestId: id, attempt: attempts + 1, error };
    if (!isProtocolError(error)) log?.error('job threw an error without a code', fields);
    else if (retry) log?.info('job will be tried again', fields);
    else log?.warn('job was dropped', fields);
  }

  return {
    async push(name, id, { priority = 0, delayMs = 0 } = {}) {
      const stage = stageOf(name);
      const waiting = stage.waiting.get(id);
      if (stage.running.has(id)) stage.again.add(id);
      else if (!waiting) wait(name, stage, { id, priority, turn: turns++, attempts: 0 }, delayMs);
      else if (waiting.timer) wait(name, stage, waiting, delayMs);
    },

    async consume(name, concurrency, work) {
      const stage = stageOf(name);
      if (stage.work) throw new Error(`The stage "${name}" is consumed already.`);
      stage.work = work;
      stage.concurrency = concurrency;
      take(name, stage);
    },

    async depth(name) {
      const { waiting, running } = stageOf(name);
      return { waiting: waiting.size, active: running.size };
    },

    async close(graceMs) {
      closed = true;
      const running = [...stages.values()].flatMap((stage) => [...stage.running.values()]);
      for (const stage of stages.values()) for (const { timer } of stage.waiting.values()) clearTimeout(timer);
      const timer = setTimeout(() => closing.abort(new Error('The process is closing.')), graceMs);
      await Promise.race([Promise.all(running), aborted(closing.signal)]);
      clearTimeout(timer);
      // Work that was aborted has one turn to notice.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Where a job goes among those due, the next one last. */
function placeOf(due: readonly Job[], { priority, turn }: Job): number {
  let [low, high] = [0, due.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = due[middle] as Job;
    if ((other.priority - priority || other.turn - turn) > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
