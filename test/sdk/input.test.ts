import { expect } from 'chai';
import { parseSchema } from '#core/protocol/schema.ts';
import { tensorFrom } from '#core/tensor.ts';
import { itemsFrom, type Plain } from '../../sdk/index.ts';
import { rejects } from '../support/rejects.ts';

const fixed = parseSchema({
  inputs: [{ name: 'x', dtype: 'float32', shape: [1, 2, 3] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [1] }],
});
const byRows = parseSchema({
  inputs: [{ name: 'x', dtype: 'int64', shape: ['N', 2] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: ['N'] }],
});
const SIX = [1, 2, 3, 4, 5, 6];
const whole = { x: tensorFrom('float32', [1, 2, 3], SIX) };

describe('ordinary values as the input of a model', () => {
  it('should take nested, flat and typed arrays and tensors of the right shape', () => {
    const ways: Plain[] = [
      [[SIX.slice(0, 3), SIX.slice(3)]],
      [SIX.slice(0, 3), SIX.slice(3)],
      SIX,
      Float32Array.from(SIX),
      tensorFrom('float32', [1, 2, 3], SIX),
    ];
    for (const x of ways) expect(itemsFrom(fixed, { x })).to.deep.equal([whole]);
  });

  it('should take a number or a bool for one element', () => {
    const one = parseSchema({
      inputs: [{ name: 'b', dtype: 'bool', shape: [1] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: [1] }],
    });
    expect(itemsFrom(one, { b: true })).to.deep.equal([{ b: tensorFrom('bool', [1], [1]) }]);
  });

  it('should make an item of each row', () => {
    const rows = [{ x: tensorFrom('int64', [1, 2], [1, 2]) }, { x: tensorFrom('int64', [1, 2], [3, 2n ** 62n]) }];
    expect(
      itemsFrom(byRows, {
        x: [
          [1, 2],
          [3, 2n ** 62n],
        ],
      }),
    ).to.deep.equal(rows); // prettier-ignore
    expect(itemsFrom(byRows, { x: [1, 2, 3, 2n ** 62n] })).to.deep.equal(rows);
    expect(itemsFrom(byRows, { x: BigInt64Array.of(1n, 2n, 3n, 2n ** 62n) })).to.deep.equal(rows);
    expect(itemsFrom(byRows, { x: [1, 2] })).to.deep.equal([rows[0]]);
  });

  it('should refuse every other shape, and say which input it is', () => {
    const wrong: [Plain, 'tensor.shape' | 'tensor.length'][] = [
      [[SIX], 'tensor.shape'],
      [[[SIX.slice(0, 2), SIX.slice(2, 4), SIX.slice(4)]], 'tensor.shape'],
      [[SIX.slice(0, 3), SIX.slice(0, 2)], 'tensor.shape'],
      [[[1, 2, 3], 4], 'tensor.shape'],
      [SIX.slice(1), 'tensor.length'],
      [Float32Array.from([1]), 'tensor.length'],
      [tensorFrom('float32', [2, 3], SIX), 'tensor.shape'],
    ];
    for (const [x, code] of wrong) expect(rejects(code, () => itemsFrom(fixed, { x })).message).to.match(/x/);
    expect(rejects('tensor.shape', () => itemsFrom(byRows, { x: [[1, 2, 3]] })).message).to.match(/x/);
  });

  it('should round or reinterpret nothing unasked', () => {
    expect(
      rejects('tensor.dtype', () => itemsFrom(fixed, { x: Float64Array.from(SIX) as unknown as Plain })).message,
    ).to.match(/Float32Array/);
    expect(
      rejects('tensor.dtype', () => itemsFrom(fixed, { x: tensorFrom('int32', [1, 2, 3], SIX) })).message,
    ).to.match(/int32/);
    expect(rejects('tensor.value', () => itemsFrom(byRows, { x: [0.5, 1] })).message).to.match(/0.5/);
    expect(
      rejects('tensor.value', () => itemsFrom(fixed, { x: ['1', 2, 3, 4, 5, 6] as unknown as Plain })).message,
    ).to.match(/1/);
  });

  it('should want every input, and no other', () => {
    expect(rejects('schema.tensor_missing', () => itemsFrom(fixed, {})).message).to.match(/x/);
    expect(rejects('schema.tensor_unknown', () => itemsFrom(fixed, { x: SIX, z: 1 })).message).to.match(/z/);
  });
});
