import { expect } from 'chai';
import fc from 'fast-check';
import { decodeItems, encodeItems, itemBytes } from '#core/commitment/canonical.ts';
import type { Dtype } from '#core/commitment/dtype.ts';
import { DTYPES } from '#core/commitment/dtype.ts';
import { commitItems } from '#core/commitment/list.ts';
import { headersOf } from '#core/commitment/schema.ts';
import { nodeHash, treeRoot } from '#core/commitment/tree.ts';
import { keccak256 } from '#core/hash.ts';
import type { Tensor, TensorType } from '#core/tensor.ts';
import { elementCount, tensor } from '#core/tensor.ts';
import { rejects } from '../../support/rejects.ts';

const dtypes = Object.keys(DTYPES) as Dtype[];
const types: fc.Arbitrary<TensorType> = fc.record({
  dtype: fc.constantFrom(...dtypes),
  shape: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
});

/** Any bits at all, NaNs of every payload included; bool alone is limited to 0 and 1. */
function tensorsOf({ dtype, shape }: TensorType): fc.Arbitrary<Tensor> {
  const size = elementCount(shape) * DTYPES[dtype].bytes;
  return fc.uint8Array({ minLength: size, maxLength: size }).map((bits) => {
    const bytes = dtype === 'bool' ? bits.map((byte) => byte & 1) : bits;
    return tensor(dtype, shape, new DTYPES[dtype].Data(bytes.slice().buffer));
  });
}

const bundles = fc
  .array(types, { minLength: 1, maxLength: 3 })
  .chain((side) =>
    fc
      .array(fc.tuple(...side.map(tensorsOf)), { minLength: 1, maxLength: 5 })
      .map((items) => ({ side, items: items as Tensor[][] })),
  );

/** The tree as the specification defines it: leaves padded with zeros to a power of two, halved until one is left. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (leaves.length === 1 && only !== undefined) return only;
  const size = 2 ** Math.ceil(Math.log2(leaves.length));
  const full = [...leaves, ...Array.from({ length: size - leaves.length }, () => new Uint8Array(32))];
  return nodeHash(naiveRoot(full.slice(0, size / 2)), naiveRoot(full.slice(size / 2)));
}

describe('commitments, by their properties', () => {
  it('should decode what it encoded, value for value', () => {
    fc.assert(
      fc.property(bundles, ({ side, items }) => {
        const bytes = encodeItems(side, items);
        expect(bytes.length).to.equal(items.length * itemBytes(side));
        expect(decodeItems(side, bytes)).to.deep.equal(items);
        expect(encodeItems(side, decodeItems(side, bytes))).to.deep.equal(bytes);
      }),
    );
  });

  it('should refuse bytes that are too long or too short by one', () => {
    fc.assert(
      fc.property(bundles, fc.constantFrom(-1, 1), ({ side, items }, change) => {
        const bytes = encodeItems(side, items);
        const wrong = change < 0 ? bytes.subarray(1) : Uint8Array.of(...bytes, 0);
        rejects('items.length', () => decodeItems(side, wrong, items.length));
        rejects('items.length', () => commitItems(headersOf(side), items.length, wrong));
      }),
    );
  });

  it('should commit to other values by another hash', () => {
    fc.assert(
      fc.property(bundles, fc.nat(), ({ side, items }, at) => {
        const headers = headersOf(side);
        const bytes = encodeItems(side, items);
        const changed = bytes.slice();
        const index = at % bytes.length;
        changed[index] = (changed[index] ?? 0) ^ 1;
        const before = commitItems(headers, items.length, bytes);
        expect(outcome(() => commitItems(headers, items.length, changed))).not.to.equal(before);
      }),
    );
  });

  it('should build the tree the plain recursion builds', () => {
    for (let count = 1; count <= 70; count++) {
      const leaves = Array.from({ length: count }, (_, i) => keccak256(Uint8Array.of(i)));
      expect(treeRoot(leaves), `${count} leaves`).to.deep.equal(naiveRoot(leaves));
    }
  });
});

/** A flipped bit can also make an encoding that is refused, which is as good as another commitment. */
function outcome(act: () => string): string {
  try {
    return act();
  } catch (error) {
    return String(error);
  }
}
