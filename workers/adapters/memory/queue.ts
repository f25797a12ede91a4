import { isProtocolError } from '#core/errors.ts';
import type { Hex } from '#ports/chain.ts';
import type { Queue } from '#ports/queue.ts';

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
  readonly running: Map<Hex, Promise<void>>;
  /** Pushed while they ran. */
  readonly again: Set<Hex>;
  concurrency: number;
  work: ((id: Hex, signal: AbortSignal) => Promise<void>) | undefined;
}

const ATTEMPTS = 10;
const UNEXPECTED_ATTEMPTS = 3;

/** The queue without a server, for tests of roles: the same rules, gone with the process, and retries after `backoffMs`. */
export function memoryQueue({ backoffMs = 10 } = {}): Queue {
  const stages = new Map<string, Stage>();
  const closing = new AbortController();
  let closed = false;
  let turns = 0;

  const stageOf = (name: string): Stage => {
    const known = stages.get(name);
    if (known) return known;
    const stage: Stage = { waiting: new Map(), running: new Map(), again: new Set(), concurrency: 0, work: undefined };
    stages.set(name, stage);
    return stage;
  };

  const wait = (stage: Stage, job: Omit<Job, 'timer'>, delayMs: number) => {
    clearTimeout(stage.waiting.get(job.id)?.timer);
    const waiting: Job = { ...job, timer: undefined };
    stage.waiting.set(job.id, waiting);
    if (delayMs <= 0) return take(stage);
    waiting.timer = setTimeout(() => {
      waiting.timer = undefined;
      take(stage);
    }, delayMs);
  };

  const take = (stage: Stage) => {
    const { work } = stage;
    while (work && !closed && stage.running.size < stage.concurrency) {
      const [job] = [...stage.waiting.values()]
        .filter(({ timer }) => timer === undefined)
        .sort((a, b) => a.priority - b.priority || a.turn - b.turn);
      if (!job) return;
      stage.waiting.delete(job.id);
      stage.running.set(job.id, run(stage, job, work));
    }
  };

  const run = async (stage: Stage, job: Job, work: NonNullable<Stage['work']>) => {
    let retry = false;
    try {
      // Not in the turn of whoever pushed.
      await Promise.resolve();
      await work(job.id, closing.signal);
    } catch (error) {
      const attempts = isProtocolError(error) ? (error.retryable ? ATTEMPTS : 1) : UNEXPECTED_ATTEMPTS;
      retry = job.attempts + 1 < attempts;
    }
    stage.running.delete(job.id);
    const again = stage.again.delete(job.id);
    if (again) wait(stage, { ...job, attempts: 0, turn: turns++ }, 0);
    else if (retry) wait(stage, { ...job, attempts: job.attempts + 1 }, backoffMs);
    take(stage);
  };

  return {
    async push(name, id, { priority = 0, delayMs = 0 } = {}) {
      const stage = stageOf(name);
      const waiting = stage.waiting.get(id);
      if (stage.running.has(id)) stage.again.add(id);
      else if (!waiting) wait(stage, { id, priority, turn: turns++, attempts: 0 }, delayMs);
      else if (waiting.timer) wait(stage, waiting, delayMs);
    },

    async consume(name, concurrency, work) {
      const stage = stageOf(name);
      if (stage.work) throw new Error(`The stage "${name}" is consumed already.`);
      stage.work = work;
      stage.concurrency = concurrency;
      take(stage);
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

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
