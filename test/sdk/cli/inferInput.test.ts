import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parseSchema } from '#core/protocol/schema.ts';
import { UsageError } from '../../../sdk/cli/command.ts';
import { inputFor } from '../../../sdk/cli/inferInput.ts';
import { itemsFrom } from '../../../sdk/index.ts';
import { rejects } from '../../support/rejects.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const schemaOf = (dtype: string, elements: number) =>
  parseSchema({
    inputs: [{ name: 'x', dtype, shape: [elements] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [1] }],
  });
const integers = schemaOf('int64', 5);
const floats = schemaOf('float32', 3);

const set = (schema: typeof integers, json: string) =>
  itemsFrom(schema, inputFor(schema, { positionals: [], values: { set: [`x=${json}`] }, json: false }));
const given = (schema: typeof integers, text: string) => {
  const file = path.join(temporaryFolder('opg-input'), 'input.json');
  writeFileSync(file, text);
  return itemsFrom(schema, inputFor(schema, { positionals: [], values: { input: file }, json: false }));
};

describe('input on a command line', () => {
  const wide = '[9007199254740993, -9223372036854775808, 9223372036854775807, "9007199254740995", 7]';
  const values = [9007199254740993n, -(2n ** 63n), 2n ** 63n - 1n, 9007199254740995n, 7n];

  it('should hold whole numbers as they are written', () => {
    for (const items of [
      set(integers, wide),
      given(integers, `{"x": ${wide}}`),
      given(integers, `{"inputs": {"x": {"dtype": "int64", "shape": [5], "data": ${wide}}}}`),
    ])
      expect(Array.from(items[0]?.['x']?.data as BigInt64Array)).to.deep.equal(values);
  });

  it('should round to float32, and no further', () => {
    const [item] = set(floats, '[0.1, 16777217, "-Infinity"]');
    expect(item?.['x']?.data).to.deep.equal(Float32Array.of(0.1, 16_777_216, -Infinity));
  });

  it('should refuse what the input cannot hold', () => {
    for (const last of ['9223372036854775808', '9007199254740993.0', '1e18', '0.5'])
      rejects('tensor.value', () => set(integers, `[1, 2, 3, 4, ${last}]`));
    rejects('tensor.value', () => set(floats, '[1, 2, 1e300]'));
    expect(() => set(floats, '[1, 2, 1e400]')).to.throw(UsageError, '1e400 is too large');
  });
});
