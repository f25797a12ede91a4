/**
 * What the worker costs on top of bare session.run, in one run on one machine: latency and throughput of the runtime (child
 * processes) and of the executor (journal, decoding, commitment), for models of four lengths.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { encodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { headersOf } from '#core/commitment/schema.ts';
import { toHex } from '#core/hex.ts';
import { tensor } from '#core/tensor.ts';
import type { Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import { createFileSource } from '../../workers/adapters/blobs/file.ts';
import { createModelStore } from '../../workers/adapters/blobs/store.ts';
import { sqlJournal } from '../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../workers/adapters/journal/migrations.ts';
import { createOnnxRuntime } from '../../workers/adapters/onnx/runtime.ts';
import { sessionOptions } from '../../workers/adapters/onnx/session.ts';
import { createReference } from '../../workers/adapters/reference/reference.ts';
import { openDatabase } from '../../workers/adapters/sql/open.ts';
import { createExecutor } from '../../workers/executor/execute.ts';
import { type PerfModel, perfModels } from '../generate/perfModels.ts';
import { peakOf } from './peak.ts';

type OnnxRuntime = ReturnType<typeof createOnnxRuntime>;

const hashOf = ({ bytes }: PerfModel) => createHash('sha256').update(bytes).digest('hex');

export interface WorkerBench {
  readonly model: string;
  readonly bareMs: number;
  /** Median of one call at a time through the runtime, minus the bare median. */
  readonly overheadMs: number;
  /** Runs per second: bare; through one child; through two children; whole requests through the executor and two children. */
  readonly bare: number;
  readonly one: number;
  /** Share of bare throughput that one child reaches, measured side by side. */
  readonly ofBare: number;
  readonly two: number;
  readonly executor: number;
}

export interface WorkerReport {
  readonly rows: readonly WorkerBench[];
  /** Peak resident bytes, where the system tells: of this process with the runtime, then with PGlite too, and of each child. */
  readonly peak: {
    readonly runtime: number | undefined;
    readonly withJournal: number | undefined;
    readonly children: readonly number[];
  };
}

/** Kinds of measurement take turns of this length, or of 25 runs if that is longer, so that a busy machine slows all alike. */
const SLICE_SECONDS = 0.4;
const SLICE_RUNS = 25;
const ROUNDS = 6;

