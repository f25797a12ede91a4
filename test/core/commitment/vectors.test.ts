import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { decodeItems, encodeItems } from '#core/commitment/canonical.ts';
import { decodeTensor, encodeTensor } from '#core/commitment/elements.ts';
import { decodeHeader, encodeHeader } from '#core/commitment/header.ts';
import { commitItems } from '#core/commitment/list.ts';
import { headersHash, schemaHash } from '#core/commitment/schema.ts';
import { commitTensor, commitTensorBytes } from '#core/commitment/tensor.ts';
import { fromHex, toHex } from '#core/hex.ts';
import { tensor, tensorFrom } from '#core/tensor.ts';
import { rendered, vectorFiles } from '../../../scripts/generate/vectors.ts';
import { rejects } from '../../support/rejects.ts';
import { commitmentVectors as vectors } from '../../support/vectors.ts';

describe('commitments, by the shared vectors', () => {
  it('should have vectors that are what the generator writes', () => {
    for (const [name, make] of Object.entries(vectorFiles))
      expect(readFileSync(`test/vectors/${name}`, 'utf8'), name).to.equal(rendered(make()));
  });

  for (const { name, dtype, shape, values, header, bytes, commitment } of vectors.tensors)
    it(`should encode, decode and commit to ${name}`, () => {
      expect(encodeHeader({ dtype, shape })).to.equal(header);
      expect(decodeHeader(header)).to.deep.equal({ dtype, shape });
      const decoded = decodeTensor({ dtype, shape }, fromHex(bytes));
      expect(toHex(encodeTensor(decoded))).to.equal(bytes);
      expect(commitTensor(decoded)).to.equal(commitment);
      expect(commitTensorBytes(header, fromHex(bytes))).to.equal(commitment);
      if (values === undefined) return;
      const made =
        dtype === 'float32'
          ? tensor(dtype, shape, new Float32Array(Uint32Array.from(values.map(Number)).buffer))
          : tensorFrom(dtype, shape, values.map(BigInt));
      expect(toHex(encodeTensor(made))).to.equal(bytes);
    });

  for (const { name, headers, items, bytes, headersHash: hash, commitment } of vectors.items)
    it(`should commit to ${name}`, () => {
      expect(headersHash(headers)).to.equal(hash);
      expect(commitItems(headers, items, fromHex(bytes))).to.equal(commitment);
      const side = headers.map(decodeHeader);
      expect(toHex(encodeItems(side, decodeItems(side, fromHex(bytes), items)))).to.equal(bytes);
    });

  it('should hash a schema of two sides', () => {
    for (const { inputs, outputs, hash } of vectors.schemas) expect(schemaHash(inputs, outputs)).to.equal(hash);
  });

  for (const { name, header, bytes, index } of vectors.notCanonical)
    it(`should refuse ${name}`, () => {
      const error = rejects('tensor.not_canonical', () => commitItems([header], 1, fromHex(bytes)));
      expect(error.payload.index).to.equal(index);
      rejects('tensor.not_canonical', () => decodeTensor(decodeHeader(header), fromHex(bytes)));
    });

  for (const { name, header } of vectors.badHeaders)
    it(`should refuse a header with ${name}`, () => {
      rejects('tensor.header', () => decodeHeader(header));
    });
});
