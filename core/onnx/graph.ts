/** An ONNX model as plain data: what is left of a file once it has been read, checked and put in order. */
import type { Dtype, Tensor } from '../tensor.ts';

export interface Graph {
  /** Of the default domain. */
  readonly opset: number;
  readonly irVersion: number;
  /** In the file's order, without those that are constants. */
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  /** Initialisers by name; older files also list them as inputs. */
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  /** Every node after those it reads from; the file's own order where that already holds. */
  readonly nodes: readonly GraphNode[];
}

/** An input or output of the whole model. */
export interface GraphValue {
  readonly name: string;
  /** Code of TensorProto.DataType; 0: the file does not say (outputs only). */
  readonly elemType: number;
  /** Undefined: a data type outside the six. */
  readonly dtype: Dtype | undefined;
  /** A number is a fixed size (0 is legal), a string the name of a free one ('' when it has none). Undefined: unknown rank. */
  readonly shape: readonly (number | string)[] | undefined;
}

export interface GraphNode {
  readonly op: string;
  /** '' for the default domain, however the file spells it. */
  readonly domain: string;
  /** May be empty, and need not be unique. */
  readonly name: string;
  /** '' for an optional input that is left out. */
  readonly inputs: readonly string[];
  /** '' for an optional output that nobody wants. */
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

/** Kinds that no program can hold keep their place, so that the operator that has them is refused by name. */
export type AttributeValue =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly bigint[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: UnsupportedKind };

export type UnsupportedKind =
  | 'graph'
  | 'tensors'
  | 'graphs'
  | 'sparse_tensor'
  | 'sparse_tensors'
  | 'type_proto'
  | 'type_protos';

export interface OnnxTensor {
  /** Code of TensorProto.DataType. */
  readonly elemType: number;
  /** A size of 0 is legal here, unlike in the commitments of tensors. */
  readonly dims: readonly number[];
  /** Undefined: a data type outside the six. float32 holds no NaN but 0x7fc00000, bool nothing but 0 and 1. */
  readonly tensor: Tensor | undefined;
  /**
   * The exact values of types outside the six that fit: float64, float16, bfloat16, int16, uint16 and uint32 as float64, uint64 as
   * itself. Undefined for the six, and for types of which only the name is known (strings, complex, 8-bit floats, 4 and 2 bits).
   */
  readonly wide: Float64Array | BigUint64Array | undefined;
}
