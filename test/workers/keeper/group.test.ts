import { expect } from 'chai';
import { type Due, group, isRipe } from '../../../workers/keeper/group.ts';
import { other, terms } from '../../support/story.ts';

interface Named extends Due {
  readonly name: string;
}
const due = (name: string, change: Partial<Due['terms']> = {}, key = 'finalise false', bytes = 900): Named => ({
  name,
  key,
  bytes,
  latest: 0,
  terms: { ...terms, ...change },
});
const names = (items: readonly Named[], limit = 10) =>
  group(items, limit).map((transaction) => transaction.items.map(({ name }) => name));

describe('how a keeper puts requests together', () => {
  it('puts those with the same terms but lane into one batch', () => {
    expect(names([due('a', { lane: 1 }), due('x', { requester: other }), due('b', { lane: 2 })])).to.deep.equal([
      ['a', 'b'],
      ['x'],
    ]);
  });
  it('mixes the rest', () => {
    expect(names([due('a', { fee: 1n }), due('b', { fee: 2n }), due('c', { callbackGas: 10 })])).to.deep.equal([
      ['a', 'b', 'c'],
    ]);
  });
  it('never mixes actions or tips', () => {
    expect(
      names([due('a', {}, 'finalise true'), due('b', {}, 'finalise false'), due('c', {}, 'expire false')]),
    ).to.deep.equal([['a'], ['b'], ['c']]);
  });
  it('cuts at the limit', () => {
    const many = Array.from({ length: 5 }, (_, i) => due(`${i}`, { lane: i }));
    expect(names(many, 2)).to.deep.equal([['0', '1'], ['2', '3'], ['4']]);
  });
  it('cuts where callbacks would need more gas than a batch may have', () => {
    const hungry = Array.from({ length: 4 }, (_, i) => due(`${i}`, { callbackGas: 2_000_000, lane: i }));
    expect(names(hungry)).to.deep.equal([['0', '1', '2'], ['3']]);
  });
  it('lets what is not full wait, until one of its items has waited long enough', () => {
    const items = Array.from({ length: 5 }, (_, i) => ({ ...due(`${i}`, { lane: i }), latest: 100 + i }));
    const ripe = (now: number) => group(items, 2).map((transaction) => isRipe(transaction, now));
    expect(ripe(103)).to.deep.equal([true, true, false]);
    expect(ripe(104)).to.deep.equal([true, true, true]);
    expect(group(items, 6).map((transaction) => isRipe(transaction, 99))).to.deep.equal([false]);
    expect(group(items, 6).map((transaction) => isRipe(transaction, 100))).to.deep.equal([true]);
  });
  it('counts a transaction as full whose callbacks leave no gas for another', () => {
    const hungry = Array.from({ length: 4 }, (_, i) => due(`${i}`, { callbackGas: 2_000_000, lane: i }));
    expect(group(hungry, 10).map(({ full }) => full)).to.deep.equal([true, false]);
  });
  it('cuts where the calldata would be more than chain nodes take, and then counts as full; one alone goes at any size', () => {
    const told = (name: string, bytes: number) => due(name, { callbackGas: 1, lane: 1 }, 'finalise true', bytes);
    const items = [told('a', 50_000), told('b', 60_000), told('c', 1), told('d', 200_000), told('e', 1)];
    expect(names(items)).to.deep.equal([['a', 'b'], ['c'], ['d'], ['e']]);
    expect(group(items, 10).map(({ full }) => full)).to.deep.equal([true, true, true, false]);
  });
  it('loses nothing and repeats nothing', () => {
    const items = Array.from({ length: 40 }, (_, i) =>
      due(`${i}`, { lane: i, fee: BigInt(i % 3), callbackGas: i % 5 }),
    );
    expect(names(items, 7).flat().sort()).to.deep.equal(items.map(({ name }) => name).sort());
  });
});
