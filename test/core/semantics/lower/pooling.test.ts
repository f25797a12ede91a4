/** Pools against the definition, ONNX Runtime, and their own records. */
import { expect } from 'chai';
import type { Dtype, Tensor } from '#core/tensor.ts';
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

type Numbers = readonly number[];

interface Drawn {
  readonly single: NodeCase;
  readonly kernel: Numbers;
  readonly strides: Numbers;
  readonly dilations: Numbers;
  readonly pads: Numbers;
  readonly ceil: boolean;
}

/** Windows that ONNX Runtime takes: pads below the kernel, every window with something of X in it. */
function draw(choices: Choices, op: string, dtype: Dtype, opset: number, outputs: NodeCase['outputs']): Drawn {
  for (;;) {
    const rank = choices.int(1, 3);
    const kernel = choices.ints(rank, 1, 3);
    const strides = choices.ints(rank, 1, 3);
    const dilated = opset >= (op === 'MaxPool' ? 10 : op === 'LpPool' ? 18 : 19);
    const dilations = kernel.map(() => (dilated ? choices.int(1, 2) : 1));
    const sizes = kernel.map((k, i) => (dilations[i] as number) * (k - 1) + 1 + choices.int(0, 4));
    const pads = [...kernel, ...kernel].map((k) => choices.int(0, k - 1));
    const ceil = opset >= (op === 'LpPool' ? 18 : 10) && choices.int(0, 1) === 1;
    const drawn = {
      kernel,
      strides,
      dilations,
      pads,
      ceil,
      single: {
        op,
        opset,
        attributes: {
          kernel_shape: kernel,
          strides,
          pads,
          ...(dilated ? { dilations } : {}),
          ...(opset >= 10 && (op !== 'LpPool' || opset >= 18) ? { ceil_mode: ceil ? 1 : 0 } : {}),
        },
        inputs: [choices.tensor(dtype, [choices.int(1, 2), choices.int(1, 3), ...sizes])],
        outputs: outputs ?? [dtype],
      },
    };
    const counts = countsOf(drawn);
    if (positions(counts).every((o) => taps(drawn, o).length > 0)) return drawn;
  }
}

const sizesOf = ({ single }: Drawn): Numbers => (single.inputs[0] as Tensor).shape.slice(2);

/** ceil_mode as in PyTorch: a window that begins behind the input and its first padding is none. */
function countsOf(drawn: Drawn): number[] {
  return sizesOf(drawn).map((size, i) => {
    const [k, s, d] = [drawn.kernel[i] as number, drawn.strides[i] as number, drawn.dilations[i] as number];
    const [begin, end] = [drawn.pads[i] as number, drawn.pads[i + drawn.kernel.length] as number];
    let count = 0;
    for (let first = -begin; ; first += s) {
      const lastTap = first + d * (k - 1);
      const fits = lastTap < size + end;
      const reaches = drawn.ceil && first < size && first - s + d * (k - 1) < size + end - 1;
      if (!fits && !(reaches && count > 0)) return count;
      count++;
    }
  });
}

function positions(counts: Numbers): number[][] {
  return counts.reduce<number[][]>(
    (all, n) => all.flatMap((c) => Array.from({ length: n }, (_, i) => [...c, i])),
    [[]],
  );
}

/** Coordinates of the taps of window o: inside X, or (padded) inside X and its padding. */
function taps(drawn: Drawn, o: Numbers, padded = false): number[][] {
  const sizes = sizesOf(drawn);
  const rank = sizes.length;
  return positions(drawn.kernel)
    .map((k) =>
      k.map(
        (tap, i) =>
          (o[i] as number) * (drawn.strides[i] as number) -
          (drawn.pads[i] as number) +
          tap * (drawn.dilations[i] as number),
      ),
    )
    .filter((place) =>
      place.every((p, i) => {
        const end = padded ? (drawn.pads[i + rank] as number) : 0;
        return (padded || p >= 0) && p < (sizes[i] as number) + end;
      }),
    );
}

/** One value per output element from the values and flat positions of its taps. */
function pooled(
  drawn: Drawn,
  pool: (values: number[], flats: number[], o: number[], plane: number) => number,
): number[] {
  const { shape, data } = drawn.single.inputs[0] as Tensor;
  const sizes = shape.slice(2);
  const area = sizes.reduce((product, size) => product * size, 1);
  const planes = (shape[0] as number) * (shape[1] as number);
  return Array.from({ length: planes }, (_, plane) =>
    positions(countsOf(drawn)).map((o) => {
      const flats = taps(drawn, o).map((c) => c.reduce((at, i, axis) => at * (sizes[axis] as number) + i, 0));
      return pool(
        flats.map((i) => Number(data[plane * area + i])),
        flats,
        o,
        plane * area,
      );
    }),
  ).flat();
}

