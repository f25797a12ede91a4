/** The six data types: their ONNX codes, sizes and array classes (docs/spec/commitments.md, "Elements"). */
export type Dtype = 'float32' | 'int32' | 'int64' | 'uint8' | 'int8' | 'bool';
export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array;

export interface DtypeFacts {
  /** Code of ONNX TensorProto.DataType. */
  readonly code: number;
  /** Bytes of one element on the wire. */
  readonly bytes: number;
  readonly Data:
    | Float32ArrayConstructor
    | Int32ArrayConstructor
    | BigInt64ArrayConstructor
    | Uint8ArrayConstructor
    | Int8ArrayConstructor;
  /** Range of the integers; unused for float32. */
  readonly min: bigint;
  readonly max: bigint;
}

export const DTYPES: Readonly<Record<Dtype, DtypeFacts>> = {
  float32: { code: 1, bytes: 4, Data: Float32Array, min: 0n, max: 0n },
  uint8: { code: 2, bytes: 1, Data: Uint8Array, min: 0n, max: 255n },
  int8: { code: 3, bytes: 1, Data: Int8Array, min: -128n, max: 127n },
  int32: {
    code: 6,
    bytes: 4,
    Data: Int32Array,
    min: -(2n ** 31n),
    max: 2n ** 31n - 1n,
  },
  int64: {
    code: 7,
    bytes: 8,
    Data: BigInt64Array,
    min: -(2n ** 63n),
    max: 2n ** 63n - 1n,
  },
  bool: { code: 9, bytes: 1, Data: Uint8Array, min: 0n, max: 1n },
};

const BY_CODE = new Map(Object.entries(DTYPES).map(([dtype, facts]) => [facts.code, dtype as Dtype]));

export function isDtype(name: unknown): name is Dtype {
  return typeof name === 'string' && Object.hasOwn(DTYPES, name);
}

export function dtypeOfCode(code: number): Dtype | undefined {
  return BY_CODE.get(code);
}
