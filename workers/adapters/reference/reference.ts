/**
 * The Reference port on worker threads. It is our own code, not native code, so a thread is wall enough: what it must not do is
 * occupy the node's loop, run for ever, or take the process's heap with it.
 */
import { Worker } from 'node:worker_threads';
import { ProtocolError } from '#core/errors.ts';
import type { ModelProgram, Reference } from '#ports/reference.ts';
import type { LoadableModel } from '#ports/runtime.ts';
import type { Traces } from '#ports/traces.ts';
import type { Call, Reply, ThreadOptions } from './messages.ts';
import { threadEnvironment } from './threadEnvironment.ts';
import type { TraceTask } from './traceTasks.ts';

export interface ReferenceOptions {
  /** Computations at a time. Default 1. */
  readonly threads?: number;
  /** Threads beside each of these that share one computation. Default 0. */
  readonly crew?: number;
  /** What compiled programs of all threads together may take, and the heap of each thread. Default 1 GiB. */
  readonly memoryBytes?: number;
  /** Limit of one call, compiling included. Default 60 s. */
  readonly timeoutMs?: number;
  /** Failures in a row after which a model is not tried again. Default 3. */
  readonly strikes?: number;
}

interface Job {
  readonly call: Call;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/** One place for a thread, started when first needed and again after it died. */
interface Slot {
  worker: Worker | undefined;
  job: Job | undefined;
  timer: NodeJS.Timeout | undefined;
  /** The last model it worked on: the likeliest to be in its cache. */
  warm: string | undefined;
}

/** Descriptions kept: so many models are not served by one node. */
const KNOWN = 10_000;
/** Characters of a description that is kept. A schema on chain is shorter, so one with more is of a model that nobody serves. */
const KNOWN_LENGTH = 2 ** 16;
const MIB = 2 ** 20;

export function createReference(options: ReferenceOptions = {}): Reference & Traces {
  const { threads = 1, crew = 0, memoryBytes = 1024 * MIB, timeoutMs = 60_000, strikes = 3 } = options;
  const slots = Array.from({ length: threads }, (): Slot => {
    return { worker: undefined, job: undefined, timer: undefined, warm: undefined };
  });
  const known = new Map<string, ModelProgram>();
  const failures = new Map<string, { count: number; reason: string }>();
  let waiting: Job[] = [];
  let closed = false;

  function start(slot: Slot): Worker {
    const workerData: ThreadOptions = { cacheBytes: Math.floor(memoryBytes / threads), crew };
    const worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData,
      env: threadEnvironment(),
      resourceLimits: { maxOldGenerationSizeMb: Math.max(64, Math.floor(memoryBytes / MIB)) },
    });
    // A thread that was replaced has nothing to say any more.
    const crashed = (reason: string) => slot.worker === worker && fail(slot, 'reference.crashed', reason);
    worker.on('error', (error) => crashed(error.message));
    worker.on('exit', (code) => crashed(`exit code ${code}`));
    worker.on('message', (reply: Reply) => {
      if (slot.worker !== worker) return;
      if (reply.op === 'broken') return crashed(reply.reason);
      if (slot.job) failures.delete(slot.job.call.model.sha256);
      free(slot)?.resolve(reply);
      dispatch();
    });
    slot.worker = worker;
    return worker;
  }

  /** Takes the job from the slot. */
  function free(slot: Slot): Job | undefined {
    const { job, worker } = slot;
    clearTimeout(slot.timer);
    slot.job = undefined;
    worker?.unref(); // an idle thread keeps no process alive
    return job;
  }

  /** Ends the thread too: nothing else stops a computation. */
  function stop(slot: Slot, error: unknown): void {
    const { worker } = slot;
    const job = free(slot);
    slot.worker = undefined;
    slot.warm = undefined;
    void worker?.terminate();
    job?.reject(error);
    dispatch();
  }

  function fail(slot: Slot, code: 'reference.crashed' | 'reference.timeout', reason: string): void {
    const sha256 = slot.job?.call.model.sha256 ?? '';
    if (slot.job) failures.set(sha256, { count: (failures.get(sha256)?.count ?? 0) + 1, reason });
    stop(slot, new ProtocolError(code, { sha256, reason, limit: timeoutMs }));
  }

  function perform(slot: Slot, job: Job): void {
    const worker = slot.worker ?? start(slot);
    slot.job = job;
    slot.warm = job.call.model.sha256;
    slot.timer = setTimeout(() => fail(slot, 'reference.timeout', `no answer within ${timeoutMs} ms`), timeoutMs);
    worker.ref();
    worker.postMessage(job.call);
  }

  function refusalOf({ sha256, size }: LoadableModel): ProtocolError | undefined {
    const failed = failures.get(sha256);
    if (closed) return new ProtocolError('runtime.closed', { sha256 });
    if (failed && failed.count >= strikes)
      return new ProtocolError('reference.quarantined', { sha256, strikes: failed.count, reason: failed.reason });
    if (size > memoryBytes)
      return new ProtocolError('runtime.model_too_large', { sha256, needed: size, bound: memoryBytes });
    return undefined;
  }

  function dispatch(): void {
    for (;;) {
      const idle = slots.filter(({ job }) => job === undefined);
      const [job] = waiting;
      if (idle.length === 0 || job === undefined) return;
      waiting = waiting.slice(1);
      const refusal = refusalOf(job.call.model);
      if (job.signal?.aborted) job.reject(job.signal.reason);
      else if (refusal) job.reject(refusal);
      else perform(idle.find(({ warm }) => warm === job.call.model.sha256) ?? (idle[0] as Slot), job);
    }
  }

  function submit(call: Call, signal: AbortSignal | undefined): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        const slot = slots.find((one) => one.job === job);
        if (slot) return stop(slot, signal?.reason);
        waiting = waiting.filter((other) => other !== job);
        job.reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      // A signal may live as long as the process: what listens to it keeps the call's tensors.
      const done = () => signal?.removeEventListener('abort', abort);
      const job: Job = {
        call,
        signal,
        resolve: (reply) => {
          done();
          resolve(reply);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      waiting.push(job);
      dispatch();
    });
  }

  async function ask<O extends Reply['op']>(
    call: Call,
    op: O,
    signal?: AbortSignal,
  ): Promise<Extract<Reply, { op: O }>> {
    const reply = await submit(call, signal);
    if (reply.op === 'failed') throw new ProtocolError(reply.code, reply.payload);
    if (reply.op !== op) throw new Error(`The thread answered ${reply.op} instead of ${op}.`);
    return reply as Extract<Reply, { op: O }>;
  }

  async function trace<R>(model: LoadableModel, task: TraceTask, signal?: AbortSignal): Promise<R> {
    return (await ask({ op: 'trace', model, task }, 'traced', signal)).result as R;
  }

  return {
    headerOf: (model, signal) => trace(model, { kind: 'header' }, signal),
    accuse: (traced, output, standard, challenger, signal) =>
      trace(traced.model, { kind: 'accuse', traced, output, standard, challenger }, signal),
    accuseHash: (traced, outputHash, shown, challenger, signal) =>
      trace(traced.model, { kind: 'accuseHash', traced, outputHash, shown, challenger }, signal),
    openOutput: (traced, positions, output, signal) =>
      trace(traced.model, { kind: 'openOutput', traced, positions, output }, signal),
    refute: (traced, shown, signal) => trace(traced.model, { kind: 'refute', traced, shown }, signal),
    answer: (traced, shown, positions, signal) =>
      trace(traced.model, { kind: 'answer', traced, shown, positions }, signal),
    async describe(model, signal) {
      const told = known.get(model.sha256);
      if (told) return told;
      const { program } = await ask({ op: 'describe', model }, 'described', signal);
      if (JSON.stringify(program).length > KNOWN_LENGTH) return program;
      for (const oldest of known.keys()) if (known.size >= KNOWN) known.delete(oldest);
      known.set(model.sha256, program);
      return program;
    },
    async run(model, inputs, signal) {
      return (await ask({ op: 'run', model, inputs }, 'ran', signal)).outputs;
    },
    stats: () => ({
      threads: slots.filter(({ worker }) => worker).length,
      running: slots.filter(({ job }) => job).length,
      waiting: waiting.length,
    }),
    async close() {
      closed = true;
      dispatch();
      for (const { call, reject } of waiting.splice(0)) reject(closing(call));
      for (const slot of slots) if (slot.job) stop(slot, closing(slot.job.call));
      await Promise.all(slots.map(({ worker }) => worker?.terminate()));
    },
  };
}

const closing = ({ model: { sha256 } }: Call) => new ProtocolError('runtime.closed', { sha256 });
