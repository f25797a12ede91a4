/** AttributeProto: a value of exactly one kind, the one its type says. */
import { wholeOf } from './elementTypes.ts';
import type { AttributeValue, UnsupportedKind } from './graph.ts';
import type { Budget } from './limits.ts';
import { malformed, quote, unsupported } from './refusals.ts';
import { readTensor } from './tensorProto.ts';

export type FlatWhole = { readonly low: number; readonly high: number } | number;

/** The message as the library reads it, with tensors and graphs as bytes. A field that is absent has its zero value. */
export interface FlatAttribute {
  readonly name: string;
  readonly type: number;
  readonly refAttrName: string;
  readonly f: number;
  readonly i: FlatWhole;
  readonly s: Uint8Array;
  readonly t: Uint8Array;
  readonly floats: readonly number[];
  readonly ints: readonly FlatWhole[];
  readonly strings: readonly Uint8Array[];
}

/** By code of AttributeProto.AttributeType: the field that holds the value, and what it becomes. */
const KINDS: Readonly<Record<number, readonly [field: string, kind: AttributeValue['kind']]>> = {
  1: ['f', 'float'],
  2: ['i', 'int'],
  3: ['s', 'string'],
  4: ['t', 'tensor'],
  5: ['g', 'graph'],
  6: ['floats', 'floats'],
  7: ['ints', 'ints'],
  8: ['strings', 'strings'],
  9: ['tensors', 'tensors'],
  10: ['graphs', 'graphs'],
  11: ['sparseTensor', 'sparse_tensor'],
  12: ['sparseTensors', 'sparse_tensors'],
  13: ['tp', 'type_proto'],
  14: ['typeProtos', 'type_protos'],
};

const VALUE_FIELDS = Object.values(KINDS).map(([field]) => field);

/** `node` names the node in errors. */
export function readAttribute(flat: FlatAttribute, node: string, budget: Budget): AttributeValue {
  const what = `attribute ${quote(flat.name)} of ${node}`;
  if (flat.name === '') throw malformed(`an attribute of ${node} has no name`);
  if (flat.refAttrName !== '') throw unsupported(`a reference to a function's attribute (${what})`);
  const [field, kind] = KINDS[flat.type] ?? [];
  if (field === undefined || kind === undefined) throw malformed(`${what} is of type ${flat.type}`);
  for (const other of VALUE_FIELDS)
    if (other !== field && isPresent(flat, other))
      throw malformed(`${what} is of type ${kind}, and has a value in "${other}"`);
  switch (kind) {
    // proto3 does not write a value that is zero or empty.
    case 'float':
      return { kind, value: flat.f };
    case 'int':
      return { kind, value: wholeOf(flat.i) };
    case 'string':
      return { kind, value: text(flat.s, what) };
    case 'floats':
      return { kind, value: flat.floats };
    case 'ints':
      return { kind, value: flat.ints.map(wholeOf) };
    case 'strings':
      return { kind, value: flat.strings.map((one) => text(one, what)) };
    case 'tensor':
      if (!isPresent(flat, 't')) throw malformed(`${what} has no tensor`);
      return { kind, value: readTensor(flat.t, what, budget).value };
    default:
      return { kind: kind satisfies UnsupportedKind };
  }
}

/** The library gives each message a list for every repeated field; single fields are its own only when they were there. */
function isPresent(flat: FlatAttribute, field: string): boolean {
  if (!Object.hasOwn(flat, field)) return false;
  const value: unknown = flat[field as keyof FlatAttribute];
  return !Array.isArray(value) || value.length > 0;
}

function text(bytes: Uint8Array | readonly number[], what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    throw malformed(`${what} is no UTF-8 text`);
  }
}
