import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { encodeItems } from '#core/commitment/canonical.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { tensorFrom } from '#core/tensor.ts';
import type { Hex } from '#ports/chain.ts';
import type { Runtime } from '#ports/runtime.ts';
import { createExecutor } from '../../../workers/executor/execute.ts';
import { eventually } from '../../support/eventually.ts';
import { executing } from '../../support/executing.ts';
import { identity } from '../../support/graphs.ts';

const never = new AbortController().signal;

describe('how a request can end', () => {
  const { start, admit, publish, sine, sineOf, stage, reason, blobs, directory, runs, journal, runtime, cachedModels } =
    executing();

  describe('what is given up for good', () => {
    it('E3 a model file with other bytes: quarantined with blobs.corrupt', async () => {
      const { executor } = start();
      const good = publish(buildModel(identity('int8', [3])), {
        schema: {
          inputs: [{ name: 'x', dtype: 'int8', shape: [3] }],
          outputs: [{ name: 'y', dtype: 'int8', shape: [3] }],
        },
      });
      writeFileSync(path.join(directory, good.sha256), 'something else');
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
        expect(await journal().result(id)).to.equal(undefined);
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
      const row = await journal().row('serve', id);
      const program = { root: `0x${'5'.repeat(64)}`, atol: 0, rtol: 0, multiplyAdds: 1 };
      const wrong = [
        ['version.schema.inputs', { schema: { inputs: 'many' } }],
        ['version.program', { program: { ...program, root: '0x00' } }],
        ['version.program', { program: { ...program, rtol: -1 } }],
        ['version.program', { program: { ...program, multiplyAdds: '1' } }],
      ] as const;
      for (const [n, [field, change]] of wrong.entries()) {
        const broken: Hex = `0x${`e${n}`.repeat(32)}`;
        const facts = { ...row?.facts, version: { ...(row?.facts['version'] as object), ...change } };
        await journal().open({ track: 'serve', id: broken, stage: 'admitted', facts, dueAt: undefined });
        await executor.execute(broken, never);
        expect(await reason(broken)).to.match(/^executor\.facts_invalid: /);
        expect(await reason(broken)).to.include(field);
      }
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
      const before = runs();
      await executor.execute(id, never);
      expect(runs()).to.equal(before);
      expect(await stage(id)).to.equal('expired');
      expect(await reason(id)).to.include('9 s are left');
    });

    it('E11 a run that outlasts the deadline: expired when the time is up, not when the run ends', async () => {
      const { executor, clock } = start();
      const id = await admit(sine(), [sineOf(2_000_000n)], { deadline: 1_700_000_060 });
      const execution = executor.execute(id, never);
      await eventually('it runs', () => runtime().stats().running > 0);
      clock.advance(60_000);
      await execution;
      expect(await stage(id)).to.equal('expired');
      expect(await journal().result(id)).to.equal(undefined);
    });

    it('E12 a model known to take longer than what is left: expired at once', async () => {
      const slow: Runtime = {
        ...runtime(),
        async run(...args) {
          clock.advance(30_000);
          return runtime().run(...args);
        },
      };
      const { clock, log, metrics, reference } = start();
      const models = cachedModels();
      const executor = createExecutor({ journal: journal(), runtime: slow, reference, models, log, metrics, clock });
      await executor.execute(await admit(sine(), [sineOf(1n)]), never);
      const id = await admit(sine(), [sineOf(1n)], { deadline: 1_700_000_060 });
      const before = runs();
      await executor.execute(id, never);
      expect(runs()).to.equal(before);
      expect(await stage(id)).to.equal('expired');
    });

    it('E13 a shutdown in the middle: the row stays admitted for the next start', async () => {
      const { executor } = start();
      const id = await admit(sine(), [sineOf(2_000_000n)]);
      const stop = new AbortController();
      const execution = executor.execute(id, stop.signal).catch((error: Error) => error.message);
      await eventually('it runs', () => runtime().stats().running > 0);
      stop.abort(new Error('shutting down'));
      expect(await execution).to.equal('shutting down');
      expect(await stage(id)).to.equal('admitted');
    });
  });
});
