/** The Runtime port on ONNX Runtime in child processes: native code that crashes or hangs takes its child down, not the node. */
import { availableParallelism } from 'node:os';
import type { Runtime } from '#ports/runtime.ts';
import { Pool } from './pool.ts';

export interface RuntimeOptions {
  /** Processes, hence calls that run at the same time. Default: one per core. */
  readonly children?: number;
  /** Threads within one operator. More than 1 is faster for large models and may change the last bits. Default 1. */
  readonly threads?: number;
  /** What all sessions together may add to resident memory. Default 1 GiB. */
  readonly memoryBytes?: number;
  /** Limit of loading and warming up one model. Default 60 s. */
  readonly loadTimeoutMs?: number;
  /** Limit of one run, unless the caller sets a smaller one. Default 60 s. */
  readonly runTimeoutMs?: number;
  /** How long a session somebody waits for stays loaded before another model may take its place. Default 1 s. */
  readonly holdMs?: number;
  /** Different inputs in a row that may kill or hang a model before it is quarantined. Default 3. */
  readonly strikes?: number;
}

/** How long `close` lets a running call finish. */
const CLOSE_MS = 5_000;

export function createOnnxRuntime(options: RuntimeOptions = {}): Runtime & { pids(): readonly number[] } {
  const runTimeoutMs = options.runTimeoutMs ?? 60_000;
  const loadTimeoutMs = options.loadTimeoutMs ?? 60_000;
  const pool = new Pool({
    children: options.children ?? availableParallelism(),
    threads: options.threads ?? 1,
    memoryBytes: options.memoryBytes ?? 2 ** 30,
    loadTimeoutMs,
    runTimeoutMs,
    holdMs: options.holdMs ?? 1_000,
    strikes: options.strikes ?? 3,
  });
  return {
    run: (model, inputs, { timeoutMs = runTimeoutMs, signal } = {}) =>
      pool.submit(model, inputs, Math.min(timeoutMs, runTimeoutMs), signal),
    async warm(model) {
      await pool.submit(model, undefined, loadTimeoutMs);
    },
    stats: () => ({
      sessions: pool.slots.reduce((sum, slot) => sum + slot.sessions.size, 0),
      bytes: pool.slots.reduce((sum, slot) => sum + slot.bytes, 0),
      running: pool.running,
      loads: pool.loads,
      children: pool.slots.filter((slot) => slot.process).length,
    }),
    /** Process ids of the children, for whoever watches their memory. */
    pids: () => pool.slots.flatMap((slot) => slot.process?.pid ?? []),
    close: () => pool.close(CLOSE_MS),
  };
}
