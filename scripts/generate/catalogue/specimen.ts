/** Smallest models of single operators, and the notation to write them down. */
import { DTYPES } from '#core/commitment/dtype.ts';
import { type Attribute, type GraphParts, node, type ValueType } from '#core/onnx/build.ts';
import { type Dtype, elementCount, type Tensor, tensorFrom } from '#core/tensor.ts';

export interface Specimen {
  readonly model: GraphParts;
  /** Of the model's inputs. */
  readonly inputs: Readonly<Record<string, Tensor>>;
}

/** The model at an opset for a dtype: of the first input unless the entry's note says what else. */
export type Build = (dtype: Dtype, opset: number) => Specimen;

export interface Entry {
  readonly op: string;
  /** What the dtype column is about, where that is not the first input. */
  readonly note?: string;
  readonly build: Build;
}

/** An input of the node: of the request, a constant of the model, or left out. */
export type Given = { readonly request: Tensor } | { readonly constant: Tensor } | undefined;

export const request = (tensor: Tensor): Given => ({ request: tensor });
export const constant = (tensor: Tensor): Given => ({ constant: tensor });

/** One node; inputs and outputs are named by position. An output that is undefined is not asked for. */
export function single(
  op: string,
  given: readonly Given[],
  attributes: Readonly<Record<string, Attribute>>,
  outputs: readonly (ValueType | undefined)[],
): Specimen {
  const tensors = (kind: 'request' | 'constant') =>
    Object.fromEntries(
      given.flatMap((one, i): [string, Tensor][] =>
        one && kind in one ? [[`in${i}`, (one as Record<string, Tensor>)[kind] as Tensor]] : [],
      ),
    );
  const inputs = tensors('request');
  return {
    inputs,
    model: {
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, { dtype, shape }]) => [name, [dtype, shape]])),
      constants: tensors('constant'),
      outputs: Object.fromEntries(outputs.flatMap((type, i) => (type ? [[`out${i}`, type]] : []))),
      nodes: [
        node(
          op,
          given.map((one, i) => (one ? `in${i}` : '')),
          outputs.map((type, i) => (type ? `out${i}` : '')),
          attributes,
        ),
      ],
    },
  };
}

/** Values that differ, of both signs where the dtype has one: floats in [-2, 2), no two alike in a small tensor. */
export function varied(dtype: Dtype, shape: readonly number[], seed = 1): Tensor {
  const lowest = dtype === 'float32' ? -2 : Number(DTYPES[dtype].min < -4n ? -4n : DTYPES[dtype].min);
  return tensorFrom(
    dtype,
    shape,
    Array.from({ length: elementCount(shape) }, (_, i) => {
      const step = (i * 37 + seed * 11) % 101;
      if (dtype === 'float32') return Math.fround(lowest + step / 26);
      return dtype === 'bool' ? step % 2 : lowest + (step % 9);
    }),
  );
}

/** Floats in (0.1, 4): for what is defined on positive numbers. */
export const positive = (shape: readonly number[], seed = 1): Tensor =>
  tensorFrom(
    'float32',
    shape,
    Array.from(varied('float32', shape, seed).data as Float32Array, (x) => x + 2.125),
  );

export const whole = (dtype: Dtype, shape: readonly number[], values: readonly number[]): Tensor =>
  tensorFrom(dtype, shape, values);

export const int64 = (...values: readonly number[]): Tensor => tensorFrom('int64', [values.length], values);

export const scalar = (dtype: Dtype, value: number): Tensor => tensorFrom(dtype, [], [value]);
