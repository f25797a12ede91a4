import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { encodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { headersOf } from '#core/commitment/schema.ts';
import { toHex } from '#core/hex.ts';
import { buildModel } from '#core/onnx/build.ts';
import { type Tensor, tensorFrom } from '#core/tensor.ts';
import type { Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { Reference } from '#ports/reference.ts';
import type { Runtime } from '#ports/runtime.ts';
import type { ExecutionFacts, ServedVersion } from '#ports/work.ts';
import { createBlobStore, createContentStore } from '../../workers/adapters/blobs/content.ts';
import { createFileSource } from '../../workers/adapters/blobs/file.ts';
import { createModelStore } from '../../workers/adapters/blobs/store.ts';
import { sqlJournal } from '../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../workers/adapters/journal/migrations.ts';
import { createOnnxRuntime } from '../../workers/adapters/onnx/runtime.ts';
import { createReference } from '../../workers/adapters/reference/reference.ts';
import { type Database, openDatabase } from '../../workers/adapters/sql/open.ts';
import { createExecutor, type ExecutorOptions } from '../../workers/executor/execute.ts';
import { fakeClock } from './fakeClock.ts';
import { iteratedSine, scratch, sha256, writeBlob } from './graphs.ts';
import { exampleModel } from './models.ts';
import { recordedLog, recordedMetrics } from './telemetry.ts';

/** Sets up a journal in PGlite, a runtime and stores for the calling suite, and puts requests where an executor finds them. */
export function executing() {
  const directory = scratch();
  let database: Database;
  let journal: Journal;
  let runtime: Runtime;
  let reference: Reference;
  let runs = 0;
  let count = 1;

  before(async () => {
    database = await openDatabase('pglite:memory', [journalMigrations]);
    journal = sqlJournal(database.sql);
    const real = createOnnxRuntime({ children: 2 });
    reference = createReference();
    runtime = {
      ...real,
      run: (...args) => {
        runs++;
        return real.run(...args);
      },
    };
  });
  after(async () => {
    await runtime.close();
    await reference.close();
    await database.close();
    directory.remove();
  });

  const content = createContentStore({ directory: path.join(directory.path, 'inputs'), quota: 2 ** 24 });
  const blobs = createBlobStore(content, 2 ** 22);

  function start(options: ExecutorOptions = {}) {
    const clock = fakeClock();
    const log = recordedLog();
    const metrics = recordedMetrics();
    const models = createModelStore({
      directory: path.join(directory.path, 'cache'),
      maxBytes: 2 ** 24,
      sources: [createFileSource(directory.path)],
    });
    return {
      clock,
      log,
      metrics,
      reference,
      executor: createExecutor({ journal, runtime, reference, models, blobs, log, metrics, clock }, options),
    };
  }

  /** Puts a request into the journal as the admitting role does. */
  async function admit(
    version: ServedVersion,
    items: readonly (readonly Tensor[])[],
    change: {
      deadline?: number;
      flags?: number;
      version?: string;
      root?: string;
      offChain?: Uint8Array;
      input?: Hex;
    } = {},
  ): Promise<Hex> {
    const id: Hex = `0x${(count++).toString(16).padStart(64, '0')}`;
    const bytes = encodeItems(version.schema.inputs, items);
    const input = change.root ?? commitItems(headersOf(version.schema.inputs), items.length, bytes);
    const facts: ExecutionFacts = {
      terms: {
        input,
        ...(change.version === undefined ? {} : { version: change.version }),
        deadline: change.deadline ?? 1_700_000_600,
        items: items.length,
        flags: change.flags ?? 0,
      },
      ...(change.offChain ? { inputBlob: sha256(change.offChain) } : { input: change.input ?? toHex(bytes) }),
      version,
    };
    await journal.open({ track: 'serve', id, stage: 'admitted', facts: { ...facts }, dueAt: undefined });
    return id;
  }

  const publish = (
    bytes: Uint8Array,
    version: Pick<ServedVersion, 'schema'> & Partial<ServedVersion>,
  ): ServedVersion => {
    const { sha256: hash, size } = writeBlob(directory.path, bytes);
    return { sha256: hash, size, uris: [`file:${hash}`], rows: false, exact: false, ...version };
  };
  const example = (name: string): ServedVersion => {
    const { card, file, schema, rows } = exampleModel(name);
    copyFileSync(file, path.join(directory.path, card.sha256));
    return { sha256: card.sha256, size: card.bytes, uris: [`file:${card.sha256}`], schema, rows, exact: false };
  };
  const sine = () =>
    publish(buildModel(iteratedSine), {
      schema: {
        inputs: [
          { name: 'steps', dtype: 'int64', shape: [] },
          { name: 'x', dtype: 'float32', shape: [1] },
        ],
        outputs: [{ name: 'y', dtype: 'float32', shape: [1] }],
      },
    });
  const sineOf = (steps: bigint) => [tensorFrom('int64', [], [steps]), tensorFrom('float32', [1], [1])];
  const stage = async (id: Hex) => (await journal.row('serve', id))?.stage;
  const reason = async (id: Hex) => (await journal.row('serve', id))?.facts['reason'] as string;

  return {
    start,
    admit,
    publish,
    example,
    sine,
    sineOf,
    stage,
    reason,
    blobs,
    directory: directory.path,
    runs: () => runs,
    /** Available once the suite has begun. */
    journal: () => journal,
    runtime: () => runtime,
    cachedModels: () =>
      createModelStore({ directory: path.join(directory.path, 'cache'), maxBytes: 2 ** 24, sources: [] }),
  };
}
