/** Sums of integers from the definition in BigInt, and quantised products with the bits of ONNX Runtime's CPU kernels. */
import { expect } from 'chai';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';
import { BYTES, coordinate, expectSame, f32, index, nearest, range, saturate } from '../../../support/quantized.ts';
import { rejects } from '../../../support/rejects.ts';
import { Choices, expectStepByStep, type NodeCase, numbers, reference, runtime } from '../../../support/singleNode.ts';

describe('products of bytes', () => {
  it('MatMulInteger: all types, broadcast batches, zero points per matrix and per column', async () => {
    const choices = new Choices(34);
    for (let i = 0; i < 80; i++) {
      const [ad, bd] = [choices.of(BYTES), choices.of(BYTES)];
      const { a, b } = product(choices, ad, bd);
      const perColumn = choices.int(0, 1) === 1;
      const zeros = [
        choices.of([undefined, choices.tensor(ad, [])]),
        choices.of([undefined, choices.tensor(bd, perColumn ? perColumnShape(b) : [])]),
      ];
      const single: NodeCase = {
        op: 'MatMulInteger',
        inputs: [a, b, ...zeros],
        outputs: ['int32'],
        constants: choices.of([[], [1], [1, 3]]),
      };
      const what = `MatMulInteger ${i} ${ad} [${a.shape}] ${bd} [${b.shape}] zeros [${zeros[1]?.shape}]`;
      const found = await expectSame(single, what);
      expect([...(found.outputs[0] as Tensor).data].map(Number), what).to.deep.equal(
        multiplied(a, b, zeros[0], zeros[1]),
      );
      if (i % 8 === 0) expectStepByStep(found, what);
    }
  });

  it('MatMulInteger with a zero point per row, which ONNX Runtime lacks', () => {
    const [a, b] = [numbers('uint8', [1, 2, 3, 4], [2, 2]), numbers('int8', [1, -1, 2, 5], [2, 2])];
    const zero = numbers('uint8', [1, 4]);
    const [y] = reference({ op: 'MatMulInteger', inputs: [a, b, zero], outputs: ['int32'] }).outputs as [Tensor];
    expect([...y.data]).to.deep.equal([2, 5, -1, 1]);
  });

  it('ConvInteger: padding is the zero point, groups, zero points per output channel', async () => {
    const choices = new Choices(35);
    for (let i = 0; i < 60; i++) {
      const { x, w, attributes, outputs } = convolution(choices, 'uint8', choices.of(BYTES));
      const wZero = choices.of([undefined, choices.tensor(w.dtype, []), choices.tensor(w.dtype, [outputs])]);
      const xZero = wZero ? choices.tensor(x.dtype, []) : choices.of([undefined, choices.tensor(x.dtype, [])]);
      const single: NodeCase = {
        op: 'ConvInteger',
        attributes,
        inputs: [x, w, xZero, wZero],
        outputs: ['int32'],
        constants: [1, 3],
      };
      const what = `ConvInteger ${i} ${w.dtype} [${x.shape}] [${w.shape}] [${wZero?.shape}] ${JSON.stringify(attributes)}`;
      // ONNX Runtime has one zero point for all of W only.
      const found = (wZero?.data.length ?? 1) > 1 ? reference(single) : await expectSame(single, what);
      expect([...(found.outputs[0] as Tensor).data], what).to.deep.equal(convolved(x, w, xZero, wZero, attributes));
      if (i % 6 === 0) expectStepByStep(found, what);
    }
  });

  it('QLinearMatMul has the bits of ONNX Runtime', async () => {
    const choices = new Choices(36);
    for (let i = 0; i < 120; i++) {
      const ad = choices.of(BYTES);
      const bd = ad === 'int8' ? 'int8' : choices.of(BYTES);
      const { a, b } = product(choices, ad, bd);
      const parameters = choices.int(0, 1) ? perColumnShape(b) : [];
      const scale = (shape: number[], size: number) =>
        numbers(
          'float32',
          Array.from({ length: elementCount(shape) }, () => f32((choices.next() + 0.1) * size)),
          shape,
        );
      const inputs = [
        a,
        scale([], 0.02),
        choices.tensor(ad, []),
        b,
        scale(parameters, 0.02),
        choices.tensor(bd, parameters),
        scale([], 0.5),
        choices.tensor(ad, []),
      ];
      const single: NodeCase = {
        op: 'QLinearMatMul',
        opset: choices.of([10, 21]),
        inputs,
        outputs: [ad],
        constants: choices.of([[1, 2, 3, 4, 5, 6, 7], []]),
      };
      const what = `QLinearMatMul ${i} ${ad} [${a.shape}] ${bd} [${b.shape}] [${parameters}]`;
      const found = await expectSame(single, what);
      const sums = multiplied(a, b, inputs[2], inputs[5]);
      const wanted = sums.map((sum, e) => requantised(sum, inputs, parameters.length ? column(a, b, e) : 0, ad));
      expect([...(found.outputs[0] as Tensor).data], what).to.deep.equal(wanted);
      if (i % 12 === 0) expectStepByStep(found, what);
    }
  });

  it('QLinearMatMul rounds sums beyond 2^24 to float32 first, as ONNX Runtime does', async () => {
    const choices = new Choices(40);
    const one = (value: number) => numbers('float32', [f32(value)], []);
    for (let i = 0; i < 10; i++) {
      const [a, b] = [
        choices.tensor('uint8', [8, 4096]),
        numbers('uint8', choices.ints(4096 * 8, 100, 255), [4096, 8]),
      ];
      const zero = numbers('uint8', [0], []);
      // Sums are about 2^26, where float32 has steps of 8.
      const inputs = [a, one(1), zero, b, one(1), zero, one(300_000 + choices.next() * 100_000), zero];
      const found = await expectSame({ op: 'QLinearMatMul', inputs, outputs: ['uint8'] }, `large ${i}`);
      const sums = multiplied(a, b, zero, zero);
      expect(sums.every((sum) => sum > 2 ** 24)).to.equal(true);
      expect([...(found.outputs[0] as Tensor).data]).to.deep.equal(
        sums.map((sum) => requantised(sum, inputs, 0, 'uint8')),
      );
    }
  });

  it('QLinearConv has the bits of ONNX Runtime', async () => {
    const choices = new Choices(37);
    for (let i = 0; i < 120; i++) {
      const xd = choices.of(BYTES);
      const wd = xd === 'int8' ? 'int8' : choices.of(BYTES);
      const { x, w, attributes, outputs } = convolution(choices, xd, wd);
      const parameters = choices.int(0, 1) ? [outputs] : [];
      const scale = (shape: number[], size: number) =>
        numbers(
          'float32',
          Array.from({ length: elementCount(shape) }, () => f32((choices.next() + 0.1) * size)),
          shape,
        );
      // ONNX Runtime takes one zero point for all of W, or equal ones.
      const wz = choices.int(...range(wd));
      const wZero = numbers(wd, new Array(elementCount(parameters)).fill(wz), parameters);
      const bias = choices.of([undefined, choices.tensor('int32', [outputs])]);
      const inputs = [
        x,
        scale([], 0.02),
        choices.tensor(xd, []),
        w,
        scale(parameters, 0.02),
        wZero,
        scale([], 0.5),
        choices.tensor(xd, []),
        bias,
      ];
      const single: NodeCase = {
        op: 'QLinearConv',
        opset: 10,
        attributes,
        inputs,
        outputs: [xd],
        constants: [1, 2, 3, 4, 5, 6, 7, 8],
      };
      const what = `QLinearConv ${i} ${xd} [${x.shape}] ${wd} [${w.shape}] [${parameters}] ${JSON.stringify(attributes)}`;
      const found = await expectSame(single, what);
      const sums = convolved(x, w, inputs[2], wZero, attributes);
      const area = sums.length / ((x.shape[0] as number) * outputs);
      const wanted = sums.map((sum, e) => {
        const m = Math.floor(e / area) % outputs;
        return requantised(sum + Number(bias?.data[m] ?? 0), inputs, parameters.length ? m : 0, xd);
      });
      expect([...(found.outputs[0] as Tensor).data], what).to.deep.equal(wanted);
      if (i % 12 === 0) expectStepByStep(found, what);
    }
  });

  it('sums longer than 8,192 terms are a chain', async () => {
    const choices = new Choices(38);
    const [a, b] = [choices.tensor('uint8', [2, 20_000]), choices.tensor('int8', [20_000, 3])];
    const zeros = [choices.tensor('uint8', []), choices.tensor('int8', [3])];
    const single: NodeCase = {
      op: 'MatMulInteger',
      inputs: [a, b, ...zeros],
      outputs: ['int32'],
      constants: [1, 2, 3],
    };
    const found = await expectSame(single, 'long');
    expect(found.program.operators.map(({ kind }) => kind)).to.deep.equal(['IntegerDot', 'IntegerDot', 'IntegerDot']);
    expect([...(found.outputs[0] as Tensor).data]).to.deep.equal(multiplied(a, b, zeros[0], zeros[1]));
  });

  it('large kernels saturate nowhere in between: 255 * 127 in every pair', async () => {
    const [a, b] = [
      numbers('uint8', new Array(128).fill(255), [2, 64]),
      numbers('int8', new Array(128).fill(127), [64, 2]),
    ];
    const single: NodeCase = { op: 'MatMulInteger', inputs: [a, b], outputs: ['int32'], constants: [1] };
    const { outputs } = reference(single);
    expect([...(outputs[0] as Tensor).data]).to.deep.equal(new Array(4).fill(64 * 255 * 127));
    // ONNX Runtime on a machine without VNNI adds pairs of these in 16 bits, saturating; the reference does not follow it.
    const [there] = (await runtime(single, [[2, 2]])) as [Tensor];
    expect(there.data.length).to.equal(4);
  });

  it('depthwise convolutions, channel beside channel', async () => {
    const choices = new Choices(39);
    for (let i = 0; i < 30; i++) {
      const { x, w, attributes, outputs } = convolution(
        choices,
        choices.of(BYTES),
        choices.of(BYTES),
        choices.int(3, 9),
      );
      const zeros = [choices.tensor(x.dtype, []), choices.tensor(w.dtype, choices.of([[], [outputs]]))] as const;
      const single: NodeCase = {
        op: 'ConvInteger',
        attributes,
        inputs: [x, w, ...zeros],
        outputs: ['int32'],
        constants: choices.of([[1, 2, 3], []]),
      };
      const found = reference(single);
      expect([...(found.outputs[0] as Tensor).data]).to.deep.equal(convolved(x, w, zeros[0], zeros[1], attributes));
      expectStepByStep(found, `depthwise ${i} ${JSON.stringify(attributes)}`);
    }
  });

  it('refuses what is not defined', () => {
    const x = numbers('float32', [1, 2, 3, 4], [2, 2]);
    const bytes = numbers('uint8', [1, 2, 3, 4], [2, 2]);
    const one = numbers('float32', [1], []);
    const zero = numbers('uint8', [0], []);
    const refuses = (
      op: string,
      inputs: (Tensor | undefined)[],
      attributes: NonNullable<NodeCase['attributes']> = {},
    ) => rejects('compile.operator', () => reference({ op, inputs, attributes, opset: 25 }));
    refuses('MatMulInteger', [x, bytes]);
    refuses('MatMulInteger', [bytes, numbers('uint8', [1, 2, 3], [3, 1])]);
    refuses('MatMulInteger', [bytes, bytes, numbers('uint8', [1, 2, 3])]);
    refuses('QLinearMatMul', [bytes, one, zero, bytes, one, zero, numbers('float32', [1, 2]), zero]);
    refuses('QLinearMatMul', [bytes, one, zero, bytes, one, undefined, one, zero]);
    refuses('ConvInteger', [bytes, bytes]);
  });
});

