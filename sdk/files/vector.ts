/** Test vectors of models: inputs and outputs as JSON files (models/training/README.md, "Vectors"). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DTYPES, isDtype } from '#core/commitment/dtype.ts';
import type { NamedTensors } from '#core/protocol/rows.ts';
import { elementCount, type Tensor, tensorFrom } from '#core/tensor.ts';

export interface Vector {
  readonly id: string;
  readonly inputs: NamedTensors;
  /** Empty where nobody has computed them. */
  readonly outputs: NamedTensors;
  /** What is known about the input, the true label for instance. */
  readonly note: Readonly<Record<string, unknown>>;
}

interface StoredTensor {
  readonly dtype?: unknown;
  readonly shape?: unknown;
  /** Of the raw little-endian bytes. */
  readonly sha256?: unknown;
  /** Numbers; as text what JSON cannot say: NaN, Infinity, -Infinity, whole numbers beyond 2^53. */
  readonly data?: unknown;
  /** A file beside this one, raw little-endian. */
  readonly file?: unknown;
}

const TEXTS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** Throws an Error that names the file and what is wrong in it. */
export function readVector(file: string): Vector {
  try {
    const stored: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isRecord(stored)) throw new Error('it is not a JSON object');
    const { id = path.basename(file, '.json'), note, inputs, outputs = {} } = stored;
    if (!isRecord(inputs)) throw new Error('it has no "inputs": {name: {dtype, shape, data}}');
    if (!isRecord(outputs)) throw new Error('its "outputs" are not tensors by name');
    const side = (tensors: Readonly<Record<string, unknown>>) =>
      Object.fromEntries(Object.entries(tensors).map(([name, one]) => [name, tensorOf(name, one, file)]));
    return { id: String(id), inputs: side(inputs), outputs: side(outputs), note: isRecord(note) ? note : {} };
  } catch (error) {
    throw new Error(`${file} is no vector: ${(error as Error).message}`, { cause: error });
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function tensorOf(name: string, stored: unknown, vector: string): Tensor {
  const { dtype, shape, sha256, data, file }: StoredTensor = isRecord(stored) ? stored : {};
  if (!isDtype(dtype))
    throw new Error(`${name} has dtype ${dtype}; one of ${Object.keys(DTYPES).join(', ')} is needed`);
  if (!Array.isArray(shape) || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0))
    throw new Error(`${name} has no shape of whole numbers`);
  const made = Array.isArray(data)
    ? inline(name, dtype, shape, data)
    : { dtype, shape, data: beside(name, dtype, file, vector) };
  if (made.data.length !== elementCount(shape))
    throw new Error(`${name} has ${made.data.length} elements for shape [${shape.join(', ')}]`);
  if (typeof sha256 === 'string' && sha256 !== hashOf(made))
    throw new Error(`the elements of ${name} do not have its sha256`);
  return made;
}

/** A tensor without elements is legal in a file, though no commitment can hold it. */
function inline(name: string, dtype: Tensor['dtype'], shape: number[], data: unknown[]): Tensor {
  if (data.length === 0) return { dtype, shape, data: new DTYPES[dtype].Data(0) };
  const values = data.map((value) => {
    if (typeof value === 'number' || typeof value === 'boolean') return value;
    if (typeof value !== 'string') throw new Error(`${name} holds ${JSON.stringify(value)}, which is no number`);
    return TEXTS[value] ?? BigInt(value);
  });
  return tensorFrom(dtype, shape, values, name);
}

function beside(name: string, dtype: Tensor['dtype'], file: unknown, vector: string): Tensor['data'] {
  if (typeof file !== 'string') throw new Error(`${name} has neither data nor file`);
  if (path.basename(file) !== file) throw new Error(`the file of ${name} must lie beside it, without a path: ${file}`);
  const { Data, bytes } = DTYPES[dtype];
  const raw = new Uint8Array(readFileSync(path.join(path.dirname(vector), file)));
  if (raw.length % bytes !== 0) throw new Error(`${file} is not a whole number of ${dtype} elements`);
  return new Data(raw.buffer, 0, raw.length / bytes);
}

/** Of the raw little-endian bytes. The payload of a NaN says nothing. */
function hashOf({ data }: Tensor): string {
  const bytes = data instanceof Float32Array ? data.map((x) => (Number.isNaN(x) ? Number.NaN : x)) : data;
  return createHash('sha256')
    .update(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    .digest('hex');
}

/** The text of a vector file, all elements inline. float32 is written as the shortest decimal of the equal float64. */
export function vectorText({ id, note, inputs, outputs }: Vector): string {
  const side = (tensors: NamedTensors) =>
    Object.entries(tensors)
      .map(([name, tensor]) => `  ${JSON.stringify(name)}: ${tensorText(tensor)}`)
      .join(',\n');
  return [
    '{',
    ` "id": ${JSON.stringify(id)},`,
    ` "note": ${JSON.stringify(note)},`,
    ` "inputs": {\n${side(inputs)}\n },`,
    ` "outputs": {\n${side(outputs)}\n }`,
    '}\n',
  ].join('\n');
}

function tensorText(tensor: Tensor): string {
  const { dtype, shape, data } = tensor;
  const elements = Array.from(data as ArrayLike<number | bigint>, elementText).join(', ');
  return `{"dtype": "${dtype}", "shape": [${shape.join(', ')}], "sha256": "${hashOf(tensor)}", "data": [${elements}]}`;
}

function elementText(value: number | bigint): string {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? `${value}` : `"${value}"`;
  if (Object.is(value, -0)) return '-0.0';
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}
