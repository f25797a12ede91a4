/** Normalisations against their formulas in float64, ONNX Runtime, and their own records. */
import { expect } from 'chai';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';
import { repeated } from '../../../support/broadcasting.ts';
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

/** Means of x and of its squared deviations over all elements that share a label. */
function moments(x: readonly number[], labels: readonly number[]) {
  const mean = average(x, labels);
  const variance = average(
    x.map((v, i) => (v - (mean[i] as number)) ** 2),
    labels,
  );
  return { mean, variance };
}

/** Per element: the mean of all elements with its label. */
function average(x: readonly number[], labels: readonly number[]): number[] {
  const sums = new Map<number, [number, number]>();
  for (const [i, label] of labels.entries()) {
    const [sum, count] = sums.get(label) ?? [0, 0];
    sums.set(label, [sum + (x[i] as number), count + 1]);
  }
  return labels.map((label) => {
    const [sum, count] = sums.get(label) as [number, number];
    return sum / count;
  });
}

/** Elements that differ only along `axes` share a label. */
function labelled(shape: readonly number[], axes: readonly number[]): number[] {
  return Array.from({ length: elementCount(shape) }, (_, flat) => {
    let [rest, label, step] = [flat, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const dim = shape[axis] as number;
      if (!axes.includes(axis)) {
        label += (rest % dim) * step;
        step *= dim;
      }
      rest = Math.floor(rest / dim);
    }
    return label;
  });
}

const list = (t: Tensor) => [...(t.data as Float32Array)];
const spread = (t: Tensor, x: Tensor) => repeated(t, x.shape) as number[];
/** One value per channel, as it lies beside x. */
const channelwise = (t: Tensor, x: Tensor) =>
  spread({ ...t, shape: [...t.shape, ...x.shape.slice(2).map(() => 1)] }, x);

function normalised(
  x: readonly number[],
  mean: readonly number[],
  variance: readonly number[],
  epsilon: number,
): number[] {
  return x.map((v, i) => (v - (mean[i] as number)) / Math.sqrt((variance[i] as number) + epsilon));
}

const affine = (x: readonly number[], scale: readonly number[], bias: readonly number[]) =>
  x.map((v, i) => v * (scale[i] as number) + (bias[i] as number));

async function check(single: NodeCase, wanted: readonly number[], what: string, atol = 3e-6): Promise<void> {
  const found = await expectLikeRuntime(single, what, 5e-6, 1e-5);
  const shape = (single.inputs[0] as Tensor).shape;
  expectClose(found.outputs[0] as Tensor, numbers('float32', wanted, shape), `${what}, defined`, 2e-6, atol);
  expectStepByStep(found, what);
}

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

