/** Windows of convolutions and pools: attributes to strides, pads and output sizes (ONNX Conv, ConvTranspose, *Pool; auto_pad, ceil_mode). */
import type { Context } from './context.ts';

export interface WindowAxis {
  /** Of the input, the kernel, and the output. */
  readonly size: number;
  readonly kernel: number;
  readonly count: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padBegin: number;
  readonly padEnd: number;
}

export interface Window {
  readonly axes: readonly WindowAxis[];
}

export function windowOf(c: Context, sizes: readonly number[], kernel: readonly number[], ceil = false): Window {
  const rank = sizes.length;
  const given = c.ints('kernel_shape');
  if (given && (given.length !== rank || given.some((dim, i) => dim !== kernel[i])))
    c.refuse(`kernel_shape [${given}] does not fit [${kernel}]`);
  const strides = list(c, 'strides', rank, 1);
  const dilations = list(c, 'dilations', rank, 1);
  const pads = c.ints('pads') ?? new Array<number>(2 * rank).fill(0);
  if (pads.length !== 2 * rank) c.refuse(`pads [${pads}] are not two per spatial axis`);
  if ([...strides, ...dilations, ...kernel].some((n) => n < 1) || pads.some((pad) => pad < 0 || pad > 2 ** 31))
    c.refuse('strides, dilations and kernel must be at least 1, pads at least 0');
  const auto = c.string('auto_pad', 'NOTSET');
  const axes = sizes.map((size, i): WindowAxis => {
    const [stride, dilation, taps] = [strides[i] as number, dilations[i] as number, kernel[i] as number];
    const reach = dilation * (taps - 1) + 1;
    let [padBegin, padEnd] = [pads[i] as number, pads[i + rank] as number];
    if (auto === 'VALID') [padBegin, padEnd] = [0, 0];
    else if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
      const count = Math.ceil(size / stride);
      const total = Math.max(0, (count - 1) * stride + reach - size);
      const less = Math.floor(total / 2);
      [padBegin, padEnd] = auto === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
    } else if (auto !== 'NOTSET') c.refuse(`auto_pad ${auto} is unknown`);
    const steps = (size + padBegin + padEnd - reach) / stride;
    let count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A last window that would begin in the padding at the end is dropped (PyTorch; ONNX since opset 19).
    if (ceil && (count - 1) * stride >= size + padBegin) count--;
    if (count < 1) c.refuse(`a window of ${reach} does not fit ${size} with pads ${padBegin} and ${padEnd}`);
    return { size, kernel: taps, count, stride, dilation, padBegin, padEnd };
  });
  return { axes };
}

function list(c: Context, name: string, rank: number, otherwise: number): number[] {
  const given = c.ints(name) ?? new Array<number>(rank).fill(otherwise);
  if (given.length !== rank) c.refuse(`${name} [${given}] is not one per spatial axis`);
  return given;
}
