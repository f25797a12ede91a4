/** Canonical bytes: elements big-endian in row-major order, one encoding per value (docs/spec/commitments.md, "Elements"). */
import { ProtocolError } from '../errors.ts';
import type { Tensor, TensorType } from '../tensor.ts';
import { checkTensor, elementCount } from '../tensor.ts';
import type { Dtype, TensorData } from './dtype.ts';
import { DTYPES } from './dtype.ts';
import { byteLength } from './header.ts';

const CANONICAL_NAN = 0x7fc00000;
const EXPONENT = 0x7f800000;

const SWAPPED_NAN = 0x0000c07f;
/** Then whole words can be swapped, ten times as fast as writing them through a view. */
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

const swapped = (word: number) => (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);

/** Whether float32 bits (sign included or not) are a NaN of any payload. */
function isNaNBits(bits: number): boolean {
  return (bits & 0x7fffffff) > EXPONENT;
}

/** Writes a tensor's canonical bytes into `out` from `offset`. Every NaN becomes the canonical one. */
export function encodeTensorInto(t: Tensor, out: Uint8Array, offset: number): void {
  const view = new DataView(out.buffer, out.byteOffset + offset);
  const { data } = t;
  if (data instanceof Float32Array) {
    // Bits, not values: reading a NaN as a number may change its payload or not, depending on the engine.
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    if (LITTLE_ENDIAN && view.byteOffset % 4 === 0) {
      const words = new Uint32Array(view.buffer, view.byteOffset, bits.length);
      for (let i = 0; i < bits.length; i++) {
        const word = bits[i] as number;
        words[i] = (word & 0x7fffffff) > EXPONENT ? SWAPPED_NAN : swapped(word);
      }
    } else
      for (let i = 0; i < bits.length; i++)
        view.setUint32(4 * i, isNaNBits(bits[i] as number) ? CANONICAL_NAN : (bits[i] as number));
  } else if (data instanceof Int32Array) {
    if (LITTLE_ENDIAN && view.byteOffset % 4 === 0) {
      const words = new Int32Array(view.buffer, view.byteOffset, data.length);
      for (let i = 0; i < data.length; i++) words[i] = swapped(data[i] as number);
    } else for (let i = 0; i < data.length; i++) view.setInt32(4 * i, data[i] as number);
  } else if (data instanceof BigInt64Array) {
    for (let i = 0; i < data.length; i++) view.setBigInt64(8 * i, data[i] as bigint);
  } else {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.length), offset);
  }
}

export function encodeTensor(t: Tensor): Uint8Array {
  checkTensor(t);
  const out = new Uint8Array(byteLength(t));
  encodeTensorInto(t, out, 0);
  return out;
}

/** The tensor whose canonical bytes these are; refuses any other bytes. */
export function decodeTensor(type: TensorType, bytes: Uint8Array, name = 'tensor'): Tensor {
  if (bytes.length !== byteLength(type))
    throw new ProtocolError('items.length', {
      got: bytes.length,
      expected: byteLength(type),
    });
  assertCanonical(type.dtype, bytes, name);
  return {
    dtype: type.dtype,
    shape: [...type.shape],
    data: decodeData(type.dtype, elementCount(type.shape), bytes),
  };
}

/** Throws at the first element that is not in canonical form: a NaN other than 0x7fc00000, a bool other than 0 or 1. */
export function assertCanonical(dtype: Dtype, bytes: Uint8Array, name = 'tensor'): void {
  if (dtype === 'float32') {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let i = 0; i < bytes.length; i += 4) {
      const bits = view.getUint32(i);
      if (isNaNBits(bits) && bits !== CANONICAL_NAN)
        throw new ProtocolError('tensor.not_canonical', {
          name,
          index: i / 4,
          bits: `0x${bits.toString(16)}`,
          dtype,
        });
    }
  } else if (dtype === 'bool') {
    const index = bytes.findIndex((byte) => byte > 1);
    if (index >= 0)
      throw new ProtocolError('tensor.not_canonical', {
        name,
        index,
        bits: `0x${bytes[index]?.toString(16)}`,
        dtype,
      });
  }
}

function decodeData(dtype: Dtype, count: number, bytes: Uint8Array): TensorData {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = DTYPES[dtype].bytes;
  if (dtype === 'float32') {
    const bits = new Uint32Array(count);
    for (let i = 0; i < count; i++) bits[i] = view.getUint32(size * i);
    return new Float32Array(bits.buffer);
  }
  if (dtype === 'int32') {
    const data = new Int32Array(count);
    for (let i = 0; i < count; i++) data[i] = view.getInt32(size * i);
    return data;
  }
  if (dtype === 'int64') {
    const data = new BigInt64Array(count);
    for (let i = 0; i < count; i++) data[i] = view.getBigInt64(size * i);
    return data;
  }
  const copy = bytes.slice(); // its own buffer: the result must not change with the source
  return dtype === 'int8' ? new Int8Array(copy.buffer) : copy;
}
