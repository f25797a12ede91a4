import { expect } from 'chai';
import { isProtocolError } from '#core/errors.ts';
import { buildModel, node } from '#core/onnx/build.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import type { Tensor } from '#core/tensor.ts';
import {
  Choices,
  expectClose,
  expectLikeRuntime,
  expectStepByStep,
  type NodeCase,
  numbers,
  reference,
} from '../../../support/singleNode.ts';

const float32 = (...values: number[]) => numbers('float32', values);
const int64 = (...values: number[]) => numbers('int64', values);

describe('lowering of Resize', () => {
  const random = new Choices(53);
  const NONE: Tensor = { dtype: 'float32', shape: [0], data: new Float32Array(0) };

  /** Scales of the spatial axes of [1, 2, h, w]. */
  const scalesOf = () => [1, 1, random.of([0.5, 0.6, 0.8, 1, 1.5, 2, 2.3, 3]), random.of([0.5, 0.7, 1, 2, 2.5])];
  const sizesOf = (h: number, w: number) => [1, 2, random.int(1, 2 * h), random.int(1, 2 * w)];

  it('nearest should pick what ONNX Runtime picks, by every transformation and rounding', async () => {
    for (let round = 0; round < 150; round++) {
      const [h, w] = [random.int(2, 7), random.int(2, 7)];
      const opset = random.of([11, 13, 18, 19]);
      const attributes = {
        mode: 'nearest',
        nearest_mode: random.of(['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']),
        coordinate_transformation_mode: random.of(['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric']),
      };
      const x = random.tensor('float32', [1, 2, h, w]);
      const by = random.int(0, 1) === 0;
      const inputs = by ? [x, NONE, float32(...scalesOf())] : [x, NONE, NONE, int64(...sizesOf(h, w))];
      const what = `${round}: opset ${opset} ${h}x${w} by [${inputs.at(-1)?.data}] ${JSON.stringify(attributes)}`;
      await expectLikeRuntime({ op: 'Resize', opset, attributes, inputs, constants: [1, 2, 3] }, what, 0, 0);
    }
  });

  it('linear and cubic should weigh as ONNX Runtime does', async () => {
    for (let round = 0; round < 150; round++) {
      const [h, w] = [random.int(2, 7), random.int(2, 7)];
      const opset = random.of([11, 13, 18, 19]);
      const mode = random.of(['linear', 'cubic']);
      const attributes = {
        mode,
        coordinate_transformation_mode: random.of([
          'half_pixel',
          'pytorch_half_pixel',
          'align_corners',
          'asymmetric',
          ...(opset >= 19 ? ['half_pixel_symmetric'] : []),
        ]),
        ...(mode === 'cubic'
          ? { cubic_coeff_a: { float: random.of([-0.5, -0.75]) }, exclude_outside: random.int(0, 1) }
          : {}),
      };
      const x = random.tensor('float32', [1, 2, h, w]);
      const by = random.int(0, 1) === 0;
      const inputs = by ? [x, NONE, float32(...scalesOf())] : [x, NONE, NONE, int64(...sizesOf(h, w))];
      const what = `${round}: opset ${opset} ${h}x${w} by [${inputs.at(-1)?.data}] ${JSON.stringify(attributes)}`;
      await expectLikeRuntime({ op: 'Resize', opset, attributes, inputs, constants: [1, 2, 3] }, what, 1e-5, 1e-5);
    }
  });

  it('antialiasing should average over what shrinks', async () => {
    for (let round = 0; round < 60; round++) {
      const [h, w] = [random.int(4, 9), random.int(4, 9)];
      const attributes = {
        mode: random.of(['linear', 'cubic']),
        antialias: 1,
        coordinate_transformation_mode: random.of(['half_pixel', 'align_corners', 'asymmetric']),
      };
      const x = random.tensor('float32', [1, 2, h, w]);
      const scales = [1, 1, random.of([0.4, 0.5, 0.6, 1, 2]), random.of([0.4, 0.5, 0.75, 1])];
      const inputs = [x, NONE, float32(...scales)];
      const what = `${round}: ${h}x${w} by [${scales}] ${JSON.stringify(attributes)}`;
      await expectLikeRuntime({ op: 'Resize', opset: 18, attributes, inputs, constants: [1, 2] }, what, 1e-4, 1e-5);
    }
  });

  it('should crop a region, keep aspect ratios, name axes, and serve opset 10 and Upsample', async () => {
    const x = random.tensor('float32', [1, 1, 4, 6]);
    const crop = {
      mode: 'linear',
      coordinate_transformation_mode: 'tf_crop_and_resize',
      extrapolation_value: { float: 9 },
    };
    await expectLikeRuntime(
      {
        op: 'Resize',
        opset: 13,
        attributes: crop,
        inputs: [x, float32(0, 0, 0.4, 0.6, 1, 1, 1.2, 1.7), NONE, int64(1, 1, 3, 3)],
        constants: [1, 2, 3],
      },
      'crop',
      1e-5,
      1e-5,
    );
    for (const policy of ['stretch', 'not_larger', 'not_smaller'])
      await expectLikeRuntime(
        {
          op: 'Resize',
          opset: 18,
          attributes: { mode: 'nearest', axes: [2, 3], keep_aspect_ratio_policy: policy },
          inputs: [x, NONE, NONE, int64(7, 8)],
          constants: [1, 2, 3],
        },
        policy,
        0,
        0,
      );
    for (const mode of ['nearest', 'linear'])
      for (const scales of [
        [1, 1, 2, 3],
        [1, 1, 1.5, 2],
      ]) {
        const inputs = [x, float32(...scales)];
        const what = `${mode} [${scales}]`;
        await expectLikeRuntime(
          { op: 'Resize', opset: 10, attributes: { mode }, inputs, constants: [1] },
          what,
          1e-6,
          1e-6,
        );
        await expectLikeRuntime(
          { op: 'Upsample', opset: 9, attributes: { mode }, inputs, constants: [1] },
          what,
          1e-6,
          1e-6,
        );
      }
  });

  it('should take as many positions as the float32 product of size and scale', async () => {
    for (const [size, scale, positions] of [
      [10, 0.7, 7],
      [10, 2.3, 23],
      [10, 0.9, 9],
      [10, 0.99, 9],
      [7, 1.5, 10],
    ] as const) {
      const x = random.tensor('float32', [1, size]);
      const inputs = [x, NONE, float32(1, scale)];
      const attributes = { mode: 'nearest' };
      const what = `${size} by ${scale}`;
      const found = await expectLikeRuntime(
        { op: 'Resize', opset: 13, attributes, inputs, constants: [1, 2] },
        what,
        0,
        0,
      );
      expect(found.outputs[0]?.shape, what).to.deep.equal([1, positions]);
    }
  });

  it('should be a selection and a Dot per weighed axis, one Move for whole repeats, a view for even steps', () => {
    const kindsOf = (attributes: NodeCase['attributes'], h: number, w: number) => {
      const inputs = [random.tensor('float32', [1, 2, 4, 6]), undefined, float32(1, 1, h, w)];
      const found = reference({ op: 'Resize', opset: 13, attributes: attributes ?? {}, inputs, constants: [2] });
      expectStepByStep(found, JSON.stringify(attributes));
      return found.program.operators.map(({ kind }) => kind);
    };
    expect(kindsOf({ mode: 'cubic' }, 2, 2)).to.deep.equal(['Gather', 'Dot', 'Gather', 'Dot']);
    // The last Move gives the output its shape.
    expect(kindsOf({ mode: 'nearest' }, 2, 3)).to.deep.equal(['Move', 'Move']);
    expect(kindsOf({ mode: 'nearest' }, 2, 1.5)).to.deep.equal(['Gather', 'Move', 'Move']);
    expect(kindsOf({ mode: 'nearest', coordinate_transformation_mode: 'asymmetric' }, 0.5, 0.5)).to.deep.equal([
      'Move',
    ]);
  });

  it('should stay channels-last between convolutions', () => {
    const weights = random.tensor('float32', [4, 4, 1, 1]);
    for (const mode of ['nearest', 'linear']) {
      const model = buildModel({
        inputs: { x: ['float32', [1, 4, 5, 5]] },
        outputs: { y: ['float32', [1, 4, 10, 10]] },
        constants: { weights, scales: float32(1, 1, 2, 2) },
        nodes: [
          node('Conv', ['x', 'weights'], ['a']),
          node('Resize', ['a', '', 'scales'], ['b'], { mode }),
          node('Conv', ['b', 'weights'], ['y']),
        ],
      });
      const kinds = compile(model).operators.map(({ kind }) => kind);
      const resize = mode === 'nearest' ? ['Move'] : ['Gather', 'Dot', 'Gather', 'Dot'];
      // In and out of the order of convolutions once each.
      expect(kinds, mode).to.deep.equal(['Move', 'Dot', ...resize, 'Dot', 'Move']);
    }
  });

  it('should refuse what would need too much', () => {
    const x = random.tensor('float32', [1, 1, 2, 2]);
    for (const scale of [1e9, 1e30, Number.POSITIVE_INFINITY, Number.NaN, 0, -1])
      try {
        reference({
          op: 'Resize',
          opset: 13,
          attributes: { mode: 'linear' },
          inputs: [x, undefined, float32(1, 1, scale, 1)],
          constants: [2],
        });
        expect.fail(`a scale of ${scale} compiled`);
      } catch (error) {
        expect(isProtocolError(error) && error.cause === undefined, `${scale}: ${error}`).to.equal(true);
      }
  });
});

