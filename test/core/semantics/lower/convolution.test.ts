/** Conv and ConvTranspose against sums from the definition, ONNX Runtime, and their own records. */
import { expect } from 'chai';
import type { Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';
import { rejects } from '../../../support/rejects.ts';
import {
  Choices,
  expectClose,
  expectLikeRuntime,
  expectStepByStep,
  type NodeCase,
  reference,
} from '../../../support/singleNode.ts';

type Numbers = readonly number[];

/** All coordinates of a shape, row-major. */
function coordinates(shape: Numbers): number[][] {
  return shape.reduce<number[][]>(
    (all, dim) => all.flatMap((c) => Array.from({ length: dim }, (_, i) => [...c, i])),
    [[]],
  );
}

const flat = (shape: Numbers, c: Numbers): number => c.reduce((at, i, axis) => at * (shape[axis] as number) + i, 0);
const at = ({ shape, data }: Tensor, c: Numbers): number => data[flat(shape, c)] as number;

interface Geometry {
  readonly strides: Numbers;
  readonly dilations: Numbers;
  readonly begins: Numbers;
  readonly groups: number;
}

/** The definition of Conv in float64: every tap of the padded input. */
function convolve(x: Tensor, w: Tensor, bias: Tensor | undefined, shape: Numbers, g: Geometry): number[] {
  const [outputs = 1, depth = 1, ...kernel] = w.shape;
  return coordinates(shape).map(([n = 0, m = 0, ...o]) => {
    let sum = (bias?.data[m] as number | undefined) ?? 0;
    const group = Math.floor(m / (outputs / g.groups));
    for (let ci = 0; ci < depth; ci++)
      for (const k of coordinates(kernel)) {
        const place = o.map(
          (p, i) =>
            p * (g.strides[i] as number) + (k[i] as number) * (g.dilations[i] as number) - (g.begins[i] as number),
        );
        if (place.some((p, i) => p < 0 || p >= (x.shape[i + 2] as number))) continue;
        sum += at(x, [n, group * depth + ci, ...place]) * at(w, [m, ci, ...k]);
      }
    return sum;
  });
}

/** The definition of ConvTranspose in float64: every input adds its tap to the outputs it reaches. */
function convolveTransposed(x: Tensor, w: Tensor, bias: Tensor | undefined, shape: Numbers, g: Geometry): number[] {
  const [channels = 1, perGroup = 1, ...kernel] = w.shape;
  const sums = coordinates(shape).map(([, m = 0]) => (bias?.data[m] as number | undefined) ?? 0);
  for (const [n = 0, ci = 0, ...i] of coordinates(x.shape))
    for (let co = 0; co < perGroup; co++)
      for (const k of coordinates(kernel)) {
        const place = i.map(
          (p, axis) =>
            p * (g.strides[axis] as number) +
            (k[axis] as number) * (g.dilations[axis] as number) -
            (g.begins[axis] as number),
        );
        if (place.some((p, axis) => p < 0 || p >= (shape[axis + 2] as number))) continue;
        const m = Math.floor(ci / (channels / g.groups)) * perGroup + co;
        const target = flat(shape, [n, m, ...place]);
        sums[target] = (sums[target] as number) + at(x, [n, ci, ...i]) * at(w, [ci, co, ...k]);
      }
  return sums;
}

const asTensor = (shape: Numbers, values: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

interface Drawn extends Geometry {
  readonly single: NodeCase;
  readonly rank: number;
}

function draw(choices: Choices, transposed: boolean): Drawn {
  const rank = choices.int(1, 3);
  const groups = choices.of([1, 1, 2, 3]);
  const [depth, perGroup] = choices.ints(2, 1, 3) as [number, number];
  const kernel = choices.ints(rank, 1, rank === 3 ? 2 : 3);
  const strides = choices.ints(rank, 1, 3);
  const dilations = choices.ints(rank, 1, 2);
  const sizes = kernel.map((k, i) => (dilations[i] as number) * (k - 1) + 1 + choices.int(0, 4));
  const begins = kernel.map((k) => choices.int(0, k - 1));
  const ends = kernel.map((k) => choices.int(0, k - 1));
  // What is cut off must leave something.
  const pads = transposed
    ? [...begins.map((p, i) => Math.min(p, (sizes[i] as number) - 1)), ...ends.map(() => 0)]
    : [...begins, ...ends];
  const weights = transposed ? [depth * groups, perGroup, ...kernel] : [perGroup * groups, depth, ...kernel];
  const padding = strides.map((s) => choices.int(0, s - 1));
  return {
    rank,
    groups,
    strides,
    dilations,
    begins: pads.slice(0, rank),
    single: {
      op: transposed ? 'ConvTranspose' : 'Conv',
      opset: choices.of([7, 11, 21, 22]),
      attributes: {
        group: groups,
        strides,
        dilations,
        pads,
        ...(choices.int(0, 1) ? { kernel_shape: kernel } : {}),
        ...(transposed ? { output_padding: padding } : {}),
      },
      inputs: [
        choices.tensor('float32', [choices.int(1, 2), depth * groups, ...sizes]),
        choices.tensor('float32', weights),
        ...(choices.int(0, 1) ? [choices.tensor('float32', [perGroup * groups])] : []),
      ],
      constants: choices.of([[1, 2], [1], []]),
    },
  };
}

describe('convolutions', () => {
  for (const transposed of [false, true]) {
    const name = transposed ? 'ConvTranspose' : 'Conv';
    it(`${name} is its definition, its record and ONNX Runtime: strides, pads, dilations, groups, 1 to 3 axes`, async () => {
      const choices = new Choices(transposed ? 12 : 11);
      for (let i = 0; i < 60; i++) {
        const drawn = draw(choices, transposed);
        const what = `${name} ${i} ${JSON.stringify(drawn.single.attributes)}`;
        const found = await expectLikeRuntime(drawn.single, what);
        const [output] = found.outputs as [Tensor];
        const [x, w, bias] = drawn.single.inputs as [Tensor, Tensor, Tensor | undefined];
        const defined = transposed ? convolveTransposed : convolve;
        expectClose(output, asTensor(output.shape, defined(x, w, bias, output.shape, drawn)), `${what}, defined`);
        if (i % 4 === 0) expectStepByStep(found, what);
      }
    });
  }

  it('is one Dot without moves in front of it when the channels are last already', () => {
    const choices = new Choices(3);
    const { program } = reference({
      op: 'Conv',
      inputs: [choices.tensor('float32', [1, 1, 6, 6]), choices.tensor('float32', [3, 1, 3, 3])],
      constants: [1],
    });
    expect(program.operators.map(({ kind }) => kind)).to.deep.equal(['Dot', 'Move']);
  });

  it('skips padding: an infinite weight beside it makes no NaN', () => {
    const w: Tensor = { dtype: 'float32', shape: [1, 1, 3], data: Float32Array.of(Number.POSITIVE_INFINITY, 1, 1) };
    const x: Tensor = { dtype: 'float32', shape: [1, 1, 3], data: Float32Array.of(1, 2, 3) };
    const [output] = reference({ op: 'Conv', inputs: [x, w], attributes: { pads: [1, 1] } }).outputs as [Tensor];
    expect([...output.data]).to.deep.equal([3, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it('pads by itself: SAME_UPPER, SAME_LOWER and VALID', async () => {
    const choices = new Choices(5);
    for (let i = 0; i < 40; i++) {
      const transposed = i % 2 === 1;
      const kernel = choices.ints(2, 1, 4);
      const strides = choices.ints(2, 1, 3);
      const auto = choices.of(['SAME_UPPER', 'SAME_LOWER', 'VALID']);
      const sizes = kernel.map((k) => k + choices.int(0, 5));
      const attributes = { auto_pad: auto, strides };
      const weights = transposed ? [2, 3, ...kernel] : [3, 2, ...kernel];
      const inputs = [choices.tensor('float32', [1, 2, ...sizes]), choices.tensor('float32', weights)];
      const what = `${transposed} ${JSON.stringify(attributes)} [${sizes}] [${kernel}]`;
      const { outputs } = await expectLikeRuntime(
        { op: transposed ? 'ConvTranspose' : 'Conv', attributes, inputs },
        what,
      );
      const [output] = outputs as [Tensor];
      if (!transposed && auto !== 'VALID')
        expect(output.shape.slice(2), what).to.deep.equal(
          sizes.map((size, axis) => Math.ceil(size / (strides[axis] as number))),
        );
    }
  });

  it('distributes what output_shape leaves over, more at the begin unless SAME_UPPER', async () => {
    const choices = new Choices(6);
    for (const auto of ['NOTSET', 'SAME_UPPER', 'SAME_LOWER'])
      for (let i = 0; i < 6; i++) {
        const x = choices.tensor('float32', [1, 2, 4, 5]);
        const w = choices.tensor('float32', [2, 2, 3, 4]);
        const wanted = [7 + choices.int(0, 3), 9 + choices.int(0, 4)];
        const attributes = { strides: [2, 2], output_shape: wanted, auto_pad: auto, output_padding: [1, 1] };
        const { outputs } = await expectLikeRuntime(
          { op: 'ConvTranspose', attributes, inputs: [x, w] },
          `${auto} ${wanted}`,
        );
        expect((outputs[0] as Tensor).shape.slice(2)).to.deep.equal(wanted);
      }
  });

  it('cuts contractions beyond 8,192 terms into ranges', async () => {
    const choices = new Choices(8);
    const x = choices.tensor('float32', [1, 950, 4, 4]);
    const w = choices.tensor('float32', [2, 950, 3, 3]);
    const { program } = await expectLikeRuntime(
      { op: 'Conv', inputs: [x, w], constants: [1], attributes: { pads: [1, 1, 1, 1] } },
      'long',
      1e-4,
      1e-4,
    );
    const terms = program.operators.filter(({ kind }) => kind === 'Dot').map(({ inner }) => elementCount(inner));
    expect(terms).to.deep.equal([950 * 9, 2]);
  });

  it('refuses what has no meaning', () => {
    const x: Tensor = asTensor([1, 2, 4], new Array(8).fill(1));
    const w: Tensor = asTensor([2, 2, 3], new Array(12).fill(1));
    const refuses = (op: string, inputs: Tensor[], attributes: NodeCase['attributes'] = {}) =>
      rejects('compile.operator', () => reference({ op, inputs, attributes }));
    for (const op of ['Conv', 'ConvTranspose']) {
      refuses(op, [x, w], { group: 3 });
      refuses(op, [x, w], { group: 0 });
      refuses(op, [x, w], { strides: [0] });
      refuses(op, [x, w], { strides: [2 ** 40] });
      refuses(op, [x, w], { dilations: [1, 1] });
      refuses(op, [x, w], { pads: [-1, 0] });
      refuses(op, [x, w], { kernel_shape: [2] });
      refuses(op, [x, w], { auto_pad: 'SOME' });
      refuses(op, [x, asTensor([2, 2], [1, 1, 1, 1])]);
      refuses(op, [x, w, asTensor([3], [1, 1, 1])]);
    }
    refuses('Conv', [x, asTensor([2, 2, 5], new Array(20).fill(1))]);
    refuses('ConvTranspose', [x, w], { pads: [9, 9] });
    refuses('ConvTranspose', [x, w], { output_padding: [2 ** 31] });
    refuses('ConvTranspose', [x, w], { output_shape: [1, 2] });
  });
});
