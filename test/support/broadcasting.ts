/** ONNX multidirectional broadcasting from its definition, for tests: no strides, only coordinates. */
import type { Tensor } from '../../core/tensor.ts';
import { elementCount } from '../../core/tensor.ts';

/** Shapes that broadcast: each axis, counted from the end, is the largest of theirs. */
export function commonShape(...shapes: (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const dims = shapes.map((shape) => shape[shape.length - rank + axis] ?? 1);
    return dims.find((dim) => dim !== 1) ?? 1;
  });
}

/** The elements of a tensor, repeated to a shape, row-major. */
export function repeated({ shape, data }: Tensor, to: readonly number[]): (number | bigint)[] {
  return Array.from({ length: elementCount(to) }, (_, flat) => {
    let [rest, address, step] = [flat, 0, 1];
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const coordinate = rest % (to[axis] as number);
      rest = Math.floor(rest / (to[axis] as number));
      const dim = shape[shape.length - to.length + axis] ?? 1;
      if (dim !== 1) address += coordinate * step;
      step *= dim;
    }
    return data[address] as number | bigint;
  });
}
