/** The models that the reference is measured with: those of models/, with one item of a vector, and the timing network. */
import { readFileSync } from 'node:fs';
import type { Tensor } from '#core/tensor.ts';
import { elementCount, tensor } from '#core/tensor.ts';
import { exampleModels } from '../../demo/models.ts';
import { pyramid } from '../../generate/perfPyramid.ts';

export interface Network {
  readonly name: string;
  readonly onnx: Uint8Array;
  /** One item, by name. */
  readonly inputs: Readonly<Record<string, Tensor>>;
}

/** The first row where rows are items. */
function firstItem(value: Tensor, rows: boolean): Tensor {
  if (!rows) return value;
  const length = value.data.length / (value.shape[0] as number);
  return { dtype: value.dtype, shape: [1, ...value.shape.slice(1)], data: value.data.slice(0, length) };
}

export function networks(): Network[] {
  const examples = exampleModels().map(({ name, file, rows, vectors }): Network => {
    const inputs = Object.entries(vectors[0]?.inputs ?? {});
    return {
      name,
      onnx: readFileSync(file),
      inputs: Object.fromEntries(inputs.map(([key, value]) => [key, firstItem(value, rows)])),
    };
  });
  const { name, bytes, input } = pyramid();
  const [image, shape] = input;
  const pixels = Float32Array.from({ length: elementCount(shape) }, (_, i) => ((i * 7919) % 2003) / 1000 - 1);
  return [...examples, { name, onnx: bytes, inputs: { [image]: tensor('float32', shape, pixels) } }];
}
