import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { type Tensor, tensor, tensorFrom } from '#core/tensor.ts';
import { readTolerance, toleranceFor } from '../../../sdk/files/card.ts';
import { readVector, vectorText } from '../../../sdk/files/vector.ts';
import { scratch } from '../../support/graphs.ts';
import { expectEqual, random } from '../../support/semantics.ts';

describe('vectors in files', () => {
  const directory = scratch();
  after(() => directory.remove());
  let count = 0;
  const written = (text: string): string => {
    const file = path.join(directory.path, `${count++}.json`);
    writeFileSync(file, text);
    return file;
  };

  it('should come back bit for bit: every dtype, -0, NaN, infinities, subnormals, 64-bit integers, nothing', () => {
    const numbers = [-0, 0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** -149, 3.4e38];
    const inputs: Record<string, Tensor> = {
      floats: tensor('float32', [7], Float32Array.from(numbers)),
      bits: random(3).anyBits([40, 10]),
      'a "name"\n': tensorFrom('int64', [3], [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n]),
      ints: tensorFrom('int32', [2, 1], [-(2 ** 31), 2 ** 31 - 1]),
      bytes: tensorFrom('uint8', [2], [0, 255]),
      signed: tensorFrom('int8', [2], [-128, 127]),
      flags: tensorFrom('bool', [2], [0, 1]),
      scalar: tensorFrom('float32', [], [0.1]),
      nothing: { dtype: 'float32', shape: [2, 0], data: new Float32Array(0) },
    };
    const text = vectorText({ id: 'x "1"', note: { label: [3] }, inputs, outputs: { y: inputs['ints'] as Tensor } });
    const vector = readVector(written(text));
    expectEqual(vector.inputs, inputs);
    expectEqual(vector.outputs, { y: inputs['ints'] as Tensor });
    expect([vector.id, vector.note]).to.deep.equal(['x "1"', { label: [3] }]);
  });

  it('should take elements from a file beside them', () => {
    writeFileSync(path.join(directory.path, 'raw.bin'), Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 192));
    const stored = { dtype: 'float32', shape: [2], file: 'raw.bin' };
    const { inputs, outputs } = readVector(written(JSON.stringify({ inputs: { x: stored } })));
    expectEqual(inputs, { x: tensorFrom('float32', [2], [1, -2]) });
    expect(outputs).to.deep.equal({});
  });

  const x = { dtype: 'float32', shape: [2], data: [1, 2] };
  const wrong: [string, unknown, RegExp][] = [
    ['text', 'no JSON', /is no vector: .*JSON/],
    ['a list', [], /not a JSON object/],
    ['no inputs', {}, /has no "inputs"/],
    ['outputs that are a list', { inputs: { x }, outputs: [] }, /"outputs" are not tensors/],
    ['an unknown dtype', { inputs: { x: { ...x, dtype: 'float16' } } }, /x has dtype float16; one of float32/],
    ['no shape', { inputs: { x: { ...x, shape: '2' } } }, /x has no shape/],
    ['a broken shape', { inputs: { x: { ...x, shape: [-2] } } }, /x has no shape/],
    ['elements missing', { inputs: { x: { ...x, shape: [3] } } }, /x.*3/],
    ['a word for a number', { inputs: { x: { ...x, data: [1, 'two'] } } }, /two/],
    ['null for a number', { inputs: { x: { ...x, data: [1, null] } } }, /x holds null/],
    ['a number too large', { inputs: { x: { dtype: 'uint8', shape: [1], data: [256] } } }, /256/],
    ['another hash', { inputs: { x: { ...x, sha256: 'ab'.repeat(32) } } }, /do not have its sha256/],
    ['no elements', { inputs: { x: { dtype: 'float32', shape: [2] } } }, /neither data nor file/],
    ['a file elsewhere', { inputs: { x: { dtype: 'uint8', shape: [2], file: '../raw.bin' } } }, /must lie beside it/],
    ['a missing file', { inputs: { x: { dtype: 'uint8', shape: [2], file: 'gone.bin' } } }, /gone\.bin/],
    ['half a float', { inputs: { x: { dtype: 'float32', shape: [2], file: 'odd.bin' } } }, /whole number of float32/],
  ];
  for (const [what, content, reason] of wrong)
    it(`should be refused with ${what}`, () => {
      writeFileSync(path.join(directory.path, 'odd.bin'), Uint8Array.of(1, 2, 3));
      const file = written(typeof content === 'string' ? content : JSON.stringify(content));
      expect(() => readVector(file))
        .to.throw(reason)
        .with.property('message')
        .contain(file);
    });

  it('should be read with the tolerance of a card', () => {
    const card = { tolerance: { abs: 1, rel: 2, outputs: { logits: { abs: 0, rel: 0 } } } };
    const tolerance = readTolerance(written(JSON.stringify(card)));
    expect(toleranceFor(tolerance, 'probs').rel).to.equal(2);
    expect(toleranceFor(tolerance, 'logits')).to.deep.equal({ abs: 0, rel: 0 });
    for (const other of [
      '{}',
      '{"tolerance": {"abs": 1}}',
      '{"tolerance": {"abs": 1, "rel": 1, "outputs": {"y": {}}}}',
      '[',
    ])
      expect(() => readTolerance(written(other))).to.throw(/is no card/);
  });
});
