/** Windows of convolutions and pools: attributes to strides, pads and output sizes (ONNX Conv, *Pool; auto_pad, ceil_mode). */
import type { Guard } from '../program.ts';
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

/** Positions along one axis at most: tables by position stay small whatever a file says. */
const MAX_POSITIONS = 2 ** 24;

/** The attributes that every window has: one entry per spatial axis, checked. */
interface WindowAttributes {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** All begins, then all ends. */
  readonly pads: readonly number[];
  readonly auto: 'NOTSET' | 'VALID' | 'SAME_UPPER' | 'SAME_LOWER';
}

const AUTO = ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'] as const;

/** Shared by Conv, ConvTranspose and the pools. Numbers stay within 31 bits, as records have them. */
export function windowAttributes(c: Context, kernel: readonly number[]): WindowAttributes {
  const rank = kernel.length;
  const given = c.ints('kernel_shape') ?? [];
  if (given.length > 0 && (given.length !== rank || given.some((dim, i) => dim !== kernel[i])))
    c.refuse(`kernel_shape [${given}] does not fit [${kernel}]`);
  const strides = list(c, 'strides', rank, 1);
  const dilations = list(c, 'dilations', rank, 1);
  const pads = list(c, 'pads', 2 * rank, 0);
  const limit = 2 ** 31;
  if ([...strides, ...dilations, ...kernel].some((n) => n < 1 || n >= limit))
    c.refuse('strides, dilations and kernel must be from 1 to 2^31 - 1');
  if (pads.some((pad) => pad < 0 || pad >= limit)) c.refuse(`pads [${pads}] must be from 0 to 2^31 - 1`);
  const name = c.string('auto_pad', 'NOTSET');
  const auto = AUTO.find((known) => known === name) ?? c.refuse(`auto_pad ${name} is unknown`);
  return { strides, dilations, pads, auto };
}

/** Windows that slide over an input of `sizes`. `ceil`: a last window may reach beyond the padding at the end. */
export function windowOf(c: Context, sizes: readonly number[], kernel: readonly number[], ceil = false): WindowAxis[] {
  const rank = sizes.length;
  const { strides, dilations, pads, auto } = windowAttributes(c, kernel);
  return sizes.map((size, i): WindowAxis => {
    const [stride, dilation, taps] = [strides[i] as number, dilations[i] as number, kernel[i] as number];
    const reach = dilation * (taps - 1) + 1;
    let [padBegin, padEnd] = [pads[i] as number, pads[i + rank] as number];
    if (auto === 'VALID') [padBegin, padEnd] = [0, 0];
    else if (auto !== 'NOTSET') {
      const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
      const less = Math.floor(total / 2);
      [padBegin, padEnd] = auto === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
    }
    const steps = (size + padBegin + padEnd - reach) / stride;
    let count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A last window that would begin in the padding at the end is dropped, in every opset (PyTorch and ONNX Runtime do so too).
    if (ceil && (count - 1) * stride >= size + padBegin) count--;
    if (steps < 0 || count < 1)
      c.refuse(`a window of ${reach} does not fit ${size} with pads ${padBegin} and ${padEnd}`);
    if (count > MAX_POSITIONS) c.refuse(`${count} windows along one axis are more than ${MAX_POSITIONS}`);
    if (reach >= 2 ** 31) c.refuse(`a window of ${reach} is too wide`);
    return { size, kernel: taps, count, stride, dilation, padBegin, padEnd };
  });
}

/** One guard per spatial axis: tap k of output o reads o * stride + k * dilation - pad. */
export function windowGuards(
  window: readonly WindowAxis[],
  strides: readonly number[],
  firstOuter: number,
  firstInner: number,
): Guard[] {
  return window.map(({ stride, dilation, padBegin, size }, i) => ({
    outer: firstOuter + i,
    outerStep: stride,
    inner: firstInner + i,
    innerStep: dilation,
    offset: -padBegin,
    divisor: 1,
    extent: size,
    stride: strides[i] as number,
  }));
}

/** Taps of the window at position o that are before coordinate `end` and not before `begin`. */
export function tapsBetween({ kernel, stride, dilation, padBegin }: WindowAxis, o: number, begin: number, end: number) {
  const first = o * stride - padBegin;
  const from = Math.max(0, Math.ceil((begin - first) / dilation));
  const to = Math.min(kernel, Math.ceil((end - first) / dilation));
  return Math.max(0, to - from);
}

function list(c: Context, name: string, length: number, otherwise: number): number[] {
  const given = c.ints(name) ?? [];
  if (given.length === 0) return new Array<number>(length).fill(otherwise);
  if (given.length !== length) c.refuse(`${name} [${given}] has ${given.length} entries, not ${length}`);
  return given;
}
