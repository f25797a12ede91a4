/** The queue in front of the children: places calls, loads and evicts sessions, and turns what went wrong into named errors. */
import { createHash } from 'node:crypto';
import { ProtocolError } from '#core/errors.ts';
import type { Tensor } from '#core/tensor.ts';
import type { LoadableModel } from '#ports/runtime.ts';
import { headsOf, tensorsOf } from './frames.ts';
import { place, trim, type Victim } from './placement.ts';
import { ChildLost } from './process.ts';
import { accepted, ChildRefused, Slot } from './slot.ts';
import { Strikes } from './strikes.ts';

export interface PoolOptions {
  readonly children: number;
  readonly threads: number;
  readonly memoryBytes: number;
  readonly loadTimeoutMs: number;
  readonly runTimeoutMs: number;
  readonly holdMs: number;
  readonly strikes: number;
}

type Tensors = Readonly<Record<string, Tensor>>;

interface Job {
  readonly model: LoadableModel;
  /** Undefined: only load the session. */
  readonly inputs: Tensors | undefined;
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (outputs: Tensors) => void;
  readonly reject: (error: unknown) => void;
}

/** One call runs, one waits in the child's socket: the child never idles while its reply travels. */
const DEPTH = 2;
/** A process starts in about 0.1 s; ten on a busy machine are no reason to give up on it. */
const START_MS = 10_000;
/** Released memory that stays resident beyond this share of the bound makes an idle, empty child start afresh. */
const RESIDUE_SHARE = 0.25;

export class Pool {
  readonly #options: PoolOptions;
  readonly #slots: Slot[];
  readonly #strikes: Strikes;
  /** Measured bytes of sessions, kept after they are gone: the next load need not guess. */
  readonly #measured = new Map<string, number>();
  #waiting: Job[] = [];
  #running = 0;
  #loads = 0;
  #wake: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.children }, () => new Slot(options.threads, START_MS));
    this.#strikes = new Strikes(options.strikes);
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** Sessions loaded since the start: far more than models and children says that they push each other out. */
  get loads(): number {
    return this.#loads;
  }

  get running(): number {
    return this.#running;
  }

