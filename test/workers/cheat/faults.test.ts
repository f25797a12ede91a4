import { expect } from 'chai';
import { decodeItems, encodeItems } from '#core/commitment/canonical.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { tensor } from '#core/tensor.ts';
import { RESULT_FAULTS, type ResultFault } from '#ports/faults.ts';
import { cut, falsified, NO_OUTPUTS, type Work } from '../../../workers/cheat/faults.ts';

/** y = x W with x of 4 elements and y of 3; every number below is exact in float32. */
const W = [
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
  [10, 11, 1 + 2 ** -12],
];
const model = (weights: readonly (readonly number[])[]) =>
  buildModel({
    inputs: { x: ['float32', [1, 4]] },
    outputs: { y: ['float32', [1, 3]] },
    nodes: [node('MatMul', ['x', 'W'], ['y'])],
    constants: { W: tensor('float32', [4, 3], Float32Array.from(weights.flat())) },
  });
const program = compile(model(W));
const inputs = [{ name: 'x', dtype: 'float32', shape: [1, 4] }] as const;
const outputs = [{ name: 'y', dtype: 'float32', shape: [1, 3] }] as const;
const x = (...values: number[]) => tensor('float32', [1, 4], Float32Array.from(values));
const y = (...values: number[]) => encodeItems(outputs, [[tensor('float32', [1, 3], Float32Array.from(values))]]);

/** x W over the reals. */
const product = (values: readonly number[], weights = W) =>
  [0, 1, 2].map((j) => values.reduce((sum, value, i) => sum + value * (weights[i]?.[j] as number), 0));
const now = [1, 0, 2, 4];
const earlier = [3, 5, 0, 8];
const work: Work = {
  inputs,
  outputs,
  program,
  other: undefined,
  items: [[x(...now)]],
  before: { items: [[x(...earlier)]], output: y(...product(earlier)) },
  right: y(...product(now)),
};
const given = (fault: ResultFault, change: Partial<Work> = {}) => [
  ...((decodeItems(outputs, falsified(fault, { ...work, ...change }), 1)[0]?.[0]?.data ?? []) as Float32Array),
];
/** The last weight in 10 bits of mantissa. */
const COARSE = [...W.slice(0, 3), [10, 11, 1]];

describe('a result is falsified', () => {
  const expected: Record<ResultFault, readonly number[]> = {
    right: product(now),
    short: product(now),
    weight: product(now, [...W.slice(0, 3), [10, -11, 1 + 2 ** -12]]),
    half: product(now, COARSE),
    tf32: product(now, COARSE),
    model: product(now, [
      [1 + 2 ** -12, 11, 10],
      [9, 8, 7],
      [6, 5, 4],
      [3, 2, 1],
    ]),
    'stale-input': product([1, 0, 0, 8]),
    'stale-result': product(earlier),
    truncated: [product(now)[0] as number, 0, 0],
  };
  for (const fault of RESULT_FAULTS)
    it(`by ${fault}`, () => {
      expect(given(fault)).to.deep.equal(expected[fault]);
    });

  it('by another model of the same shapes, whatever it calls its tensors', () => {
    const other = compile(
      buildModel({
        inputs: { a: ['float32', [1, 4]] },
        outputs: { b: ['float32', [1, 3]] },
        nodes: [node('MatMul', ['a', 'V'], ['b'])],
        constants: { V: tensor('float32', [4, 3], new Float32Array(12).fill(2)) },
      }),
    );
    expect(given('model', { other })).to.deep.equal([14, 14, 14]);
  });

  it('by nothing that is stale where nothing came before', () => {
    for (const fault of ['stale-input', 'stale-result'] as const)
      expect(given(fault, { before: undefined })).to.deep.equal(product(now));
  });

  it('by cutting what is submitted: bytes to half of them, a hash to that of no outputs', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    expect([...cut('short', bytes, false)]).to.deep.equal([1, 2]);
    expect(Buffer.from(cut('short', bytes, true)).toString('hex')).to.equal(NO_OUTPUTS.slice(2));
    expect(cut('weight', bytes, true)).to.equal(bytes);
  });
});