describe('normalisations of instances, groups, vectors', () => {
  it('InstanceNormalization over the spatial axes', async () => {
    const choices = new Choices(60);
    for (const shape of [
      [2, 3, 7],
      [2, 3, 4, 5],
      [1, 3, 2, 2, 3],
    ]) {
      const inputs = [
        choices.tensor('float32', shape, 3),
        choices.tensor('float32', [3]),
        choices.tensor('float32', [3]),
      ] as const;
      const [x, scale, bias] = inputs;
      const { mean, variance } = moments(list(x), labelled(shape, shape.map((_, axis) => axis).slice(2)));
      const wanted = affine(
        normalised(list(x), mean, variance, Math.fround(1e-5)),
        channelwise(scale, x),
        channelwise(bias, x),
      );
      await check({ op: 'InstanceNormalization', opset: choices.of([7, 22]), inputs }, wanted, `[${shape}]`);
    }
    rejects('compile.operator', () =>
      reference({ op: 'InstanceNormalization', inputs: [[2, 3], [3], [3]].map((s) => choices.tensor('float32', s)) }),
    );
  });

  it('GroupNormalization: scales per group in opset 18, per channel since 21', async () => {
    const choices = new Choices(61);
    for (const opset of [18, 21])
      for (const [shape, groups] of [
        [[2, 6, 4], 3],
        [[2, 6, 3, 2], 2],
        [[1, 4, 5], 4],
        [[3, 4, 2], 1],
      ] as const) {
        const channels = shape[1];
        const own = opset === 18 ? groups : channels;
        const [x, scale, bias] = [shape, [own], [own]].map((s) => choices.tensor('float32', s, 2)) as [
          Tensor,
          Tensor,
          Tensor,
        ];
        const perChannel = (t: Tensor) =>
          channelwise(
            numbers(
              'float32',
              Array.from({ length: channels }, (_, i) => Number(t.data[Math.floor((i * own) / channels)])),
            ),
            x,
          );
        const split = [shape[0], groups, elementCount(shape) / shape[0] / groups];
        const { mean, variance } = moments(list(x), labelled(split, [2]));
        const wanted = affine(
          normalised(list(x), mean, variance, Math.fround(1e-5)),
          perChannel(scale),
          perChannel(bias),
        );
        const what = `GroupNormalization-${opset} [${shape}] ${groups}`;
        await check(
          { op: 'GroupNormalization', opset, inputs: [x, scale, bias], attributes: { num_groups: groups } },
          wanted,
          what,
        );
      }
    const inputs = [[2, 6, 4], [6], [6]].map((s) => choices.tensor('float32', s));
    for (const groups of [0, -1, 4])
      rejects('compile.operator', () =>
        reference({ op: 'GroupNormalization', opset: 21, inputs, attributes: { num_groups: groups } }),
      );
    rejects('compile.operator', () =>
      reference({ op: 'GroupNormalization', opset: 18, inputs, attributes: { num_groups: 3 } }),
    );
  });

  it('LpNormalization with p 1 and 2; a norm of 0 gives 0', async () => {
    const choices = new Choices(62);
    for (const p of [1, 2])
      for (const axis of [-1, 0, 1, 2]) {
        const shape = [3, 4, 2];
        const x = choices.tensor('float32', shape, 2);
        const labels = labelled(shape, [axis < 0 ? axis + 3 : axis]);
        for (const [i, label] of labels.entries()) if (label === 0) x.data[i] = 0;
        const count = shape.at(axis) as number;
        const norms = average(
          list(x).map((v) => Math.abs(v) ** p),
          labels,
        ).map((v) => (v * count) ** (1 / p));
        const wanted = list(x).map((v, i) => (norms[i] === 0 ? 0 : v / (norms[i] as number)));
        const single = { op: 'LpNormalization', opset: choices.of([7, 22]), inputs: [x], attributes: { p, axis } };
        await check(single, wanted, `p ${p} axis ${axis}`, 0);
      }
    const x = choices.tensor('float32', [2, 2]);
    rejects('compile.operator', () => reference({ op: 'LpNormalization', inputs: [x], attributes: { p: 3 } }));
  });

  it('MeanVarianceNormalization over channels, batches or all', async () => {
    const choices = new Choices(63);
    const x = choices.tensor('float32', [2, 3, 4, 2], 3);
    for (const axes of [undefined, [0, 1, 2, 3], [1, -1], [2, 3]]) {
      const over = (axes ?? [0, 2, 3]).map((axis) => (axis < 0 ? axis + 4 : axis));
      const { mean, variance } = moments(list(x), labelled(x.shape, over));
      const wanted = list(x).map((v, i) => (v - (mean[i] as number)) / (Math.sqrt(variance[i] as number) + 1e-9));
      const attributes: NonNullable<NodeCase['attributes']> = axes ? { axes } : {};
      await check(
        { op: 'MeanVarianceNormalization', opset: choices.of([9, 13]), inputs: [x], attributes },
        wanted,
        `axes ${axes}`,
      );
    }
    rejects('compile.operator', () =>
      reference({ op: 'MeanVarianceNormalization', inputs: [choices.tensor('float32', [2, 3])] }),
    );
  });

  it('sums over scattered axes move the input once', () => {
    const choices = new Choices(64);
    const inputs = [[2, 3, 4], [3], [3], [3], [3]].map((s) => choices.tensor('float32', s));
    const attributes = { training_mode: 1 };
    const { program } = reference({ op: 'BatchNormalization', opset: 15, inputs, attributes, constants: [1, 2, 3, 4] });
    // Once in, and once out: an output is row-major.
    expect(program.operators.filter(({ kind }) => kind === 'Move')).to.have.length(2);
  });
});
