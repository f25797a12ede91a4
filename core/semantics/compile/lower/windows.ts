/** The operands of convolutions: which input and which weight each tap of each output is, for any dtype. */
import type { Guard } from '../../program.ts';
import type { Operand } from '../builder.ts';
import type { Context } from '../context.ts';
import type { Value } from '../value.ts';
import { transpose } from '../value.ts';
import { windowAttributes, windowGuards, windowOf } from '../window.ts';

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

export interface Convolution {
  /** [N, spatial..., groups, output channels of a group]. */
  readonly space: readonly number[];
  /** [kernel..., input channels of a group]. */
  readonly inner: readonly number[];
  readonly left: Operand;
  readonly right: Operand;
  readonly groups: number;
  readonly perGroup: number;
}

/** Conv: X [N, C, spatial...], W [M, C / groups, kernel...]. */
export function convolved(c: Context, x: Value, w: Value): Convolution {
  const { channels, sizes, groups } = checked(c, x, w);
  const [outputs = 1, depth = 1, ...kernel] = w.shape;
  if (depth * groups !== channels || outputs % groups !== 0)
    c.refuse(`${channels} channels, ${outputs} outputs and W [${w.shape}] do not fit ${groups} groups`);
  const window = windowOf(c, sizes, kernel);
  const counts = window.map(({ count }) => count);
  const perGroup = outputs / groups;
  // [M, kernel..., depth]: the contraction last.
  const weights = c.builder.materialise(transpose(w, [0, ...sizes.map((_, i) => i + 2), 1]));
  const guards = (strides: readonly number[]) => windowGuards(window, strides, 1, 0);
  return operands(c, x, counts, groups, perGroup, kernel, depth, weights, guards);
}

/**
 * ConvTranspose: X [N, C, spatial...], W [C, M / groups, kernel...]. Output o reads input i through tap k where i * stride =
 * o + pad - k * dilation; a guard's divisor says so, and nothing is spread out with zeros.
 */
export function transposed(c: Context, x: Value, w: Value): Convolution {
  const { channels, sizes, groups } = checked(c, x, w);
  const [inputs = 1, perGroup = 1, ...kernel] = w.shape;
  if (inputs !== channels || channels % groups !== 0)
    c.refuse(`${channels} channels and W [${w.shape}] do not fit ${groups} groups`);
  const { strides, dilations, pads, auto } = windowAttributes(c, kernel);
  const adjust = listOf(c, 'output_padding', sizes.length) ?? sizes.map(() => 0);
  const wanted = listOf(c, 'output_shape', sizes.length, true);
  const begins: number[] = [];
  const counts = sizes.map((size, i) => {
    const [stride, dilation, taps] = [strides[i] as number, dilations[i] as number, kernel[i] as number];
    const full = stride * (size - 1) + (adjust[i] as number) + dilation * (taps - 1) + 1;
    let [begin, end] = [pads[i] as number, pads[i + sizes.length] as number];
    if (auto === 'VALID' && wanted === undefined) [begin, end] = [0, 0];
    const same = auto === 'SAME_UPPER' || auto === 'SAME_LOWER';
    if (wanted || same) {
      const total = Math.max(0, full - (wanted ? (wanted[i] as number) : size * stride));
      const less = Math.floor(total / 2);
      [begin, end] = auto === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
    }
    const count = wanted ? (wanted[i] as number) : full - begin - end;
    if (count < 1 || count >= 2 ** 31) c.refuse(`its output would have ${count} elements along one axis`);
    begins.push(begin);
    return count;
  });
  const depth = channels / groups;
  // [C, M / groups, kernel...] to [groups, M / groups, kernel..., depth].
  const split = { ...w, shape: [groups, depth, ...w.shape.slice(1)], strides: splitStrides(w, depth) };
  const order = [0, 2, ...kernel.map((_, i) => i + 3), 1];
  const weights = c.builder.materialise(transpose(split, order));
  const guards = (spatial: readonly number[]) =>
    sizes.map(
      (size, i): Guard => ({
        outer: 1 + i,
        outerStep: 1,
        inner: i,
        innerStep: -(dilations[i] as number),
        offset: begins[i] as number,
        divisor: strides[i] as number,
        extent: size,
        stride: spatial[i] as number,
      }),
    );
  return operands(c, x, counts, groups, perGroup, kernel, depth, weights, guards);
}

const splitStrides = ({ strides }: Value, depth: number): number[] => [(strides[0] as number) * depth, ...strides];

function checked(c: Context, x: Value, w: Value): { channels: number; sizes: number[]; groups: number } {
  const [, channels = 1, ...sizes] = x.shape;
  if (sizes.length === 0 || w.shape.length !== x.shape.length) c.refuse(`X [${x.shape}] and W [${w.shape}] do not fit`);
  const groups = c.int('group', 1);
  if (groups < 1) c.refuse(`${groups} groups are none`);
  return { channels, sizes, groups };
}

/** `weights` are dense: [groups * perGroup, kernel..., depth] in some grouping of its axes. */
function operands(
  c: Context,
  x: Value,
  counts: readonly number[],
  groups: number,
  perGroup: number,
  kernel: readonly number[],
  depth: number,
  weights: Value,
  guards: (spatialStrides: readonly number[]) => Guard[],
): Convolution {
  const data = channelsLast(c, x);
  const space = [x.shape[0] as number, ...counts, groups, perGroup];
  const inner = [...kernel, depth];
  const zeros = counts.map(() => 0);
  const shape = [...space, ...inner];
  const batch = data.strides[0] as number;
  const left = {
    view: { ...data, shape, strides: [batch, ...zeros, depth, 0, ...zeros, 1] },
    guards: guards(data.strides.slice(1, -1)),
  };
  const taps = weights.strides.slice(-inner.length);
  const terms = inner.reduce((product, dim) => product * dim, 1);
  const right = { view: { ...weights, shape, strides: [0, ...zeros, perGroup * terms, terms, ...taps] } };
  return { space, inner, left, right, groups, perGroup };
}

function listOf(c: Context, name: string, rank: number, withBatch = false): number[] | undefined {
  const given = c.ints(name) ?? [];
  if (given.length === 0) return undefined;
  // Some exporters put batch and channels in front of output_shape.
  const list = withBatch && given.length === rank + 2 ? given.slice(2) : given;
  if (list.length !== rank || list.some((n) => n < 0 || n >= 2 ** 31)) c.refuse(`${name} [${given}] does not fit`);
  return list;
}
