/** Requests that share an execution: when they do, and that nobody's result depends on who was beside it. */
import { expect } from 'chai';
import { decodeItems } from '#core/commitment/canonical.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { type Tensor, tensorFrom } from '#core/tensor.ts';
import type { Hex } from '#ports/chain.ts';
import type { LoadableModel, Runtime } from '#ports/runtime.ts';
import type { ServedVersion } from '#ports/work.ts';
import { createRowRunner, type Item } from '../../../workers/executor/batch.ts';
import { eventually } from '../../support/eventually.ts';
import { executing } from '../../support/executing.ts';
import { fakeClock } from '../../support/fakeClock.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const never = new AbortController().signal;
const row = (value: number): Item => [tensorFrom('float32', [1, 1], [value])];
const schema = {
  inputs: [{ name: 'x', dtype: 'float32', shape: [-1, 1] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [-1, 1] }],
} as const;
const version: ServedVersion = { sha256: 'aa', size: 1, uris: [], schema, rows: true, exact: false };
const model: LoadableModel = { sha256: 'aa', path: 'aa', size: 1 };

/** A runtime whose executions end when they are told to. `compute`: all rows to all rows. */
function held(compute: (rows: readonly number[]) => number[]) {
  const runs: { readonly rows: number[]; readonly end: () => void }[] = [];
  const run: Runtime['run'] = (_model, inputs) =>
    new Promise((resolve, reject) => {
      const rows = [...((inputs['x'] as Tensor).data as Float32Array)];
      const end = () => {
        try {
          resolve({ y: tensorFrom('float32', [rows.length, 1], compute(rows)) });
        } catch (error) {
          reject(error as Error);
        }
      };
      runs.push({ rows, end });
    });
  /** Ends what runs until nothing does, and resolves with what was asked for. */
  async function all<T>(asked: readonly Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
    let over = false;
    const settled = Promise.allSettled(asked).finally(() => {
      over = true;
    });
    // Comparing goes on for a moment after everybody has a result.
    for (let [ended, more] = [0, 5]; more > 0; more -= Number(over)) {
      while (ended < runs.length) runs[ended++]?.end();
      await new Promise(setImmediate);
    }
    return settled;
  }
  return { runs, run, all };
}

const log = recordedLog();
const parts = (run: Runtime['run'], metrics = recordedMetrics()) => ({
  runtime: { run },
  clock: fakeClock(),
  log,
  metrics,
});
const double = (rows: readonly number[]) => rows.map((value) => 2 * value);
const valuesOf = (settled: readonly PromiseSettledResult<Item[] | undefined>[]) =>
  settled.map((one) => (one.status === 'fulfilled' ? one.value?.map(([y]) => y?.data[0]) : String(one.reason.message)));

