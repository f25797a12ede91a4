import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { decodeHeader } from '#core/commitment/header.ts';
import { itemFrom, joinRows, splitRows } from '#core/protocol/rows.ts';
import { hashesOf, parseSchema, schemaText } from '#core/protocol/schema.ts';
import { tensorFrom } from '#core/tensor.ts';
import { rejects } from '../../support/rejects.ts';

const tensor = (change: object = {}) => ({ name: 'x', dtype: 'float32', shape: [2, 3], ...change });
const schema = (input: object, output: object = tensor({ name: 'y' }), rest: object = {}) => ({
  inputs: [input],
  outputs: [output],
  ...rest,
});

describe('io schema', () => {
  it('should read every example model and write it back', () => {
    const cards = globSync('models/*/card.json');
    expect(cards.length).to.be.greaterThan(5);
    for (const card of cards) {
      const parsed = parseSchema(readFileSync(card, 'utf8'));
      expect(parseSchema(schemaText(parsed)), card).to.deep.equal(parsed);
      expect(hashesOf(parsed).outputBytes, card).to.be.greaterThan(0);
    }
  });

  it('should describe one row by headers with leading dimension 1', () => {
    const parsed = parseSchema(schema(tensor({ shape: ['N', 4] }), tensor({ name: 'y', dtype: 'int64', shape: [-1] })));
    const hashes = hashesOf(parsed);
    expect(parsed.rows).to.equal(true);
    expect(hashes.inputHeaders.map(decodeHeader)).to.deep.equal([{ dtype: 'float32', shape: [1, 4] }]);
    expect(hashes.outputHeaders.map(decodeHeader)).to.deep.equal([{ dtype: 'int64', shape: [1] }]);
    expect([hashes.inputBytes, hashes.outputBytes]).to.deep.equal([16, 8]);
  });

  const wrong: readonly (readonly [string, unknown, string])[] = [
    ['text that is no JSON', '{', 'the top'],
    ['a list', [], 'the top'],
    ['no outputs', { inputs: [tensor()] }, 'outputs'],
    ['an empty side', { inputs: [], outputs: [tensor()] }, 'inputs'],
    ['an unnamed tensor', schema(tensor({ name: '' })), 'inputs[0].name'],
    ['a name twice', { inputs: [tensor(), tensor()], outputs: [tensor()] }, 'inputs'],
    ['an unknown dtype', schema(tensor({ dtype: 'float64' })), 'inputs[0].dtype'],
    ['no shape', schema(tensor({ shape: 3 })), 'inputs[0].shape'],
    ['a dimension of 0', schema(tensor({ shape: [0] })), 'inputs[0].shape[0]'],
    ['a fractional dimension', schema(tensor({ shape: [1.5] })), 'inputs[0].shape[0]'],
    ['a dimension of 33 bits', schema(tensor({ shape: [2 ** 32] })), 'inputs[0].shape'],
    ['a free inner dimension', schema(tensor({ shape: [1, -1] })), 'inputs[0].shape[1]'],
    ['rank 8', schema(tensor({ shape: [1, 1, 1, 1, 1, 1, 1, 1] })), 'inputs[0].shape'],
    ['rows in some tensors only', schema(tensor({ shape: ['N', 3] })), 'rows'],
    ['rows denied', schema(tensor({ shape: ['N'] }), tensor({ shape: ['N'] }), { rows: false }), 'rows'],
    ['rows claimed', schema(tensor(), tensor(), { rows: true }), 'rows'],
    ['rows that are no flag', schema(tensor(), tensor(), { rows: 'yes' }), 'rows'],
  ];
  for (const [name, source, path] of wrong)
    it(`should refuse ${name} and say where`, () => {
      expect(rejects('schema.invalid', () => parseSchema(source)).payload.path).to.equal(path);
    });
});

describe('rows', () => {
  const side = parseSchema({
    inputs: [tensor({ shape: ['N', 2] }), tensor({ name: 'k', dtype: 'int64', shape: ['N'] })],
    outputs: [tensor({ shape: ['N'] })],
  }).inputs;
  const x = tensorFrom('float32', [3, 2], [1, 2, 3, 4, 5, 6]);
  const k = tensorFrom('int64', [3], [7n, 8n, 9n]);

  it('should cut a batch into items and join it again', () => {
    const items = splitRows(side, itemFrom(side, { k, x }));
    expect(items[1]).to.deep.equal([tensorFrom('float32', [1, 2], [3, 4]), tensorFrom('int64', [1], [8n])]);
    expect(joinRows(side, items)).to.deep.equal([x, k]);
  });

  it('should refuse tensors whose numbers of rows differ', () => {
    rejects('tensor.shape', () => splitRows(side, [x, tensorFrom('int64', [2], [7n, 8n])]));
  });

  it('should refuse items of another type', () => {
    rejects('tensor.shape', () => joinRows(side, [[k, x]]));
    rejects('tensor.shape', () => joinRows(side, [[tensorFrom('float32', [1, 2], [1, 2])]]));
  });

  it('should refuse a name that is missing and one that is not in the schema', () => {
    expect(rejects('schema.tensor_missing', () => itemFrom(side, { x })).payload.name).to.equal('k');
    expect(rejects('schema.tensor_unknown', () => itemFrom(side, { x, k, z: x })).payload.name).to.equal('z');
  });
});
