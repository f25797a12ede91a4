import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readModel } from '#core/onnx/read.ts';
import { encodeTensorProto } from '#core/onnx/tensorProto.ts';
import { tensorFrom } from '#core/tensor.ts';
import { caseNames, loadCase, loadCases } from '../../../sdk/conformance/cases.ts';
import { scratch } from '../../support/graphs.ts';

const SUITE = fileURLToPath(new URL('../../vectors/onnx-node-tests', import.meta.url));

describe('folders of ONNX cases', () => {
  it('should hold 405 cases whose models and tensors can be read, and fit', () => {
    const cases = loadCases(SUITE);
    expect(cases).to.have.length(405);
    for (const { name, model, dataSets } of cases) {
      const { inputs, outputs } = readModel(model);
      expect(dataSets, name).to.have.length(1);
      for (const set of dataSets) {
        const types = (values: readonly { readonly elemType: number }[]) => values.map(({ elemType }) => elemType);
        expect(types(set.inputs), name).to.deep.equal(types(inputs));
        expect(types(set.outputs), name).to.deep.equal(types(outputs));
        for (const { tensor } of [...set.inputs, ...set.outputs]) expect(tensor, name).not.to.equal(undefined);
      }
    }
  });

  it('should order data sets and tensors by their numbers, and pass over what is no case', () => {
    const directory = scratch();
    try {
      const file = (...parts: readonly string[]) => path.join(directory.path, ...parts);
      mkdirSync(file('notes'));
      writeFileSync(file('README.md'), 'words');
      for (const set of ['test_data_set_0', 'test_data_set_2', 'test_data_set_10', 'other'])
        mkdirSync(file('case', set), { recursive: true });
      writeFileSync(file('case', 'model.onnx'), Uint8Array.of(1, 2));
      for (let i = 0; i < 11; i++)
        writeFileSync(
          file('case', 'test_data_set_2', `input_${i}.pb`),
          encodeTensorProto(tensorFrom('uint8', [1], [i])),
        );
      expect(caseNames(directory.path)).to.deep.equal(['case']);
      const { model, dataSets } = loadCase(directory.path, 'case');
      expect([...model]).to.deep.equal([1, 2]);
      expect(dataSets.map(({ name }) => name)).to.deep.equal([
        'test_data_set_0',
        'test_data_set_2',
        'test_data_set_10',
      ]);
      expect(dataSets[1]?.inputs.map(({ tensor }) => tensor?.data[0])).to.deep.equal([
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
      ]);
      expect(dataSets[1]?.outputs).to.deep.equal([]);
    } finally {
      directory.remove();
    }
  });
});
