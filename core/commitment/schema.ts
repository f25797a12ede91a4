/** Hashes of schemas: what a version publishes and a request names. */
import { taggedHash } from '../hash.ts';
import type { Bytes32 } from '../hex.ts';
import { wordOf } from '../hex.ts';
import { Tags } from '../protocol/tags.ts';
import type { TensorSpec } from './canonical.ts';
import { itemType } from './canonical.ts';
import { encodeHeader } from './header.ts';

/** Headers of one item of this side; a free leading dimension is 1. */
export function headersOf(side: readonly TensorSpec[]): Bytes32[] {
  return side.map((spec) => encodeHeader(itemType(spec), spec.name));
}

/** H(HEADERS, n, headers): one side of a schema. */
export function headersHash(headers: readonly Bytes32[]): Bytes32 {
  return taggedHash(Tags.HEADERS, [wordOf(BigInt(headers.length)), ...headers]);
}

/** H(SCHEMA, inputs, outputs), both headersHash values. */
export function schemaHash(inputs: Bytes32, outputs: Bytes32): Bytes32 {
  return taggedHash(Tags.SCHEMA, [inputs, outputs]);
}
