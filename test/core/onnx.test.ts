import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { buildModel, node } from '#core/onnx/build.ts';
import { decodeModel, encodeModel } from '#core/onnx/messages.ts';
import { graphSides } from '#core/onnx/sides.ts';
import { tensorFrom } from '#core/tensor.ts';
import { exampleModels } from '../support/models.ts';

describe('ONNX files', () => {
  for (const { name, file, schema } of exampleModels())
    it(`should read the sides of ${name} as its card states them`, () => {
      const { inputs, outputs } = graphSides(decodeModel(readFileSync(file)));
      expect(inputs).to.deep.equal(schema.inputs);
      expect(outputs).to.deep.equal(schema.outputs);
    });

  it('should write what it read: ONNX Runtime computes the same bits with the copy', async () => {
    for (const { name, file, vectors } of exampleModels()) {
      const bytes = readFileSync(file);
      const feeds = Object.fromEntries(
        Object.entries(vectors[0]?.inputs ?? {}).map(([input, { dtype, shape, data }]) => [
          input,
          new OrtTensor(dtype, data as Float32Array, shape),
        ]),
      );
      const run = async (model: Uint8Array) => {
        const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
        const outputs = await session.run(feeds);
        await session.release();
        return Object.values(outputs).map(({ data }) => data);
      };
      expect(await run(encodeModel(decodeModel(bytes))), name).to.deep.equal(await run(bytes));
    }
  });

  it('should keep every kind of attribute', () => {
    const bytes = buildModel({
      inputs: { x: ['float32', ['n', 2]] },
      outputs: { y: ['float32', ['n', 2]] },
      constants: { k: tensorFrom('int8', [2], [-1, 1]) },
      nodes: [
        node('Any', ['x', 'k'], ['y'], {
          whole: -3,
          real: { float: 0.5 },
          text: 'SAME_UPPER',
          list: [1, -2, 2 ** 40],
          value: tensorFrom('int64', [1], [-(2n ** 63n)]),
          body: { inputs: {}, outputs: { z: ['bool', []] }, nodes: [node('Inner', [], ['z'])] },
        }),
      ],
    });
    const { graph, opsetImport } = decodeModel(bytes);
    expect(opsetImport).to.deep.include({ domain: '', version: 17 });
    const attributes = Object.fromEntries((graph?.node?.[0]?.attribute ?? []).map((one) => [one.name, one]));
    expect(attributes['whole']).to.include({ type: 2, i: -3 });
    expect(attributes['real']).to.include({ type: 1, f: 0.5 });
    expect(Buffer.from(attributes['text']?.s ?? []).toString()).to.equal('SAME_UPPER');
    expect(attributes['list']?.ints).to.deep.equal([1, -2, 2 ** 40]);
    expect(Buffer.from(attributes['value']?.t?.rawData ?? []).toString('hex')).to.equal('0000000000000080');
    expect(attributes['body']?.g?.node?.[0]?.opType).to.equal('Inner');
    expect(Buffer.from(graph?.initializer?.[0]?.rawData ?? []).toString('hex')).to.equal('ff01');
    expect(graphSides(decodeModel(bytes)).inputs).to.deep.equal([{ name: 'x', dtype: 'float32', shape: [-1, 2] }]);
  });

  it('should leave out constants that old files list as inputs, and mark data types outside the six', () => {
    const value = (name: string, elemType: number) => ({
      name,
      type: { tensorType: { elemType, shape: { dim: [{ dimValue: 1 }] } } },
    });
    const { inputs } = graphSides({
      graph: { input: [value('x', 11), value('w', 1)], initializer: [{ name: 'w', dataType: 1 }] },
    });
    expect(inputs).to.deep.equal([{ name: 'x', dtype: undefined, shape: [1] }]);
  });

  it('should refuse bytes that are no message', () => {
    expect(() => decodeModel(Buffer.from('this is no protobuf'))).to.throw();
  });
});
