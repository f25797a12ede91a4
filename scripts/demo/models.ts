/** The example models with their cards and vectors, as tensors. */
import { readdirSync, readFileSync } from 'node:fs';
import type { TensorSpec } from '#core/commitment/canonical.ts';
import { DTYPES } from '#core/commitment/dtype.ts';
import type { Dtype, Tensor } from '#core/tensor.ts';
import { elementCount, tensorFrom } from '#core/tensor.ts';
import type { Tolerance } from '#core/tolerance.ts';

const ROOT = new URL('../../models/', import.meta.url);

interface CardTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly (number | string)[];
}

interface Card {
  readonly sha256: string;
  readonly bytes: number;
  readonly inputs: readonly CardTensor[];
  readonly outputs: readonly CardTensor[];
  readonly vectors: { readonly count: number };
  readonly tolerance: Tolerance & { readonly outputs?: Readonly<Record<string, Tolerance>> };
}

interface StoredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data?: readonly number[];
  readonly file?: string;
}

export interface Vector {
  readonly id: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** What is known about the input, the true label for instance. */
  readonly note: Readonly<Record<string, unknown>>;
}

export interface ExampleModel {
  readonly name: string;
  readonly file: URL;
  readonly card: Card;
  readonly rows: boolean;
  readonly schema: { readonly inputs: readonly TensorSpec[]; readonly outputs: readonly TensorSpec[] };
  readonly vectors: readonly Vector[];
  tolerance(output: string): Tolerance;
}

const json = (file: URL) => JSON.parse(readFileSync(file, 'utf8'));

export function exampleModels(): ExampleModel[] {
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'training')
    .map(({ name }) => exampleModel(name));
}

export function exampleModel(name: string): ExampleModel {
  const folder = new URL(`${name}/`, ROOT);
  const card: Card = json(new URL('card.json', folder));
  const spec = ({ name, dtype, shape }: CardTensor): TensorSpec => ({
    name,
    dtype,
    shape: shape.map((dim) => (typeof dim === 'string' ? -1 : dim)),
  });
  return {
    name,
    file: new URL('model.onnx', folder),
    card,
    rows: card.inputs.every(({ shape }) => typeof shape[0] === 'string'),
    schema: { inputs: card.inputs.map(spec), outputs: card.outputs.map(spec) },
    vectors: readdirSync(new URL('vectors/', folder))
      .filter((file) => file.endsWith('.json'))
      .sort()
      .map((file) => vector(new URL(`vectors/${file}`, folder))),
    tolerance: (output) => card.tolerance.outputs?.[output] ?? card.tolerance,
  };
}

function vector(file: URL): Vector {
  const { id, inputs, outputs, note = {} } = json(file);
  const side = (tensors: Readonly<Record<string, StoredTensor>>) =>
    Object.fromEntries(Object.entries(tensors).map(([name, stored]) => [name, tensorOf(stored, file)]));
  return { id, inputs: side(inputs), outputs: side(outputs), note };
}

/** A tensor of more than 1024 elements lies in a file, raw little-endian. */
function tensorOf({ dtype, shape, data, file }: StoredTensor, vector: URL): Tensor {
  if (data) return tensorFrom(dtype, shape, data);
  const { Data } = DTYPES[dtype];
  const raw = new Uint8Array(readFileSync(new URL(file ?? '', vector)));
  return { dtype, shape, data: new Data(raw.buffer, 0, elementCount(shape)) };
}