/** Matrices that fit, sometimes batched, sometimes vectors. */
function product(choices: Choices, ad: Dtype, bd: Dtype): { a: Tensor; b: Tensor } {
  const [rows, terms, columns] = [choices.int(1, 5), choices.int(1, 70), choices.int(1, 20)];
  const batch = choices.of([[], [], [2], [2, 3]]);
  const a = choices.tensor(ad, [...batch, rows, terms]);
  return { a, b: choices.tensor(bd, [...choices.of([[], batch]), terms, columns]) };
}

/** Of a parameter of b with one entry per column: a vector, or as many as b has matrices. */
const perColumnShape = ({ shape }: Tensor): number[] =>
  (shape.length === 2 ? shape.slice(1) : shape.with(-2, 1)) as number[];

/** Where element e of the product finds its entry in such a parameter. */
function column(a: Tensor, b: Tensor, e: number): number {
  const columns = b.shape.at(-1) as number;
  const rows = a.shape.at(-2) as number;
  return (b.shape.length === 2 ? 0 : Math.floor(e / columns / rows) * columns) + (e % columns);
}

/** From the definition, in BigInt; a zero point of b is one, or one per column. */
function multiplied(a: Tensor, b: Tensor, aZero: Tensor | undefined, bZero: Tensor | undefined): number[] {
  const [rows, terms] = a.shape.slice(-2) as [number, number];
  const columns = b.shape.at(-1) as number;
  const batches = elementCount(a.shape) / rows / terms;
  const shared = b.shape.length === 2;
  const out: number[] = [];
  for (let n = 0; n < batches; n++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let sum = 0n;
        for (let k = 0; k < terms; k++) {
          const x = BigInt(a.data[(n * rows + i) * terms + k] as number) - BigInt(aZero?.data[0] ?? 0);
          const y =
            BigInt(b.data[((shared ? 0 : n) * terms + k) * columns + j] as number) -
            BigInt(bZero?.data[bZero.shape.length > 0 ? (bZero.shape.length > 2 ? n * columns : 0) + j : 0] ?? 0);
          sum += x * y;
        }
        out.push(Number(BigInt.asIntN(32, sum)));
      }
  return out;
}

