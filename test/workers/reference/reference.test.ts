import { getEventListeners } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { multiplyAdds } from '#core/semantics/cost.ts';
import { programRoot } from '#core/semantics/record.ts';
import { tensorFrom } from '#core/tensor.ts';
import type { Reference } from '#ports/reference.ts';
import type { LoadableModel } from '#ports/runtime.ts';
import { Programs } from '../../../workers/adapters/reference/programs.ts';
import { createReference, type ReferenceOptions } from '../../../workers/adapters/reference/reference.ts';
import { eventually } from '../../support/eventually.ts';
import { scratch, writeBlob, writeGraph } from '../../support/graphs.ts';
import { rejects, rejectsLater } from '../../support/rejects.ts';

/** y = x + c. */
const adding = (c: number): GraphParts => ({
  inputs: { x: ['float32', [2]] },
  outputs: { y: ['float32', [2]] },
  constants: { c: tensorFrom('float32', [2], [c, c]) },
  nodes: [node('Add', ['x', 'c'], ['y'])],
});
const x = { x: tensorFrom('float32', [2], [1, 2]) };

/** Minutes of work in plain float64: products of [n, n] matrices, one after the other. */
function endless(): GraphParts {
  const n = 1024;
  const names = Array.from({ length: 200 }, (_, i) => `h${i}`);
  return {
    inputs: { h0: ['float32', [n, n]] },
    outputs: { y: ['float32', [n, n]] },
    nodes: [
      ...names.slice(1).map((name, i) => node('MatMul', [names[i] as string, names[i] as string], [name])),
      node('Neg', ['h199'], ['y']),
    ],
  };
}
const ones = { h0: tensorFrom('float32', [1024, 1024], new Float32Array(1024 * 1024).fill(2 ** -10)) };

