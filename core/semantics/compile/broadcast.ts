/** Elementwise operators over broadcast operands, in the physical order of the operand that fills the space. */
import type { Dtype } from '../../commitment/dtype.ts';
import type { ElementwiseKind } from '../kinds.ts';
import type { Builder } from './builder.ts';
import type { Value } from './value.ts';
import { empty, expand, transpose } from './value.ts';

/** ONNX multidirectional broadcasting; undefined if two axes differ and neither is 1. */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes)
    for (let i = 0; i < shape.length; i++) {
      const axis = rank - shape.length + i;
      const dim = shape[i] as number;
      if (dim === 1 || dim === result[axis]) continue;
      if (result[axis] !== 1) return undefined;
      result[axis] = dim;
    }
  return result;
}

/** The shapes must broadcast. `attribute` is the kind's. The result has the broadcast shape and `dtype`. */
export function elementwise(
  builder: Builder,
  kind: ElementwiseKind,
  dtype: Dtype,
  inputs: readonly Value[],
  attribute = 0,
): Value {
  const shape = broadcastShape(inputs.map((input) => input.shape));
  if (shape === undefined)
    throw new Error(`shapes ${inputs.map((input) => `[${input.shape}]`).join(' and ')} do not broadcast`);
  if (shape.includes(0)) return empty(dtype, shape);
  const views = inputs.map((input) => expand(input, shape));
  const order = physicalOrder(views);
  const space = order.map((axis) => shape[axis] as number);
  const operands = views.map((view) => transpose(view, order));
  const made = builder.emit({ kind, dtype, space, operands, attribute });
  return transpose(made, inverse(order));
}

/** Axes from the slowest to the fastest of the first computed operand that is not broadcast; as they are if there is none. */
function physicalOrder(views: readonly Value[]): number[] {
  const full = (view: Value) => view.shape.every((dim, i) => dim === 1 || view.strides[i] !== 0);
  const leader = views.find((view) => view.source?.from !== 'constant' && full(view)) ?? views.find(full);
  const rank = views[0]?.shape.length ?? 0;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  if (leader === undefined) return axes;
  return physicalAxes(leader);
}

/** Axes of a view from the slowest to the fastest; axes of 1 stay beside the axis before them. */
export function physicalAxes(view: Value): number[] {
  const reach: number[] = [];
  view.shape.forEach((dim, i) => {
    reach.push(dim === 1 ? (reach[i - 1] ?? Number.POSITIVE_INFINITY) : Math.abs(view.strides[i] as number));
  });
  return view.shape
    .map((_, axis) => axis)
    .sort((i, j) => (reach[j] === reach[i] ? i - j : (reach[j] as number) - (reach[i] as number)));
}

export function inverse(order: readonly number[]): number[] {
  const result = new Array<number>(order.length);
  order.forEach((axis, i) => {
    result[axis] = i;
  });
  return result;
}
