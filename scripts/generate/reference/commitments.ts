/** docs/spec/commitments.md, read literally. The tree is padded with zero leaves and hashed recursively. */
import { digits, H, hexOf, randomFrom, word } from './words.ts';

const CODES: Readonly<Record<string, readonly [code: number, bytes: number]>> = {
  float32: [1, 4],
  uint8: [2, 1],
  int8: [3, 1],
  int32: [6, 4],
  int64: [7, 8],
  bool: [9, 1],
};
const DTYPES = Object.keys(CODES);
const [LEAF, NODE, TENSOR, LIST, BUNDLE, HEADERS, SCHEMA] = [0, 1, 2, 3, 4, 5, 6];

interface Plain {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Element values as text; float32 as bits, so that NaN and -0 are visible. */
  readonly values: readonly string[];
}

const product = (shape: readonly number[]) => shape.reduce((n, dim) => n * dim, 1);
const facts = (dtype: string) => CODES[dtype] ?? [0, 0];

function elementDigits(dtype: string, value: string): string {
  const bits = facts(dtype)[1] * 8;
  return digits(BigInt.asUintN(bits, BigInt(value)), bits); // float32 values are bits already
}

const bytesOf = ({ dtype, values }: Plain) => values.map((value) => elementDigits(dtype, value)).join('');

export function headerOf(dtype: string, shape: readonly number[]): string {
  const dims = Array.from({ length: 7 }, (_, i) => digits(shape[i] ?? 0, 32)).join('');
  return `0x${digits(facts(dtype)[0], 8)}${digits(shape.length, 8)}${dims}0000`;
}

function root(nodes: readonly string[]): string {
  if (nodes.length === 1) return nodes[0] ?? '';
  const size = 2 ** Math.ceil(Math.log2(nodes.length));
  const half = size / 2;
  const full = [...nodes, ...Array<string>(size - nodes.length).fill(word(0))];
  return H(NODE, root(full.slice(0, half)), root(full.slice(half)));
}

function leaves({ dtype, values }: Plain): string[] {
  const count = Math.ceil(values.length / 64);
  return Array.from({ length: count }, (_, i) => {
    const run = values.slice(64 * i, 64 * (i + 1)).map((value) => elementDigits(dtype, value));
    return H(LEAF, run.join('').padEnd(64 * facts(dtype)[1] * 2, '0'));
  });
}

const commit = (tensor: Plain) => H(TENSOR, headerOf(tensor.dtype, tensor.shape), root(leaves(tensor)));
const list = (tensors: readonly Plain[]) => H(LIST, word(tensors.length), ...tensors.map(commit));
const headers = (words: readonly string[]) => H(HEADERS, word(words.length), ...words);

function side(items: readonly (readonly Plain[])[]): string {
  const lists = items.map(list);
  return lists.length === 1 ? (lists[0] ?? '') : H(BUNDLE, word(lists.length), root(lists));
}

