/** QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear from their definition, with the bits of ONNX Runtime's CPU kernels. */
import { expect } from 'chai';
import type { Tensor } from '#core/tensor.ts';
import { elementCount } from '#core/tensor.ts';
import { BYTES, coordinate, expectSame, f32, index, nearest, saturate } from '../../../support/quantized.ts';
import { rejects } from '../../../support/rejects.ts';
import {
  Choices,
  expectClose,
  expectStepByStep,
  type NodeCase,
  numbers,
  reference,
} from '../../../support/singleNode.ts';

/** Values around the places where rounding decides: halves of the scale, and far outside. */
function adversarial(choices: Choices, shape: readonly number[], scale: number): Tensor {
  const values = Array.from({ length: elementCount(shape) }, () => {
    const step = choices.int(-300, 300);
    const offset = choices.of([0, 0.5, -0.5, 0.49999997, 0.25, choices.next()]);
    // ONNX Runtime's blocked kernel overflows where |x / scale| reaches 2^31; nothing here does.
    return choices.of([f32((step + offset) * scale), f32(step * scale + f32(scale / 2)), 1e5, -1e5, 0, -0]);
  });
  return numbers('float32', values, shape);
}

describe('quantising and dequantising', () => {
  it('QuantizeLinear: per tensor, per axis, blocked; uint8 and int8; opsets 10 to 25', async () => {
    const choices = new Choices(31);
    for (let i = 0; i < 80; i++) {
      const dtype = choices.of(BYTES);
      const opset = choices.of([10, 13, 19, 21, 23, 24, 25]);
      const shape = choices.ints(choices.int(1, 4), 1, 5);
      const drawnMode = opset === 10 ? 'tensor' : choices.of(['tensor', 'axis', ...(opset >= 21 ? ['block'] : [])]);
      const axis = choices.int(0, shape.length - 1);
      const size = shape[axis] as number;
      const block = choices.int(1, size);
      const blocked = shape.with(axis, Math.ceil(size / block));
      const mode = blocked.join() === '1' && drawnMode === 'block' ? 'tensor' : drawnMode;
      const parameters = mode === 'tensor' ? [] : mode === 'axis' ? [size] : blocked;
      const scales = numbers(
        'float32',
        Array.from({ length: elementCount(parameters) }, () => f32(choices.next() * 0.1 + 0.001)),
        parameters,
      );
      const withZero = choices.int(0, 3) > 0;
      const zero = withZero ? choices.tensor(dtype, parameters) : undefined;
      const x = adversarial(choices, shape, scales.data[0] as number);
      const made = withZero || opset < 21 ? dtype : choices.of(BYTES);
      const out = withZero ? dtype : opset >= 21 ? made : 'uint8';
      const code = opset >= 21 && !withZero ? { output_dtype: out === 'uint8' ? 2 : 3 } : {};
      const attributes = {
        ...(mode === 'tensor' ? {} : { axis: choices.int(0, 1) ? axis : axis - shape.length }),
        ...(mode === 'block' ? { block_size: block } : {}),
        ...code,
      };
      const single: NodeCase = { op: 'QuantizeLinear', opset, attributes, inputs: [x, scales, zero], outputs: [out] };
      const what = `QuantizeLinear ${i} opset ${opset} ${out} [${shape}] ${JSON.stringify(attributes)}`;
      const found = await expectSame(single, what);
      const wanted = [...x.data].map((value, flat) => {
        const c = coordinate(shape, flat);
        const at =
          mode === 'tensor'
            ? 0
            : mode === 'axis'
              ? (c[axis] as number)
              : index(parameters, c.with(axis, Math.floor((c[axis] as number) / block)));
        return saturate(out, nearest(f32(Number(value) / (scales.data[at] as number))) + Number(zero?.data[at] ?? 0));
      });
      expect([...(found.outputs[0] as Tensor).data], what).to.deep.equal(wanted);
      if (i % 8 === 0) expectStepByStep(found, what);
    }
  });

  it('DequantizeLinear: uint8, int8 and int32, the same ways', async () => {
    const choices = new Choices(32);
    for (let i = 0; i < 80; i++) {
      const dtype = choices.of(['uint8', 'int8', 'int32'] as const);
      const opset = choices.of([10, 13, 19, 21, 23, 24, 25]);
      const shape = choices.ints(choices.int(1, 4), 1, 5);
      const drawnMode = opset === 10 ? 'tensor' : choices.of(['tensor', 'axis', ...(opset >= 21 ? ['block'] : [])]);
      const axis = choices.int(0, shape.length - 1);
      const size = shape[axis] as number;
      const block = choices.int(1, size);
      const blocked = shape.with(axis, Math.ceil(size / block));
      const mode = blocked.join() === '1' && drawnMode === 'block' ? 'tensor' : drawnMode;
      const parameters = mode === 'tensor' ? [] : mode === 'axis' ? [size] : blocked;
      const scales = choices.tensor('float32', parameters, 0.1);
      const x =
        dtype === 'int32'
          ? numbers('int32', choices.ints(elementCount(shape), -(2 ** 31), 2 ** 31 - 1), shape)
          : choices.tensor(dtype, shape);
      const zero = dtype === 'int32' || choices.int(0, 2) === 0 ? undefined : choices.tensor(dtype, parameters);
      const attributes = {
        ...(mode === 'tensor' ? {} : { axis }),
        ...(mode === 'block' ? { block_size: block } : {}),
      };
      const single: NodeCase = { op: 'DequantizeLinear', opset, attributes, inputs: [x, scales, zero] };
      const what = `DequantizeLinear ${i} opset ${opset} ${dtype} [${shape}] ${JSON.stringify(attributes)}`;
      const found = await expectSame(single, what);
      const wanted = [...x.data].map((value, flat) => {
        const c = coordinate(shape, flat);
        const at =
          mode === 'tensor'
            ? 0
            : mode === 'axis'
              ? (c[axis] as number)
              : index(parameters, c.with(axis, Math.floor((c[axis] as number) / block)));
        return f32(f32(Number(value) - Number(zero?.data[at] ?? 0)) * (scales.data[at] as number));
      });
      expectClose(found.outputs[0] as Tensor, numbers('float32', wanted, shape), what, 0, 0);
    }
  });

  it('DynamicQuantizeLinear, with ranges of one sign and of nothing', async () => {
    const choices = new Choices(33);
    for (let i = 0; i < 60; i++) {
      const shape = choices.ints(choices.int(1, 3), 1, 6);
      const x = choices.tensor('float32', shape, choices.of([1, 100, 1e-3]));
      const sign = choices.int(0, 3);
      const data = (x.data as Float32Array).map((v) =>
        sign === 0 ? Math.abs(v) : sign === 1 ? -Math.abs(v) : i % 10 === 9 ? 0 : v,
      );
      const single: NodeCase = {
        op: 'DynamicQuantizeLinear',
        inputs: [{ ...x, data }],
        outputs: ['uint8', 'float32', 'uint8'],
      };
      const found = await expectSame(single, `DynamicQuantizeLinear ${i} [${shape}]`);
      const [high, low] = [Math.max(0, ...data), Math.min(0, ...data)];
      const scale = high === low ? 1 : f32(f32(high - low) / 255);
      const zero = nearest(saturate('uint8', f32(0 - f32(low / scale))));
      const [y, s, z] = found.outputs as [Tensor, Tensor, Tensor];
      expect([s.data[0], z.data[0]]).to.deep.equal([scale, zero]);
      expect([...y.data]).to.deep.equal([...data].map((v) => saturate('uint8', nearest(f32(v / scale)) + zero)));
      expect([s.shape, z.shape]).to.deep.equal([[], []]);
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
    refuses('QuantizeLinear', [numbers('int32', [1]), one]);
    refuses('QuantizeLinear', [x, one], { output_dtype: 16 });
    refuses('QuantizeLinear', [x, one, zero], { output_dtype: 3 });
    refuses('QuantizeLinear', [x, one, numbers('int32', [0], [])]);
    refuses('QuantizeLinear', [x, one], { precision: 10 });
    refuses('QuantizeLinear', [x, numbers('float32', [1, 2, 3])]);
    refuses('QuantizeLinear', [x, numbers('float32', [1, 2], [1, 2])], { block_size: 3 });
    refuses('QuantizeLinear', [x, one, numbers('uint8', [0, 0])]);
    refuses('QuantizeLinear', [x, numbers('float32', [1, 2])], { axis: 2 });
    refuses('DequantizeLinear', [bytes, one, numbers('int8', [0], [])]);
    refuses('DequantizeLinear', [bytes, one], { output_dtype: 10 });
    refuses('DequantizeLinear', [x, one]);
  });
});
