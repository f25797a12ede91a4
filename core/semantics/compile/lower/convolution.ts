/** Conv: one Dot per output element over taps and channels, channels last; taps in the padding are skipped. ONNX Conv, opset 1 to 22. */
import { elementCount } from '../../../tensor.ts';
import type { Guard } from '../../program.ts';
import type { Context, Lowering } from '../context.ts';
import { contraction } from '../contraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { reshapeView, transpose } from '../value.ts';
import { type Window, windowOf } from '../window.ts';

/** [N, C, spatial...] with its channels last and dense: [N, spatial..., C]. */
export function channelsLast(c: Context, x: Value): Value {
  const spatial = x.shape.slice(2).map((_, i) => i + 2);
  return c.builder.materialise(transpose(x, [0, ...spatial, 1]));
}

/** From [N, spatial..., C] back to the order of ONNX; no element moves. */
export function channelsFirst(x: Value): Value {
  const rank = x.shape.length;
  return transpose(x, [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)]);
}

/** One guard per spatial axis: tap k of output o reads o * stride + k * dilation - pad. `first` is the first spatial axis in space. */
export function windowGuards(
  { axes }: Window,
  strides: readonly number[],
  firstOuter: number,
  firstInner: number,
): Guard[] {
  return axes.map(({ stride, dilation, padBegin, size }, i) => ({
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

const conv: Lowering = (c) => {
  const [x, w, bias] = [c.input(0, 'X'), c.input(1, 'W'), c.inputs[2]];
  c.dtypes(['float32'], x, w);
  const groups = c.int('group', 1);
  const [batch = 1, channels = 1, ...sizes] = x.shape;
  const [outputs = 1, depth = 1, ...kernel] = w.shape;
  if (sizes.length === 0 || kernel.length !== sizes.length) c.refuse(`X [${x.shape}] and W [${w.shape}] do not fit`);
  if (groups < 1 || depth * groups !== channels || outputs % groups !== 0)
    c.refuse(`${channels} channels, ${outputs} outputs and W [${w.shape}] do not fit ${groups} groups`);
  const window = windowOf(c, sizes, kernel);
  const counts = window.axes.map(({ count }) => count);
  const perGroup = outputs / groups;

  const data = channelsLast(c, x);
  const spatial = data.strides.slice(1, -1);
  const space = [batch, ...counts, groups, perGroup];
  const inner = [...kernel, depth];
  const zeros = sizes.map(() => 0);
  const left = {
    view: {
      ...data,
      shape: [...space, ...inner],
      strides: [data.strides[0] as number, ...zeros, depth, 0, ...zeros, 1],
    },
    guards: windowGuards(window, spatial, 1, 0),
  };
  const weights = c.builder.materialise(transpose(w, [0, ...kernel.map((_, i) => i + 2), 1]));
  const perOutput = elementCount(inner);
  const right = {
    view: {
      ...weights,
      shape: [...space, ...inner],
      strides: [0, ...zeros, perGroup * perOutput, perOutput, ...weights.strides.slice(1)],
    },
  };
  const added = bias && reshapeView(bias, [...[1, ...counts].map(() => 1), groups, perGroup]);
  const sum = contraction(c.builder, { space, inner, left, right, bias: added });
  return [channelsFirst(reshapeView(sum, [batch, ...counts, outputs]) as Value)];
};

export const convolution: Family = { Conv: { since: 1, lower: conv } };