  submit(model: LoadableModel, inputs: Tensors | undefined, limitMs: number, signal?: AbortSignal): Promise<Tensors> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        // Native code cannot be interrupted: a call that runs goes on and its result is dropped.
        this.#waiting = this.#waiting.filter((other) => other !== job);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const done = () => signal?.removeEventListener('abort', abort);
      const job: Job = {
        model,
        inputs,
        limitMs,
        signal,
        resolve: (outputs) => {
          done();
          resolve(outputs);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      this.#waiting.push(job);
      this.#dispatch();
    });
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#wake);
    for (const { model, reject } of this.#waiting.splice(0)) reject(closed(model));
    await Promise.all(this.#slots.map((slot) => slot.process?.close(graceMs)));
  }

  #dispatch(): void {
    clearTimeout(this.#wake);
    this.#waiting = this.#waiting.filter((job) => !this.#refuse(job));
    const demanded = new Set(this.#waiting.map((job) => job.model.sha256));
    const ahead = new Map<string, number>();
    const left: Job[] = [];
    let starved = false;
    let wakeAt = Number.POSITIVE_INFINITY;
    for (const job of this.#waiting) {
      const { sha256 } = job.model;
      const earlier = ahead.get(sha256) ?? 0;
      const now = performance.now();
      const view = {
        slots: this.#slots,
        bound: this.#options.memoryBytes,
        used: this.#used,
        now,
        holdMs: this.#options.holdMs,
        depth: DEPTH,
      };
      const placement = place(view, { sha256, bytes: this.#expected(job.model), ahead: earlier, demanded, starved });
      if (placement.do === 'run') {
        void this.#run(this.#slots[placement.slot] as Slot, job);
        continue;
      }
      left.push(job);
      ahead.set(sha256, earlier + 1);
      if (placement.do === 'load') {
        this.#release(placement.evict);
        void this.#load(this.#slots[placement.slot] as Slot, job.model);
      } else {
        starved ||= placement.starved;
        if (placement.until !== undefined) wakeAt = Math.min(wakeAt, placement.until - now);
      }
    }
    this.#waiting = left;
    if (wakeAt < Number.POSITIVE_INFINITY) this.#wake = setTimeout(() => this.#dispatch(), Math.max(1, wakeAt));
  }

  get #used(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.used, 0);
  }

  #release(victims: readonly Victim[]): void {
    for (const { slot, sha256 } of victims) this.#slots[slot]?.release(sha256, this.#options.loadTimeoutMs);
  }

  /** Costs are known only once they are there: whoever must go for a session that came out larger goes now. */
  #trim(slot: Slot, sha256: string): void {
    const view = { slots: this.#slots, used: this.#used, bound: this.#options.memoryBytes };
    this.#release(trim(view, { slot: this.#slots.indexOf(slot), sha256 }));
  }

  /** Before a model is measured: weights, packed copies of them, and ONNX Runtime's own share. */
  #expected(model: LoadableModel): number {
    return this.#measured.get(model.sha256) ?? 2 * model.size;
  }

  #refuse(job: Job): boolean {
    const { sha256, size } = job.model;
    const quarantine = this.#strikes.quarantine(sha256);
    if (job.signal?.aborted) return true; // rejected by its abort
    if (this.#closed) job.reject(closed(job.model));
    else if (quarantine) job.reject(new ProtocolError('runtime.quarantined', { sha256, ...quarantine }));
    else {
      const bound = this.#options.memoryBytes;
      const needed = this.#measured.get(sha256) ?? size;
      if (needed <= bound) return false;
      job.reject(new ProtocolError('runtime.model_too_large', { sha256, needed, bound }));
    }
    return true;
  }

  async #load(slot: Slot, model: LoadableModel): Promise<void> {
    slot.loading = model.sha256;
    slot.reserved = Math.min(this.#expected(model), this.#options.memoryBytes);
    slot.busy++;
    if (slot.sessions.size === 0 && slot.residue > this.#options.memoryBytes * RESIDUE_SHARE) await this.#recycle(slot);
    try {
      const { bytes } = await slot.load(model, () => performance.now(), this.#options.loadTimeoutMs);
      this.#measured.set(model.sha256, bytes);
      this.#loads++;
      slot.reserved = 0;
      if (bytes > this.#options.memoryBytes) slot.release(model.sha256, this.#options.loadTimeoutMs);
      else this.#trim(slot, model.sha256);
    } catch (error) {
      this.#failLoad(model, error);
    } finally {
      slot.busy--;
      slot.loading = undefined;
      slot.reserved = 0;
      this.#dispatch();
    }
  }

  async #recycle(slot: Slot): Promise<void> {
    const old = slot.process;
    slot.process = undefined;
    await old?.close(START_MS);
  }

  /** Everybody who waits for the model learns why it cannot be loaded. `lost` says nothing about it: they go on waiting. */
  #failLoad(model: LoadableModel, error: unknown): void {
    if (error instanceof ChildLost && error.kind === 'lost' && !this.#closed) return;
    const named = this.#named(model, error, 'load', this.#options.loadTimeoutMs);
    const [mine, others] = [this.#waiting.filter((job) => job.model.sha256 === model.sha256), this.#waiting];
    this.#waiting = others.filter((job) => job.model.sha256 !== model.sha256);
    for (const job of mine) job.reject(named);
  }

  async #run(slot: Slot, job: Job): Promise<void> {
    const { model, inputs, limitMs } = job;
    const session = slot.sessions.get(model.sha256);
    if (session) session.usedAt = performance.now();
    if (!inputs) return job.resolve({});
    slot.busy++;
    this.#running++;
    try {
      const call = { op: 'run', sha256: model.sha256, tensors: headsOf(inputs) } as const;
      const answer = await slot.start().call(call, limitMs, Object.values(inputs));
      const { tensors } = accepted(answer, 'ran');
      slot.noteGrowth(model.sha256);
      if (this.#used > this.#options.memoryBytes) this.#trim(slot, model.sha256);
      this.#strikes.clear(model.sha256);
      job.resolve(tensorsOf(tensors, answer.payload));
    } catch (error) {
      // Lost behind another call's crash: not this call's doing, so it goes to the front again.
      if (error instanceof ChildLost && error.kind === 'lost' && !this.#closed) this.#waiting.unshift(job);
      else job.reject(this.#named(model, error, inputKey(inputs), limitMs));
    } finally {
      slot.busy--;
      this.#running--;
      this.#dispatch();
    }
  }

  #named(model: LoadableModel, error: unknown, input: string, limit: number): unknown {
    const { sha256 } = model;
    if (error instanceof ChildRefused) {
      const reason = error.message;
      if (error.kind === 'invalid') return new ProtocolError('runtime.model_invalid', { sha256, reason });
      if (error.kind === 'changed') return new ProtocolError('runtime.model_changed', { sha256, reason });
      if (error.kind === 'rejected') return new ProtocolError('runtime.input_rejected', { sha256, reason });
      return new ProtocolError('runtime.crashed', { sha256, reason });
    }
    if (!(error instanceof ChildLost)) return error;
    if (this.#closed) return closed(model);
    // A short limit is the caller's haste, not the model's fault.
    const full = input === 'load' || limit >= this.#options.runTimeoutMs;
    if (error.kind === 'timeout' && !full) return new ProtocolError('runtime.timeout', { sha256, limit });
    const reason = error.kind === 'timeout' ? `no answer within ${limit} ms` : error.message;
    const verdict = this.#strikes.blame(sha256, input, reason);
    if (input === 'load' && verdict === 'refuse')
      return new ProtocolError('runtime.model_invalid', { sha256, reason: `loading it ended twice with ${reason}` });
    if (verdict === 'refuse')
      return new ProtocolError('runtime.input_rejected', { sha256, reason: `it killed the process twice: ${reason}` });
    if (error.kind === 'timeout') return new ProtocolError('runtime.timeout', { sha256, limit });
    return new ProtocolError('runtime.crashed', { sha256, reason });
  }
}

const closed = (model: LoadableModel) => new ProtocolError('runtime.closed', { sha256: model.sha256 });

function inputKey(inputs: Tensors): string {
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of Object.entries(inputs))
    hash.update(`${name}[${shape}]`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}
