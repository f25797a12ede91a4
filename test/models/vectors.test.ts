import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { decodeItems, encodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { headersOf } from '#core/commitment/schema.ts';
import type { Tensor } from '#core/tensor.ts';
import { compareTensors } from '#core/tolerance.ts';
import type { ModelStore } from '#ports/blobs.ts';
import type { Runtime } from '#ports/runtime.ts';
import { createFileSource } from '../../workers/adapters/blobs/file.ts';
import { createModelStore } from '../../workers/adapters/blobs/store.ts';
import { createOnnxRuntime } from '../../workers/adapters/onnx/runtime.ts';
import { nameTensors, splitRows, stackRows } from '../../workers/executor/rows.ts';
import { scratch } from '../support/graphs.ts';
import { type ExampleModel, exampleModels, type Vector } from '../support/models.ts';

/** From a published file to canonical output bytes and back: the path of a request, without chain and journal. */
describe('every vector of every example model', () => {
  const directory = scratch();
  const models = exampleModels();
  const cache = path.join(directory.path, 'cache');
  let store: ModelStore;
  let runtime: Runtime;

  before(() => {
    for (const { file, card } of models) copyFileSync(file, path.join(directory.path, card.sha256));
    store = createModelStore({ directory: cache, maxBytes: 2 ** 24, sources: [createFileSource(directory.path)] });
    runtime = createOnnxRuntime({ children: 2 });
  });
  after(async () => {
    await runtime.close();
    directory.remove();
  });

  /** The tensors of each item, as a request would carry them: through canonical bytes. */
  function requestItems({ schema, rows }: ExampleModel, { inputs }: Vector): Tensor[][] {
    const count = rows ? (Object.values(inputs)[0]?.shape[0] ?? 0) : 1;
    const items = rows
      ? splitRows(schema.inputs, inputs, count)
      : [schema.inputs.map(({ name }) => inputs[name as string] as Tensor)];
    return decodeItems(schema.inputs, encodeItems(schema.inputs, items ?? []), count);
  }

  async function outputOf(model: ExampleModel, items: Tensor[][]): Promise<Tensor[][]> {
    const { schema, card } = model;
    const uris = [`file:${card.sha256}`];
    const { path: file } = await store.fetch(
      { sha256: card.sha256, size: card.bytes, uris },
      AbortSignal.timeout(60_000),
    );
    const got = await runtime.run(
      { sha256: card.sha256, path: file, size: card.bytes },
      stackRows(schema.inputs, items),
    );
    return splitRows(schema.outputs, got, items.length) ?? [];
  }

  it('are nine models with all their vectors', () => {
    expect(models.map(({ name }) => name)).to.have.length(9);
    for (const { name, vectors, card } of models) expect(vectors, name).to.have.length(card.vectors.count);
  });

  for (const model of models)
    it(`${model.name}: ${model.vectors.length} vectors are within the tolerance of its card`, async () => {
      const { schema } = model;
      for (const vector of model.vectors) {
        const items = requestItems(model, vector);
        const bytes = encodeItems(schema.outputs, await outputOf(model, items));
        expect(commitItems(headersOf(schema.outputs), items.length, bytes)).to.match(/^0x[0-9a-f]{64}$/);
        const decoded = decodeItems(schema.outputs, bytes, items.length);
        const stacked =
          items.length > 1 ? stackRows(schema.outputs, decoded) : nameTensors(schema.outputs, decoded[0] ?? []);
        for (const [name, want] of Object.entries(vector.outputs)) {
          const found = compareTensors(stacked[name] as Tensor, want, model.tolerance(name));
          expect(found.outside, `${vector.id} ${name}: ${JSON.stringify(found)}`).to.equal(0);
        }
      }
    });

  it('has teeth: an output is outside the tolerance of other vectors', async () => {
    for (const model of models) {
      const single = model.vectors.filter(({ inputs }) => Object.values(inputs)[0]?.shape[0] === 1);
      const [got = []] = await outputOf(model, requestItems(model, single[0] as Vector));
      const outside = single.slice(1).filter((other) =>
        model.schema.outputs.some(({ name = '' }, i) => {
          const want = other.outputs[name] as Tensor;
          return !compareTensors(got[i] as Tensor, want, model.tolerance(name)).within;
        }),
      );
      expect(outside.length, model.name).to.be.greaterThan(0);
    }
  });
});