interface DrawnConvolution {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly attributes: Readonly<Record<'strides' | 'dilations' | 'pads', number[]>> & { readonly group: number };
  readonly outputs: number;
}

/** `depthwise`: as many groups of one channel each. */
function convolution(choices: Choices, xd: Dtype, wd: Dtype, depthwise?: number): DrawnConvolution {
  const rank = choices.int(1, 3);
  const group = depthwise ?? choices.of([1, 1, 2, 4]);
  const [depth, perGroup] = depthwise ? [1, 1] : [choices.of([1, 2, 5]), choices.int(1, 3)];
  const kernel = choices.ints(rank, 1, 3);
  const dilations = choices.ints(rank, 1, 2);
  const sizes = kernel.map((k, i) => (dilations[i] as number) * (k - 1) + 1 + choices.int(0, 4));
  return {
    x: choices.tensor(xd, [choices.int(1, 2), depth * group, ...sizes]),
    w: choices.tensor(wd, [perGroup * group, depth, ...kernel]),
    attributes: {
      group,
      strides: choices.ints(rank, 1, 2),
      dilations,
      pads: [...kernel, ...kernel].map((k) => choices.int(0, k - 1)),
    },
    outputs: perGroup * group,
  };
}

/** ConvInteger from the definition: the input padded with its zero point. */
function convolved(
  x: Tensor,
  w: Tensor,
  xZero: Tensor | undefined,
  wZero: Tensor | undefined,
  attributes: DrawnConvolution['attributes'],
): number[] {
  const { group, strides, dilations, pads } = attributes;
  const [batch = 1, , ...sizes] = x.shape;
  const [outputs = 1, depth = 1, ...kernel] = w.shape;
  const rank = sizes.length;
  const counts = sizes.map((size, i) => {
    const reach = (dilations[i] as number) * ((kernel[i] as number) - 1) + 1;
    return Math.floor((size + (pads[i] as number) + (pads[i + rank] as number) - reach) / (strides[i] as number)) + 1;
  });
  const z = Number(xZero?.data[0] ?? 0);
  const out: number[] = [];
  const area = elementCount(counts);
  const taps = elementCount(kernel);
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < outputs; m++) {
      const zero = Number(wZero?.data[wZero.data.length > 1 ? m : 0] ?? 0);
      const first = Math.floor(m / (outputs / group)) * depth;
      for (let flat = 0; flat < area; flat++) {
        const o = coordinate(counts, flat);
        let sum = 0;
        for (let ci = 0; ci < depth; ci++)
          for (let t = 0; t < taps; t++) {
            const k = coordinate(kernel, t);
            const place = o.map(
              (p, i) => p * (strides[i] as number) + (k[i] as number) * (dilations[i] as number) - (pads[i] as number),
            );
            const inside = place.every((p, i) => p >= 0 && p < (sizes[i] as number));
            const value = inside ? Number(x.data[index(x.shape, [n, first + ci, ...place])]) : z;
            sum += (value - z) * (Number(w.data[index(w.shape, [m, ci, ...k])]) - zero);
          }
        out.push(sum);
      }
    }
  return out;
}

/** QLinear*: inputs 1, 4 and 6 are the scales of a, b and y, 7 the zero point of y; `at` picks the scale of b. */
function requantised(sum: number, inputs: readonly (Tensor | undefined)[], at: number, dtype: Dtype): number {
  const scale = (i: number, e = 0) => inputs[i]?.data[e] as number;
  const factor = f32(f32(scale(1) * scale(4, at)) / scale(6));
  return saturate(dtype, nearest(f32(f32(sum) * factor)) + scale(7));
}