describe('the reference on threads', () => {
  const directory = scratch();
  const opened: Reference[] = [];
  const open = (options: ReferenceOptions = {}) => {
    const made = createReference({ timeoutMs: 20_000, ...options });
    opened.push(made);
    return made;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
  });
  after(() => directory.remove());

  const graph = (parts: GraphParts): LoadableModel => writeGraph(directory.path, parts);

  it('should describe a model as whoever compiles it does, and compute what it means', async () => {
    const reference = open();
    const model = graph(adding(0.5));
    const program = compile(buildModel(adding(0.5)));
    expect(await reference.describe(model)).to.deep.equal({
      root: programRoot(program),
      multiplyAdds: Number(multiplyAdds(program)),
      inputs: [{ name: 'x', dtype: 'float32', shape: [2] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: [2] }],
    });
    const { y } = await reference.run(model, x);
    expect(y).to.deep.equal(tensorFrom('float32', [2], [1.5, 2.5]));
  });

  it('should serve many models at once, each with its own weights', async () => {
    const reference = open({ threads: 2 });
    const models = [1, 2, 3, 4].map((c) => graph(adding(c)));
    const results = await Promise.all([...models, ...models].map((model) => reference.run(model, x)));
    expect(results.map(({ y }) => y?.data[0])).to.deep.equal([2, 3, 4, 5, 2, 3, 4, 5]);
    expect(reference.stats()).to.deep.equal({ threads: 2, running: 0, waiting: 0 });
  });

  it('should share a large computation with a crew, and give memory of its own', async () => {
    const n = 128;
    const matrix = (name: string) => ({ [name]: ['float32', [n, n]] }) as const;
    const model = graph({
      inputs: matrix('x'),
      outputs: matrix('y'),
      constants: {
        w: tensorFrom(
          'float32',
          [n, n],
          Array.from({ length: n * n }, (_, i) => (i % 7) - 3),
        ),
      },
      nodes: [node('MatMul', ['x', 'w'], ['y'])],
    });
    const given = {
      x: tensorFrom(
        'float32',
        [n, n],
        Array.from({ length: n * n }, (_, i) => (i % 5) - 2),
      ),
    };
    const alone = await open().run(model, given);
    const { y } = await open({ crew: 2 }).run(model, given);
    expect(y).to.deep.equal(alone['y']);
    expect(y?.data.buffer).to.be.instanceOf(ArrayBuffer);
    const at = (i: number, j: number) =>
      Array.from({ length: n }, (_, k) => (((i * n + k) % 5) - 2) * (((k * n + j) % 7) - 3)).reduce(
        (sum, one) => sum + one,
        0,
      );
    expect(y?.data[0]).to.equal(at(0, 0));
    expect(y?.data[77 * n + 13]).to.equal(at(77, 13));
  });

  it('should name what has no program, with its evidence', async () => {
    const reference = open();
    const model = graph({ ...adding(1), nodes: [node('NoSuchOperator', ['x', 'c'], ['y'])] });
    const error = await rejectsLater('compile.unsupported_operator', reference.describe(model));
    expect(error.payload).to.include({ operator: 'NoSuchOperator' });
    expect(error.retryable).to.equal(false);
    await rejectsLater('onnx.malformed', reference.describe(writeBlob(directory.path, Uint8Array.of(7, 7, 7))));
    const wrong = { x: tensorFrom('float32', [3], [1, 2, 3]) };
    await rejectsLater('execute.input', reference.run(graph(adding(1)), wrong));
    await rejectsLater('execute.input', reference.run(graph(adding(1)), {}));
  });

  it('should refuse a file that is not the one the store verified', async () => {
    const reference = open();
    const model = graph(adding(9));
    writeFileSync(model.path, buildModel(adding(8)));
    const error = await rejectsLater('runtime.model_changed', reference.run(model, x));
    expect(error.retryable).to.equal(true);
  });

  it('should stop what takes too long, go on with others, and not try for ever', async () => {
    const reference = open({ timeoutMs: 4_000, strikes: 2 });
    const slow = graph(endless());
    for (let i = 0; i < 2; i++) await rejectsLater('reference.timeout', reference.run(slow, ones));
    expect((await reference.run(graph(adding(1)), x))['y']?.data[0]).to.equal(2);
    const error = await rejectsLater('reference.quarantined', reference.run(slow, ones));
    expect(error.payload).to.include({ strikes: 2 });
    expect(error.retryable).to.equal(false);
  });

  it('should leave the caller to its loop, and give up when told to', async () => {
    const reference = open();
    const stop = new AbortController();
    const running = reference.run(graph(endless()), ones, stop.signal).catch((error: Error) => error.message);
    const waiting = reference.run(graph(adding(1)), x, stop.signal).catch((error: Error) => error.message);
    const next = reference.run(graph(adding(2)), x);
    await eventually('one runs, two wait', () => reference.stats().running === 1 && reference.stats().waiting === 2);
    stop.abort(new Error('no longer wanted'));
    expect(await Promise.all([running, waiting])).to.deep.equal(['no longer wanted', 'no longer wanted']);
    expect((await next)['y']?.data[0]).to.equal(3);
  });

  it('should leave nothing on a signal that outlives the calls, however they end', async () => {
    const reference = open();
    const hasty = open({ timeoutMs: 500 });
    const { signal } = new AbortController();
    const calls = [
      reference.run(graph(adding(1)), x, signal),
      reference.describe(graph(adding(2)), signal),
      reference.run(graph(adding(3)), {}, signal),
      hasty.run(graph(endless()), ones, signal),
      reference.run({ ...graph(adding(4)), size: 2 ** 40 }, x, signal),
    ];
    const ends = (await Promise.allSettled(calls)).map((end) => (end.status === 'rejected' ? end.reason.code : 'done'));
    expect(ends).to.deep.equal(['done', 'done', 'execute.input', 'reference.timeout', 'runtime.model_too_large']);
    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
  });

  it('should tell whoever waits when it is closed', async () => {
    const reference = open();
    const running = rejectsLater('runtime.closed', reference.run(graph(endless()), ones));
    const waiting = rejectsLater('runtime.closed', reference.run(graph(adding(1)), x));
    await eventually('it runs', () => reference.stats().running === 1);
    await reference.close();
    await Promise.all([running, waiting]);
    await rejectsLater('runtime.closed', reference.run(graph(adding(1)), x));
  });

  it('should refuse a model larger than its memory', async () => {
    const reference = open({ memoryBytes: 100 });
    await rejectsLater('runtime.model_too_large', reference.describe({ ...graph(adding(1)), size: 101 }));
  });

  it('should refuse a model whose execution needs more than its memory, before it allocates any of it', async () => {
    // A small file that makes two tensors of 8 GB of one number each: the sum needs the first.
    const model = graph({
      inputs: { x: ['float32', [1, 1]] },
      outputs: { y: ['float32', [40_000, 50_000]] },
      constants: { shape: tensorFrom('int64', [2], [40_000n, 50_000n]) },
      nodes: [node('Expand', ['x', 'shape'], ['w']), node('Exp', ['w'], ['e']), node('Add', ['e', 'w'], ['y'])],
    });
    const error = await rejectsLater('runtime.model_too_large', open({ memoryBytes: 2 ** 28 }).describe(model));
    expect(Number(error.payload.needed)).to.be.within(16e9, 17e9);
  });

  it('should keep programs within the bound, the least recently used out first', () => {
    // Each takes 1 MiB and three times 8 bytes of constants.
    const programs = new Programs(2 * (2 ** 20 + 24));
    const [a, b, c] = [11, 12, 13].map((value) => graph(adding(value))) as [
      LoadableModel,
      LoadableModel,
      LoadableModel,
    ];
    const first = programs.get(a);
    programs.get(b);
    expect(programs.get(a)).to.equal(first);
    for (const { path } of [a, b]) rmSync(path); // whoever is still cached needs no file
    programs.get(c);
    expect(programs.get(a)).to.equal(first);
    rejects('runtime.model_changed', () => programs.get(b));
  });
});
