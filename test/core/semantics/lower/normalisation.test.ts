/** Layer, RMS and BatchNormalization against their formulas in float64, ONNX Runtime, and their own records. */
import { expect } from 'chai';
import type { Dtype, Tensor } from '#core/tensor.ts';
import {
  affine,
  average,
  channelwise,
  check,
  labelled,
  list,
  moments,
  normalised,
  spread,
} from '../../../support/moments.ts';
import { rejects } from '../../../support/rejects.ts';
import {
  Choices,
  expectClose,
  expectLikeRuntime,
  expectStepByStep,
  type NodeCase,
  numbers,
  reference,
} from '../../../support/singleNode.ts';

const THREE: Dtype[] = ['float32', 'float32', 'float32'];

const positive = (choices: Choices, shape: readonly number[]) => {
  const t = choices.tensor('float32', shape, 2);
  return { ...t, data: (t.data as Float32Array).map((v) => Math.abs(v) + 0.05) };
};

describe('LayerNormalization and RMSNormalization', () => {
  it('normalise from any axis, with scales and biases that broadcast', async () => {
    const choices = new Choices(51);
    const shape = [2, 3, 4, 5];
    const x = choices.tensor('float32', shape, 3);
    for (let axis = -4; axis < 4; axis++)
      for (const fit of [0, 1]) {
        const first = axis < 0 ? axis + 4 : axis;
        const own = fit === 0 ? shape.slice(first) : shape.slice(first).map((dim, i) => (i % 2 ? dim : 1));
        const [scale, bias] = [choices.tensor('float32', own), choices.tensor('float32', own)];
        const epsilon = Math.fround(choices.of([1e-5, 0.1]));
        const labels = labelled(shape, [0, 1, 2, 3].slice(first));
        const { mean, variance } = moments(list(x), labels);
        const attributes = { axis, epsilon: { float: epsilon } };
        const layer = affine(normalised(list(x), mean, variance, epsilon), spread(scale, x), spread(bias, x));
        await check(
          { op: 'LayerNormalization', opset: 17, inputs: [x, scale, bias], attributes },
          layer,
          `axis ${axis}`,
        );
        const squares = average(
          list(x).map((v) => v * v),
          labels,
        );
        const zero = list(x).map(() => 0);
        const rms = affine(normalised(list(x), zero, squares, epsilon), spread(scale, x), zero);
        await check({ op: 'RMSNormalization', opset: 23, inputs: [x, scale], attributes }, rms, `RMS axis ${axis}`);
      }
  });

  it('give Mean and InvStdDev', async () => {
    const choices = new Choices(52);
    const [x, scale] = [choices.tensor('float32', [3, 8], 5), choices.tensor('float32', [8])];
    const what = 'three outputs';
    const { outputs } = await expectLikeRuntime(
      { op: 'LayerNormalization', opset: 17, inputs: [x, scale], outputs: THREE },
      what,
    );
    const { mean, variance } = moments(list(x), labelled([3, 8], [1]));
    const each = (values: readonly number[]) =>
      numbers(
        'float32',
        [0, 8, 16].map((i) => values[i] as number),
        [3, 1],
      );
    expectClose(outputs[1] as Tensor, each(mean), what, 3e-7, 0);
    expectClose(outputs[2] as Tensor, each(variance.map((v) => 1 / Math.sqrt(v + 1e-5))), what, 1e-6, 0);
  });

  it('keep seven digits where the mean dwarfs the deviation', () => {
    const choices = new Choices(53);
    for (const offset of [10, 1000, 1e5]) {
      const x = numbers(
        'float32',
        list(choices.tensor('float32', [2 * 768])).map((v) => v + offset),
        [2, 768],
      );
      const one = numbers('float32', new Array(768).fill(1));
      const [y] = reference({ op: 'LayerNormalization', inputs: [x, one] }).outputs as [Tensor];
      const { mean, variance } = moments(list(x), labelled(x.shape, [1]));
      const wanted = normalised(list(x), mean, variance, Math.fround(1e-5));
      expectClose(y, numbers('float32', wanted, x.shape), `offset ${offset}`, 0, 8e-7);
    }
  });

  it('take thirteen primitives and move nothing', () => {
    const choices = new Choices(54);
    const inputs = [
      choices.tensor('float32', [4, 16]),
      choices.tensor('float32', [16]),
      choices.tensor('float32', [16]),
    ];
    const { program } = reference({ op: 'LayerNormalization', inputs, constants: [1, 2] });
    const kinds = ['Dot', 'Div', 'Sub', 'Dot', 'Div', 'Sub', 'Dot', 'Div', 'Add', 'Sqrt', 'Div', 'Mul', 'Add'];
    expect(program.operators.map(({ kind }) => kind)).to.deep.equal(kinds);
  });

  it('refuse what does not fit', () => {
    const x = numbers('float32', [1, 2, 3, 4], [2, 2]);
    const one = numbers('float32', [1, 1]);
    const refuses = (op: string, inputs: Tensor[], attributes: NonNullable<NodeCase['attributes']> = {}) =>
      rejects('compile.operator', () => reference({ op, opset: 23, inputs, attributes }));
    for (const op of ['LayerNormalization', 'RMSNormalization']) {
      refuses(op, [x, numbers('float32', [1, 1, 1])]);
      refuses(op, [x, numbers('float32', [1, 1, 1, 1], [2, 1, 2])]);
      refuses(op, [x, one], { stash_type: 11 });
      refuses(op, [x, one], { axis: 2 });
      refuses(op, [numbers('int32', [1, 2]), one]);
      refuses(op, [x]);
    }
  });
});

