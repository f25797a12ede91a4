import { expect } from 'chai';
import { toAddress, toBytes32 } from '#core/hex.ts';
import { purseOf, requestId, submissionId, toModelId, toRequestId, toVersionId } from '#core/protocol/ids.ts';
import { stateTag } from '#core/protocol/states.ts';
import type { Terms } from '#core/protocol/terms.ts';
import { packTerms, termsHash, unpackTerms } from '#core/protocol/terms.ts';
import { versionId } from '#core/protocol/version.ts';
import { rejects } from '../../support/rejects.ts';
import { protocolVectors as vectors } from '../../support/vectors.ts';

const WIDE = ['fee', 'slice', 'royalty'];

function termsFrom(plain: Readonly<Record<string, string | number>>): Terms {
  const amounts = Object.fromEntries(WIDE.map((name) => [name, BigInt(plain[name] ?? 0)]));
  return { ...plain, ...amounts } as unknown as Terms;
}

describe('terms and ids, by the shared vectors', () => {
  for (const { name, terms: plain, packed, hash, chainId, requests, nonce, id, submission, tags } of vectors.terms) {
    const terms = termsFrom(plain);

    it(`should pack, unpack and hash terms: ${name}`, () => {
      const words = packTerms(terms);
      expect(words.version).to.equal(packed.version);
      expect(words.input).to.equal(packed.input);
      expect(words.outputSchema).to.equal(packed.outputSchema);
      for (const word of ['requesterFee', 'nodeSlice', 'shares', 'shape'] as const)
        expect(words[word], word).to.equal(BigInt(packed[word]));
      expect(unpackTerms(words)).to.deep.equal(terms);
      expect(termsHash(terms)).to.equal(hash);
    });

    it(`should derive ids and state tags: ${name}`, () => {
      const at = { chainId, requests: toAddress(requests) };
      const hashed = termsHash(terms);
      const node = toAddress(submission.node);
      const outputHash = toBytes32(submission.outputHash);
      const submitted = { ...submission, nonce: BigInt(nonce), node, outputHash };
      expect(requestId(at, terms.requester, BigInt(nonce), hashed)).to.equal(id);
      expect(submissionId(toRequestId(id), node, outputHash)).to.equal(submission.id);
      expect(stateTag('Requested', hashed)).to.equal(tags.Requested);
      expect(stateTag('Declined', hashed)).to.equal(tags.Declined);
      expect(stateTag('Accepted', hashed, node)).to.equal(tags.Accepted);
      expect(stateTag('Submitted', hashed, submitted)).to.equal(tags.Submitted);
      expect(stateTag('Frozen', hashed, submitted)).to.equal(tags.Frozen);
    });
  }

  for (const { name, chainId, registry, model, content, id } of vectors.versions)
    it(`should derive a version's id: ${name}`, () => {
      const wide = { size: BigInt(content['size'] ?? 0), sliceFloorGwei: BigInt(content['sliceFloorGwei'] ?? 0) };
      const made = { ...content, ...wide } as unknown as Parameters<typeof versionId>[2];
      expect(versionId({ chainId, registry: toAddress(registry) }, toModelId(model), made)).to.equal(toVersionId(id));
    });

  it('should find the purse of a model', () => {
    for (const { model, purse } of vectors.purses) expect(purseOf(toModelId(model))).to.equal(purse);
  });

  it('should refuse a field beyond its width and bits that must be zero', () => {
    const terms = termsFrom(vectors.terms[1]?.terms ?? {});
    rejects('number.range', () => packTerms({ ...terms, fee: 2n ** 96n }));
    rejects('number.range', () => packTerms({ ...terms, lane: 65536 }));
    rejects('number.range', () => packTerms({ ...terms, deadline: -1 }));
    rejects('word.reserved_bits', () => unpackTerms({ ...packTerms(terms), shape: packTerms(terms).shape | 1n }));
    rejects('word.reserved_bits', () => unpackTerms({ ...packTerms(terms), shares: packTerms(terms).shares | 1n }));
  });
});
