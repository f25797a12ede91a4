/** Rounding and saturating of quantised values from their definition, and coordinates of flat indices. */
import type { Dtype } from '../../core/tensor.ts';
import { addsNarrowly } from '../../workers/adapters/onnx/narrowSums.ts';
import { expectLikeRuntime, type NodeCase, reference } from './singleNode.ts';

export const BYTES = ['uint8', 'int8'] as const;
export const range = (dtype: Dtype): [number, number] => (dtype === 'uint8' ? [0, 255] : [-128, 127]);
export const f32 = Math.fround;

/** Half to even, from the definition. */
export function nearest(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

export function saturate(dtype: Dtype, x: number): number {
  const [low, high] = range(dtype);
  return Math.min(high, Math.max(low, x));
}

/** Equal, bit for bit; not asked where ONNX Runtime, which is not to rewrite the graph here, would be wrong on this processor. */
export async function expectSame(single: NodeCase, what: string) {
  const dtypes = single.inputs.map((input) => input?.dtype);
  const isMixed = BYTES.every((dtype) => dtypes.includes(dtype));
  return isMixed && (await narrow()) ? reference(single) : expectLikeRuntime(single, what, 0, 0);
}

let asked: Promise<boolean> | undefined;
/** Whether sums of products of uint8 and int8 stop at 2^15 here. */
const narrow = (): Promise<boolean> => {
  asked ??= addsNarrowly();
  return asked;
};

export function coordinate(shape: readonly number[], flat: number): number[] {
  const c = shape.map(() => 0);
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    c[axis] = rest % (shape[axis] as number);
    rest = Math.floor(rest / (shape[axis] as number));
  }
  return c;
}

export const index = (shape: readonly number[], c: readonly number[]): number =>
  c.reduce((at, i, axis) => at * (shape[axis] as number) + i, 0);
