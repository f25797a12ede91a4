import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { decodeItems, encodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { headersOf } from '#core/commitment/schema.ts';
import { fromHex, toHex } from '#core/hex.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import { type Tensor, tensorFrom } from '#core/tensor.ts';
import { compareTensors } from '#core/tolerance.ts';
import type { Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { Runtime } from '#ports/runtime.ts';
import type { ExecutionFacts, ServedVersion } from '#ports/work.ts';
import { createBlobStore, createContentStore } from '../../../workers/adapters/blobs/content.ts';
import { createFileSource } from '../../../workers/adapters/blobs/file.ts';
import { createModelStore } from '../../../workers/adapters/blobs/store.ts';
import { sqlJournal } from '../../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../../workers/adapters/journal/migrations.ts';
import { createOnnxRuntime } from '../../../workers/adapters/onnx/runtime.ts';
import { type Database, openDatabase } from '../../../workers/adapters/sql/open.ts';
import { createExecutor, type ExecutorOptions } from '../../../workers/executor/execute.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeClock } from '../../support/fakeClock.ts';
import { identity, iteratedSine, scratch, sha256, writeBlob } from '../../support/graphs.ts';
import { exampleModel } from '../../support/models.ts';
import { rejectsLater } from '../../support/rejects.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const never = new AbortController().signal;

describe('the executor', () => {
  const directory = scratch();
  let database: Database;
  let journal: Journal;
  let runtime: Runtime;
  let runs = 0;
  let count = 1;

  before(async () => {
    database = await openDatabase('pglite:memory', [journalMigrations]);
    journal = sqlJournal(database.sql);
    const real = createOnnxRuntime({ children: 2 });
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
      executor: createExecutor({ journal, runtime, models, blobs, log, metrics, clock }, options),
    };
  }

  /** Puts a request into the journal as the admitting role does. */
  async function admit(
    version: ServedVersion,
    items: readonly (readonly Tensor[])[],
    change: { deadline?: number; flags?: number; root?: string; offChain?: Uint8Array; input?: Hex } = {},
  ): Promise<Hex> {
    const id: Hex = `0x${(count++).toString(16).padStart(64, '0')}`;
    const bytes = encodeItems(version.schema.inputs, items);
    const input = change.root ?? commitItems(headersOf(version.schema.inputs), items.length, bytes);
    const facts: ExecutionFacts = {
      terms: { input, deadline: change.deadline ?? 1_700_000_600, items: items.length, flags: change.flags ?? 0 },
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

  it('should turn an admitted request into a recorded result whose commitment is right', async () => {
    const { executor, metrics } = start();
    const model = exampleModel('digit-generator');
    const version = example('digit-generator');
    const [vector] = model.vectors;
    const items = [version.schema.inputs.map(({ name = '' }) => vector?.inputs[name] as Tensor)];
    const id = await admit(version, items);
    await executor.execute(id, never);

    expect(await stage(id)).to.equal('executed');
    const result = await journal.result(id);
    if (!result) throw new Error('nothing was recorded');
    expect(result.submission).to.deep.equal(result.output);
    expect(result.outputHash).to.equal(commitItems(headersOf(version.schema.outputs), 1, result.output));
    const [[image] = []] = decodeItems(version.schema.outputs, result.output, 1);
    expect(
      compareTensors(image as Tensor, vector?.outputs['image'] as Tensor, model.tolerance('image')).within,
    ).to.equal(true);
    expect(metrics.values.get('worker_execute_requests_total{outcome="executed"}')).to.equal(1);
  });

  it('should run the items of a ROWS version as one execution and answer each row', async () => {
    const { executor } = start();
    const model = exampleModel('digits-cnn');
    const version = example('digits-cnn');
    const single = model.vectors.filter(({ inputs }) => inputs['image']?.shape[0] === 1).slice(0, 5);
    const id = await admit(
      version,
      single.map(({ inputs }) => [inputs['image'] as Tensor]),
    );
    const before = runs;
    await executor.execute(id, never);
    expect(runs - before).to.equal(1);
    const output = (await journal.result(id))?.output as Uint8Array;
    const rows = decodeItems(version.schema.outputs, output, single.length);
    rows.forEach(([probs], i) => {
      const want = single[i]?.outputs['probs'] as Tensor;
      expect(compareTensors(probs as Tensor, want, model.tolerance('probs')).within).to.equal(true);
    });
  });

  it('should run the items of any other version one by one, in order', async () => {
    const { executor } = start();
    const id = await admit(sine(), [sineOf(0n), sineOf(1n), sineOf(2n)]);
    await executor.execute(id, never);
    const output = (await journal.result(id))?.output as Uint8Array;
    const values = decodeItems([{ dtype: 'float32', shape: [1] }], output, 3).map(([y]) => Number(y?.data[0]));
    expect(values[0]).to.equal(1);
    expect(values[1]).to.be.closeTo(Math.sin(1), 1e-6);
    expect(values[2]).to.be.closeTo(Math.sin(Math.sin(1)), 1e-6);
  });

  it('should submit the commitment alone when the output is exact, and keep the bytes', async () => {
    const { executor } = start();
    const id = await admit(sine(), [sineOf(0n)], { flags: AskFlags.EXACT_OUTPUT });
    await executor.execute(id, never);
    const result = await journal.result(id);
    expect(result?.submission).to.deep.equal(fromHex(result?.outputHash as Hex));
    expect(result?.output).to.deep.equal(fromHex('0x3f800000'));
  });

  it('should take an input that is kept off chain, if it is what the request names', async () => {
    const { executor } = start();
    const version = sine();
    const bytes = encodeItems(version.schema.inputs, [sineOf(1n)]);
    const id = await admit(version, [sineOf(1n)], { offChain: bytes, flags: AskFlags.ROOT_INPUT });
    const error = await rejectsLater('executor.input_missing', executor.execute(id, never));
    expect(error.retryable).to.equal(true);
    await blobs.put(bytes);
    await executor.execute(id, never);
    expect(await stage(id)).to.equal('executed');
  });

  it('should do nothing for a row that is gone, elsewhere or unknown', async () => {
    const { executor } = start();
    const before = runs;
    await executor.execute(`0x${'f'.repeat(64)}`, never);
    const id = await admit(sine(), [sineOf(1n)]);
    await journal.advance('serve', id, 'admitted', 'orphaned');
    await executor.execute(id, never);
    expect(await stage(id)).to.equal('orphaned');
    expect(runs).to.equal(before);
  });

  it('should never compute a second time what is recorded', async () => {
    const { executor } = start();
    const id = await admit(sine(), [sineOf(1n)]);
    const output = Uint8Array.of(0x3f, 0, 0, 0);
    await journal.checkAndRecord({ requestId: id, outputHash: `0x${'1'.repeat(64)}`, submission: output, output });
    const before = runs;
    await executor.execute(id, never);
    expect(runs).to.equal(before);
    expect(await stage(id)).to.equal('executed');
    expect((await journal.result(id))?.output).to.deep.equal(output);
  });

  it('E1 two processes run one request: one result stands, whoever was first', async () => {
    const version = sine();
    const id = await admit(version, [sineOf(1n)]);
    const other = Uint8Array.of(0x3f, 0, 0, 1);
    const first: Runtime = {
      ...runtime,
      async run(...args) {
        const outputs = await runtime.run(...args);
        await journal.checkAndRecord({
          requestId: id,
          outputHash: `0x${'2'.repeat(64)}`,
          submission: other,
          output: other,
        });
        return outputs;
      },
    };
    const { log, metrics, clock } = start();
    const models = createModelStore({ directory: path.join(directory.path, 'cache'), maxBytes: 2 ** 24, sources: [] });
    await createExecutor({ journal, runtime: first, models, log, metrics, clock }).execute(id, never);
    expect(await stage(id)).to.equal('executed');
    expect((await journal.result(id))?.output).to.deep.equal(other);
    expect((await journal.row('serve', id))?.facts['outputHash']).to.equal(`0x${'2'.repeat(64)}`);
    expect(log.lines.map(({ message }) => message)).to.include('result of another run kept');
  });

  it('E2 the same request executed twenty times at once: one row, one result', async () => {
    const { executor } = start();
    const id = await admit(sine(), [sineOf(5n)]);
    await Promise.all(Array.from({ length: 20 }, () => executor.execute(id, never)));
    expect(await stage(id)).to.equal('executed');
  });

  describe('what is given up for good', () => {
    it('E3 a model file with other bytes: quarantined with blobs.corrupt', async () => {
      const { executor } = start();
      const good = publish(buildModel(identity('int8', [3])), {
        schema: {
          inputs: [{ name: 'x', dtype: 'int8', shape: [3] }],
          outputs: [{ name: 'y', dtype: 'int8', shape: [3] }],
        },
      });
      writeFileSync(path.join(directory.path, good.sha256), 'something else');
      const id = await admit(good, [[tensorFrom('int8', [3], [1, 2, 3])]]);
      await executor.execute(id, never);
      expect(await stage(id)).to.equal('quarantined');
      expect(await reason(id)).to.match(/^blobs\.corrupt: /);
      expect(await reason(id)).to.include(`file:${good.sha256}`);
    });

    it('E4 an input the graph refuses: quarantined with runtime.input_rejected', async () => {
      const { executor } = start();
      const version = publish(
        buildModel({
          inputs: { i: ['int64', [1]] },
          outputs: { y: ['float32', [1]] },
          constants: { table: tensorFrom('float32', [2], [1, 2]) },
          nodes: [node('Gather', ['table', 'i'], ['y'])],
        }),
        {
          schema: {
            inputs: [{ name: 'i', dtype: 'int64', shape: [1] }],
            outputs: [{ name: 'y', dtype: 'float32', shape: [1] }],
          },
        },
      );
      const id = await admit(version, [[tensorFrom('int64', [1], [9n])]]);
      await executor.execute(id, never);
      expect(await reason(id)).to.match(/^runtime\.input_rejected: /);
    });

    it('E5 outputs that are not what the version publishes: quarantined with executor.output_mismatch', async () => {
      const { executor } = start();
      const bytes = buildModel(identity('float32', ['n']));
      const inputs = [{ name: 'x', dtype: 'float32', shape: [2] }] as const;
      const wrong = [
        { name: 'y', dtype: 'float32', shape: [3] },
        { name: 'y', dtype: 'int32', shape: [2] },
        { name: 'z', dtype: 'float32', shape: [2] },
      ] as const;
      for (const output of wrong) {
        const version = publish(bytes, { schema: { inputs, outputs: [output] } });
        const id = await admit(version, [[tensorFrom('float32', [2], [1, 2])]]);
        await executor.execute(id, never);
        expect(await reason(id), JSON.stringify(output)).to.match(/^executor\.output_mismatch: /);
        expect(await journal.result(id)).to.equal(undefined);
      }
    });

    it('E6 a ROWS version whose graph returns another number of rows: executor.output_mismatch', async () => {
      const { executor } = start();
      const version = publish(
        buildModel({
          inputs: { x: ['float32', ['n', 1]] },
          outputs: { y: ['float32', ['m', 1]] },
          nodes: [node('ReduceSum', ['x', 'axes'], ['y'], { keepdims: 1 })],
          constants: { axes: tensorFrom('int64', [1], [0n]) },
        }),
        {
          rows: true,
          schema: {
            inputs: [{ name: 'x', dtype: 'float32', shape: [-1, 1] }],
            outputs: [{ name: 'y', dtype: 'float32', shape: [-1, 1] }],
          },
        },
      );
      const id = await admit(version, [[tensorFrom('float32', [1, 1], [1])], [tensorFrom('float32', [1, 1], [2])]]);
      await executor.execute(id, never);
      expect(await reason(id)).to.match(/^executor\.output_mismatch: /);
    });

    it('E7 off-chain bytes that are not what the request names: executor.input_mismatch', async () => {
      const { executor } = start();
      const version = sine();
      const bytes = encodeItems(version.schema.inputs, [sineOf(2n)]);
      await blobs.put(bytes);
      const id = await admit(version, [sineOf(1n)], { offChain: bytes });
      await executor.execute(id, never);
      expect(await reason(id)).to.match(/^executor\.input_mismatch: /);
    });

    it('E8 facts of another program version: executor.facts_invalid, saying which field', async () => {
      const { executor } = start();
      const id = await admit(sine(), [sineOf(1n)]);
      const row = await journal.row('serve', id);
      const broken: Hex = `0x${'e'.repeat(64)}`;
      const facts = { ...row?.facts, version: { ...(row?.facts['version'] as object), schema: { inputs: 'many' } } };
      await journal.open({ track: 'serve', id: broken, stage: 'admitted', facts, dueAt: undefined });
      await executor.execute(broken, never);
      expect(await reason(broken)).to.match(/^executor\.facts_invalid: /);
      expect(await reason(broken)).to.include('version.schema.inputs');
    });

    it('E9 input bytes of the wrong length: items.length', async () => {
      const { executor } = start();
      const id = await admit(sine(), [sineOf(1n)], { input: '0x00' });
      await executor.execute(id, never);
      expect(await reason(id)).to.match(/^items\.length: /);
    });
  });

  describe('time', () => {
    it('E10 a deadline that cannot be met: expired without running, with the seconds that are left', async () => {
      const { executor } = start({ marginSeconds: 10 });
      const id = await admit(sine(), [sineOf(1n)], { deadline: 1_700_000_009 });
      const before = runs;
      await executor.execute(id, never);
      expect(runs).to.equal(before);
      expect(await stage(id)).to.equal('expired');
      expect(await reason(id)).to.include('9 s are left');
    });

    it('E11 a run that outlasts the deadline: expired when the time is up, not when the run ends', async () => {
      const { executor, clock } = start();
      const id = await admit(sine(), [sineOf(50_000_000n)], { deadline: 1_700_000_060 });
      const execution = executor.execute(id, never);
      await eventually('it runs', () => runtime.stats().running > 0);
      clock.advance(60_000);
      await execution;
      expect(await stage(id)).to.equal('expired');
      expect(await journal.result(id)).to.equal(undefined);
    });

    it('E12 a model known to take longer than what is left: expired at once', async () => {
      const slow: Runtime = {
        ...runtime,
        async run(...args) {
          clock.advance(30_000);
          return runtime.run(...args);
        },
      };
      const { clock, log, metrics } = start();
      const models = createModelStore({
        directory: path.join(directory.path, 'cache'),
        maxBytes: 2 ** 24,
        sources: [],
      });
      const executor = createExecutor({ journal, runtime: slow, models, log, metrics, clock });
      await executor.execute(await admit(sine(), [sineOf(1n)]), never);
      const id = await admit(sine(), [sineOf(1n)], { deadline: 1_700_000_060 });
      const before = runs;
      await executor.execute(id, never);
      expect(runs).to.equal(before);
      expect(await stage(id)).to.equal('expired');
    });

    it('E13 a shutdown in the middle: the row stays admitted for the next start', async () => {
      const { executor } = start();
      const id = await admit(sine(), [sineOf(50_000_000n)]);
      const stop = new AbortController();
      const execution = executor.execute(id, stop.signal).catch((error: Error) => error.message);
      await eventually('it runs', () => runtime.stats().running > 0);
      stop.abort(new Error('shutting down'));
      expect(await execution).to.equal('shutting down');
      expect(await stage(id)).to.equal('admitted');
    });
  });

  it('E14 no source up: blobs.unavailable is thrown for the queue to retry, the row waits', async () => {
    const { executor } = start();
    const version = { ...sine(), sha256: sha256(new Uint8Array(5)), size: 5, uris: ['file:/nowhere'] };
    const id = await admit(version, [sineOf(1n)]);
    await rejectsLater('blobs.unavailable', executor.execute(id, never));
    expect(await stage(id)).to.equal('admitted');
  });

  it('E15 a cached model changed on disk under a running node: fetched anew and executed', async () => {
    const version = { ...sine() };
    const stale: Runtime = { ...runtime };
    const { executor } = start();
    await executor.execute(await admit(version, [sineOf(1n)]), never);
    writeFileSync(path.join(directory.path, 'cache', version.sha256), 'garbage');
    const id = await admit(version, [sineOf(3n)]);
    await executor.execute(id, never);
    expect(await stage(id)).to.equal('executed');
    expect(stale.stats().sessions).to.be.greaterThan(0);
  });

  describe('batching', () => {
    const options = { batch: { windowMs: 5, maxRows: 8 } };
    const version = () =>
      publish(
        buildModel({
          inputs: { x: ['float32', ['n', 1]] },
          outputs: { y: ['float32', ['n', 1]] },
          nodes: [node('Add', ['x', 'x'], ['y'])],
        }),
        {
          rows: true,
          schema: {
            inputs: [{ name: 'x', dtype: 'float32', shape: [-1, 1] }],
            outputs: [{ name: 'y', dtype: 'float32', shape: [-1, 1] }],
          },
        },
      );
    const row = (value: number) => [tensorFrom('float32', [1, 1], [value])];

    it('should run requests of one ROWS version that wait together as one execution', async () => {
      const { executor, clock } = start(options);
      const ids = await Promise.all([[1], [2, 3], [4]].map((values) => admit(version(), values.map(row))));
      const before = runs;
      const executions = ids.map((id) => executor.execute(id, never));
      // One sleeper per deadline and one for the window.
      await eventually('all are waiting', () => clock.sleeping === 4);
      await new Promise((resolve) => setTimeout(resolve, 50));
      clock.advance(5);
      await Promise.all(executions);
      expect(runs - before).to.equal(1);
      const outputs = await Promise.all(ids.map(async (id) => (await journal.result(id))?.output as Uint8Array));
      const values = outputs.map((bytes) =>
        decodeItems([{ dtype: 'float32', shape: [1, 1] }], bytes).map(([y]) => y?.data[0]),
      );
      expect(values).to.deep.equal([[2], [4, 6], [8]]);
    });

    it('should start a second execution when the first has all the rows it may', async () => {
      const { executor, clock } = start({ batch: { windowMs: 5, maxRows: 3 } });
      const ids = await Promise.all([[1, 2], [3, 4], [5]].map((values) => admit(version(), values.map(row))));
      const before = runs;
      const executions = ids.map((id) => executor.execute(id, never));
      await eventually('all are waiting', () => clock.sleeping === 5);
      await new Promise((resolve) => setTimeout(resolve, 50));
      clock.advance(5);
      await Promise.all(executions);
      expect(runs - before).to.equal(2);
      for (const id of ids) expect(await stage(id)).to.equal('executed');
    });
  });

  it('should leave no deadline timer behind', async () => {
    const { executor, clock } = start();
    await executor.execute(await admit(sine(), [sineOf(1n)]), never);
    expect(clock.sleeping).to.equal(0);
  });
});
