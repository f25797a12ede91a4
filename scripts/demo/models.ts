/** The example models with their cards and vectors, as tensors. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TensorSpec } from '#core/commitment/canonical.ts';
import type { Dtype } from '#core/tensor.ts';
import type { Tolerance } from '#core/tolerance.ts';
import { type ToleranceOfCard, toleranceFor } from '../../sdk/files/card.ts';
import { readVector, type Vector } from '../../sdk/files/vector.ts';

export type { Vector } from '../../sdk/files/vector.ts';

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
  readonly tolerance: ToleranceOfCard;
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
      .map((file) => readVector(fileURLToPath(new URL(`vectors/${file}`, folder)))),
    tolerance: (output) => toleranceFor(card.tolerance, output),
  };
}
