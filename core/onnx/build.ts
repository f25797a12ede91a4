/** Builds small ONNX graphs in code: for tests of data types and failures, and for the timing models. */
import type { Dtype } from '../commitment/dtype.ts';
import { DTYPES } from '../commitment/dtype.ts';
import type { Tensor } from '../tensor.ts';
import type { AttributeProto, GraphProto, NodeProto, ValueInfo } from './messages.ts';
import { encodeModel } from './messages.ts';
import { tensorProto } from './tensorProto.ts';

/** A whole number is INT, bigint beyond 2^53; write `{ float: 1 }` for a FLOAT. A plain list is INTS. */
export type Attribute =
  | number
  | bigint
  | string
  | readonly (number | bigint)[]
  | Tensor
  | GraphParts
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] };

/** `[dtype, shape]`; a string in a shape names a free dimension. */
export type ValueType = readonly [Dtype, readonly (number | string)[]];

export interface GraphParts {
  readonly inputs: Readonly<Record<string, ValueType>>;
  readonly outputs: Readonly<Record<string, ValueType>>;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly nodes: readonly NodeProto[];
}

/** Opset 17 and IR version 8: old enough for any ONNX Runtime of the last years. */
export function buildModel(parts: GraphParts, opset = 17): Uint8Array {
  return encodeModel({
    irVersion: 8,
    producerName: 'core/onnx',
    opsetImport: [{ domain: '', version: opset }],
    graph: graphProto(parts),
  });
}

export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): NodeProto {
  return {
    opType,
    input,
    output,
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  };
}

function attribute(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'bigint') return { name, type: 2, i: String(value) };
  if (typeof value === 'string') return { name, type: 3, s: utf8(value) };
  if ('length' in value)
    return { name, type: 7, ints: value.map((one) => (typeof one === 'bigint' ? String(one) : one)) };
  if ('float' in value) return { name, type: 1, f: value.float };
  if ('floats' in value) return { name, type: 6, floats: value.floats };
  if ('strings' in value) return { name, type: 8, strings: value.strings.map(utf8) };
  if ('dtype' in value) return { name, type: 4, t: tensorProto(value, name) };
  return { name, type: 5, g: graphProto(value) };
}

const utf8 = (text: string) => new TextEncoder().encode(text);

function graphProto({ inputs, outputs, constants = {}, nodes }: GraphParts): GraphProto {
  return {
    name: 'graph',
    node: nodes,
    initializer: Object.entries(constants).map(([name, tensor]) => tensorProto(tensor, name)),
    input: Object.entries(inputs).map(([name, type]) => valueInfo(name, type)),
    output: Object.entries(outputs).map(([name, type]) => valueInfo(name, type)),
  };
}

function valueInfo(name: string, [dtype, shape]: ValueType): ValueInfo {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: DTYPES[dtype].code, shape: { dim } } } };
}
