/** The io schema a version publishes as JSON: names, dtypes and shapes of its inputs and outputs. */
import type { TensorSpec } from '../commitment/canonical.ts';
import { itemBytes, itemType } from '../commitment/canonical.ts';
import { DTYPES, isDtype } from '../commitment/dtype.ts';
import { headersHash, headersOf, schemaHash } from '../commitment/schema.ts';
import { isProtocolError, ProtocolError } from '../errors.ts';
import type { Bytes32 } from '../hex.ts';
import { checkShape } from '../tensor.ts';

/** A tensor with its name in the ONNX graph. A free leading dimension is -1. */
export interface NamedSpec extends TensorSpec {
  readonly name: string;
}

export interface IoSchema {
  readonly inputs: readonly NamedSpec[];
  readonly outputs: readonly NamedSpec[];
  /** The leading dimension of every tensor is free: one execution can run many items, and a row is an item. */
  readonly rows: boolean;
}

/** What the chain knows of a schema. */
export interface SchemaHashes {
  readonly inputHeaders: readonly Bytes32[];
  readonly outputHeaders: readonly Bytes32[];
  readonly inputSchema: Bytes32;
  readonly outputSchema: Bytes32;
  /** H(SCHEMA, inputSchema, outputSchema). */
  readonly schema: Bytes32;
  /** Canonical bytes of one item. */
  readonly inputBytes: number;
  readonly outputBytes: number;
}

export function hashesOf({ inputs, outputs }: IoSchema): SchemaHashes {
  const [inputHeaders, outputHeaders] = [headersOf(inputs), headersOf(outputs)];
  const [inputSchema, outputSchema] = [headersHash(inputHeaders), headersHash(outputHeaders)];
  const schema = schemaHash(inputSchema, outputSchema);
  return {
    inputHeaders,
    outputHeaders,
    inputSchema,
    outputSchema,
    schema,
    inputBytes: itemBytes(inputs),
    outputBytes: itemBytes(outputs),
  };
}

/** Reads JSON text or its value. Other keys (a model's card has many) are ignored; `rows` may be left out. */
export function parseSchema(source: string | unknown): IoSchema {
  const value = typeof source === 'string' ? parseJson(source) : source;
  if (!isRecord(value)) throw invalid('the top', 'it is no object');
  const inputs = parseSide(value['inputs'], 'inputs');
  const outputs = parseSide(value['outputs'], 'outputs');
  const free = [...inputs, ...outputs].filter(({ shape }) => shape[0] === -1).length;
  const rows = value['rows'] ?? free > 0;
  if (typeof rows !== 'boolean') throw invalid('rows', 'it is neither true nor false');
  if (rows ? free !== inputs.length + outputs.length : free > 0)
    throw invalid(
      'rows',
      'either every tensor has a free leading dimension and rows is true, or none has and it is false',
    );
  return { inputs, outputs, rows };
}

/** The text a version publishes; a free leading dimension is written "N". */
export function schemaText({ inputs, outputs, rows }: IoSchema): string {
  const plain = ({ name, dtype, shape }: NamedSpec) => ({
    name,
    dtype,
    shape: shape.map((dim) => (dim === -1 ? 'N' : dim)),
  });
  return JSON.stringify({ inputs: inputs.map(plain), outputs: outputs.map(plain), rows });
}

function parseSide(value: unknown, path: string): NamedSpec[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid(path, 'it is no list of at least one tensor');
  const side = value.map((entry: unknown, i) => parseSpec(entry, `${path}[${i}]`));
  const names = side.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalid(path, `the name "${twice}" is there twice`);
  return side;
}

function parseSpec(value: unknown, path: string): NamedSpec {
  if (!isRecord(value)) throw invalid(path, 'it is no object');
  const { name, dtype, shape } = value;
  if (typeof name !== 'string' || name === '') throw invalid(`${path}.name`, 'it is no text');
  if (!isDtype(dtype))
    throw invalid(`${path}.dtype`, `it is ${JSON.stringify(dtype)}, not one of ${Object.keys(DTYPES).join(', ')}`);
  if (!Array.isArray(shape)) throw invalid(`${path}.shape`, 'it is no list of dimensions');
  const spec = { name, dtype, shape: shape.map((dim: unknown, i) => parseDim(dim, i, `${path}.shape[${i}]`)) };
  try {
    checkShape(itemType(spec).shape, name);
  } catch (error) {
    throw isProtocolError(error) ? invalid(`${path}.shape`, error.message) : error;
  }
  return spec;
}

function parseDim(dim: unknown, index: number, path: string): number {
  if (dim === -1 || dim === 'N') {
    if (index === 0) return -1;
    throw invalid(path, 'only the leading dimension can be free (-1 or "N")');
  }
  if (Number.isInteger(dim) && (dim as number) >= 1) return dim as number;
  throw invalid(path, `it is ${JSON.stringify(dim)}, not a whole number of at least 1 (or "N" if leading)`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('the top', 'it is no JSON');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(path: string, reason: string): ProtocolError<'schema.invalid'> {
  return new ProtocolError('schema.invalid', { path, reason });
}
