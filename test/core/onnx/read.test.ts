import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { buildModel, node as built } from '#core/onnx/build.ts';
import type { AttributeValue } from '#core/onnx/graph.ts';
import { readModel } from '#core/onnx/read.ts';
import { tensorFrom } from '#core/tensor.ts';
import { exampleModels } from '../../support/models.ts';
import {
  attribute,
  type Bytes,
  float32,
  hex,
  int,
  key,
  model,
  node,
  packed,
  part,
  tensor,
  text,
  value,
} from './wire.ts';

const attributesOf = (...fields: readonly Bytes[]) =>
  readModel(model({ nodes: [node('Any', ['x'], ['y'], ...fields)] })).nodes[0]?.attributes;

describe('reading a model', () => {
  it('should give its graph as plain data', () => {
    const bytes = model({
      ir: 9,
      opset: [...part(8, ...text(1, 'com.example'), ...int(2, 3)), ...part(8, ...text(1, ''), ...int(2, 21))],
      inputs: [
        value('x', 1, [text(2, 'batch'), int(1, 3), [], int(1, 0)]),
        value('free', 11),
        value('scalar', 7, []),
        value('k', 3, [int(1, 2)]),
      ],
      outputs: [value('y', 1, [text(2, 'batch')]), text(1, 'z')],
      constants: [tensor(3, [2], text(8, 'k'), part(9, 255, 1))],
      nodes: [
        node('Conv', ['x', '', 'k'], ['y', ''], text(3, 'first'), text(7, 'ai.onnx')),
        node('Own', ['y', 'free', 'scalar'], ['z'], text(7, 'com.example')),
      ],
    });
    expect(readModel(bytes)).to.deep.equal({
      opset: 21,
      irVersion: 9,
      inputs: [
        { name: 'x', elemType: 1, dtype: 'float32', shape: ['batch', 3, '', 0] },
        { name: 'free', elemType: 11, dtype: undefined, shape: undefined },
        { name: 'scalar', elemType: 7, dtype: 'int64', shape: [] },
      ],
      outputs: [
        { name: 'y', elemType: 1, dtype: 'float32', shape: ['batch'] },
        { name: 'z', elemType: 0, dtype: undefined, shape: undefined },
      ],
      constants: new Map([
        [
          'k',
          { elemType: 3, dims: [2], tensor: { dtype: 'int8', shape: [2], data: Int8Array.of(-1, 1) }, wide: undefined },
        ],
      ]),
      nodes: [
        { op: 'Conv', domain: '', name: 'first', inputs: ['x', '', 'k'], outputs: ['y', ''], attributes: new Map() },
        {
          op: 'Own',
          domain: 'com.example',
          name: '',
          inputs: ['y', 'free', 'scalar'],
          outputs: ['z'],
          attributes: new Map(),
        },
      ],
    });
  });

  it('should read every kind of attribute exactly', () => {
    const big = [2n ** 63n - 1n, -(2n ** 63n), -1n, 2n ** 53n + 1n, 0n];
    const words = [0.1, -0, 16777216].map(float32);
    const kinds: readonly [field: Bytes, expected: AttributeValue][] = [
      [attribute('a', 1, [...key(2, 5), ...float32(0.1)]), { kind: 'float', value: Math.fround(0.1) }],
      ...big.map((one): [Bytes, AttributeValue] => [attribute('a', 2, int(3, one)), { kind: 'int', value: one }]),
      [attribute('a', 3, text(4, 'Größe')), { kind: 'string', value: 'Größe' }],
      [attribute('a', 6, part(7, ...words.flat())), { kind: 'floats', value: [Math.fround(0.1), -0, 16777216] }],
      [
        attribute('a', 6, ...words.map((word) => [...key(7, 5), ...word])),
        { kind: 'floats', value: [Math.fround(0.1), -0, 16777216] },
      ],
      [attribute('a', 7, packed(8, ...big)), { kind: 'ints', value: big }],
      [attribute('a', 7, ...big.map((one) => int(8, one))), { kind: 'ints', value: big }],
      [attribute('a', 8, text(9, 'x'), text(9, ''), text(9, 'yz')), { kind: 'strings', value: ['x', '', 'yz'] }],
      [
        attribute('a', 4, part(5, ...tensor(7, [1], packed(7, -(2n ** 63n))))),
        {
          kind: 'tensor',
          value: {
            elemType: 7,
            dims: [1],
            tensor: { dtype: 'int64', shape: [1], data: BigInt64Array.of(-(2n ** 63n)) },
            wide: undefined,
          },
        },
      ],
      // What proto3 leaves out because it is zero or empty.
      [attribute('a', 1), { kind: 'float', value: 0 }],
      [attribute('a', 2), { kind: 'int', value: 0n }],
      [attribute('a', 3), { kind: 'string', value: '' }],
      [attribute('a', 6), { kind: 'floats', value: [] }],
      [attribute('a', 7), { kind: 'ints', value: [] }],
      [attribute('a', 8), { kind: 'strings', value: [] }],
    ];
    for (const [field, expected] of kinds) expect(attributesOf(field)?.get('a')).to.deep.equal(expected);
  });

  it('should keep the place of attributes that no program can hold', () => {
    const marks = [
      [5, 6, 'graph'],
      [9, 10, 'tensors'],
      [10, 11, 'graphs'],
      [11, 22, 'sparse_tensor'],
      [12, 23, 'sparse_tensors'],
      [13, 14, 'type_proto'],
      [14, 15, 'type_protos'],
    ] as const;
    for (const [type, field, kind] of marks)
      expect(attributesOf(attribute('body', type, part(field, 1, 2, 3)))?.get('body')).to.deep.equal({ kind });
  });

  it('should read what buildModel writes', () => {
    const bytes = buildModel(
      {
        inputs: { x: ['float32', ['n', 2]] },
        outputs: { y: ['float32', ['n', 2]] },
        constants: { k: tensorFrom('int64', [2], [-(2n ** 63n), 5n]) },
        nodes: [
          built('Any', ['x', '', 'k'], ['y'], {
            int: -3,
            far: 2n ** 63n - 1n,
            real: { float: 0.5 },
            text: 'SAME_UPPER',
            ints: [1, 2n ** 63n - 1n],
            floats: { floats: [0.5, -1] },
            strings: { strings: ['a', 'b'] },
            tensor: tensorFrom('uint8', [1], [9]),
            body: { inputs: {}, outputs: {}, nodes: [] },
          }),
        ],
      },
      20,
    );
    const { opset, nodes, constants } = readModel(bytes);
    expect(opset).to.equal(20);
    expect(constants.get('k')?.tensor).to.deep.equal(tensorFrom('int64', [2], [-(2n ** 63n), 5n]));
    expect(nodes[0]?.inputs).to.deep.equal(['x', '', 'k']);
    expect([...(nodes[0]?.attributes ?? [])]).to.deep.equal([
      ['int', { kind: 'int', value: -3n }],
      ['far', { kind: 'int', value: 2n ** 63n - 1n }],
      ['real', { kind: 'float', value: 0.5 }],
      ['text', { kind: 'string', value: 'SAME_UPPER' }],
      ['ints', { kind: 'ints', value: [1n, 2n ** 63n - 1n] }],
      ['floats', { kind: 'floats', value: [0.5, -1] }],
      ['strings', { kind: 'strings', value: ['a', 'b'] }],
      [
        'tensor',
        { kind: 'tensor', value: { elemType: 2, dims: [1], tensor: tensorFrom('uint8', [1], [9]), wide: undefined } },
      ],
      ['body', { kind: 'graph' }],
    ]);
  });

  it('should skip what says nothing about the meaning: notes, metadata, training, unused functions', () => {
    const plain = readModel(model());
    const noted = model({
      graphFields: [...text(2, 'name'), ...text(10, 'doc'), ...part(13, 255), ...part(14, 255), ...part(16, 255)],
      fields: [
        ...text(2, 'maker'),
        ...text(3, '1.0'),
        ...text(4, 'org'),
        ...int(5, 7),
        ...part(6, ...hex('c328')),
        ...part(14, 1),
        ...part(20, 1, 2),
        ...part(25, ...text(1, 'Swish'), ...text(10, 'org')),
        ...part(26, 3),
      ],
    });
    expect(readModel(noted)).to.deep.equal(plain);
  });

  it('should take an input or a constant as an output', () => {
    const bytes = model({
      nodes: [],
      constants: [tensor(2, [1], text(8, 'k'), part(9, 1))],
      outputs: [value('k', 2, [int(1, 1)]), value('x', 1, [int(1, 1)])],
    });
    expect(readModel(bytes).outputs.map(({ name }) => name)).to.deep.equal(['k', 'x']);
  });

  it('should read constants without elements', () => {
    const bytes = model({ constants: [tensor(1, [0], text(8, 'k'))] });
    expect(readModel(bytes).constants.get('k')?.tensor).to.deep.equal({
      dtype: 'float32',
      shape: [0],
      data: new Float32Array(0),
    });
  });

  for (const { name, file, schema } of exampleModels())
    it(`should read ${name}`, () => {
      const bytes = readFileSync(file);
      const graph = readModel(bytes);
      const sides = (values: typeof graph.inputs) =>
        values.map(({ name, dtype, shape }) => ({
          name,
          dtype,
          shape: shape?.map((dim) => (typeof dim === 'string' ? -1 : dim)),
        }));
      expect(sides(graph.inputs)).to.deep.equal(schema.inputs);
      expect(sides(graph.outputs)).to.deep.equal(schema.outputs);
      expect(readModel(new Uint8Array(bytes))).to.deep.equal(graph);
    });
});