/** Values that are hard somewhere: zeros of both signs, infinities, subnormals, the canonical NaN, the ends of each range. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  float32: [
    '0x00000000',
    '0x80000000',
    '0x3f800000',
    '0xbfc00000',
    '0x7fc00000',
    '0x7f800000',
    '0xff800000',
    '0x00000001',
    '0x807fffff',
    '0x7f7fffff',
  ],
  uint8: ['0', '1', '127', '128', '255'],
  int8: ['0', '1', '-1', '127', '-128'],
  int32: ['0', '1', '-1', '2147483647', '-2147483648'],
  int64: ['0', '1', '-1', '9223372036854775807', '-9223372036854775808', '9007199254740993'],
  bool: ['0', '1'],
};

function randomValue(dtype: string, next: () => number): string {
  if (dtype === 'float32') {
    const bits = next();
    return `0x${digits((bits & 0x7f800000) === 0x7f800000 ? 0x7fc00000 : bits, 32)}`;
  }
  if (dtype === 'bool') return String(next() & 1);
  const bits = facts(dtype)[1] * 8;
  const unsigned = (BigInt(next()) << 32n) | BigInt(next());
  return String(dtype === 'uint8' ? BigInt.asUintN(bits, unsigned) : BigInt.asIntN(bits, unsigned));
}

function randomTensor(dtype: string, shape: readonly number[], next: () => number): Plain {
  return { dtype, shape, values: Array.from({ length: product(shape) }, () => randomValue(dtype, next)) };
}

function tensorVector(name: string, tensor: Plain) {
  const { dtype, shape, values } = tensor;
  return {
    name,
    dtype,
    shape,
    // Long ones are known by their bytes; short ones show what the bytes mean.
    ...(values.length <= 16 ? { values } : {}),
    header: headerOf(dtype, shape),
    bytes: `0x${bytesOf(tensor)}`,
    commitment: commit(tensor),
  };
}

function itemsVector(name: string, items: readonly (readonly Plain[])[]) {
  const words = (items[0] ?? []).map(({ dtype, shape }) => headerOf(dtype, shape));
  return {
    name,
    headers: words,
    items: items.length,
    bytes: `0x${items.flat().map(bytesOf).join('')}`,
    headersHash: headers(words),
    commitment: side(items),
  };
}

const RANKS: readonly (readonly number[])[] = [
  [],
  [3],
  [2, 3],
  [2, 1, 3],
  [1, 2, 2, 3],
  [1, 2, 1, 2, 3],
  [2, 1, 2, 1, 2, 1],
  [1, 2, 1, 3, 1, 2, 1],
];
const COUNTS = [1, 63, 64, 65, 127, 128, 129, 1000];

export function commitmentVectors() {
  const next = randomFrom(1);
  const tensors = DTYPES.flatMap((dtype) => [
    tensorVector(`${dtype}, edges`, { dtype, shape: [EDGES[dtype]?.length ?? 0], values: EDGES[dtype] ?? [] }),
    ...RANKS.map((shape) => tensorVector(`${dtype}, rank ${shape.length}`, randomTensor(dtype, shape, next))),
    ...COUNTS.map((count) => tensorVector(`${dtype}, ${count} elements`, randomTensor(dtype, [count], next))),
  ]);
  const mixed = () => [
    randomTensor('float32', [1, 8, 9], next),
    randomTensor('int64', [1, 5], next),
    randomTensor('bool', [3], next),
  ];
  const one = () => [randomTensor('float32', [1, 10], next)];
  const repeat = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
  const items = [
    itemsVector('one tensor, one item', [one()]),
    itemsVector('three tensors, one item', [mixed()]),
    itemsVector('every dtype, one item', [DTYPES.map((dtype) => randomTensor(dtype, [65], next))]),
    ...[2, 3, 5, 32].map((count) => itemsVector(`three tensors, ${count} items`, repeat(count, mixed))),
    ...[2, 3, 31, 32].map((count) => itemsVector(`one tensor, ${count} items`, repeat(count, one))),
    itemsVector(
      'the same item twice',
      repeat(2, () => [{ dtype: 'int32', shape: [2], values: ['7', '-7'] }]),
    ),
  ];
  const pair = [items[1]?.headersHash ?? '', items[0]?.headersHash ?? ''] as const;
  return {
    tensors,
    items,
    schemas: [{ inputs: pair[0], outputs: pair[1], hash: H(SCHEMA, ...pair) }],
    notCanonical: notCanonical(),
    badHeaders: badHeaders(),
  };
}

function notCanonical() {
  const zeros = (count: number) => Array<string>(count).fill('00000000').join('');
  const floats = (name: string, count: number, index: number, bits: string) => ({
    name,
    header: headerOf('float32', [count]),
    bytes: `0x${zeros(index)}${bits}${zeros(count - index - 1)}`,
    index,
  });
  return [
    floats('a signalling NaN', 3, 0, '7fa00000'),
    floats('a negative NaN', 3, 1, 'ffc00000'),
    floats('a NaN with a payload, last of 65', 65, 64, '7fc00001'),
    floats('the smallest NaN, last of a full leaf', 64, 63, '7f800001'),
    floats('the largest NaN, in the middle', 128, 77, '7fffffff'),
    { name: 'a bool of 2', header: headerOf('bool', [4]), bytes: '0x01000200', index: 2 },
    {
      name: 'a bool of 255, last of 65',
      header: headerOf('bool', [65]),
      bytes: hexOf(new Uint8Array(65).fill(255, 64)),
      index: 64,
    },
  ];
}

function badHeaders() {
  const header = (code: number, rank: number, dims: readonly number[], low: string) =>
    `0x${digits(code, 8)}${digits(rank, 8)}${Array.from({ length: 7 }, (_, i) => digits(dims[i] ?? 0, 32)).join('')}${low}`;
  return [
    { name: 'unknown dtype 0', header: header(0, 1, [1], '0000') },
    { name: 'unknown dtype 11 (float64)', header: header(11, 1, [1], '0000') },
    { name: 'rank 8', header: header(1, 8, [1, 1, 1, 1, 1, 1, 1], '0000') },
    { name: 'a dimension of 0', header: header(1, 2, [3, 0], '0000') },
    { name: 'a dimension beyond the rank', header: header(1, 1, [3, 1], '0000') },
    { name: 'more than 2^40 elements', header: header(2, 2, [2 ** 20, 2 ** 20 + 1], '0000') },
    { name: 'more than 2^224 elements', header: header(2, 7, Array<number>(7).fill(2 ** 32 - 1), '0000') },
    { name: 'low bits set', header: header(1, 1, [3], '0001') },
  ];
}
