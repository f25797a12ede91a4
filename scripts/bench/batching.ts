/** What it brings that requests of a model share executions: the executor with and without, on the same requests, in turns. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseSchema } from '#core/protocol/schema.ts';
import type { Hex } from '#ports/chain.ts';
import { createFileSource } from '../../workers/adapters/blobs/file.ts';
import { createModelStore } from '../../workers/adapters/blobs/store.ts';
import { memoryJournal } from '../../workers/adapters/memory/journal.ts';
import { createOnnxRuntime } from '../../workers/adapters/onnx/runtime.ts';
import { createReference } from '../../workers/adapters/reference/reference.ts';
import { createExecutor } from '../../workers/executor/execute.ts';
import { exampleModel } from '../demo/models.ts';
import { loadInput, loadModel } from '../load/models.ts';
import { type Work, work } from './scaleWork.ts';

const CHILDREN = 1;
const AT_ONCE = 32;
const REQUESTS = 1_500;
const ROUNDS = 3;

export interface BatchingRow {
  readonly model: string;
  readonly checked: boolean;
  /** Requests per second. */
  readonly alone: number;
  readonly together: number;
  /** Mean rows of an execution with batching. */
  readonly rows: number;
}

const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };
const clock = { now: () => performance.timeOrigin + performance.now(), sleep: () => new Promise<void>(nothing) };

export async function benchBatching(): Promise<readonly BatchingRow[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opg-bench-'));
  const runtime = createOnnxRuntime({ children: CHILDREN });
  const reference = createReference();
  try {
    const { onnx, card } = loadModel(0);
    const { file, card: cnn, vectors } = exampleModel('digits-cnn');
    const single = vectors.filter(({ inputs }) => Object.values(inputs).every(({ shape }) => shape[0] === 1));
    const sources = [
      ['perceptron, 4,352 multiply-adds', { onnx, schema: parseSchema(card), input: loadInput }],
      [
        'digits-cnn',
        {
          onnx: readFileSync(file),
          schema: parseSchema({ ...cnn, rows: true }),
          input: (n: number) => single[n % single.length]?.inputs ?? {},
        },
      ],
    ] as const;
    const rows: BatchingRow[] = [];
    for (const [model, source] of sources)
      for (const checked of [false, true]) {
        writeFileSync(path.join(folder, createHash('sha256').update(source.onnx).digest('hex')), source.onnx);
        const made = work(source, checked);
        let best: BatchingRow = { model, checked, alone: 0, together: 0, rows: 0 };
        for (let round = 0; round < ROUNDS; round++) {
          const alone = await measure(made, 1);
          const together = await measure(made, AT_ONCE);
          best = {
            ...best,
            alone: Math.max(best.alone, alone.perSecond),
            together: Math.max(best.together, together.perSecond),
            rows: together.rows,
          };
        }
        rows.push(best);
      }
    return rows;
  } finally {
    await Promise.all([runtime.close(), reference.close()]);
    rmSync(folder, { recursive: true, force: true });
  }

  async function measure({ facts }: Pick<Work, 'facts'>, maxRows: number) {
    const executions = { count: 0, rows: 0 };
    const observe = (name: string, value: number) => {
      if (name !== 'worker_execute_batch_rows') return;
      executions.count++;
      executions.rows += value;
    };
    const journal = memoryJournal();
    const models = createModelStore({
      directory: path.join(folder, 'cache'),
      maxBytes: 2 ** 28,
      sources: [createFileSource(folder)],
    });
    const metrics = { count: nothing, gauge: nothing, observe };
    const executor = createExecutor(
      { journal, runtime, reference, models, log, metrics, clock },
      { batch: { windowMs: 0, maxRows, lanes: CHILDREN } },
    );
    const ids = Array.from({ length: REQUESTS }, (_, i): Hex => `0x${(i + 1).toString(16).padStart(64, '0')}`);
    for (const [i, id] of ids.entries())
      await journal.open({ track: 'serve', id, stage: 'admitted', facts: { ...facts(i) }, dueAt: undefined });
    let next = 0;
    const serve = async (until: number) => {
      while (next < until) await executor.execute(ids[next++] as Hex, new AbortController().signal);
    };
    const several = (until: number) => Promise.all(Array.from({ length: AT_ONCE }, () => serve(until)));
    const warm = REQUESTS / 5;
    await several(warm);
    const began = performance.now();
    await several(REQUESTS);
    const perSecond = (REQUESTS - warm) / ((performance.now() - began) / 1000);
    const { executed = 0 } = await journal.count('serve');
    if (executed < REQUESTS) throw new Error(`${executed} of ${REQUESTS} requests were executed.`);
    return { perSecond, rows: executions.rows / Math.max(1, executions.count) };
  }
}