describe('BatchNormalization', () => {
  const drawn = (choices: Choices, shape: readonly number[], own: readonly number[]) => [
    choices.tensor('float32', shape, 3),
    choices.tensor('float32', own),
    choices.tensor('float32', own),
    choices.tensor('float32', own),
    positive(choices, own),
  ];

  it('uses the given statistics, at every opset and rank', async () => {
    const choices = new Choices(55);
    for (const opset of [7, 9, 14, 15])
      for (const shape of [
        [3, 4],
        [2, 4, 3],
        [2, 4, 3, 2],
        [1, 4, 2, 3, 2],
      ]) {
        const inputs = drawn(choices, shape, [4]) as [Tensor, Tensor, Tensor, Tensor, Tensor];
        const [x, scale, bias, mean, variance] = inputs;
        const epsilon = Math.fround(choices.of([1e-5, 0.01]));
        const [s, b, m, v] = [scale, bias, mean, variance].map((t) => channelwise(t, x)) as [
          number[],
          number[],
          number[],
          number[],
        ];
        const wanted = affine(normalised(list(x), m, v, epsilon), s, b);
        const attributes = { epsilon: { float: epsilon } };
        const what = `BatchNormalization-${opset} [${shape}]`;
        await check(
          { op: 'BatchNormalization', opset, inputs, attributes, constants: [1, 2, 3, 4] },
          wanted,
          what,
          1e-5,
        );
      }
  });

  it('one statistic per element before opset 9, one for all of a vector', async () => {
    const choices = new Choices(56);
    const inputs = drawn(choices, [2, 3, 2], [3, 2]) as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const [x, ...own] = inputs;
    const [s, b, m, v] = own.map((t) => spread(t, x)) as [number[], number[], number[], number[]];
    const wanted = affine(normalised(list(x), m, v, Math.fround(1e-5)), s, b);
    await check({ op: 'BatchNormalization', opset: 7, inputs, attributes: { spatial: 0 } }, wanted, 'spatial 0', 1e-5);
    const vector = drawn(choices, [4], [1]);
    await expectLikeRuntime({ op: 'BatchNormalization', opset: 15, inputs: vector }, 'a vector');
  });

  it('is Sub, Div, Mul and Add: the means are not folded away', () => {
    const inputs = drawn(new Choices(57), [2, 4, 3], [4]);
    const { program } = reference({ op: 'BatchNormalization', opset: 15, inputs, constants: [1, 2, 3, 4] });
    expect(program.operators.map(({ kind }) => kind)).to.deep.equal(['Sub', 'Div', 'Mul', 'Add']);
  });

  it('trains on the statistics of the batch', () => {
    const choices = new Choices(58);
    const inputs = drawn(choices, [3, 4, 5], [4]) as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const [x, scale, bias, mean, variance] = inputs;
    const momentum = Math.fround(0.8);
    const attributes = { training_mode: 1, momentum: { float: momentum } };
    const found = reference({ op: 'BatchNormalization', opset: 15, inputs, attributes, outputs: THREE });
    const now = moments(list(x), labelled(x.shape, [0, 2]));
    const y = affine(
      normalised(list(x), now.mean, now.variance, Math.fround(1e-5)),
      channelwise(scale, x),
      channelwise(bias, x),
    );
    const running = (old: Tensor, fresh: number[]) =>
      numbers(
        'float32',
        list(old).map((v, channel) => v * momentum + (fresh[5 * channel] as number) * (1 - momentum)),
      );
    expectClose(found.outputs[0] as Tensor, numbers('float32', y, x.shape), 'Y');
    expectClose(found.outputs[1] as Tensor, running(mean, now.mean), 'running mean', 1e-6, 1e-6);
    expectClose(found.outputs[2] as Tensor, running(variance, now.variance), 'running variance', 1e-6, 1e-6);
    expectStepByStep(found, 'training');
  });

  it('refuses what does not fit and old ways of training', () => {
    const inputs = drawn(new Choices(59), [2, 4, 3], [4]);
    const refuses = (
      opset: number,
      attributes: NonNullable<NodeCase['attributes']>,
      given = inputs,
      outputs: Dtype[] = ['float32'],
    ) =>
      rejects('compile.operator', () =>
        reference({ op: 'BatchNormalization', opset, inputs: given, attributes, outputs }),
      );
    refuses(6, {});
    refuses(9, {}, inputs, THREE);
    refuses(7, { spatial: 0 });
    refuses(15, {}, drawn(new Choices(59), [2, 4, 3], [3]));
    refuses(15, {}, inputs.slice(0, 4));
    const [y] = reference({ op: 'BatchNormalization', opset: 6, inputs, attributes: { is_test: 1 } }).outputs;
    expect(y).to.deep.equal(reference({ op: 'BatchNormalization', opset: 15, inputs }).outputs[0]);
  });
});