describe('lowering of Einsum', () => {
  const random = new Choices(59);

  const CASES: readonly (readonly [string, ...(readonly number[])[]])[] = [
    ['ij,jk->ik', [2, 3], [3, 4]],
    ['ij,jk', [2, 3], [3, 4]],
    ['bij,bjk->bik', [2, 2, 3], [2, 3, 4]],
    ['bhqd,bhkd->bhqk', [1, 2, 3, 4], [1, 2, 5, 4]],
    ['ij->ji', [2, 3]],
    ['ij->', [2, 3]],
    ['ij->j', [2, 3]],
    ['ii->i', [3, 3]],
    ['ii', [3, 3]],
    ['i,i->', [4], [4]],
    ['i,j->ij', [2], [3]],
    ['...ij,...jk->...ik', [4, 2, 3], [4, 3, 2]],
    ['...ii->...i', [2, 3, 3]],
    ['ij,jk,kl->il', [2, 3], [3, 4], [4, 2]],
    ['abc,cd,bd->ad', [2, 3, 4], [4, 2], [3, 2]],
    ['ba', [2, 3]],
    ['i,->i', [3], []],
    ['ijk,ijk->ik', [2, 3, 4], [2, 3, 4]],
  ];

  for (const [equation, ...shapes] of CASES)
    it(`"${equation}" should be the sum its letters say`, async () => {
      for (const dtype of ['float32', 'int32', 'int64'] as const) {
        const inputs = shapes.map((shape) => random.tensor(dtype, shape, 2));
        const single = { op: 'Einsum', opset: 12, attributes: { equation }, inputs, outputs: [dtype] };
        const found = await expectLikeRuntime(single, `${equation} ${dtype}`, 1e-5, 1e-5);
        expectStepByStep(found, equation);
        const [got] = found.outputs as [Tensor];
        expectClose(got, naive(equation, inputs, got), `${equation}, definition`, 1e-5, 1e-5);
      }
    });

  /** Every assignment of the letters, one by one. Equations with an ellipsis are compared with ONNX Runtime only. */
  function naive(equation: string, inputs: readonly Tensor[], got: Tensor): Tensor {
    if (equation.includes('...')) return got;
    const [left = '', right] = equation.split('->');
    const terms = left.split(',');
    const letters = [...new Set(left.replaceAll(',', ''))];
    const once = letters
      .filter((letter) => left.split(letter).length === 2)
      .sort()
      .join('');
    const output = right ?? once;
    const sizes = new Map(
      terms.flatMap((term, i) => [...term].map((letter, axis) => [letter, inputs[i]?.shape[axis] as number] as const)),
    );
    const total = letters.reduce((product, letter) => product * (sizes.get(letter) as number), 1);
    const sums = new Array<number>(got.data.length).fill(0);
    for (let n = 0; n < total; n++) {
      let rest = n;
      const at = new Map<string, number>();
      for (const letter of letters) {
        const size = sizes.get(letter) as number;
        at.set(letter, rest % size);
        rest = Math.floor(rest / size);
      }
      const index = (term: string) =>
        [...term].reduce((flat, letter) => flat * (sizes.get(letter) as number) + (at.get(letter) as number), 0);
      const product = terms.reduce((value, term, i) => value * Number(inputs[i]?.data[index(term)]), 1);
      sums[index(output)] = (sums[index(output)] as number) + product;
    }
    return numbers(got.dtype, sums, got.shape);
  }
});
