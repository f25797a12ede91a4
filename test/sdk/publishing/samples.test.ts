import { expect } from 'chai';
import { elementwise } from '#core/semantics/compile/broadcast.ts';
import { Builder } from '#core/semantics/compile/builder.ts';
import { finish } from '#core/semantics/compile/finish.ts';
import type { Dtype } from '#core/tensor.ts';
import { tensorFrom } from '#core/tensor.ts';
import { generateItems, indexRanges } from '../../../sdk/publishing/samples.ts';

/** Embedding rows by token, negative ones fixed up; every other input goes straight out. */
function program() {
  const builder = new Builder();
  const input = (name: string, dtype: Dtype, shape: number[]) => builder.input({ name, dtype, shape, rows: false });
  const tokens = input('tokens', 'int64', [400]);
  const others = (['float32', 'uint8', 'int8', 'bool', 'int32'] as const).map((dtype) => input(dtype, dtype, [2000]));
  const size = builder.constant(tensorFrom('int64', [], [7n]));
  const zero = builder.constant(tensorFrom('int64', [], [0n]));
  const negative = elementwise(builder, 'Less', 'bool', [tokens, zero]);
  const fixed = elementwise(builder, 'Where', 'int64', [
    negative,
    elementwise(builder, 'Add', 'int64', [tokens, size]),
    tokens,
  ]);
  const table = builder.constant(tensorFrom('float32', [7], [1, 2, 3, 4, 5, 6, 7]));
  const rows = { ...table, shape: [400, 7], strides: [0, 1] };
  const found = builder.emit({ kind: 'Gather', dtype: 'float32', space: [400], inner: [7], operands: [rows, fixed] });
  return finish(
    builder,
    [found, ...others].map((value, i) => ({ name: `y${i}`, value, rows: false })),
  );
}

describe('generated samples', () => {
  const range = (values: ArrayLike<number | bigint>) => {
    const all = Array.from(values, Number);
    return [Math.min(...all), Math.max(...all)];
  };

  it('should take token ids from the table they index', () => {
    expect([...indexRanges(program())]).to.deep.equal([[0, 7]]);
    const [item] = generateItems(program(), 1);
    expect(range(item?.[0]?.data as BigInt64Array)).to.deep.equal([0, 6]);
  });

  it('should fill other inputs with what their dtype is for', () => {
    const [item = []] = generateItems(program(), 1);
    const [, float, uint8, int8, bool, int32] = item.map(({ data }) => data);
    const floats = Array.from(float as Float32Array);
    const mean = floats.reduce((sum, x) => sum + x, 0) / floats.length;
    const deviation = Math.sqrt(floats.reduce((sum, x) => sum + (x - mean) ** 2, 0) / floats.length);
    expect(mean).to.be.within(-0.1, 0.1);
    expect(deviation).to.be.within(0.9, 1.1);
    expect(range(uint8 as Uint8Array)).to.deep.equal([0, 255]);
    expect(range(int8 as Int8Array)).to.deep.equal([-128, 127]);
    expect(range(bool as Uint8Array)).to.deep.equal([0, 1]);
    expect(range(int32 as Int32Array)).to.deep.equal([0, 9]);
  });

  it('should give the same items for the same seed, others for another', () => {
    expect(generateItems(program(), 2, 5)).to.deep.equal(generateItems(program(), 2, 5));
    expect(generateItems(program(), 2, 5)).to.not.deep.equal(generateItems(program(), 2, 6));
  });
});
