import { expect } from 'chai';
import type { Dtype } from '#core/tensor.ts';
import {
  Choices,
  expectLikeRuntime,
  expectStepByStep,
  type NodeCase,
  numbers,
  reference,
} from '../../../support/singleNode.ts';

const DTYPES: readonly Dtype[] = ['float32', 'int64', 'int32', 'uint8', 'int8', 'bool'];
const int64 = (...values: number[]) => numbers('int64', values);

/** As ONNX Runtime does it (bit for bit: nothing is computed), and each operator as its step says. */
async function check(single: NodeCase, what: string) {
  const found = await expectLikeRuntime(single, what, 0, 0);
  expectStepByStep(found, what);
  return found;
}

describe('lowering of movement', () => {
  const random = new Choices(71);
  const shapeOf = (least: number, most: number) => random.ints(random.int(least, most), 1, 5);
  const rounds = (count: number) => Array.from({ length: count }, (_, i) => i);

  it('Slice should clamp as numpy does, in both directions and at every opset', async () => {
    for (const round of rounds(60)) {
      const shape = shapeOf(1, 4);
      const axes = shape.map((_, axis) => axis).filter(() => random.int(0, 2) > 0);
      if (axes.length === 0) axes.push(0);
      const opset = random.of([7, 9, 10, 11, 13, 21]);
      const steps = axes.map(() => (opset >= 10 ? random.of([1, 1, 2, 3, -1, -2]) : 1));
      const bounds = (forward: boolean) =>
        axes.map((axis, i) => {
          const dim = shape[axis] as number;
          const up = (steps[i] as number) > 0 === forward;
          // A start before its end, or else there may be nothing left for ONNX Runtime to return.
          return up ? random.int(0, dim - 1) : random.of([dim, 1000, 2 ** 31 - 1]);
        });
      const starts = bounds(true);
      const ends = axes.map((axis, i) => {
        const dim = shape[axis] as number;
        const step = steps[i] as number;
        const start = Math.min(starts[i] as number, dim - 1);
        return step > 0
          ? random.of([start + 1, dim, 2 ** 40, -1 === start - dim ? dim : -1])
          : random.of([-(2 ** 40), -dim - 1]);
      });
      const x = random.tensor(random.of(DTYPES.slice(0, 2)), shape);
      const what = `${round}: opset ${opset} [${shape}] axes [${axes}] [${starts}] to [${ends}] by [${steps}]`;
      if (opset < 10)
        await check({ op: 'Slice', opset, attributes: { starts, ends, axes }, inputs: [x], outputs: [x.dtype] }, what);
      else
        await check(
          {
            op: 'Slice',
            opset,
            inputs: [x, int64(...starts), int64(...ends), int64(...axes), int64(...steps)],
            constants: [1, 2, 3, 4],
            outputs: [x.dtype],
          },
          what,
        );
    }
  });

  it('Slice should show the elements that ONNX says, wherever its bounds are', async () => {
    const bounds = [0, 1, 2, 3, 4, 7, -1, -2, -4, -5, -9, 2 ** 40, -(2 ** 40)];
    for (const dim of [1, 3, 4])
      for (const step of [1, 2, -1, -3, 2 ** 40, -(2 ** 40)])
        for (const start of bounds)
          for (const end of bounds) {
            const x = numbers('int32', [10, 11, 12, 13].slice(0, dim));
            const shift = (bound: number) => (bound < 0 ? bound + dim : bound);
            const within = (bound: number, least: number, most: number) => Math.min(most, Math.max(least, bound));
            const wanted: number[] = [];
            if (step > 0)
              for (let i = within(shift(start), 0, dim); i < within(shift(end), 0, dim); i += step) wanted.push(10 + i);
            else
              for (let i = within(shift(start), 0, dim - 1); i > within(shift(end), -1, dim - 1); i += step)
                wanted.push(10 + i);
            const inputs = [x, int64(start), int64(end), int64(0), int64(step)];
            const single: NodeCase = { op: 'Slice', opset: 13, inputs, constants: [1, 2, 3, 4], outputs: ['int32'] };
            const what = `${dim} from ${start} to ${end} by ${step}`;
            const found = Math.abs(step) < 9 && random.int(0, 9) === 0 ? await check(single, what) : reference(single);
            expect([...(found.outputs[0]?.data ?? [])], what).to.deep.equal(wanted);
          }
  });

  it('Concat and Split should undo each other along every axis', async () => {
    for (const round of rounds(40)) {
      const shape = shapeOf(1, 4);
      const axis = random.int(0, shape.length - 1);
      const dtype = random.of(DTYPES);
      const parts = random.ints(random.int(1, 4), 1, 3);
      const opset = random.of([11, 13, 18, 21]);
      const inputs = parts.map((dim) => random.tensor(dtype, shape.with(axis, dim)));
      const named = random.int(0, 1) === 0 ? axis : axis - shape.length;
      const { outputs } = await check(
        { op: 'Concat', opset, attributes: { axis: named }, inputs, outputs: [dtype] },
        `${round}: concat ${parts} along ${named} of [${shape}]`,
      );
      const [whole] = outputs as [(typeof inputs)[number]];
      const split: NodeCase = {
        op: 'Split',
        opset,
        attributes: opset < 13 ? { axis: named, split: parts } : { axis: named },
        inputs: opset < 13 ? [whole] : [whole, int64(...parts)],
        constants: opset < 13 ? [] : [1],
        outputs: parts.map(() => dtype),
      };
      const back = await check(split, `${round}: split`);
      for (const [i, output] of back.outputs.entries()) expect(output).to.deep.equal(inputs[i]);
    }
  });

  it('Split should make equal parts, and a smaller last one since opset 18', async () => {
    const x = random.tensor('float32', [7, 6]);
    const equal = {
      op: 'Split',
      attributes: { axis: 1 },
      inputs: [x],
      outputs: ['float32', 'float32', 'float32'] as const,
    };
    for (const opset of [7, 11, 13]) await check({ ...equal, opset }, `opset ${opset}`);
    const uneven = { ...equal, attributes: { axis: 0, num_outputs: 3 }, opset: 18 };
    const { outputs } = await check(uneven, 'uneven');
    expect(outputs.map(({ shape }) => shape[0])).to.deep.equal([3, 3, 1]);
  });

  it('Pad should fill, reflect, repeat the edge and wrap; negative pads cut', async () => {
    for (const round of rounds(60)) {
      const shape = random.ints(random.int(1, 4), 3, 5);
      const opset = random.of([10, 11, 13, 18, 19, 21]);
      const mode = random.of(['constant', 'constant', 'reflect', 'edge', ...(opset >= 19 ? ['wrap'] : [])]);
      const dtype: Dtype =
        opset < 11 ? 'float32' : random.of(opset < 13 ? ['float32'] : ['float32', 'int64', 'int32', 'uint8']);
      const some = opset >= 18 && random.int(0, 1) === 0;
      const axes = some ? [random.int(0, shape.length - 1)] : shape.map((_, axis) => axis);
      const low = mode === 'constant' ? -1 : 0;
      const pads = random.ints(2 * axes.length, low, 2);
      const x = random.tensor(dtype, shape);
      const what = `${round}: opset ${opset} ${mode} ${dtype} [${shape}] axes [${axes}] pads [${pads}]`;
      if (opset < 11)
        await check({ op: 'Pad', opset, attributes: { mode, pads, value: { float: 2.5 } }, inputs: [x] }, what);
      else
        await check(
          {
            op: 'Pad',
            opset,
            attributes: { mode },
            inputs: [
              x,
              int64(...pads),
              mode === 'constant' ? numbers(dtype, [7], []) : undefined,
              ...(some ? [int64(...axes)] : []),
            ],
            constants: [1, 3],
            outputs: [dtype],
          },
          what,
        );
    }
  });

  it('Gather, GatherElements and GatherND should follow computed and constant indices', async () => {
    for (const round of rounds(60)) {
      const shape = shapeOf(1, 4);
      const axis = random.int(0, shape.length - 1);
      const dim = shape[axis] as number;
      const dtype = random.of(DTYPES);
      const x = random.tensor(dtype, shape);
      const opset = random.of([11, 13, 21]);
      const constants = random.int(0, 1) === 0 ? [1] : [];
      const index = (of: readonly number[]) =>
        numbers(
          random.of(['int32', 'int64'] as const),
          random.ints(
            of.reduce((product, n) => product * n, 1),
            -dim,
            dim - 1,
          ),
          of,
        );
      const attributes = { axis };
      const outputs = [dtype];
      const anywhere = shapeOf(0, 2);
      await check(
        { op: 'Gather', opset, attributes, inputs: [x, index(anywhere)], constants, outputs },
        `${round}: [${shape}] axis ${axis} by [${anywhere}]`,
      );
      const smaller = shape.map((n, i) => (i === axis ? random.int(1, 6) : random.int(1, n)));
      await check(
        { op: 'GatherElements', opset, attributes, inputs: [x, index(smaller)], constants, outputs },
        `${round}: elements [${shape}] axis ${axis} by [${smaller}]`,
      );
      const depth = random.int(1, shape.length);
      const points = random.int(1, 4);
      const coordinates = Array.from({ length: points }, () =>
        shape.slice(0, depth).map((n) => random.int(-n, n - 1)),
      ).flat();
      await check(
        { op: 'GatherND', opset: 13, inputs: [x, numbers('int64', coordinates, [points, depth])], constants, outputs },
        `${round}: points of depth ${depth} in [${shape}]`,
      );
    }
  });

  it('Expand, Tile, Squeeze, Unsqueeze, Flatten, Reshape and Transpose should show the same elements', async () => {
    for (const round of rounds(50)) {
      const shape = random.ints(random.int(1, 4), 1, 4).map((dim) => (random.int(0, 2) === 0 ? 1 : dim));
      const dtype = random.of(DTYPES);
      const x = random.tensor(dtype, shape);
      const outputs = [dtype];
      const opset = random.of([11, 13, 21]);
      const wide = [
        ...(random.int(0, 1) === 0 ? [2] : []),
        ...shape.map((dim) => (dim === 1 ? random.int(1, 3) : random.of([1, dim]))),
      ];
      const constants = [1];
      const what = `${round}: opset ${opset} ${dtype} [${shape}]`;
      await check({ op: 'Expand', opset, inputs: [x, int64(...wide)], constants, outputs }, `${what} to [${wide}]`);
      const repeats = random.ints(shape.length, 1, 3);
      await check(
        { op: 'Tile', opset, inputs: [x, int64(...repeats)], constants, outputs },
        `${what} times [${repeats}]`,
      );
      const perm = shape.map((_, i) => i).sort(() => random.next() - 0.5);
      await check({ op: 'Transpose', opset, attributes: { perm }, inputs: [x], outputs }, `${what} by [${perm}]`);
      await check(
        { op: 'Flatten', opset, attributes: { axis: random.int(0, shape.length) }, inputs: [x], outputs },
        what,
      );
      const axis = random.int(0, shape.length);
      const axes = opset < 13 ? { attributes: { axes: [axis] }, inputs: [x] } : { inputs: [x, int64(axis)], constants };
      await check({ op: 'Unsqueeze', opset, ...axes, outputs }, `${what} at ${axis}`);
      const ones = shape.flatMap((dim, i) => (dim === 1 ? [i] : []));
      if (ones.length > 0 && opset >= 13)
        await check({ op: 'Squeeze', opset, inputs: [x, int64(...ones)], constants, outputs }, what);
      await check({ op: 'Reshape', opset, inputs: [x, int64(0, -1)], constants, outputs }, what);
    }
  });

  it('DepthToSpace and SpaceToDepth should interleave blocks in both orders', async () => {
    for (const mode of ['DCR', 'CRD'])
      for (const blocksize of [1, 2, 3]) {
        const x = random.tensor('float32', [2, 2 * blocksize * blocksize, 3, 2]);
        await check(
          { op: 'DepthToSpace', opset: 13, attributes: { mode, blocksize }, inputs: [x] },
          `${mode} ${blocksize}`,
        );
        const y = random.tensor('float32', [2, 3, 2 * blocksize, 3 * blocksize]);
        await check({ op: 'SpaceToDepth', opset: 13, attributes: { blocksize }, inputs: [y] }, `${blocksize}`);
      }
  });

  it('OneHot, Trilu, EyeLike, Range and ConstantOfShape should be what ONNX Runtime makes', async () => {
    for (const round of rounds(20)) {
      const axis = random.int(-2, 1);
      const indices = numbers(random.of(['int64', 'int32'] as const), random.ints(4, -5, 5));
      await check(
        {
          op: 'OneHot',
          opset: 11,
          attributes: { axis },
          inputs: [numbers('int64', [...indices.data].map(Number), [4]), int64(5), numbers('float32', [-1, 3])],
          constants: random.int(0, 1) === 0 ? [1] : [1, 2],
        },
        `${round}: axis ${axis} [${indices.data}]`,
      );
      const k = random.int(-4, 4);
      const square = random.tensor('float32', [2, 4, random.int(2, 5)]);
      const upper = random.int(0, 1);
      await check(
        { op: 'Trilu', opset: 14, attributes: { upper }, inputs: [square, numbers('int64', [k], [])], constants: [1] },
        `${k}`,
      );
    }
    // ONNX Runtime adds delta again and again, which drifts; ONNX multiplies.
    for (const [start, limit, delta] of [
      [0, 10, 3],
      [1, -5, -2],
      [0.1, 2.05, 0.3],
      [5, 5.5, 0.25],
    ] as const)
      await expectLikeRuntime(
        {
          op: 'Range',
          opset: 11,
          inputs: [start, limit, delta].map((value) => numbers('float32', [value], [])),
          constants: [0, 1, 2],
        },
        `${start} to ${limit} by ${delta}`,
        1e-6,
        0,
      );
  });
});
