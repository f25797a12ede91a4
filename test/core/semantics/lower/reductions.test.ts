import { expect } from 'chai';
import { type Dtype, elementCount, type Tensor } from '#core/tensor.ts';
import {
  Choices,
  expectClose,
  expectLikeRuntime,
  expectStepByStep,
  type NodeCase,
  numbers,
  reference,
} from '../../../support/singleNode.ts';

const int64 = (...values: number[]) => numbers('int64', values);

/** A reduction in float64 from its definition, over nested coordinates. */
function naive(x: Tensor, axes: readonly number[], fold: (values: number[]) => number): number[] {
  const kept = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const groups = Array.from({ length: elementCount(kept) }, (): number[] => []);
  for (let flat = 0; flat < x.data.length; flat++) {
    let rest = flat;
    let at = 0;
    let stride = 1;
    for (let axis = x.shape.length - 1; axis >= 0; axis--) {
      const dim = x.shape[axis] as number;
      if (!axes.includes(axis)) at += (rest % dim) * stride;
      stride *= kept[axis] as number;
      rest = Math.floor(rest / dim);
    }
    groups[at]?.push(Number(x.data[flat]));
  }
  return groups.map(fold);
}

const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

const FOLDS: Readonly<Record<string, (values: number[]) => number>> = {
  ReduceSum: total,
  ReduceMean: (values) => total(values) / values.length,
  ReduceProd: (values) => values.reduce((product, value) => product * value, 1),
  ReduceL1: (values) => total(values.map(Math.abs)),
  ReduceL2: (values) => Math.hypot(...values),
  ReduceSumSquare: (values) => total(values.map((value) => value * value)),
  ReduceLogSum: (values) => Math.log(total(values)),
  ReduceLogSumExp: (values) => Math.log(total(values.map(Math.exp))),
  ReduceMax: (values) => Math.max(...values),
  ReduceMin: (values) => Math.min(...values),
};

