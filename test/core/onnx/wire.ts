/** Protobuf by hand: the tests of the reader say byte for byte what is in a file. */

export type Bytes = readonly number[];

/** Negative numbers take ten bytes, as protobuf writes them. */
export function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

export const key = (id: number, wire: number) => varint(id * 8 + wire);
export const int = (id: number, value: number | bigint) => [...key(id, 0), ...varint(value)];
export const message = (id: number, bytes: Bytes) => key(id, 2).concat(varint(bytes.length), bytes);
export const part = (id: number, ...bytes: readonly number[]) => message(id, bytes);
export const text = (id: number, value: string) => message(id, [...new TextEncoder().encode(value)]);
export const packed = (id: number, ...values: readonly (number | bigint)[]) => part(id, ...values.flatMap(varint));

export function float32(value: number): number[] {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value, true);
  return [...new Uint8Array(view.buffer)];
}

export function float64(value: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, true);
  return [...new Uint8Array(view.buffer)];
}

/** Bytes of a hexadecimal text; spaces are for the eye. */
export const hex = (digits: string) => [...Buffer.from(digits.replaceAll(' ', ''), 'hex')];

export const tensor = (code: number, dims: readonly (number | bigint)[], ...fields: readonly Bytes[]) => [
  ...dims.flatMap((dim) => int(1, dim)),
  ...int(2, code),
  ...fields.flat(),
];

export const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  ...fields: readonly Bytes[]
) => [
  ...inputs.flatMap((name) => text(1, name)),
  ...outputs.flatMap((name) => text(2, name)),
  ...text(4, op),
  ...fields.flat(),
];

export const attribute = (name: string, type: number, ...fields: readonly Bytes[]) =>
  part(5, ...text(1, name), ...int(20, type), ...fields.flat());

/** A ValueInfoProto; the shape is left out when there are no dimension messages. */
export const value = (name: string, code: number, dims?: readonly Bytes[]) => {
  const shape = dims ? part(2, ...dims.flatMap((dim) => part(1, ...dim))) : [];
  return [...text(1, name), ...part(2, ...part(1, ...int(1, code), ...shape))];
};

export interface Parts {
  readonly nodes?: readonly Bytes[];
  readonly inputs?: readonly Bytes[];
  readonly outputs?: readonly Bytes[];
  readonly constants?: readonly Bytes[];
  readonly graphFields?: Bytes;
  readonly ir?: number | bigint;
  readonly opset?: Bytes;
  readonly fields?: Bytes;
}

/** By default y = Relu(x) of one float32. */
export function graph({ nodes, inputs, outputs, constants = [], graphFields = [] }: Parts = {}): number[] {
  return [
    ...(nodes ?? [node('Relu', ['x'], ['y'])]).flatMap((one) => message(1, one)),
    ...constants.flatMap((one) => message(5, one)),
    ...(inputs ?? [value('x', 1, [int(1, 1)])]).flatMap((one) => message(11, one)),
    ...(outputs ?? [value('y', 1, [int(1, 1)])]).flatMap((one) => message(12, one)),
    ...graphFields,
  ];
}

export function model(parts: Parts = {}): Uint8Array {
  return Uint8Array.from([
    ...int(1, parts.ir ?? 8),
    ...message(7, graph(parts)),
    ...(parts.opset ?? part(8, ...int(2, 17))),
    ...(parts.fields ?? []),
  ]);
}
