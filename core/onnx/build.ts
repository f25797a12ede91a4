/** Builds small ONNX graphs in code: for tests of data types and failures, and for the timing models. */
import type { Dtype } from '../commitment/dtype.ts';
import { DTYPES } from '../commitment/dtype.ts';
import type { Tensor } from '../tensor.ts';
import type { AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfo } from './messages.ts';
import { encodeModel } from './messages.ts';

/** A whole number is INT; write `{ float: 1 }` for a FLOAT. */
export type Attribute = number | string | readonly number[] | Tensor | GraphParts | { readonly float: number };

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
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  if ('length' in value) return { name, type: 7, ints: value };
  if ('float' in value) return { name, type: 1, f: value.float };
  if ('dtype' in value) return { name, type: 4, t: tensorProto(value, name) };
  return { name, type: 5, g: graphProto(value) };
}

function graphProto({ inputs, outputs, constants = {}, nodes }: GraphParts): GraphProto {
  return {
    name: 'graph',
    node: nodes,
    initializer: Object.entries(constants).map(([name, tensor]) => tensorProto(tensor, name)),
    input: Object.entries(inputs).map(([name, type]) => valueInfo(name, type)),
    output: Object.entries(outputs).map(([name, type]) => valueInfo(name, type)),
  };
}

/** ONNX raw data is little-endian, whatever the machine. */
function tensorProto({ dtype, shape, data }: Tensor, name: string): TensorProto {
  const { code, bytes } = DTYPES[dtype];
  const rawData = new Uint8Array(data.length * bytes);
  const view = new DataView(rawData.buffer);
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number | bigint;
    if (typeof value === 'bigint') view.setBigInt64(i * bytes, value, true);
    else if (dtype === 'float32') view.setFloat32(i * bytes, value, true);
    else if (dtype === 'int32') view.setInt32(i * bytes, value, true);
    else view.setUint8(i, value);
  }
  return { name, dims: shape, dataType: code, rawData };
}

function valueInfo(name: string, [dtype, shape]: ValueType): ValueInfo {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: DTYPES[dtype].code, shape: { dim } } } };
}