describe('lowering of reductions', () => {
  const random = new Choices(31);

  for (const op of Object.keys(FOLDS))
    it(`${op} should be its definition and what ONNX Runtime gives, axes as attribute and as input`, async () => {
      for (let round = 0; round < 25; round++) {
        const shape = random.ints(random.int(1, 4), 1, 5);
        const axes = shape.map((_, axis) => axis).filter(() => random.int(0, 1) === 0);
        const opset = random.of([11, 13, 18, 21]);
        const integers =
          op === 'ReduceMax' || op === 'ReduceMin'
            ? (['int32', 'int64', 'uint8', 'int8'] as const)
            : (['int32', 'int64'] as const);
        const exact = !['ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMean'].includes(op);
        const dtype: Dtype = exact && opset >= 13 && random.int(0, 2) === 0 ? random.of(integers) : 'float32';
        const small =
          dtype === 'float32'
            ? random.tensor(dtype, shape, 2)
            : numbers(dtype, random.ints(elementCount(shape), 0, 5), shape);
        const x =
          op === 'ReduceLogSum'
            ? { ...small, data: (small.data as Float32Array).map((v) => Math.abs(v) + 0.1) }
            : small;
        const keepdims = random.int(0, 1);
        const inputSince = op === 'ReduceSum' ? 13 : 18;
        const named = axes.length > 0;
        const single: NodeCase = {
          op,
          opset,
          attributes: opset < inputSince && named ? { axes, keepdims } : { keepdims },
          inputs:
            opset < inputSince || !named ? [x] : [x, int64(...axes.map((axis) => axis - random.of([0, shape.length])))],
          constants: opset < inputSince || !named ? [] : [1],
          outputs: [dtype],
        };
        const what = `${round}: opset ${opset} ${dtype} [${shape}] over [${axes}]`;
        const found = await expectLikeRuntime(single, what, 4e-6, 4e-6);
        expectStepByStep(found, what);
        const [got] = found.outputs as [Tensor];
        const reduced = named ? axes : shape.map((_, axis) => axis);
        const fold = FOLDS[op] as (values: number[]) => number;
        const wanted = naive(x, reduced, fold);
        const data = dtype === 'int64' ? BigInt64Array.from(wanted, BigInt) : got.data.slice(0).fill(0 as never);
        if (dtype !== 'int64') (data as Float32Array).set(wanted);
        expectClose(got, { ...got, data }, `${what}, definition`, 1e-6, 1e-6);
      }
    });

  it('should reduce no elements to what ONNX says', () => {
    const nothing: Tensor = { dtype: 'float32', shape: [2, 0], data: new Float32Array(0) };
    const of = (op: string) => [
      ...(reference({ op, opset: 20, inputs: [nothing, int64(1)], constants: [0, 1] }).outputs[0]?.data ?? []),
    ];
    expect(of('ReduceSum')).to.deep.equal([0, 0]);
    expect(of('ReduceProd')).to.deep.equal([1, 1]);
    expect(of('ReduceMax')).to.deep.equal([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect(of('ReduceMin')).to.deep.equal([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(of('ReduceL2')).to.deep.equal([0, 0]);
    expect(of('ReduceLogSumExp')).to.deep.equal([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  });

  it('should keep everything when told that no axes are none', async () => {
    const x = random.tensor('float32', [2, 3]);
    await expectLikeRuntime(
      { op: 'ReduceSum', opset: 18, attributes: { noop_with_empty_axes: 1 }, inputs: [x] },
      'none',
      0,
      0,
    );
  });

  it('ReduceMax and ReduceMin should find NaN first and keep signed infinities', () => {
    const x = numbers('float32', [1, Number.NaN, 3, Number.NEGATIVE_INFINITY], [2, 2]);
    const of = (op: string) => [
      ...(reference({ op, opset: 13, attributes: { axes: [1] }, inputs: [x] }).outputs[0]?.data ?? []),
    ];
    expect(of('ReduceMax')).to.deep.equal([Number.NaN, 3]);
    expect(of('ReduceMin')).to.deep.equal([Number.NaN, Number.NEGATIVE_INFINITY]);
  });

  it('ReduceLogSumExp should survive infinities', () => {
    const x = numbers(
      'float32',
      [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1],
      [2, 2],
    );
    const { outputs } = reference({
      op: 'ReduceLogSumExp',
      opset: 13,
      attributes: { axes: [1], keepdims: 0 },
      inputs: [x],
    });
    expect([...(outputs[0]?.data ?? [])]).to.deep.equal([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it('a sum of more than 8,192 terms should be sums of ranges, then their sum', () => {
    const count = 20_000;
    const x = random.tensor('float32', [2, count], 100);
    const { program, feeds, outputs } = reference({
      op: 'ReduceSum',
      opset: 11,
      attributes: { axes: [1], keepdims: 0 },
      inputs: [x],
    });
    const dots = program.operators.filter(({ kind }) => kind === 'Dot');
    expect(dots.map(({ space, attribute }) => [[...space], attribute])).to.deep.equal([
      [[2, 3], 1],
      [[2], 0],
    ]);
    expectStepByStep({ program, feeds }, 'ranges');
    const data = x.data as Float32Array;
    for (let row = 0; row < 2; row++) {
      let sum = 0;
      for (let from = 0; from < count; from += 8192) {
        let part = 0;
        for (let k = from; k < Math.min(count, from + 8192); k++) part += data[row * count + k] as number;
        sum += Math.fround(part);
      }
      // float64 sums of so few float32 values of one size are far from any tie.
      expect(outputs[0]?.data[row]).to.equal(Math.fround(sum));
    }
  });
});

describe('lowering of rankings and running sums', () => {
  const random = new Choices(37);

  it('ArgMax and ArgMin should break ties to the first or the last', async () => {
    for (let round = 0; round < 60; round++) {
      const shape = random.ints(random.int(1, 3), 1, 6);
      const axis = random.int(-shape.length, shape.length - 1);
      const dtype = random.of(['float32', 'int32', 'uint8', 'int8'] as const);
      const x = numbers(dtype, random.ints(elementCount(shape), 0, 3), shape);
      const attributes = { axis, keepdims: random.int(0, 1), select_last_index: random.int(0, 1) };
      const what = `${round}: ${dtype} [${shape}] ${JSON.stringify(attributes)}`;
      const op = random.of(['ArgMax', 'ArgMin']);
      expectStepByStep(
        await expectLikeRuntime({ op, opset: 13, attributes, inputs: [x], outputs: ['int64'] }, what),
        what,
      );
    }
  });

  it('TopK should rank both ways along any axis, ties to the lowest index', async () => {
    for (let round = 0; round < 50; round++) {
      const shape = random.ints(random.int(1, 3), 1, 7);
      const axis = random.int(-shape.length, shape.length - 1);
      const dim = shape.at(axis) as number;
      const k = random.int(1, dim);
      const opset = random.of([7, 10, 11, 21]);
      const dtype = opset < 11 ? 'float32' : random.of(['float32', 'int64', 'int32'] as const);
      const x = numbers(dtype, random.ints(elementCount(shape), -3, 3), shape);
      const largest = opset < 11 ? 1 : random.int(0, 1);
      const single: NodeCase = {
        op: 'TopK',
        opset,
        attributes: opset < 10 ? { axis, k } : opset < 11 ? { axis } : { axis, largest },
        inputs: opset < 10 ? [x] : [x, int64(k)],
        constants: opset < 10 ? [] : [1],
        outputs: [dtype, 'int64'],
      };
      const what = `${round}: opset ${opset} ${dtype} [${shape}] axis ${axis} k ${k} largest ${largest}`;
      expectStepByStep(await expectLikeRuntime(single, what), what);
    }
  });

  it('CumSum should run both ways, with and without the element itself', async () => {
    for (let round = 0; round < 40; round++) {
      const shape = random.ints(random.int(1, 3), 1, 9);
      const axis = random.int(-shape.length, shape.length - 1);
      const dtype = random.of(['float32', 'int32', 'int64'] as const);
      const x = random.tensor(dtype, shape, 5);
      const attributes = { exclusive: random.int(0, 1), reverse: random.int(0, 1) };
      const what = `${round}: ${dtype} [${shape}] axis ${axis} ${JSON.stringify(attributes)}`;
      const inputs = [x, numbers('int64', [axis], [])];
      const found = await expectLikeRuntime(
        { op: 'CumSum', opset: 14, attributes, inputs, constants: [1], outputs: [dtype] },
        what,
      );
      expectStepByStep(found, what);
    }
  });
});
