/**
 * ONNX files as protobufjs reads and writes them, field by field: for files that we build or trust. readModel (read.ts) is for the
 * files of others. Fields that the standard does not have are dropped when a file is read.
 */
import { MESSAGES, schema } from './schema.ts';

const ROOT = schema(MESSAGES);
const ModelType = ROOT.lookupType('ModelProto');
const TensorType = ROOT.lookupType('TensorProto');

/** An int64 or uint64 field: a number below 2^53, or decimal digits for any. Decoding gives numbers. */
export type Whole = number | string;

export interface ValueInfo {
  readonly name: string;
  readonly type?: {
    readonly tensorType?: {
      readonly elemType?: number;
      readonly shape?: { readonly dim?: readonly { readonly dimValue?: number; readonly dimParam?: string }[] };
    };
  };
}

export interface TensorProto {
  readonly name?: string;
  readonly dims?: readonly number[];
  readonly dataType: number;
  readonly rawData?: Uint8Array;
  readonly floatData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly int64Data?: readonly Whole[];
  readonly doubleData?: readonly number[];
  readonly uint64Data?: readonly Whole[];
  /** 1 = the data lies in another file. */
  readonly dataLocation?: number;
}

export interface AttributeProto {
  readonly name: string;
  /** AttributeProto.AttributeType: FLOAT 1, INT 2, STRING 3, TENSOR 4, GRAPH 5, FLOATS 6, INTS 7, STRINGS 8. */
  readonly type: number;
  readonly f?: number;
  readonly i?: Whole;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly floats?: readonly number[];
  readonly ints?: readonly Whole[];
  readonly strings?: readonly Uint8Array[];
}

export interface NodeProto {
  readonly opType: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attribute?: readonly AttributeProto[];
}

export interface GraphProto {
  readonly name?: string;
  readonly node?: readonly NodeProto[];
  readonly initializer?: readonly TensorProto[];
  readonly input?: readonly ValueInfo[];
  readonly output?: readonly ValueInfo[];
}

export interface ModelProto {
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly graph?: GraphProto;
  readonly opsetImport?: readonly { readonly domain?: string; readonly version?: number }[];
}

export function encodeModel(model: ModelProto): Uint8Array {
  return ModelType.encode(ModelType.fromObject(model)).finish();
}

export function encodeTensor(tensor: TensorProto): Uint8Array {
  return TensorType.encode(TensorType.fromObject(tensor)).finish();
}

/** Throws on bytes that are no protobuf message of this shape. int64 fields become numbers: exact below 2^53. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return ModelType.toObject(ModelType.decode(bytes), { longs: Number, arrays: true }) as ModelProto;
}
