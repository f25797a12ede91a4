/**
 * A walk over the bytes of a message before anything is decoded. The library would skip what it does not know, merge what comes
 * twice, and allocate whatever it is told to; a file that is read so could mean one thing here and another elsewhere.
 */
import protobuf from 'protobufjs/light.js';
import { type Budget, spend } from './limits.ts';
import { malformed } from './refusals.ts';
import { type FieldTable, MESSAGES, type MessageName } from './schema.ts';

const { Reader } = protobuf;
export type WireReader = protobuf.Reader;

/** A view of the class itself: the library treats Node's Buffer by other code, and both must read alike. */
export function readerOf(bytes: Uint8Array): WireReader {
  return new Reader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** Wire types: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
const WIRE: Readonly<Record<string, number>> = {
  int32: 0,
  int64: 0,
  uint64: 0,
  double: 1,
  string: 2,
  bytes: 2,
  float: 5,
};

interface Known {
  readonly name: string;
  readonly wire: number;
  readonly repeated: boolean;
  /** Another message to walk into. */
  readonly message: MessageName | undefined;
}

/** Messages that are left as bytes where they are a field of another: decoded on their own, or not at all. */
const CLOSED: readonly string[] = ['AttributeProto.t', 'AttributeProto.g', 'GraphProto.initializer'];

const closed = (message: string, field: string, kind: string) =>
  CLOSED.includes(`${message}.${field}`) ? 'bytes' : kind;

/** The schema as it is read: CLOSED fields are bytes. No message can then be inside itself, so depth is bounded. */
export const FLAT_MESSAGES: Readonly<Record<string, FieldTable>> = Object.fromEntries(
  Object.entries<FieldTable>(MESSAGES).map(([message, fields]) => [
    message,
    Object.fromEntries(
      Object.entries(fields).map(([name, [id, kind, ...rule]]) => [name, [id, closed(message, name, kind), ...rule]]),
    ),
  ]),
);

const KNOWN = Object.fromEntries(
  Object.entries(FLAT_MESSAGES).map(([message, fields]) => {
    const known: (Known | undefined)[] = [];
    for (const [name, [id, kind, rule]] of Object.entries(fields)) {
      const nested = Object.hasOwn(MESSAGES, kind) ? (kind as MessageName) : undefined;
      known[id] = { name, wire: WIRE[kind] ?? 2, repeated: rule === 'repeated', message: nested };
    }
    return [message, known];
  }),
) as unknown as Readonly<Record<MessageName, readonly (Known | undefined)[]>>;

/**
 * Throws onnx.malformed unless the bytes are exactly fields of this message: known, of the right wire type, single ones at most once.
 * With a budget, throws onnx.too_large before the decoded message could exceed it.
 */
export function checkStructure(bytes: Uint8Array, message: MessageName, budget?: Budget): void {
  walk(readerOf(bytes), bytes.length, message, budget);
}

function walk(reader: WireReader, end: number, message: MessageName, budget: Budget | undefined): void {
  const known = KNOWN[message];
  let seen = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    const id = tag >>> 3;
    const field = known[id];
    if (!field) throw malformed(`${message} has a field ${id}, which ONNX does not define`);
    if (!field.repeated && (seen & (1 << id)) !== 0) throw malformed(`${message}.${field.name} is there twice`);
    seen |= 1 << id;
    if (budget) {
      spend(budget, 'entries', 1);
      if (field.message === 'NodeProto') spend(budget, 'nodes', 1);
    }
    const wire = tag & 7;
    if (wire === 2 && (field.wire === 2 || field.repeated)) {
      const size = reader.size();
      const stop = reader.pos + size;
      if (stop > end) throw malformed(`${message}.${field.name} ends after the message that holds it`);
      if (field.message) walk(reader, stop, field.message, budget);
      else if (field.wire !== 2) skipPacked(reader, stop, field, message, budget);
      else reader.skip(size);
    } else if (wire === field.wire) reader.skipType(wire);
    else throw malformed(`${message}.${field.name} has wire type ${wire}`);
  }
  if (reader.pos !== end) throw malformed(`${message} ends inside a field`);
}

function skipPacked(
  reader: WireReader,
  stop: number,
  field: Known,
  message: MessageName,
  budget: Budget | undefined,
): void {
  const { buf, pos } = reader;
  let count = 0;
  if (field.wire === 0) {
    for (let at = pos; at < stop; at++) if ((buf[at] as number) < 128) count++;
  } else count = (stop - pos) / (field.wire === 1 ? 8 : 4);
  const whole = field.wire === 0 ? stop === pos || (buf[stop - 1] as number) < 128 : Number.isInteger(count);
  if (!whole) throw malformed(`${message}.${field.name} ends inside an element`);
  if (budget) spend(budget, 'entries', count);
  reader.skip(stop - pos);
}
