/** How ONNX stores the elements of each data type: in raw little-endian bytes, or one by one in a list (onnx.proto, TensorProto). */
import { malformed } from './refusals.ts';
import type { WireReader } from './structure.ts';

/** TensorProto fields that list elements, by their numbers. */
export const LISTS = {
  floatData: 4,
  int32Data: 5,
  stringData: 6,
  int64Data: 7,
  doubleData: 10,
  uint64Data: 11,
} as const;

export interface Stored {
  /** Of one element in raw data. */
  readonly bytes: number;
  /** The list it may be in instead. */
  readonly list: number;
  /** Of which elements come: bits for float32, itself for the other five, float64 or uint64 for types outside the six. */
  readonly make: (count: number) => Elements;
  readonly fromRaw: (view: DataView, at: number) => number | bigint;
  readonly fromList: (reader: WireReader) => number | bigint;
}

export type Elements =
  | Uint32Array<ArrayBuffer>
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Int8Array
  | Float64Array
  | BigUint64Array;

/** A protobuf int64 or uint64: an object of two signed words, or a number where the library finds no class for it. */
export function wholeOf(value: { readonly low: number; readonly high: number } | number): bigint {
  if (typeof value === 'number') return BigInt(value);
  return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
}

/** Every NaN becomes 0x7fc00000. */
export function canonicalBits(bits: number): number {
  return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : bits;
}

const between = (min: number, max: number) => (reader: WireReader) => {
  const value = reader.int32();
  if (value < min || value > max) throw malformed(`a listed element is ${value}, outside ${min} to ${max}`);
  return value;
};

const BITS = new DataView(new ArrayBuffer(4));

/** binary16: 1 sign, 5 exponent, 10 fraction bits. Exact. */
function ofFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
}

/** The upper half of a float32. Exact. */
function ofBfloat16(bits: number): number {
  BITS.setUint32(0, bits * 65536);
  return BITS.getFloat32(0);
}

const doubles = (count: number) => new Float64Array(count);
const half = (decode: (bits: number) => number): Stored => {
  const listed = between(0, 0xffff);
  return {
    bytes: 2,
    list: LISTS.int32Data,
    make: doubles,
    fromRaw: (view, at) => decode(view.getUint16(at, true)),
    fromList: (reader) => decode(listed(reader)),
  };
};

/** By code of TensorProto.DataType. */
const STORED: Readonly<Record<number, Stored>> = {
  // float32
  1: {
    bytes: 4,
    list: LISTS.floatData,
    make: (count) => new Uint32Array(count),
    fromRaw: (view, at) => canonicalBits(view.getUint32(at, true)),
    fromList: (reader) => canonicalBits(reader.fixed32()),
  },
  // uint8
  2: {
    bytes: 1,
    list: LISTS.int32Data,
    make: (count) => new Uint8Array(count),
    fromRaw: (view, at) => view.getUint8(at),
    fromList: between(0, 255),
  },
  // int8
  3: {
    bytes: 1,
    list: LISTS.int32Data,
    make: (count) => new Int8Array(count),
    fromRaw: (view, at) => view.getInt8(at),
    fromList: between(-128, 127),
  },
  // uint16
  4: {
    bytes: 2,
    list: LISTS.int32Data,
    make: doubles,
    fromRaw: (view, at) => view.getUint16(at, true),
    fromList: between(0, 65535),
  },
  // int16
  5: {
    bytes: 2,
    list: LISTS.int32Data,
    make: doubles,
    fromRaw: (view, at) => view.getInt16(at, true),
    fromList: between(-32768, 32767),
  },
  // int32
  6: {
    bytes: 4,
    list: LISTS.int32Data,
    make: (count) => new Int32Array(count),
    fromRaw: (view, at) => view.getInt32(at, true),
    fromList: (reader) => reader.int32(),
  },
  // int64
  7: {
    bytes: 8,
    list: LISTS.int64Data,
    make: (count) => new BigInt64Array(count),
    fromRaw: (view, at) => view.getBigInt64(at, true),
    fromList: (reader) => wholeOf(reader.int64()),
  },
  // bool: anything but 0 is true
  9: {
    bytes: 1,
    list: LISTS.int32Data,
    make: (count) => new Uint8Array(count),
    fromRaw: (view, at) => (view.getUint8(at) ? 1 : 0),
    fromList: (reader) => (reader.int32() ? 1 : 0),
  },
  10: half(ofFloat16),
  // float64
  11: {
    bytes: 8,
    list: LISTS.doubleData,
    make: doubles,
    fromRaw: (view, at) => view.getFloat64(at, true),
    fromList: (reader) => reader.double(),
  },
  // uint32
  12: {
    bytes: 4,
    list: LISTS.uint64Data,
    make: doubles,
    fromRaw: (view, at) => view.getUint32(at, true),
    fromList: (reader) => {
      const value = BigInt.asUintN(64, wholeOf(reader.uint64()));
      if (value >= 2n ** 32n) throw malformed(`a listed element is ${value}, outside 0 to 4294967295`);
      return Number(value);
    },
  },
  // uint64
  13: {
    bytes: 8,
    list: LISTS.uint64Data,
    make: (count) => new BigUint64Array(count),
    fromRaw: (view, at) => view.getBigUint64(at, true),
    fromList: (reader) => BigInt.asUintN(64, wholeOf(reader.uint64())),
  },
  16: half(ofBfloat16),
};

/** The last code that IR version 13 defines: INT2. */
const LAST_CODE = 26;

export function isElementType(code: number): boolean {
  return code >= 1 && code <= LAST_CODE;
}

/** Undefined: strings, complex numbers, 8-bit floats, 4 and 2 bits. */
export function storedAs(code: number): Stored | undefined {
  return STORED[code];
}