const shapeOf = (drawn: Drawn): number[] => [
  ...(drawn.single.inputs[0] as Tensor).shape.slice(0, 2),
  ...countsOf(drawn),
];

describe('pools', () => {
  it('MaxPool and its Indices: float32, uint8, int8, 1 to 3 axes, dilations, ceil_mode, both storage orders', async () => {
    const choices = new Choices(21);
    for (let i = 0; i < 90; i++) {
      const dtype = choices.of(['float32', 'float32', 'uint8', 'int8'] as const);
      const opset = dtype === 'float32' ? choices.of([8, 10, 11, 12, 22]) : choices.of([12, 22]);
      const drawn = draw(choices, 'MaxPool', dtype, opset, [dtype, 'int64']);
      const order = choices.int(0, 1);
      const single = { ...drawn.single, attributes: { ...drawn.single.attributes, storage_order: order } };
      const what = `MaxPool ${i} opset ${opset} ${dtype} [${single.inputs[0]?.shape}] ${JSON.stringify(single.attributes)}`;
      const found = await expectLikeRuntime(single, what);
      const [values, indices] = found.outputs as [Tensor, Tensor];
      expect([...values.shape], what).to.deep.equal(shapeOf(drawn));
      expect([...values.data].map(Number), what).to.deep.equal(pooled(drawn, (list) => Math.max(...list)));
      const sizes = sizesOf(drawn);
      const winners = pooled(drawn, (list, flats, _, plane) => {
        let flat = flats[list.indexOf(Math.max(...list))] as number;
        if (order === 0) return plane + flat;
        const c = sizes.map(() => 0);
        for (let axis = sizes.length - 1; axis >= 0; axis--) {
          c[axis] = flat % (sizes[axis] as number);
          flat = Math.floor(flat / (sizes[axis] as number));
        }
        return plane + c.reduceRight((at, p, axis) => at * (sizes[axis] as number) + p, 0);
      });
      expect([...indices.data].map(Number), what).to.deep.equal(winners);
      if (i % 6 === 0) expectStepByStep(found, what);
    }
  });

  it('AveragePool divides by the taps inside X, or inside X and its padding', async () => {
    const choices = new Choices(22);
    for (let i = 0; i < 90; i++) {
      const opset = choices.of([7, 10, 11, 19, 22]);
      const drawn = draw(choices, 'AveragePool', 'float32', opset, undefined);
      const padded = choices.int(0, 1);
      const single = { ...drawn.single, attributes: { ...drawn.single.attributes, count_include_pad: padded } };
      const what = `AveragePool ${i} opset ${opset} [${single.inputs[0]?.shape}] ${JSON.stringify(single.attributes)}`;
      const found = await expectLikeRuntime(single, what);
      const wanted = pooled(drawn, (values, _, o) => {
        const count = padded ? taps(drawn, o, true).length : values.length;
        return values.reduce((sum, value) => sum + value, 0) / count;
      });
      expectClose(found.outputs[0] as Tensor, numbers('float32', wanted, shapeOf(drawn)), `${what}, defined`);
      if (i % 6 === 0) expectStepByStep(found, what);
    }
  });

  it('LpPool sums absolute values or squares', async () => {
    const choices = new Choices(23);
    for (let i = 0; i < 40; i++) {
      const opset = choices.of([11, 18, 22]);
      const drawn = draw(choices, 'LpPool', 'float32', opset, undefined);
      const p = choices.int(1, 2);
      const single = { ...drawn.single, attributes: { ...drawn.single.attributes, p } };
      const what = `LpPool ${i} opset ${opset} [${single.inputs[0]?.shape}] ${JSON.stringify(single.attributes)}`;
      const found = await expectLikeRuntime(single, what);
      const wanted = pooled(drawn, (values) => values.reduce((sum, value) => sum + Math.abs(value) ** p, 0) ** (1 / p));
      expectClose(found.outputs[0] as Tensor, numbers('float32', wanted, shapeOf(drawn)), `${what}, defined`);
    }
  });

  it('pads by itself', async () => {
    const choices = new Choices(24);
    for (let i = 0; i < 60; i++) {
      const op = choices.of(['MaxPool', 'AveragePool', 'LpPool']);
      const kernel = choices.ints(2, 1, 4);
      // ONNX Runtime refuses SAME for a kernel below its stride.
      const strides = kernel.map((k) => choices.int(1, k));
      const sizes = kernel.map((k) => k + choices.int(0, 5));
      const auto = choices.of(['SAME_UPPER', 'SAME_LOWER', 'VALID']);
      const attributes = { kernel_shape: kernel, strides, auto_pad: auto };
      const single = { op, attributes, opset: 11, inputs: [choices.tensor('float32', [1, 2, ...sizes])] };
      const { outputs } = await expectLikeRuntime(single, `${op} [${sizes}] ${JSON.stringify(attributes)}`);
      if (auto !== 'VALID')
        expect((outputs[0] as Tensor).shape.slice(2)).to.deep.equal(
          sizes.map((size, axis) => Math.ceil(size / (strides[axis] as number))),
        );
    }
  });

  it('takes the dilated kernel for SAME, as the specification says', () => {
    const x = numbers('float32', [1, 2, 3, 4, 5], [1, 1, 5]);
    const attributes = { kernel_shape: [3], dilations: [2], auto_pad: 'SAME_UPPER' };
    const [y] = reference({ op: 'MaxPool', inputs: [x], attributes }).outputs as [Tensor];
    expect([...y.data]).to.deep.equal([3, 4, 5, 4, 5]);
  });

  it('global pools reduce 1 to 3 axes to one element', async () => {
    const choices = new Choices(25);
    for (const op of ['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'])
      for (let rank = 1; rank <= 3; rank++) {
        const x = choices.tensor('float32', [2, 3, ...choices.ints(rank, 1, 5)]);
        const found = await expectLikeRuntime({ op, inputs: [x] }, `${op} [${x.shape}]`);
        expect((found.outputs[0] as Tensor).shape).to.deep.equal([2, 3, ...new Array<number>(rank).fill(1)]);
        const area = x.data.length / 6;
        const wanted = Array.from({ length: 6 }, (_, plane) => {
          const values = [...x.data.slice(plane * area, (plane + 1) * area)].map(Number);
          if (op === 'GlobalMaxPool') return Math.max(...values);
          if (op === 'GlobalLpPool') return Math.hypot(...values);
          return values.reduce((sum, value) => sum + value, 0) / area;
        });
        expectClose(found.outputs[0] as Tensor, numbers('float32', wanted, (found.outputs[0] as Tensor).shape), op);
        expectStepByStep(found, op);
      }
  });

  it('takes the first of equal values, and NaN above all', () => {
    const x = numbers('float32', [1, 7, 7, Number.NaN, 7, 2], [1, 1, 6]);
    const attributes = { kernel_shape: [3], strides: [3] };
    const [y, where] = reference({ op: 'MaxPool', inputs: [x], attributes, outputs: ['float32', 'int64'] }).outputs as [
      Tensor,
      Tensor,
    ];
    expect([...y.data]).to.deep.equal([7, Number.NaN]);
    expect([...where.data]).to.deep.equal([1n, 3n]);
  });

  it('keeps pools channels-last: no moves between two of them', () => {
    const x = new Choices(1).tensor('float32', [1, 1, 9, 9]);
    const { program } = reference({ op: 'MaxPool', inputs: [x], attributes: { kernel_shape: [2, 2] } });
    expect(program.operators.map(({ kind }) => kind)).to.deep.equal(['ArgMax', 'Gather', 'Move']);
  });

  it('refuses what has no meaning', () => {
    const x = numbers('float32', [1, 2, 3, 4], [1, 1, 4]);
    const refuses = (op: string, attributes: NonNullable<NodeCase['attributes']>, input: Tensor = x) =>
      rejects('compile.operator', () => reference({ op, inputs: [input], attributes, outputs: [input.dtype] }));
    for (const op of ['MaxPool', 'AveragePool', 'LpPool']) {
      refuses(op, {});
      refuses(op, { kernel_shape: [2, 2] });
      refuses(op, { kernel_shape: [0] });
      refuses(op, { kernel_shape: [5] });
      refuses(op, { kernel_shape: [2 ** 33], pads: [2 ** 33, 2 ** 33] });
      refuses(op, { kernel_shape: [2], strides: [0] });
      refuses(op, { kernel_shape: [2], pads: [3, 3] });
      refuses(op, { kernel_shape: [1], pads: [2 ** 31 - 1, 2 ** 31 - 1] });
      refuses(op, { kernel_shape: [2], auto_pad: 'FULL' });
    }
    refuses('LpPool', { kernel_shape: [2], p: 3 });
    refuses('AveragePool', { kernel_shape: [2] }, numbers('uint8', [1, 2, 3, 4], [1, 1, 4]));
    refuses('MaxPool', { kernel_shape: [2] }, numbers('int32', [1, 2, 3, 4], [1, 1, 4]));
    refuses('GlobalMaxPool', {}, numbers('float32', [1, 2], [1, 2]));
    const order = { op: 'MaxPool', inputs: [x], outputs: ['float32', 'int64'] as const };
    rejects('compile.operator', () => reference({ ...order, attributes: { kernel_shape: [2], storage_order: 2 } }));
  });
});
