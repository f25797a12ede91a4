import { expect } from 'chai';
import { network } from 'hardhat';
import { commitmentVectors as vectors } from '../../support/vectors.ts';

const { ethers } = await network.create('local');
const harness = await ethers.deployContract('TensorCommitmentHarness');

describe('commitments in Solidity, by the shared vectors', () => {
  it('should commit to every tensor as a list of one', async () => {
    // The vector of a single tensor has its own commitment; the list of it is what crosses the chain.
    for (const { name, header, bytes, commitment } of vectors.tensors) {
      const list = ethers.solidityPackedKeccak256(['uint8', 'uint256', 'bytes32'], [3, 1, commitment]);
      expect([...(await harness.commit([header], 1, bytes))], name).to.deep.equal([list, true]);
      expect(await harness.itemBytes([header]), name).to.equal(ethers.dataLength(bytes));
    }
  });

  for (const { name, headers, items, bytes, headersHash, commitment } of vectors.items)
    it(`should commit to ${name}`, async () => {
      expect([...(await harness.commit([...headers], items, bytes))]).to.deep.equal([commitment, true]);
      expect(await harness.headersHash([...headers])).to.equal(headersHash);
      expect(await harness.itemBytes([...headers])).to.equal(ethers.dataLength(bytes) / items);
    });

  it('should hash a schema of two sides', async () => {
    for (const { inputs, outputs, hash } of vectors.schemas)
      expect(await harness.schemaHash(inputs, outputs)).to.equal(hash);
  });

  for (const { name, header, bytes } of vectors.notCanonical)
    it(`should find ${name}`, async () => {
      expect((await harness.commit([header], 1, bytes)).canonical).to.equal(false);
    });

  for (const { name, header } of vectors.badHeaders)
    it(`should refuse a header with ${name}`, async () => {
      expect(await harness.itemBytes([header])).to.equal(0n);
    });
});