describe('requests that share an execution', () => {
  /** Runs two rows together once, so that the model is known to bear it. */
  async function proven(compute: (rows: readonly number[]) => number[], options = { windowMs: 0, maxRows: 8 }) {
    const runtime = held(compute);
    const runRows = createRowRunner(parts(runtime.run), options);
    const ask = (...values: number[]) => runRows(model, version, values.map(row), never);
    await runtime.all([ask(1), ask(2), ask(3)]);
    runtime.runs.length = 0;
    return { runtime, ask };
  }

  it('go together when they wait anyway, and alone when nothing runs', async () => {
    const { runtime, ask } = await proven(double);
    const asked = [ask(1), ask(2, 3), ask(4), ask(5)];
    expect(runtime.runs.map(({ rows }) => rows)).to.deep.equal([[1]]);
    expect(valuesOf(await runtime.all(asked))).to.deep.equal([[2], [4, 6], [8], [10]]);
    expect(runtime.runs.map(({ rows }) => rows)).to.deep.equal([[1], [2, 3, 4, 5]]);
  });

  it('are no more rows than allowed, and none is left behind', async () => {
    const { runtime, ask } = await proven(double, { windowMs: 0, maxRows: 3 });
    const asked = [1, 2, 3, 4, 5, 6, 7, 8].map((value) => ask(value));
    expect(valuesOf(await runtime.all(asked)).flat()).to.deep.equal([2, 4, 6, 8, 10, 12, 14, 16]);
    expect(runtime.runs.map(({ rows }) => rows.length)).to.deep.equal([1, 3, 3, 1]);
  });

  it('run alone, for good, where a row changes another', async () => {
    const share = (rows: readonly number[]) => rows.map((value) => value / rows.reduce((sum, other) => sum + other, 0));
    const { runtime, ask } = await proven(share);
    const asked = [ask(1), ask(2), ask(5)];
    expect(valuesOf(await runtime.all(asked)), 'each by itself').to.deep.equal([[1], [1], [1]]);
    expect(runtime.runs.every(({ rows }) => rows.length === 1)).to.equal(true);
  });

  it('get their own results also while it is found out', async () => {
    const runtime = held((rows) => rows.map((value) => value / rows.length));
    const runRows = createRowRunner(parts(runtime.run), { windowMs: 0, maxRows: 8 });
    const asked = [1, 2, 3].map((value) => runRows(model, version, [row(value)], never));
    expect(valuesOf(await runtime.all(asked))).to.deep.equal([[1], [2], [3]]);
  });

  it('prove nothing when they are all alike', async () => {
    const runtime = held((rows) => rows.map(() => Math.max(...rows)));
    const runRows = createRowRunner(parts(runtime.run), { windowMs: 0, maxRows: 8 });
    const ask = (value: number) => runRows(model, version, [row(value)], never);
    await runtime.all([ask(7), ask(7), ask(7)]);
    expect(valuesOf(await runtime.all([ask(1), ask(2), ask(3)]))).to.deep.equal([[1], [2], [3]]);
  });

  it('do not fail with one whose input is refused', async () => {
    const refuse = (rows: readonly number[]) => {
      if (rows.includes(13)) throw new Error('refused');
      return double(rows);
    };
    const { runtime, ask } = await proven(refuse);
    const asked = [ask(1), ask(2), ask(13), ask(4)];
    expect(valuesOf(await runtime.all(asked))).to.deep.equal([[2], [4], 'refused', [8]]);
  });

  it('wait for others where the operator wants that', async () => {
    const runtime = held(double);
    const around = parts(runtime.run);
    const runRows = createRowRunner(around, { windowMs: 5, maxRows: 8 });
    const asked = [1, 2].map((value) => runRows(model, version, [row(value)], never));
    expect(runtime.runs).to.have.length(0);
    around.clock.advance(5);
    expect(valuesOf(await runtime.all(asked))).to.deep.equal([[2], [4]]);
  });

  it('do not where an operator allows one row', async () => {
    const runtime = held(double);
    const runRows = createRowRunner(parts(runtime.run), { windowMs: 0, maxRows: 1 });
    await runtime.all([1, 2].map((value) => runRows(model, version, [row(value)], never)));
    expect(runtime.runs.map(({ rows }) => rows)).to.deep.equal([[1], [2]]);
  });

  describe('with ONNX Runtime, journal and commitment', () => {
    const { start, admit, publish, journal } = executing();

    it('have the results they would have alone', async () => {
      const published = publish(
        buildModel({
          inputs: { x: ['float32', ['n', 1]] },
          outputs: { y: ['float32', ['n', 1]] },
          nodes: [node('Add', ['x', 'x'], ['y'])],
        }),
        { rows: true, schema },
      );
      const { executor } = start({ batch: { windowMs: 0, maxRows: 8 } });
      const values = [[1], [2, 3], [4], [5], [6, 7]];
      const ids: Hex[] = [];
      for (const items of values) ids.push(await admit(published, items.map(row)));
      await Promise.all(ids.map((id) => executor.execute(id, never)));
      await eventually('all are recorded', async () => (await journal().result(ids[4] as Hex)) !== undefined);
      const outputs = await Promise.all(ids.map(async (id) => (await journal().result(id))?.output as Uint8Array));
      const decoded = outputs.map((bytes) =>
        decodeItems([{ dtype: 'float32', shape: [1, 1] }], bytes).map(([y]) => y?.data[0]),
      );
      expect(decoded).to.deep.equal([[2], [4, 6], [8], [10], [12, 14]]);
    });
  });
});