/** Runs `call` with `concurrency` in flight until the time is over. The first tenth warms up and is not counted. */
async function measure(call: () => Promise<unknown>, concurrency: number, seconds: number) {
  const times: number[] = [];
  const start = performance.now();
  const counted = start + seconds * 100;
  const end = start + seconds * 1000;
  let finished = 0;
  const worker = async () => {
    while (performance.now() < end) {
      const before = performance.now();
      await call();
      const now = performance.now();
      if (before >= counted) times.push(now - before);
      if (now >= counted) finished++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  times.sort((a, b) => a - b);
  return {
    median: times[times.length >> 1] ?? Number.NaN,
    perSecond: (finished * 1000) / (performance.now() - counted),
  };
}

async function compare(model: PerfModel, folder: string, one: OnnxRuntime, two: OnnxRuntime) {
  const sha256 = hashOf(model);
  const file = path.join(folder, sha256);
  writeFileSync(file, model.bytes);
  const loadable = { sha256, path: file, size: model.bytes.length };
  const [name, shape] = model.input;
  const data = new Float32Array(shape.reduce((count, dim) => count * dim, 1)).fill(0.5);
  const inputs = { [name]: tensor('float32', shape, data) };
  const session = await InferenceSession.create(model.bytes, sessionOptions(1));
  const bare = () => session.run({ [name]: new OrtTensor('float32', data, shape) });
  const throughOne = () => one.run(loadable, inputs);
  const throughTwo = () => two.run(loadable, inputs);
  await Promise.all([bare(), throughOne(), ...Array.from({ length: 4 }, throughTwo)]);
  const rounds: Record<'bareMs' | 'singleMs' | 'bare' | 'one' | 'two', number>[] = [];
  const began = performance.now();
  await bare();
  const seconds = Math.max(SLICE_SECONDS, (SLICE_RUNS * (performance.now() - began)) / 1000);
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await measure(bare, 1, seconds);
    const single = await measure(throughOne, 1, seconds);
    const busy = await measure(throughOne, 4, seconds);
    const both = await measure(throughTwo, 8, seconds);
    rounds.push({
      bareMs: alone.median,
      singleMs: single.median,
      bare: alone.perSecond,
      one: busy.perSecond,
      two: both.perSecond,
    });
  }
  await session.release();
  // Other programs on the machine only ever slow a round down: the best one says most about this one.
  const least = (key: 'bareMs' | 'singleMs') => Math.min(...rounds.map((round) => round[key]));
  const most = (key: 'bare' | 'one' | 'two') => Math.max(...rounds.map((round) => round[key]));
  return {
    model: model.name,
    bareMs: least('bareMs'),
    overheadMs: least('singleMs') - least('bareMs'),
    bare: most('bare'),
    one: most('one'),
    ofBare: most('one') / most('bare'),
    two: most('two'),
  };
}

let requests = 0;

/** Whole requests: admitted rows in a journal, taken by the executor, ten at a time. */
async function executed(folder: string, model: PerfModel, runtime: OnnxRuntime, journal: Journal) {
  const nothing = () => undefined;
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };
  const metrics = { count: nothing, gauge: nothing, observe: nothing };
  const clock = { now: () => Date.now(), sleep: () => new Promise<void>(nothing) };
  const reference = createReference(); // these versions name no program: it is never asked
  const sources = [createFileSource(folder)];
  const models = createModelStore({ directory: path.join(folder, 'cache'), maxBytes: 2 ** 28, sources });
  const executor = createExecutor({ journal, runtime, reference, models, log, metrics, clock });
  const sha256 = hashOf(model);
  const [inputName, inputShape] = model.input;
  const [outputName, outputShape] = model.output;
  const inputs = [{ name: inputName, dtype: 'float32', shape: inputShape }] as const;
  const schema = { inputs, outputs: [{ name: outputName, dtype: 'float32', shape: outputShape }] };
  const data = new Float32Array(inputShape.reduce((count, dim) => count * dim, 1)).fill(0.5);
  const bytes = encodeItems(inputs, [[tensor('float32', inputShape, data)]]);
  const version = { sha256, size: model.bytes.length, uris: [`file:${sha256}`], schema, rows: false, exact: false };
  const terms = { input: commitItems(headersOf(inputs), 1, bytes), deadline: 2 ** 33, items: 1, flags: 0 };
  const facts = { terms, input: toHex(bytes), version };
  const request = async () => {
    const id: Hex = `0x${(++requests).toString(16).padStart(64, '0')}`;
    await journal.open({ track: 'serve', id, stage: 'admitted', facts, dueAt: undefined });
    await executor.execute(id, new AbortController().signal);
    if (!(await journal.result(id))) throw new Error(`Request ${id} of ${model.name} has no result.`);
  };
  return (await measure(request, 10, 2)).perSecond;
}

export async function benchWorker(): Promise<WorkerReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opg-bench-'));
  const one = createOnnxRuntime({ children: 1 });
  const two = createOnnxRuntime({ children: 2 });
  const models = perfModels();
  try {
    const compared = [];
    for (const model of models) compared.push(await compare(model, folder, one, two));
    const runtime = peakOf('self');
    const children = [...one.pids(), ...two.pids()].flatMap((pid) => peakOf(pid) ?? []);
    const database = await openDatabase('pglite:memory', [journalMigrations]);
    const journal = sqlJournal(database.sql);
    const rows: WorkerBench[] = [];
    for (const [i, model] of models.entries()) {
      const executor = await executed(folder, model, two, journal);
      rows.push({ ...(compared[i] as Omit<WorkerBench, 'executor'>), executor });
    }
    await database.close();
    return { rows, peak: { runtime, withJournal: peakOf('self'), children } };
  } finally {
    await Promise.all([one.close(), two.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

export function printWorkerReport({ rows, peak }: WorkerReport): void {
  console.table(
    Object.fromEntries(
      rows.map((row) => [
        row.model,
        {
          'bare ms': row.bareMs.toFixed(3),
          'overhead ms': row.overheadMs.toFixed(3),
          'bare/s': row.bare.toFixed(0),
          'one child/s': row.one.toFixed(0),
          'of bare': `${(100 * row.ofBare).toFixed(1)} %`,
          'two children/s': row.two.toFixed(0),
          'requests/s': row.executor.toFixed(0),
        },
      ]),
    ),
  );
  const megabytes = (bytes: number | undefined) =>
    bytes === undefined ? 'unknown' : `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const children = peak.children.map(megabytes).join(', ');
  console.log(
    `Peak memory: runtime ${megabytes(peak.runtime)}, with PGlite ${megabytes(peak.withJournal)}; children ${children}.`,
  );
}

if (import.meta.main) printWorkerReport(await benchWorker());
