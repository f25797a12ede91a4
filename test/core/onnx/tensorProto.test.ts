import { expect } from 'chai';
import type { ErrorCode } from '#core/errors.ts';
import { decodeTensorProto, encodeTensorProto } from '#core/onnx/tensorProto.ts';
import { tensorFrom } from '#core/tensor.ts';
import { rejects } from '../../support/rejects.ts';
import { type Bytes, float32, float64, hex, int, key, packed, part, tensor, text, varint } from './wire.ts';

const RAW = 9;
const decode = (code: number, dims: readonly number[], ...fields: readonly Bytes[]) =>
  decodeTensorProto(Uint8Array.from(tensor(code, dims, ...fields)));

const bitsOf = (data: ArrayLike<number | bigint> | undefined) => {
  if (!(data instanceof Float32Array)) throw new Error('no float32');
  return [...new Uint32Array(data.buffer)].map((bits) => bits.toString(16).padStart(8, '0'));
};

describe('TensorProto', () => {
  const floats = '00000000 00000080 01000000 0000803f ffff7fff 0000807f 0100a07f 4523c1ff ffffff7f';
  const bits = [
    '00000000',
    '80000000',
    '00000001',
    '3f800000',
    'ff7fffff',
    '7f800000',
    '7fc00000',
    '7fc00000',
    '7fc00000',
  ];

  it('should read float32 bit for bit, with one NaN', () => {
    expect(bitsOf(decode(1, [9], part(RAW, ...hex(floats))).tensor?.data)).to.deep.equal(bits);
    expect(bitsOf(decode(1, [3, 3], part(4, ...hex(floats))).tensor?.data)).to.deep.equal(bits);
    const single = floats.split(' ').flatMap((word) => [...key(4, 5), ...hex(word)]);
    expect(bitsOf(decode(1, [9], single).tensor?.data)).to.deep.equal(bits);
    const words = floats.split(' ').map(hex);
    const mixed = [
      ...part(4, ...words.slice(0, 2).flat()),
      ...[...key(4, 5), ...(words[2] as number[])],
      ...part(4),
      ...part(4, ...words.slice(3).flat()),
    ];
    expect(bitsOf(decode(1, [9], mixed).tensor?.data)).to.deep.equal(bits);
  });

  const cases: readonly [
    title: string,
    code: number,
    fields: Bytes,
    dtype: string,
    data: readonly (number | bigint)[],
  ][] = [
    ['raw uint8', 2, part(RAW, 0, 1, 128, 255), 'uint8', [0, 1, 128, 255]],
    ['listed uint8', 2, packed(5, 0, 1, 128, 255), 'uint8', [0, 1, 128, 255]],
    ['raw int8', 3, part(RAW, 0, 127, 128, 255), 'int8', [0, 127, -128, -1]],
    ['listed int8', 3, packed(5, 0, 127, -128, -1), 'int8', [0, 127, -128, -1]],
    [
      'raw int32',
      6,
      part(RAW, ...hex('00000000 ffffff7f 00000080 ffffffff')),
      'int32',
      [0, 2 ** 31 - 1, -(2 ** 31), -1],
    ],
    ['listed int32', 6, packed(5, 0, 2 ** 31 - 1, -(2 ** 31), -1), 'int32', [0, 2 ** 31 - 1, -(2 ** 31), -1]],
    [
      'raw int64',
      7,
      part(RAW, ...hex('ffffffffffffff7f 0000000000000080 ffffffffffffffff 0100000000002000')),
      'int64',
      [2n ** 63n - 1n, -(2n ** 63n), -1n, 2n ** 53n + 1n],
    ],
    [
      'listed int64',
      7,
      packed(7, 2n ** 63n - 1n, -(2n ** 63n), -1n, 2n ** 53n + 1n),
      'int64',
      [2n ** 63n - 1n, -(2n ** 63n), -1n, 2n ** 53n + 1n],
    ],
    ['int64 in fields of their own', 7, [5, -6, 7, -8].flatMap((one) => int(7, one)), 'int64', [5n, -6n, 7n, -8n]],
    ['raw bool', 9, part(RAW, 0, 1, 2, 255), 'bool', [0, 1, 1, 1]],
    ['listed bool', 9, packed(5, 0, 1, -1, 256), 'bool', [0, 1, 1, 1]],
  ];
  for (const [title, code, fields, dtype, data] of cases)
    it(`should read ${title}`, () => {
      const read = decode(code, [2, 2], fields);
      expect(read.elemType).to.equal(code);
      expect(read.dims).to.deep.equal([2, 2]);
      expect(read.wide).to.equal(undefined);
      expect(read.tensor?.dtype).to.equal(dtype);
      expect(read.tensor?.shape).to.deep.equal([2, 2]);
      expect([...(read.tensor?.data ?? [])]).to.deep.equal(data);
    });

  const wide: readonly [title: string, code: number, fields: Bytes, data: readonly (number | bigint)[]][] = [
    ['raw uint16', 4, part(RAW, ...hex('0000 ffff')), [0, 65535]],
    ['listed uint16', 4, packed(5, 0, 65535), [0, 65535]],
    ['raw int16', 5, part(RAW, ...hex('0080 ff7f')), [-32768, 32767]],
    ['listed int16', 5, packed(5, -32768, 32767), [-32768, 32767]],
    ['raw float16', 10, part(RAW, ...hex('0100 fffb')), [2 ** -24, -65504]],
    ['listed float16', 10, packed(5, 0x3555, 0xfc00), [0.333251953125, Number.NEGATIVE_INFINITY]],
    ['float16 of the smallest normal and NaN', 10, packed(5, 0x0400, 0x7e01), [2 ** -14, Number.NaN]],
    ['raw float64', 11, part(RAW, ...float64(0.1), ...float64(-5e-324)), [0.1, -5e-324]],
    ['listed float64', 11, part(10, ...float64(0.1), ...float64(1e308)), [0.1, 1e308]],
    ['raw uint32', 12, part(RAW, ...hex('00000080 ffffffff')), [2 ** 31, 2 ** 32 - 1]],
    ['listed uint32', 12, packed(11, 2 ** 31, 2 ** 32 - 1), [2 ** 31, 2 ** 32 - 1]],
    ['raw uint64', 13, part(RAW, ...hex('0000000000000080 ffffffffffffffff')), [2n ** 63n, 2n ** 64n - 1n]],
    ['listed uint64', 13, packed(11, 2n ** 63n, 2n ** 64n - 1n), [2n ** 63n, 2n ** 64n - 1n]],
    ['raw bfloat16', 16, part(RAW, ...hex('c0bf 0100')), [-1.5, 2 ** -133]],
    ['listed bfloat16', 16, packed(5, 0xff80, 0x7fc1), [Number.NEGATIVE_INFINITY, Number.NaN]],
  ];
  for (const [title, code, fields, data] of wide)
    it(`should give the exact values of ${title}, which is outside the six`, () => {
      const read = decode(code, [2], fields);
      expect(read.tensor).to.equal(undefined);
      expect([...(read.wide ?? [])]).to.deep.equal(data);
    });

  it('should only name types that it has no values for', () => {
    const strings = decode(8, [2], text(6, 'a'), text(6, 'b'));
    expect(strings).to.deep.equal({ elemType: 8, dims: [2], tensor: undefined, wide: undefined });
    expect(decode(22, [3], part(RAW, 1, 2)).elemType).to.equal(22);
  });

  it('should read scalars and tensors without elements', () => {
    expect(decode(1, [], part(4, ...float32(2.5))).tensor).to.deep.equal({
      dtype: 'float32',
      shape: [],
      data: Float32Array.of(2.5),
    });
    for (const fields of [[], part(RAW), part(7)])
      expect(decode(7, [0, 3], fields).tensor).to.deep.equal({
        dtype: 'int64',
        shape: [0, 3],
        data: new BigInt64Array(0),
      });
  });

  it('should read packed dimensions, and fields in any order', () => {
    const bytes = Uint8Array.from([...part(RAW, 1, 2, 3, 4, 5, 6), ...int(2, 3), ...packed(1, 2, 3), ...text(8, 'w')]);
    expect(decodeTensorProto(bytes).tensor).to.deep.equal({
      dtype: 'int8',
      shape: [2, 3],
      data: Int8Array.of(1, 2, 3, 4, 5, 6),
    });
  });

  it('should keep nothing of the bytes it was given', () => {
    const bytes = Uint8Array.from(tensor(2, [2], part(RAW, 7, 8)));
    const read = decodeTensorProto(bytes);
    bytes.fill(0);
    expect([...(read.tensor?.data ?? [])]).to.deep.equal([7, 8]);
  });

  it('should read a Buffer inside another as it reads its bytes', () => {
    const bytes = tensor(1, [1], part(RAW, ...float32(1)));
    const inside = Buffer.from([255, ...bytes, 255]).subarray(1, -1);
    expect(decodeTensorProto(inside)).to.deep.equal(decodeTensorProto(Uint8Array.from(bytes)));
  });

  for (const dtype of ['float32', 'int32', 'int64', 'uint8', 'int8', 'bool'] as const)
    it(`should read the ${dtype} tensor that it wrote`, () => {
      const made = tensorFrom(dtype, [2, 1], [0, 1]);
      expect(decodeTensorProto(encodeTensorProto(made, 'k')).tensor).to.deep.equal(made);
    });

  const refusals: readonly [title: string, bytes: Bytes, code: ErrorCode, reason: RegExp][] = [
    [
      'too few raw bytes',
      tensor(1, [2], part(RAW, 0, 0, 0, 0)),
      'onnx.malformed',
      /2 elements of 4 bytes, and holds 4/,
    ],
    ['too many raw bytes', tensor(2, [1], part(RAW, 0, 0)), 'onnx.malformed', /1 elements of 1 bytes, and holds 2/],
    ['no elements at all', tensor(1, [2]), 'onnx.malformed', /holds 0 bytes/],
    ['too few listed', tensor(6, [3], packed(5, 1, 2)), 'onnx.malformed', /lists 2 elements instead of the 3/],
    ['too many listed', tensor(6, [1], packed(5, 1, 2)), 'onnx.malformed', /more elements than the 1/],
    ['a list of another type', tensor(1, [1], packed(5, 1)), 'onnx.malformed', /field of another data type/],
    ['two lists', tensor(6, [1], packed(5, 1), packed(7, 1)), 'onnx.malformed', /field of another data type/],
    ['raw data beside a list', tensor(6, [1], packed(5, 1), part(RAW, 0, 0, 0, 0)), 'onnx.malformed', /both raw data/],
    ['a listed int8 of 128', tensor(3, [1], packed(5, 128)), 'onnx.malformed', /128, outside -128 to 127/],
    ['a listed uint8 of -1', tensor(2, [1], packed(5, -1)), 'onnx.malformed', /-1, outside 0 to 255/],
    ['a listed uint32 of 2^32', tensor(12, [1], packed(11, 2n ** 32n)), 'onnx.malformed', /4294967296, outside/],
    ['a negative dimension', tensor(1, [-1], part(RAW)), 'onnx.malformed', /dimension of -1/],
    ['an undefined type', tensor(0, [0]), 'onnx.malformed', /data type 0/],
    ['an unknown type', tensor(27, [0]), 'onnx.malformed', /data type 27/],
    ['an unknown field', tensor(1, [0], int(15, 1)), 'onnx.malformed', /field 15/],
    ['a name twice', tensor(1, [0], text(8, 'a'), text(8, 'a')), 'onnx.malformed', /TensorProto.name is there twice/],
    ['a name that is no UTF-8', tensor(1, [0], part(8, 0xc3, 0x28)), 'onnx.malformed', /no protobuf/],
    ['half a listed float', tensor(1, [1], part(4, 0, 0)), 'onnx.malformed', /ends inside an element/],
    ['half a listed integer', tensor(6, [1], part(5, 0x80)), 'onnx.malformed', /ends inside an element/],
    [
      'an integer of eleven bytes',
      tensor(6, [1], part(5, ...Array(10).fill(0x80), 0)),
      'onnx.malformed',
      /no protobuf/,
    ],
    ['a list that ends too late', tensor(6, [1], [...key(5, 2), ...varint(9), 1]), 'onnx.malformed', /ends after/],
    ['external data', tensor(1, [1], part(13, ...text(1, 'location'))), 'onnx.unsupported', /external data/],
    ['data in another place', tensor(1, [1], int(14, 1)), 'onnx.unsupported', /external data/],
    ['data in no known place', tensor(1, [1], int(14, 2)), 'onnx.malformed', /location is 2/],
    ['segments', tensor(1, [1], part(3)), 'onnx.unsupported', /segments/],
    ['2^40 elements in 4 bytes', tensor(1, [2 ** 40], part(RAW, 0, 0, 0, 0)), 'onnx.too_large', /1099511627776/],
    ['2^40 elements listed', tensor(6, [2 ** 20, 2 ** 20], packed(5, 1)), 'onnx.too_large', /1099511627776/],
    ['2^28 elements in 4 bytes', tensor(1, [2 ** 28], part(RAW, 0, 0, 0, 0)), 'onnx.malformed', /holds 4 bytes/],
    ['2^28 elements listed', tensor(6, [2 ** 28], packed(5, 1)), 'onnx.malformed', /claims 268435456 elements/],
    ['a product beyond 2^64', tensor(1, Array(5).fill(2 ** 16)), 'onnx.too_large', /elements/],
    ['a huge dimension beside a 0', tensor(1, [0, 2n ** 62n]), 'onnx.too_large', /4611686018427387904/],
    ['nine dimensions', tensor(1, Array(9).fill(1), part(RAW, 0, 0, 0, 0)), 'onnx.too_large', /dimensions/],
  ];
  for (const [title, bytes, code, reason] of refusals)
    it(`should refuse ${title}`, () => {
      expect(rejects(code, () => decodeTensorProto(Uint8Array.from(bytes))).message).to.match(reason);
    });

  it('should name the tensor that it refuses', () => {
    const bytes = Uint8Array.from(tensor(1, [2], text(8, 'conv1.weight')));
    expect(rejects('onnx.malformed', () => decodeTensorProto(bytes)).message).to.match(/tensor "conv1.weight" claims/);
  });

  it('should keep to the limits that it is given', () => {
    const bytes = Uint8Array.from(tensor(2, [2, 2], part(RAW, 1, 2, 3, 4)));
    expect(decodeTensorProto(bytes, { elements: 4, rank: 2 }).dims).to.deep.equal([2, 2]);
    expect(rejects('onnx.too_large', () => decodeTensorProto(bytes, { elements: 3 })).message).to.match(/elements/);
    expect(rejects('onnx.too_large', () => decodeTensorProto(bytes, { rank: 1 })).message).to.match(/dimensions/);
  });
});
