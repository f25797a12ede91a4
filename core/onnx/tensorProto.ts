/**
 * TensorProto: constants in a model, and the .pb files of the ONNX project's test cases. Elements go from the file's bytes straight
 * into an array of their own, which is made only when the file holds as many elements as its dimensions claim.
 */
import { DTYPES, dtypeOfCode } from '../commitment/dtype.ts';
import type { Tensor, TensorData } from '../tensor.ts';
import { canonicalBits, type Elements, isElementType, LISTS, type Stored, storedAs, wholeOf } from './elementTypes.ts';
import type { OnnxTensor } from './graph.ts';
import { type Budget, budgetOf, checkLimit, type ReadLimits, spend } from './limits.ts';
import { encodeTensor, type TensorProto } from './messages.ts';
import { decoding, malformed, quote, unsupported } from './refusals.ts';
import { MESSAGES } from './schema.ts';
import { checkStructure, readerOf } from './structure.ts';

export interface NamedTensor {
  readonly name: string;
  readonly value: OnnxTensor;
}

/** Throws onnx.malformed, onnx.unsupported or onnx.too_large. */
export function decodeTensorProto(bytes: Uint8Array, limits?: Partial<ReadLimits>): OnnxTensor {
  return readTensor(bytes, 'a tensor', budgetOf(limits)).value;
}

export function encodeTensorProto(tensor: Tensor, name = ''): Uint8Array {
  return encodeTensor(tensorProto(tensor, name));
}

