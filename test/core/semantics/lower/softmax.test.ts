/** Softmax, LogSoftmax and Hardmax against their formulas in float64, ONNX Runtime, and their own records. */
import { expect } from 'chai';
import type { Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';
import { rejects } from '../../../support/rejects.ts';
import {
  Choices,
  expectClose,
  expectLikeRuntime,
  expectStepByStep,
  numbers,
  reference,
} from '../../../support/singleNode.ts';

type Row = (values: readonly number[]) => number[];

const FORMULAS: Record<string, Row> = {
  Softmax: (row) => {
    const powers = row.map((x) => Math.exp(x - Math.max(...row)));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  },
  LogSoftmax: (row) => {
    const most = Math.max(...row);
    const log = Math.log(row.reduce((sum, x) => sum + Math.exp(x - most), 0));
    return row.map((x) => x - most - log);
  },
  Hardmax: (row) => row.map((_, i) => (i === row.indexOf(Math.max(...row)) ? 1 : 0)),
};

/** `shape` cut into [before, along, behind]. */
function byRows(x: Tensor, before: number, along: number, behind: number, row: Row): number[] {
  const result = new Array<number>(x.data.length);
  for (let i = 0; i < before; i++)
    for (let j = 0; j < behind; j++) {
      const at = (k: number) => (i * along + k) * behind + j;
      const values = row(Array.from({ length: along }, (_, k) => Number(x.data[at(k)])));
      for (const [k, value] of values.entries()) result[at(k)] = value;
    }
  return result;
}

describe('softmax', () => {
  for (const [op, row] of Object.entries(FORMULAS))
    it(`${op}: every axis, before and since opset 13, small and large inputs`, async () => {
      const choices = new Choices(41);
      for (const shape of [[5], [2, 3, 4], [3, 1, 2, 2], [1, 20]])
        for (const opset of [7, 11, 13])
          for (let axis = opset < 11 ? 0 : -shape.length; axis < shape.length; axis++) {
            const x = choices.tensor('float32', shape, choices.of([1, 10, 100]));
            if (op === 'Hardmax') x.data[x.data.length - 1] = x.data[0] as number;
            const cut = axis < 0 ? axis + shape.length : axis;
            const behind = opset < 13 ? 1 : elementCount(shape.slice(cut + 1));
            const along = elementCount(shape.slice(cut)) / behind;
            const what = `${op}-${opset} [${shape}] axis ${axis}`;
            const found = await expectLikeRuntime({ op, opset, inputs: [x], attributes: { axis } }, what, 4e-6);
            const wanted = byRows(x, elementCount(shape.slice(0, cut)), along, behind, row);
            // Large differences cost relative accuracy: x - max is rounded before Exp.
            expectClose(found.outputs[0] as Tensor, numbers('float32', wanted, shape), what, 6e-6, 1e-6);
            expectStepByStep(found, what);
          }
    });

  it('takes axis 1 before opset 13 and the last one since', async () => {
    const x = new Choices(42).tensor('float32', [2, 3, 4]);
    for (const op of Object.keys(FORMULAS)) {
      const along = (opset: number, axis?: number) =>
        reference({ op, opset, inputs: [x], attributes: axis === undefined ? {} : { axis } }).outputs;
      expect(along(11)).to.deep.equal(along(11, 1));
      expect(along(13)).to.deep.equal(along(13, -1));
      await expectLikeRuntime({ op, opset: 11, inputs: [x] }, op);
      await expectLikeRuntime({ op, opset: 13, inputs: [x] }, op);
    }
  });

  it('keeps relative accuracy where probabilities are tiny', () => {
    const x = numbers('float32', [0, -20, -60, -87]);
    const [y] = reference({ op: 'Softmax', inputs: [x] }).outputs as [Tensor];
    const wanted = (FORMULAS['Softmax'] as Row)([0, -20, -60, -87]);
    expectClose(y, numbers('float32', wanted), 'tiny', 3e-7, 0);
  });

  it('of one element is 1, 0 and 1; NaN and +Infinity spoil a row', () => {
    const of = (op: string, values: number[]) => [
      ...(reference({ op, inputs: [numbers('float32', values)] }).outputs[0] as Tensor).data,
    ];
    expect(of('Softmax', [7])).to.deep.equal([1]);
    expect(of('LogSoftmax', [7])).to.deep.equal([0]);
    expect(of('Hardmax', [7])).to.deep.equal([1]);
    expect(of('Softmax', [1, Number.NaN])).to.deep.equal([Number.NaN, Number.NaN]);
    expect(of('Softmax', [1, Infinity])).to.deep.equal([Number.NaN, Number.NaN]);
    expect(of('Softmax', [1, -Infinity])).to.deep.equal([1, 0]);
  });

  it('of nothing is nothing', () => {
    for (const op of Object.keys(FORMULAS))
      for (const opset of [11, 13])
        for (const shape of [
          [0, 3],
          [3, 0],
        ]) {
          const x: Tensor = { dtype: 'float32', shape, data: new Float32Array(0) };
          const [y] = reference({ op, opset, inputs: [x], constants: [0], attributes: { axis: 1 } }).outputs as [
            Tensor,
          ];
          expect([...y.shape]).to.deep.equal(shape);
        }
  });

  it('refuses other types and axes', () => {
    const x = numbers('float32', [1, 2]);
    rejects('compile.operator', () => reference({ op: 'Softmax', inputs: [numbers('int32', [1])] }));
    rejects('compile.operator', () => reference({ op: 'Softmax', inputs: [x], attributes: { axis: 1 } }));
    rejects('compile.operator', () => reference({ op: 'Softmax', opset: 11, inputs: [x] }));
  });
});
