/**
 * Requests of one ROWS version share executions: while a model runs, what comes for it waits and goes together when it is free. That
 * costs nobody time. A window longer than 0 makes the first wait for others besides.
 */
import type { Tensor } from '#core/tensor.ts';
import type { Clock } from '#ports/clock.ts';
import type { LoadableModel, Runtime } from '#ports/runtime.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { ServedVersion } from '#ports/work.ts';
import { splitRows, stackRows } from './rows.ts';
import { agree, hasFreeRows, tellApart } from './together.ts';

export type Item = readonly Tensor[];
type RunRows = (
  model: LoadableModel,
  version: ServedVersion,
  items: readonly Item[],
  signal: AbortSignal,
) => Promise<Item[] | undefined>;

export interface BatchOptions {
  /** How long the first request waits for others, however idle the model is. */
  readonly windowMs: number;
  /** Rows of one execution; 1 = every request runs by itself. */
  readonly maxRows: number;
  /** Executions of one model at a time. Default 1. */
  readonly lanes?: number;
}

interface Part {
  readonly items: readonly Item[];
  readonly signal: AbortSignal;
  readonly resolve: (items: Item[] | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane {
  readonly model: LoadableModel;
  readonly version: ServedVersion;
  waiting: Part[];
  running: number;
}

interface RowParts {
  readonly runtime: Pick<Runtime, 'run'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** `undefined` = the result has another number of rows than were put in. */
export function createRowRunner(parts: RowParts, { windowMs, maxRows, lanes = 1 }: BatchOptions): RunRows {
  const { runtime, clock, log, metrics } = parts;
  const windows = new Map<string, Part[]>();
  const busy = new Map<string, Lane>();
  /** Models whose rows were seen to be independent, or not. */
  const independent = new Map<string, boolean>();

  async function runAll(
    model: LoadableModel,
    { schema }: ServedVersion,
    items: readonly Item[],
    signal?: AbortSignal,
  ): Promise<Item[] | undefined> {
    metrics.observe('worker_execute_batch_rows', items.length);
    const result = await runtime.run(model, stackRows(schema.inputs, items), signal ? { signal } : {});
    return splitRows(schema.outputs, result, items.length);
  }

  /** The first time both ways are taken, and the results of each alone are the ones given out. */
  async function compare(model: LoadableModel, version: ServedVersion, live: readonly Part[]): Promise<void> {
    const alone = await Promise.all(live.map((part) => runAll(model, version, part.items, part.signal)));
    for (const [i, part] of live.entries()) part.resolve(alone[i]);
    const items = live.flatMap((part) => part.items);
    if (!tellApart(items)) return;
    const singles = alone.flatMap((rows) => rows ?? []);
    const together = await runAll(model, version, items).catch(() => undefined);
    const may = together !== undefined && singles.length === items.length && agree(version, together, singles);
    independent.set(model.sha256, may);
    if (!may) log.warn('rows of a model depend on each other: its requests run alone', { sha256: model.sha256 });
  }

  /** One request's bad input must not fail the others: after a failure each runs by itself. */
  async function runTogether(model: LoadableModel, version: ServedVersion, batch: readonly Part[]): Promise<void> {
    const alone = (part: Part) => runAll(model, version, part.items, part.signal).then(part.resolve, part.reject);
    const live = batch.filter((part) => !part.signal.aborted);
    for (const part of batch) if (part.signal.aborted) part.reject(part.signal.reason);
    const may = independent.get(model.sha256);
    if (live.length <= 1 || may === false) return void (await Promise.all(live.map(alone)));
    try {
      if (may === undefined) return await compare(model, version, live);
      const all = live.flatMap((part) => part.items);
      const rows = await runAll(model, version, all);
      for (const part of live) part.resolve(rows?.splice(0, part.items.length));
    } catch {
      await Promise.all(live.map(alone));
    }
  }

  function flush(lane: Lane): void {
    while (lane.running < lanes && lane.waiting.length > 0) {
      const batch: Part[] = [];
      for (let rows = 0; lane.waiting.length > 0; ) {
        rows += lane.waiting[0]?.items.length ?? 0;
        if (batch.length > 0 && rows > maxRows) break;
        batch.push(lane.waiting.shift() as Part);
      }
      lane.running++;
      void runTogether(lane.model, lane.version, batch).finally(() => {
        lane.running--;
        flush(lane);
      });
    }
    if (lane.running === 0) busy.delete(lane.model.sha256);
  }

  function join(model: LoadableModel, version: ServedVersion, part: Part): void {
    const lane = busy.get(model.sha256) ?? { model, version, waiting: [], running: 0 };
    busy.set(model.sha256, lane);
    lane.waiting.push(part);
    flush(lane);
  }

  function gather(model: LoadableModel, version: ServedVersion, part: Part): void {
    const waiting = windows.get(model.sha256);
    const rows = waiting?.reduce((sum, other) => sum + other.items.length, 0) ?? 0;
    if (waiting && rows + part.items.length <= maxRows) {
      waiting.push(part);
      return;
    }
    const opened = [part];
    windows.set(model.sha256, opened); // a full batch is no longer joined, its own timer still runs it
    void clock.sleep(windowMs).then(() => {
      if (windows.get(model.sha256) === opened) windows.delete(model.sha256);
      return runTogether(model, version, opened);
    });
  }

  return (model, version, items, signal) => {
    if (maxRows <= 1 || !hasFreeRows(version)) return runAll(model, version, items, signal);
    return new Promise((resolve, reject) => {
      const part: Part = { items, signal, resolve, reject };
      if (windowMs > 0) gather(model, version, part);
      else join(model, version, part);
    });
  };
}
