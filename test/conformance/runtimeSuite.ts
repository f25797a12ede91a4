import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Dtype } from '#core/commitment/dtype.ts';
import { DTYPES } from '#core/commitment/dtype.ts';
import { node } from '#core/onnx/build.ts';
import { type Tensor, tensor, tensorFrom } from '#core/tensor.ts';
import type { Runtime } from '#ports/runtime.ts';
import { FOREVER, heavy, identity, iteratedSine, scratch, writeBlob, writeGraph } from '../support/graphs.ts';
import { assertNear } from '../support/near.ts';
import { rejectsLater } from '../support/rejects.ts';

const EXTREMES: Readonly<Record<Dtype, readonly (number | bigint)[]>> = {
  float32: [0, -0, 1.5, 3.4028234663852886e38, 1e-45, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  int32: [-(2 ** 31), -1, 0, 2 ** 31 - 1],
  int64: [-(2n ** 63n), -1n, 2n ** 53n + 1n, 2n ** 63n - 1n],
  uint8: [0, 1, 128, 255],
  int8: [-128, -1, 0, 127],
  bool: [0, 1, 1, 0],
};

const bits = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');

/** What every Runtime must do. `open` gives a fresh one; `memoryBytes` bounds its sessions, `runTimeoutMs` each run. */
export function shouldBehaveLikeRuntime(
  open: (options: { memoryBytes?: number; runTimeoutMs?: number }) => Runtime,
): void {
  const directory = scratch();
  const opened: Runtime[] = [];
  const start = (options: { memoryBytes?: number; runTimeoutMs?: number } = {}) => {
    const runtime = open(options);
    opened.push(runtime);
    return runtime;
  };
  let runtime: Runtime;
  before(() => {
    runtime = start();
  });
  after(async () => {
    await Promise.all(opened.map((one) => one.close()));
    directory.remove();
  });

  describe('data types', () => {
    for (const dtype of Object.keys(DTYPES) as Dtype[])
      it(`should pass ${dtype} through unchanged, extremes included`, async () => {
        const values = EXTREMES[dtype];
        const x = tensorFrom(dtype, [values.length], values);
        const { y } = await runtime.run(writeGraph(directory.path, identity(dtype, ['n'])), { x });
        expect(y?.dtype).to.equal(dtype);
        expect(y?.shape).to.deep.equal([values.length]);
        expect(bits(y as Tensor)).to.equal(bits(x));
      });

    it('should convert between all of them inside one graph with six inputs and six outputs', async () => {
      const dtypes = Object.keys(DTYPES) as Dtype[];
      const model = writeGraph(directory.path, {
        inputs: Object.fromEntries(dtypes.map((dtype) => [`in_${dtype}`, [dtype, [2]] as const])),
        outputs: Object.fromEntries(dtypes.map((dtype) => [`out_${dtype}`, [dtype, [2]] as const])),
        nodes: dtypes.map((dtype, i) => {
          const next = dtypes[(i + 1) % dtypes.length] as Dtype;
          return node('Cast', [`in_${dtype}`], [`out_${next}`], { to: DTYPES[next].code });
        }),
      });
      const inputs = Object.fromEntries(dtypes.map((dtype) => [`in_${dtype}`, tensorFrom(dtype, [2], [0, 1])]));
      const outputs = await runtime.run(model, inputs);
      for (const dtype of dtypes)
        expect([...(outputs[`out_${dtype}`]?.data ?? [])].map(Number), dtype).to.deep.equal([0, 1]);
    });

    it('should choose with a bool tensor (Where) and keep broadcast shapes', async () => {
      const model = writeGraph(directory.path, {
        inputs: { c: ['bool', [2, 1]], a: ['int64', [1, 2]], b: ['int64', []] },
        outputs: { y: ['int64', [2, 2]] },
        nodes: [node('Where', ['c', 'a', 'b'], ['y'])],
      });
      const { y } = await runtime.run(model, {
        c: tensorFrom('bool', [2, 1], [1, 0]),
        a: tensorFrom('int64', [1, 2], [5n, 6n]),
        b: tensorFrom('int64', [], [-7n]),
      });
      expect(y).to.deep.equal(tensorFrom('int64', [2, 2], [5n, 6n, -7n, -7n]));
    });

    it('should give every NaN its canonical bits, whatever the kernel produced', async () => {
      const model = writeGraph(directory.path, {
        inputs: { x: ['float32', [3]] },
        outputs: { y: ['float32', [3]] },
        nodes: [node('Div', ['x', 'x'], ['q']), node('Neg', ['q'], ['y'])],
      });
      const { y } = await runtime.run(model, { x: tensorFrom('float32', [3], [0, 1, Number.POSITIVE_INFINITY]) });
      expect(bits(y as Tensor)).to.equal('0000c07f000080bf0000c07f');
    });
  });

  describe('shapes', () => {
    it('should take any leading dimension of a free axis in one session', async () => {
      const model = writeGraph(directory.path, identity('float32', ['n', 3]));
      for (const rows of [1, 32, 2]) {
        const x = tensorFrom('float32', [rows, 3], new Array(rows * 3).fill(0.5));
        expect((await runtime.run(model, { x }))['y']?.shape).to.deep.equal([rows, 3]);
      }
    });

    it('should carry tensors of megabytes in and out', async () => {
      const data = Float32Array.from({ length: 2 ** 20 }, (_, i) => i);
      const model = writeGraph(directory.path, identity('float32', [2 ** 20]));
      const { y } = await runtime.run(model, { x: tensor('float32', [2 ** 20], data) });
      expect(bits(y as Tensor) === bits({ dtype: 'float32', shape: [], data })).to.equal(true);
    });

    it('should answer many calls of several models at once, each with its own result', async () => {
      const models = [1, 2, 3].map((k) =>
        writeGraph(directory.path, {
          inputs: { x: ['int32', [1]] },
          outputs: { y: ['int32', [1]] },
          constants: { k: tensorFrom('int32', [1], [k * 1000]) },
          nodes: [node('Add', ['x', 'k'], ['y'])],
        }),
      );
      const got = await Promise.all(
        Array.from({ length: 90 }, async (_, i) => {
          const { y } = await runtime.run(models[i % 3] as (typeof models)[number], {
            x: tensorFrom('int32', [1], [i]),
          });
          return y?.data[0];
        }),
      );
      expect(got).to.deep.equal(Array.from({ length: 90 }, (_, i) => ((i % 3) + 1) * 1000 + i));
    });
  });

  describe('what is refused', () => {
    const one = tensorFrom('float32', [1], [1]);

    it('F1 bytes that are no model: runtime.model_invalid', async () => {
      const model = writeBlob(directory.path, Buffer.from('this is no protobuf at all'));
      const error = await rejectsLater('runtime.model_invalid', runtime.run(model, { x: one }));
      expect(error.retryable).to.equal(false);
    });

    it('F2 a graph with a data type outside the six: runtime.model_invalid, naming the tensor', async () => {
      const model = writeGraph(directory.path, {
        inputs: { x: ['float32', [1]] },
        outputs: { wide: ['float32', [1]] },
        nodes: [node('Cast', ['x'], ['wide'], { to: 11 })],
      });
      const error = await rejectsLater('runtime.model_invalid', runtime.run(model, { x: one }));
      expect(error.message).to.match(/wide/);
    });

    it('F3 an operator ONNX Runtime does not know: runtime.model_invalid, naming it', async () => {
      const model = writeGraph(directory.path, {
        ...identity('float32', [1]),
        nodes: [node('Frobnicate', ['x'], ['y'])],
      });
      const error = await rejectsLater('runtime.model_invalid', runtime.run(model, { x: one }));
      expect(error.message).to.include('Frobnicate');
    });

    it('F4 a wrong name, shape or dtype of an input: runtime.input_rejected, and the session goes on', async () => {
      const model = writeGraph(directory.path, identity('float32', [1]));
      const bad = [
        { z: one },
        {},
        { x: one, z: one },
        { x: tensorFrom('float32', [2], [1, 2]) },
        { x: tensorFrom('int32', [1], [1]) },
      ];
      for (const inputs of bad) {
        const error = await rejectsLater(
          'runtime.input_rejected',
          runtime.run(model, inputs as Record<string, Tensor>),
        );
        expect(error.retryable).to.equal(false);
      }
      expect((await runtime.run(model, { x: one }))['y']).to.deep.equal(one);
    });

    it('F5 an index out of range inside the graph: runtime.input_rejected', async () => {
      const model = writeGraph(directory.path, {
        inputs: { i: ['int64', [1]] },
        outputs: { y: ['float32', [1]] },
        constants: { table: tensorFrom('float32', [2], [10, 20]) },
        nodes: [node('Gather', ['table', 'i'], ['y'])],
      });
      await rejectsLater('runtime.input_rejected', runtime.run(model, { i: tensorFrom('int64', [1], [2n]) }));
      const { y } = await runtime.run(model, { i: tensorFrom('int64', [1], [1n]) });
      expect(y?.data[0]).to.equal(20);
    });

    it('F6 a file swapped after it was verified: runtime.model_changed, retryable, nothing of it is run', async () => {
      const model = writeGraph(directory.path, identity('float32', [4]));
      const other = writeGraph(directory.path, identity('int32', [4]));
      const error = await rejectsLater(
        'runtime.model_changed',
        runtime.run({ ...model, path: other.path }, { x: one }),
      );
      expect(error.retryable).to.equal(true);
      expect(error.message).to.include(other.sha256);
      const gone = { ...model, path: path.join(directory.path, 'gone') };
      expect(existsSync(gone.path)).to.equal(false);
      await rejectsLater('runtime.model_changed', runtime.run(gone, { x: one }));
    });

    it('F7 a truncated model file: refused before it is loaded', async () => {
      const model = writeGraph(directory.path, heavy(1, 7));
      const half = path.join(directory.path, 'half');
      writeFileSync(half, Buffer.alloc(model.size / 2));
      await rejectsLater('runtime.model_changed', runtime.run({ ...model, path: half }, { x: one }));
    });
  });

  describe('time', () => {
    const x = tensorFrom('float32', [1], [1]);
    const steps = (count: bigint) => ({ steps: tensorFrom('int64', [], [count]), x });

    it('F8 a model that hangs: runtime.timeout after the limit, and the next call works', async () => {
      const model = writeGraph(directory.path, iteratedSine);
      const error = await rejectsLater('runtime.timeout', runtime.run(model, steps(FOREVER), { timeoutMs: 300 }));
      expect(error.payload.limit).to.equal(300);
      expect(error.retryable).to.equal(true);
      const { y } = await runtime.run(model, steps(2n));
      assertNear(y?.data[0], Math.sin(Math.sin(1)), 1e-6);
    });

    it('F9 a caller that gives up while waiting is told at once, others are served', async () => {
      const model = writeGraph(directory.path, iteratedSine);
      const abort = new AbortController();
      const hanging = Array.from({ length: 4 }, () =>
        runtime.run(model, steps(FOREVER), { timeoutMs: 300 }).catch((error: Error) => error.message),
      );
      const waiting = runtime.run(model, steps(3n), { signal: abort.signal });
      abort.abort(new Error('changed my mind'));
      const outcome = await waiting.then(
        () => 'answered',
        (error: Error) => error.message,
      );
      expect(outcome).to.equal('changed my mind');
      for (const message of await Promise.all(hanging)) expect(message).to.match(/^runtime\.timeout/);
      assertNear((await runtime.run(model, steps(1n)))['y']?.data[0], Math.sin(1), 1e-6);
    });

    it('F10 an input that hangs is refused for good the second time; three of them quarantine the model', async () => {
      const strict = start({ runTimeoutMs: 250 });
      const model = writeGraph(directory.path, iteratedSine);
      await rejectsLater('runtime.timeout', strict.run(model, steps(FOREVER)));
      await rejectsLater('runtime.input_rejected', strict.run(model, steps(FOREVER)));
      await strict.run(model, steps(1n)); // one poisonous input, however often sent, does not take the model down
      for (const more of [1n, 2n, 3n]) await rejectsLater('runtime.timeout', strict.run(model, steps(FOREVER + more)));
      const error = await rejectsLater('runtime.quarantined', strict.run(model, steps(1n)));
      expect(error.retryable).to.equal(false);
      const other = writeGraph(directory.path, identity('float32', [1]));
      expect((await strict.run(other, { x }))['y']).to.deep.equal(x);
    });
  });

  describe('memory', () => {
    const x = tensorFrom('float32', [1, 256], new Array(256).fill(1));

    it('F11 sessions stay within the bound: the least recently used one goes', async () => {
      const bounded = start({ memoryBytes: 40 * 2 ** 20 });
      for (const seed of [1, 2, 3, 4]) {
        const { y } = await bounded.run(writeGraph(directory.path, heavy(8, seed)), { x });
        expect(y?.data[0]).to.be.greaterThan(0);
        const { bytes, sessions } = bounded.stats();
        expect(bytes).to.be.at.most(40 * 2 ** 20);
        expect(sessions).to.be.greaterThan(0);
      }
    });

    it('F12 a model that cannot fit: runtime.model_too_large, and others are served', async () => {
      // Many times what a small session takes: what is measured of a process includes what it does besides.
      const bounded = start({ memoryBytes: 14 * 2 ** 20 });
      const error = await rejectsLater(
        'runtime.model_too_large',
        bounded.run(writeGraph(directory.path, heavy(16, 1)), { x }),
      );
      expect(error.retryable).to.equal(false);
      const small = writeGraph(directory.path, identity('float32', [1, 256]));
      expect((await bounded.run(small, { x }))['y']?.shape).to.deep.equal([1, 256]);
    });

    it('should load a session ahead with warm', async () => {
      const fresh = start();
      expect(fresh.stats().sessions).to.equal(0);
      await fresh.warm(writeGraph(directory.path, identity('float32', [1, 256])));
      expect(fresh.stats().sessions).to.equal(1);
      expect(fresh.stats().running).to.equal(0);
    });
  });

  it('F13 after close: runtime.closed, retryable', async () => {
    const closing = start();
    const model = writeGraph(directory.path, identity('float32', [1]));
    await closing.close();
    await rejectsLater('runtime.closed', closing.run(model, { x: tensorFrom('float32', [1], [1]) }));
  });
}
