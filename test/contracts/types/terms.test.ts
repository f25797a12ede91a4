import { expect } from 'chai';
import type { Result } from 'ethers';
import { network } from 'hardhat';
import { protocolVectors as vectors } from '../../support/vectors.ts';

const { ethers } = await network.create('local');

describe('terms in Solidity, by the shared vectors', () => {
  for (const { name, terms, packed, hash } of vectors.terms)
    it(`should hash and read: ${name}`, async () => {
      const harness = await ethers.deployContract('TermsHarness');
      expect(await harness.hash(packed)).to.equal(hash);
      const parts: readonly unknown[] = [
        await harness.money(packed),
        await harness.times(packed),
        await harness.rates(packed),
        await harness.rest(packed),
      ];
      const fieldsRead = parts.flatMap((part) => Object.entries((part as Result).toObject()));
      const read = Object.fromEntries(fieldsRead.map(([field, value]) => [field, String(value).toLowerCase()]));
      const { version: _version, input: _input, outputSchema: _schema, ...fields } = terms;
      const expected = Object.entries(fields).map(([field, value]) => [field, String(value)]);
      expect(read).to.deep.equal(Object.fromEntries(expected));
    });
});

describe('ids in Solidity', () => {
  it('should equal themselves, to the last bit, and nothing else', async () => {
    const harness = await ethers.deployContract('TermsHarness');
    const word = (value: bigint) => ethers.toBeHex(value, 32);
    for (const [a, b] of [
      [5n, 5n],
      [2n ** 48n - 1n, 2n ** 48n - 1n],
      [5n, 4n],
      [5n, 5n + 2n ** 47n],
      [0n, 1n],
    ] as const) {
      const same = await harness.equal([word(a), word(b)], [word(a), word(b)], [a, b]);
      expect([...same]).to.deep.equal([a === b, a === b, a === b]);
    }
  });
});
