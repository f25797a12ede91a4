import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { decodeItems, encodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { headersOf } from '#core/commitment/schema.ts';
import { fromHex } from '#core/hex.ts';
import { AskFlags } from '#core/protocol/terms.ts';
import type { Tensor } from '#core/tensor.ts';
import { compareTensors } from '#core/tolerance.ts';
import type { Hex } from '#ports/chain.ts';
import type { Runtime } from '#ports/runtime.ts';
import { createExecutor } from '../../../workers/executor/execute.ts';
import { executing } from '../../support/executing.ts';
import { sha256 } from '../../support/graphs.ts';
import { exampleModel } from '../../support/models.ts';
import { assertNear } from '../../support/near.ts';
import { rejectsLater } from '../../support/rejects.ts';

const never = new AbortController().signal;

describe('the executor', () => {
  const { start, admit, example, sine, sineOf, stage, blobs, directory, runs, journal, runtime, cachedModels } =
    executing();

  it('should turn an admitted request into a recorded result whose commitment is right', async () => {
    const { executor, metrics } = start();
    const model = exampleModel('digit-generator');
    const version = example('digit-generator');
    const [vector] = model.vectors;
    const items = [version.schema.inputs.map(({ name = '' }) => vector?.inputs[name] as Tensor)];
    const id = await admit(version, items);
    await executor.execute(id, never);

    expect(await stage(id)).to.equal('executed');
    const result = await journal().result(id);
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
    const before = runs();
    await executor.execute(id, never);
    expect(runs() - before).to.equal(1);
    const output = (await journal().result(id))?.output as Uint8Array;
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
    const output = (await journal().result(id))?.output as Uint8Array;
    const values = decodeItems([{ dtype: 'float32', shape: [1] }], output, 3).map(([y]) => Number(y?.data[0]));
    expect(values[0]).to.equal(1);
    assertNear(values[1], Math.sin(1), 1e-6);
    assertNear(values[2], Math.sin(Math.sin(1)), 1e-6);
  });

  it('should submit the commitment alone when the output is exact, and keep the bytes', async () => {
    const { executor } = start();
    const id = await admit(sine(), [sineOf(0n)], { flags: AskFlags.EXACT_OUTPUT });
    await executor.execute(id, never);
    const result = await journal().result(id);
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
    const before = runs();
    await executor.execute(`0x${'f'.repeat(64)}`, never);
    const id = await admit(sine(), [sineOf(1n)]);
    await journal().advance('serve', id, 'admitted', 'orphaned');
    await executor.execute(id, never);
    expect(await stage(id)).to.equal('orphaned');
    expect(runs()).to.equal(before);
  });

  it('should never compute a second time what is recorded', async () => {
    const { executor } = start();
    const id = await admit(sine(), [sineOf(1n)]);
    const output = Uint8Array.of(0x3f, 0, 0, 0);
    await journal().checkAndRecord({ requestId: id, outputHash: `0x${'1'.repeat(64)}`, submission: output, output });
    const before = runs();
    await executor.execute(id, never);
    expect(runs()).to.equal(before);
    expect(await stage(id)).to.equal('executed');
    expect((await journal().result(id))?.output).to.deep.equal(output);
  });

  it('E1 two processes run one request: one result stands, whoever was first', async () => {
    const version = sine();
    const id = await admit(version, [sineOf(1n)]);
    const other = Uint8Array.of(0x3f, 0, 0, 1);
    const first: Runtime = {
      ...runtime(),
      async run(...args) {
        const outputs = await runtime().run(...args);
        await journal().checkAndRecord({
          requestId: id,
          outputHash: `0x${'2'.repeat(64)}`,
          submission: other,
          output: other,
        });
        return outputs;
      },
    };
    const { log, metrics, clock, reference } = start();
    const models = cachedModels();
    await createExecutor({ journal: journal(), runtime: first, reference, models, log, metrics, clock }).execute(
      id,
      never,
    );
    expect(await stage(id)).to.equal('executed');
    expect((await journal().result(id))?.output).to.deep.equal(other);
    expect((await journal().row('serve', id))?.facts['outputHash']).to.equal(`0x${'2'.repeat(64)}`);
    expect(log.lines.map(({ message }) => message)).to.include('result of another run kept');
  });

  it('E2 the same request executed twenty times at once: one row, one result', async () => {
    const { executor } = start();
    const id = await admit(sine(), [sineOf(5n)]);
    await Promise.all(Array.from({ length: 20 }, () => executor.execute(id, never)));
    expect(await stage(id)).to.equal('executed');
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
    const stale: Runtime = { ...runtime() };
    const { executor } = start();
    await executor.execute(await admit(version, [sineOf(1n)]), never);
    writeFileSync(path.join(directory, 'cache', version.sha256), 'garbage');
    const id = await admit(version, [sineOf(3n)]);
    await executor.execute(id, never);
    expect(await stage(id)).to.equal('executed');
    expect(stale.stats().sessions).to.be.greaterThan(0);
  });

  it('should leave no deadline timer behind', async () => {
    const { executor, clock } = start();
    await executor.execute(await admit(sine(), [sineOf(1n)]), never);
    expect(clock.sleeping).to.equal(0);
  });
});
