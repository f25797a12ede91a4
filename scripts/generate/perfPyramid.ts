/**
 * A residual network of the usual shape, for timing the reference against ONNX Runtime: a 3 x 96 x 96 image, a stem of 32 channels,
 * four stages of two blocks with 32, 64, 128 and 256 channels at half the side each, 1,000 classes; 322 million multiply-adds.
 */
import { buildModel, node } from '#core/onnx/build.ts';
import type { NodeProto } from '#core/onnx/messages.ts';
import { type Tensor, tensor } from '#core/tensor.ts';
import { type PerfModel, weights } from './perfModels.ts';

const SIDE = 96;
const CLASSES = 1000;
const STAGES = [32, 64, 128, 256] as const;

export function pyramid(): PerfModel {
  const constants: Record<string, Tensor> = { half: tensor('float32', [1], Float32Array.of(Math.SQRT1_2)) };
  const nodes: NodeProto[] = [];
  let seed = 500;
  let cost = 0;

  /** A convolution with bias and "same" padding; gives the name and the side of what it makes. */
  function conv(from: string, side: number, inputs: number, outputs: number, kernel: number, stride: number) {
    const name = `conv${seed++}`;
    const pad = kernel >> 1;
    constants[`${name}.w`] = weights(
      [outputs, inputs, kernel, kernel],
      1.7 / Math.sqrt(kernel * kernel * inputs),
      seed,
    );
    constants[`${name}.b`] = weights([outputs], 0.02, seed + 7000);
    const pads = [pad, pad, pad, pad];
    const attributes = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads };
    nodes.push(node('Conv', [from, `${name}.w`, `${name}.b`], [name], attributes));
    const made = Math.floor((side + 2 * pad - kernel) / stride) + 1;
    cost += made * made * outputs * inputs * kernel * kernel;
    return { name, side: made };
  }
  const apply = (op: string, inputs: readonly string[], attributes = {}) => {
    const name = `t${nodes.length}`;
    nodes.push(node(op, inputs, [name], attributes));
    return name;
  };

  const stem = conv('image', SIDE, 3, STAGES[0], 3, 1);
  let value = apply('Relu', [stem.name]);
  let { side } = stem;
  let channels: number = STAGES[0];
  for (const width of STAGES)
    for (const stride of [2, 1]) {
      const first = conv(value, side, channels, width, 3, stride);
      const second = conv(apply('Relu', [first.name]), first.side, width, width, 3, 1);
      const same = stride === 1 && channels === width;
      const skip = same ? value : conv(value, side, channels, width, 1, stride).name;
      value = apply('Relu', [apply('Mul', [apply('Add', [second.name, skip]), 'half'])]);
      side = second.side;
      channels = width;
    }
  constants['head'] = weights([CLASSES, channels], 1 / Math.sqrt(channels), 99);
  cost += CLASSES * channels;
  const pooled = apply('Flatten', [apply('GlobalAveragePool', [value])], { axis: 1 });
  nodes.push(node('Softmax', [apply('Gemm', [pooled, 'head'], { transB: 1 })], ['probs'], { axis: 1 }));

  const image = [1, 3, SIDE, SIDE] as const;
  const output = ['probs', [1, CLASSES]] as const;
  const bytes = buildModel({
    inputs: { image: ['float32', image] },
    outputs: { probs: ['float32', output[1]] },
    constants,
    nodes,
  });
  return { name: 'pyramid', bytes, cost, input: ['image', image], output };
}
