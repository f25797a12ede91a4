/**
 * Conv (ONNX opset 1 to 22) and ConvTranspose (1 to 22): one Dot per output element over taps and channels, channels last; taps in the
 * padding, and those between the inputs of a transposed convolution, are skipped.
 */
import { elementCount } from '../../../tensor.ts';
import type { Context, Lowering } from '../context.ts';
import { contraction } from '../contraction.ts';
import type { Family } from '../operators.ts';
import type { Value } from '../value.ts';
import { reshapeView } from '../value.ts';
import { channelsFirst, convolved, transposed } from './windows.ts';

/** The bias per output channel, over [N, spatial..., groups, channels of a group]; undefined if the node has none. */
function biasOf(c: Context, spatial: number, groups: number, perGroup: number): Value | undefined {
  const bias = c.inputs[2];
  if (bias === undefined) return undefined;
  c.dtypes(['float32'], bias);
  return perChannel(c, bias, 'B', spatial, groups, perGroup);
}

/** A value per output channel as one that broadcasts over the space of a convolution. */
export function perChannel(
  c: Context,
  value: Value,
  name: string,
  spatial: number,
  groups: number,
  perGroup: number,
): Value {
  if (value.shape.length !== 1 || value.shape[0] !== groups * perGroup)
    c.refuse(`its input ${name} has shape [${value.shape}], not [${groups * perGroup}]`);
  return reshapeView(value, [...new Array<number>(spatial + 1).fill(1), groups, perGroup]) as Value;
}

/** From [N, spatial..., groups, channels of a group] to the order of ONNX. */
export function joinGroups(value: Value): Value {
  const outputs = elementCount(value.shape.slice(-2));
  return channelsFirst(reshapeView(value, [...value.shape.slice(0, -2), outputs]) as Value);
}

const conv: Lowering = (c) => {
  const [x, w] = [c.input(0, 'X'), c.input(1, 'W')];
  c.dtypes(['float32'], x, w);
  const { space, inner, left, right, groups, perGroup } = convolved(c, x, w);
  const bias = biasOf(c, space.length - 3, groups, perGroup);
  return [joinGroups(contraction(c.builder, { space, inner, left, right, bias }))];
};

const convTranspose: Lowering = (c) => {
  const [x, w] = [c.input(0, 'X'), c.input(1, 'W')];
  c.dtypes(['float32'], x, w);
  const { space, inner, left, right, groups, perGroup } = transposed(c, x, w);
  const bias = biasOf(c, space.length - 3, groups, perGroup);
  return [joinGroups(contraction(c.builder, { space, inner, left, right, bias }))];
};

export const convolution: Family = {
  Conv: { since: 1, lower: conv },
  ConvTranspose: { since: 1, lower: convTranspose },
};
