import { expect } from 'chai';
import { fitting } from '#core/protocol/calldata.ts';

/** Items are sizes in bytes; a call adds 100. */
const data = (items: readonly number[]) => `0x${'00'.repeat(items.reduce((sum, size) => sum + size, 100))}`;

describe('what fits into one transaction', () => {
  it('goes in one if it can, and nothing in none', () => {
    expect(fitting([], data)).to.deep.equal([]);
    expect(fitting([50_000, 59_900], data)).to.deep.equal([[50_000, 59_900]]);
  });
  it('is cut evenly into as few as it takes, in order', () => {
    expect(fitting(Array(8).fill(16_384), data).map(({ length }) => length)).to.deep.equal([4, 4]);
    expect(fitting([50_000, 59_901], data)).to.deep.equal([[50_000], [59_901]]);
  });
  it('is cut again where one part is still too much', () => {
    expect(fitting([1, 2, 109_000, 2_000], data)).to.deep.equal([[1, 2], [109_000], [2_000]]);
  });
  it('is a call in any case if it is one item', () => {
    expect(fitting([200_000], data)).to.deep.equal([[200_000]]);
    expect(fitting([200_000, 200_000], data)).to.deep.equal([[200_000], [200_000]]);
  });
});