/** ONNX raw data is little-endian, whatever the machine. */
export function tensorProto({ dtype, shape, data }: Tensor, name: string): TensorProto {
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

/** What a message says beside its lists. */
interface Header {
  name: string;
  readonly dims: bigint[];
  code: number;
  raw: Uint8Array | undefined;
  /** Lists that have elements, by field number. */
  readonly lists: Set<number>;
  external: boolean;
  segment: boolean;
}

/** `place` is used in errors until the tensor's own name is known. */
export function readTensor(bytes: Uint8Array, place: string, budget: Budget): NamedTensor {
  const header = decoding(() => {
    checkStructure(bytes, 'TensorProto');
    return readHeader(bytes, budget.limits);
  });
  const { name } = header;
  const what = name === '' ? place : `tensor ${quote(name)}`;
  if (header.external) throw unsupported(`external data (${what})`);
  if (header.segment) throw unsupported(`a tensor in segments (${what})`);
  if (!isElementType(header.code))
    throw malformed(`${what} is of data type ${header.code}, which ONNX does not define`);
  const count = countOf(header, what, budget);
  const dims = header.dims.map(Number);
  const stored = storedAs(header.code);
  if (!stored) return { name, value: { elemType: header.code, dims, tensor: undefined, wide: undefined } };
  const elements = elementsOf(bytes, header, stored, count, what);
  return { name, value: onnxTensor(header.code, dims, elements) };
}

function readHeader(bytes: Uint8Array, limits: ReadLimits): Header {
  const fields = MESSAGES.TensorProto;
  const lists: readonly number[] = Object.values(LISTS);
  const header: Header = {
    name: '',
    dims: [],
    code: 0,
    raw: undefined,
    lists: new Set(),
    external: false,
    segment: false,
  };
  const addDim = (dim: bigint) => checkLimit('rank', header.dims.push(dim), limits, 'a tensor');
  const reader = readerOf(bytes);
  while (reader.pos < bytes.length) {
    const tag = reader.tag();
    const id = tag >>> 3;
    const wire = tag & 7;
    if (id === fields.dims[0]) {
      if (wire === 0) addDim(wholeOf(reader.int64()));
      else for (const stop = reader.size() + reader.pos; reader.pos < stop; ) addDim(wholeOf(reader.int64()));
    } else if (id === fields.dataType[0]) header.code = reader.int32();
    else if (id === fields.name[0]) header.name = reader.stringVerify();
    else if (id === fields.rawData[0]) header.raw = reader.bytes();
    else if (id === fields.dataLocation[0]) {
      const location = reader.int32();
      if (location !== 0 && location !== 1) throw malformed(`a tensor's data location is ${location}, neither 0 nor 1`);
      header.external ||= location === 1;
    } else {
      const start = reader.pos;
      reader.skipType(wire);
      if (id === fields.externalData[0]) header.external = true;
      else if (id === fields.segment[0]) header.segment = true;
      // An empty packed list is a single length byte of 0.
      else if (lists.includes(id) && (wire !== 2 || reader.pos - start > 1)) header.lists.add(id);
    }
  }
  return header;
}

/** Elements, by the dimensions; counted against the budget before there is any memory for them. */
function countOf({ dims }: Header, what: string, budget: Budget): number {
  let count = 1n;
  let bound = 1n;
  for (const dim of dims) {
    if (dim < 0n) throw malformed(`${what} has a dimension of ${dim}`);
    count *= dim;
    // Sizes beside a 0 are bounded as well: shapes of constants are numbers of other programs.
    bound *= dim === 0n ? 1n : dim;
    checkLimit('elements', bound, budget.limits, what);
  }
  spend(budget, 'elements', Number(count), what);
  return Number(count);
}

function elementsOf(bytes: Uint8Array, header: Header, stored: Stored, count: number, what: string): Elements {
  const { raw, lists } = header;
  const listed = lists.size > 0;
  if (lists.size > 1 || (listed && !lists.has(stored.list)))
    throw malformed(`${what} lists elements in a field of another data type`);
  if (listed && raw && raw.length > 0) throw malformed(`${what} has both raw data and a list of elements`);
  if (listed) return fromList(bytes, stored, count, what);
  const length = raw?.length ?? 0;
  if (length !== count * stored.bytes)
    throw malformed(`${what} claims ${count} elements of ${stored.bytes} bytes, and holds ${length} bytes`);
  return raw ? fromRaw(raw, stored, count) : stored.make(0);
}

function fromRaw(raw: Uint8Array, stored: Stored, count: number): Elements {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const out = stored.make(count);
  // Weights are hundreds of megabytes: their loop knows its types.
  if (out instanceof Uint32Array) for (let i = 0; i < count; i++) out[i] = canonicalBits(view.getUint32(4 * i, true));
  else for (let i = 0; i < count; i++) out[i] = stored.fromRaw(view, i * stored.bytes);
  return out;
}

function fromList(bytes: Uint8Array, stored: Stored, count: number, what: string): Elements {
  // An element takes at least one byte.
  if (count > bytes.length) throw malformed(`${what} claims ${count} elements, and holds ${bytes.length} bytes`);
  const out = stored.make(count);
  // checkStructure has seen that lists end where an element ends.
  return decoding(() => {
    const reader = readerOf(bytes);
    let i = 0;
    const take = () => {
      const value = stored.fromList(reader);
      if (i === count) throw malformed(`${what} lists more elements than the ${count} of its dimensions`);
      out[i++] = value;
    };
    while (reader.pos < bytes.length) {
      const tag = reader.tag();
      const wire = tag & 7;
      if (tag >>> 3 !== stored.list) reader.skipType(wire);
      else if (wire !== 2) take();
      else {
        const stop = reader.size() + reader.pos;
        while (reader.pos < stop) take();
      }
    }
    if (i !== count) throw malformed(`${what} lists ${i} elements instead of the ${count} of its dimensions`);
    return out;
  });
}

function onnxTensor(elemType: number, dims: readonly number[], elements: Elements): OnnxTensor {
  const dtype = dtypeOfCode(elemType);
  if (!dtype) return { elemType, dims, tensor: undefined, wide: elements as Float64Array | BigUint64Array };
  const data = (dtype === 'float32' ? new Float32Array(elements.buffer) : elements) as TensorData;
  return { elemType, dims, tensor: { dtype, shape: dims, data }, wide: undefined };
}
