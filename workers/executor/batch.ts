/** Requests of one ROWS version that arrive within a short window share one execution. Off unless the window is longer than 0. */
import type { Tensor } from '#core/tensor.ts';
import type { Clock } from '#ports/clock.ts';
import type { LoadableModel, Runtime } from '#ports/runtime.ts';
import type { ServedVersion } from '#ports/work.ts';
import { splitRows, stackRows } from './rows.ts';

export type Item = readonly Tensor[];
type RunRows = (
  model: LoadableModel,
  version: ServedVersion,
  items: readonly Item[],
  signal: AbortSignal,
) => Promise<Item[] | undefined>;

export interface BatchOptions {
  /** How long the first request waits for others. Costs that latency, saves the per-run overhead of small models. */
  readonly windowMs: number;
  /** Rows of one execution. */
  readonly maxRows: number;
}

interface Part {
  readonly items: readonly Item[];
  readonly signal: AbortSignal;
  readonly resolve: (items: Item[] | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** `undefined` = the result has another number of rows than were put in. */
export function createRowRunner(runtime: Runtime, clock: Clock, { windowMs, maxRows }: BatchOptions): RunRows {
  const waiting = new Map<string, Part[]>();

  const runAlone: RunRows = async (model, version, items, signal) => {
    const result = await runtime.run(model, stackRows(version.schema.inputs, items), { signal });
    return splitRows(version.schema.outputs, result, items.length);
  };

  /** One request's bad input must not fail the others: after a failure each runs by itself. */
  async function runTogether(model: LoadableModel, version: ServedVersion, parts: readonly Part[]): Promise<void> {
    const alone = (part: Part) => runAlone(model, version, part.items, part.signal).then(part.resolve, part.reject);
    const live = parts.filter((part) => !part.signal.aborted);
    const [only] = live;
    for (const part of parts) if (part.signal.aborted) part.reject(part.signal.reason);
    if (only && live.length === 1) return alone(only);
    try {
      const all = live.flatMap((part) => part.items);
      const result = await runtime.run(model, stackRows(version.schema.inputs, all));
      const rows = splitRows(version.schema.outputs, result, all.length);
      for (const part of live) part.resolve(rows?.splice(0, part.items.length));
    } catch {
      await Promise.all(live.map(alone));
    }
  }

  const runBatched: RunRows = (model, version, items, signal) =>
    new Promise((resolve, reject) => {
      const part: Part = { items, signal, resolve, reject };
      const parts = waiting.get(model.sha256);
      const rows = parts?.reduce((sum, other) => sum + other.items.length, 0) ?? 0;
      if (parts && rows + items.length <= maxRows) {
        parts.push(part);
        return;
      }
      const opened = [part];
      waiting.set(model.sha256, opened); // a full batch is no longer joined, its own timer still runs it
      void clock.sleep(windowMs).then(() => {
        if (waiting.get(model.sha256) === opened) waiting.delete(model.sha256);
        return runTogether(model, version, opened);
      });
    });

  return windowMs > 0 ? runBatched : runAlone;
}
