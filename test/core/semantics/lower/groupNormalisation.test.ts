/** Instance, Group, Lp and MeanVarianceNormalization against their formulas in float64, ONNX Runtime, and their own records. */
import { expect } from 'chai';
import type { Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';
import { affine, average, channelwise, check, labelled, list, moments, normalised } from '../../../support/moments.ts';
import { rejects } from '../../../support/rejects.ts';
import { Choices, expectClose, type NodeCase, numbers, reference } from '../../../support/singleNode.ts';

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
    for (const [p, tiny] of [
      [1, 2 ** -149],
      [2, 2 ** -74],
    ] as const) {
      const least = numbers('float32', [0, tiny, 0, -0], [2, 2]);
      const [y] = reference({ op: 'LpNormalization', inputs: [least], attributes: { p } }).outputs as [Tensor];
      expectClose(y, numbers('float32', [0, 1, 0, 0], [2, 2]), `least norm, p ${p}`, 1e-6, 0);
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
