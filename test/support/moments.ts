/** Moments and normalisations from their definitions in float64, for tests. */
import type { Tensor } from '../../core/tensor.ts';
import { elementCount } from '../../core/tensor.ts';
import { repeated } from './broadcasting.ts';
import { expectClose, expectLikeRuntime, expectStepByStep, type NodeCase, numbers } from './singleNode.ts';

/** Means of x and of its squared deviations over all elements that share a label. */
export function moments(x: readonly number[], labels: readonly number[]) {
  const mean = average(x, labels);
  const variance = average(
    x.map((v, i) => (v - (mean[i] as number)) ** 2),
    labels,
  );
  return { mean, variance };
}

/** Per element: the mean of all elements with its label. */
export function average(x: readonly number[], labels: readonly number[]): number[] {
  const sums = new Map<number, [number, number]>();
  for (const [i, label] of labels.entries()) {
    const [sum, count] = sums.get(label) ?? [0, 0];
    sums.set(label, [sum + (x[i] as number), count + 1]);
  }
  return labels.map((label) => {
    const [sum, count] = sums.get(label) as [number, number];
    return sum / count;
  });
}

/** Elements that differ only along `axes` share a label. */
export function labelled(shape: readonly number[], axes: readonly number[]): number[] {
  return Array.from({ length: elementCount(shape) }, (_, flat) => {
    let [rest, label, step] = [flat, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const dim = shape[axis] as number;
      if (!axes.includes(axis)) {
        label += (rest % dim) * step;
        step *= dim;
      }
      rest = Math.floor(rest / dim);
    }
    return label;
  });
}

export const list = (t: Tensor) => [...(t.data as Float32Array)];
export const spread = (t: Tensor, x: Tensor) => repeated(t, x.shape) as number[];
/** One value per channel, as it lies beside x. */
export const channelwise = (t: Tensor, x: Tensor) =>
  spread({ ...t, shape: [...t.shape, ...x.shape.slice(2).map(() => 1)] }, x);

export function normalised(
  x: readonly number[],
  mean: readonly number[],
  variance: readonly number[],
  epsilon: number,
): number[] {
  return x.map((v, i) => (v - (mean[i] as number)) / Math.sqrt((variance[i] as number) + epsilon));
}

export const affine = (x: readonly number[], scale: readonly number[], bias: readonly number[]) =>
  x.map((v, i) => v * (scale[i] as number) + (bias[i] as number));

/** Against ONNX Runtime, the formula and its steps; the first output has the shape of the first input. */
export async function check(single: NodeCase, wanted: readonly number[], what: string, atol = 3e-6): Promise<void> {
  const found = await expectLikeRuntime(single, what, 5e-6, 1e-5);
  const shape = (single.inputs[0] as Tensor).shape;
  expectClose(found.outputs[0] as Tensor, numbers('float32', wanted, shape), `${what}, defined`, 2e-6, atol);
  expectStepByStep(found, what);
}
