import { expect } from 'chai';
import { concat, toBeHex } from 'ethers';
import fc from 'fast-check';
import { network } from 'hardhat';
import type { Tensor } from './commitment.ts';
import { commit, header, headersHash, isCanonical, schemaHash, WIDTH, wire } from './commitment.ts';

const { ethers, networkHelpers } = await network.create('local');
const { loadFixture } = networkHelpers;
const library = () => ethers.deployContract('TensorCommitmentHarness');

const float = (...bits: number[]): Tensor => ({
  dtype: 1,
  dims: [bits.length],
  bytes: ethers.getBytes(concat(bits.map((value) => toBeHex(value, 4)))),
});
const headersOf = (tensors: Tensor[]) => tensors.map(({ dtype, dims }) => header(dtype, dims));

// Words at the edges of the float encoding are frequent enough to land in every lane of a word.
const bits = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: 0, max: 0x7f7fffff }) },
  { weight: 2, arbitrary: fc.constantFrom(0x7fc00000, 0x7f800000, 0xff800000, 0x80000000, 0x007fffff, 1) },
);
const rogue = fc.constantFrom(0x7f800001, 0xff800001, 0xffc00000, 0x7fffffff, 0xffffffff, 0x7fc00001, 0x7fbfffff);

const shape = fc
  .tuple(fc.constantFrom(1, 2, 3, 6, 7, 9), fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 7 }))
  .filter(([, dims]) => dims.reduce((a, b) => a * b, 1) <= 200);

const bundle = fc
  .tuple(fc.array(shape, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 32 }))
  .filter(([shapes, items]) => shapes.reduce((a, [, d]) => a + d.reduce((x, y) => x * y, 1), 0) * items < 3_000)
  .chain(([shapes, items]) => {
    const item = fc.tuple(
      ...shapes.map(([dtype, dims]) => {
        const n = dims.reduce((a, b) => a * b, 1);
        const width = WIDTH[dtype] as number;
        const size = { minLength: n, maxLength: n };
        if (dtype === 1) return fc.array(bits, size).map((values) => ({ ...float(...values), dims }));
        if (dtype === 9)
          return fc
            .array(fc.integer({ min: 0, max: 1 }), size)
            .map((b) => ({ dtype, dims, bytes: Uint8Array.from(b) }));
        return fc
          .uint8Array({ minLength: n * width, maxLength: n * width })
          .map((bytes) => ({ dtype, dims, bytes: Uint8Array.from(bytes) }));
      }),
    );
    return fc.array(item, { minLength: items, maxLength: items });
  });

describe('TensorCommitment', () => {
  it('commits to any list and bundle as the specification says', async () => {
    const lib = await loadFixture(library);
    const property = fc.asyncProperty(bundle, async (items) => {
      const headers = headersOf(items[0] as Tensor[]);
      const data = wire(items);
      expect(await lib.itemBytes(headers)).to.equal(BigInt((data.length - 2) / 2 / items.length));
      expect(await lib.commit(headers, items.length, data)).to.deep.equal([commit(items), true]);
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it('finds one element out of form wherever it is', async () => {
    const lib = await loadFixture(library);
    const place = fc.tuple(fc.array(bits, { minLength: 1, maxLength: 150 }), fc.nat(), rogue);
    await fc.assert(
      fc.asyncProperty(place, async ([values, at, value]) => {
        const good = float(...values);
        const bad = float(...values.map((old, i) => (i === at % values.length ? value : old)));
        expect(isCanonical(good)).to.equal(true);
        for (const items of [[[bad]], [[good, bad]], [[bad, good]]])
          expect((await lib.commit(headersOf(items[0] as Tensor[]), 1, wire(items))).canonical).to.equal(false);
        expect((await lib.commit(headersOf([good]), 2, wire([[good], [bad]]))).canonical).to.equal(false);
      }),
      { numRuns: 100 },
    );
  });

  for (const [name, lanes, canonical] of [
    ['the canonical NaN', [0x7fc00000], true],
    ['both infinities', [0x7f800000, 0xff800000], true],
    ['minus zero', [0x80000000], true],
    ['a negative NaN', [0xffc00000], false],
    ['a signalling NaN', [0x7f800001], false],
    ['a NaN with a payload beside canonical ones', [0x7fc00000, 0x7fc00001, 0x7fc00000], false],
  ] as const)
    it(`${canonical ? 'accepts' : 'refuses'} ${name}`, async () => {
      const lib = await loadFixture(library);
      const one = float(...lanes);
      expect((await lib.commit(headersOf([one]), 1, wire([[one]]))).canonical).to.equal(canonical);
    });

  it('knows a bool of 2 in every byte of a word and in the last leaf', async () => {
    const lib = await loadFixture(library);
    for (const n of [1, 32, 64, 65, 100])
      for (const at of new Set([0, n >> 1, n - 1])) {
        const bytes = new Uint8Array(n).fill(1);
        const headers = [header(9, [n])];
        expect((await lib.commit(headers, 1, bytes)).canonical).to.equal(true);
        bytes[at] = 2;
        expect((await lib.commit(headers, 1, bytes)).canonical).to.equal(false);
      }
  });

  for (const [name, bad] of [
    ['no dtype', header(0, [2])],
    ['a dtype between known ones', header(4, [2])],
    ['a dtype above all', header(255, [2])],
    ['a rank of 8', toBeHex((1n << 248n) | (8n << 240n), 32)],
    ['a dim of 0', header(1, [3, 0, 3])],
    ['a dim beyond its rank', toBeHex(BigInt(header(1, [2])) | (1n << 176n), 32)],
    ['a low bit', toBeHex(BigInt(header(1, [2, 2, 2, 2, 2, 2, 2])) | 1n, 32)],
    ['absurdly many elements', header(1, [2 ** 31, 2 ** 31, 2 ** 31])],
  ] as const)
    it(`measures nothing for a header with ${name}`, async () => {
      const lib = await loadFixture(library);
      expect(await lib.itemBytes([header(1, [2]), bad])).to.equal(0n);
    });

  it('hashes the headers of a side and the sides of a schema', async () => {
    const lib = await loadFixture(library);
    const headers = [header(1, []), header(7, [1, 2, 3, 4, 5, 6, 7]), header(9, [2 ** 32 - 1])];
    for (const n of [0, 1, 2, 3])
      expect(await lib.headersHash(headers.slice(0, n))).to.equal(headersHash(headers.slice(0, n)));
    const [a, b] = [headersHash(headers), headersHash([])];
    expect(await lib.schemaHash(a, b)).to.equal(schemaHash(a, b));
  });
});
