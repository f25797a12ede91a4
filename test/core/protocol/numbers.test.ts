import { expect } from 'chai';
import fc from 'fast-check';
import { packCostUp, unpackCost } from '#core/protocol/cost.ts';
import { toModelId } from '#core/protocol/ids.ts';
import { packOffer, unpackOffer } from '#core/protocol/offer.ts';
import { packToleranceUp, unpackTolerance } from '#core/protocol/publishedTolerance.ts';
import { feeSplit, leavesNode, penaltyOf, quote, slashSplit } from '#core/protocol/split.ts';
import { packVersionWord, unpackVersionWord } from '#core/protocol/version.ts';
import { rejects } from '../../support/rejects.ts';

const amount = fc.bigInt({ min: 0n, max: 2n ** 96n - 1n });
const bps = (max: number) => fc.integer({ min: 0, max });

describe('packed cost', () => {
  it('should be exact up to 24 bits and round up above', () => {
    expect(packCostUp(1n)).to.equal(0x100);
    expect(unpackCost(packCostUp(2n ** 24n - 1n))).to.equal(2n ** 24n - 1n);
    expect(unpackCost(packCostUp(2n ** 24n + 1n))).to.equal(2n ** 24n + 2n);
    expect(unpackCost(packCostUp(2n ** 25n - 1n))).to.equal(2n ** 25n);
  });

  it('should never be below the cost, nor above it by more than one part in 2^23', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 224n - 2n ** 200n }), (cost) => {
        const packed = packCostUp(cost);
        expect(packed >> 8).to.not.equal(0);
        expect(packed & 0xff).to.be.at.most(200);
        expect(unpackCost(packed) >= cost).to.equal(true);
        expect((unpackCost(packed) - cost) << 23n <= cost).to.equal(true);
      }),
    );
  });

  it('should refuse no cost and one beyond the exponent', () => {
    rejects('cost.range', () => packCostUp(0n));
    rejects('cost.range', () => packCostUp(2n ** 224n));
  });
});

describe('published tolerance', () => {
  it('should never be narrower than the stated one, by at most one unit', () => {
    const tolerance = fc.record({
      abs: fc.double({ min: 0, max: 1e30, noNaN: true }),
      rel: fc.double({ min: 0, max: 0.99, noNaN: true }),
    });
    fc.assert(
      fc.property(tolerance, ({ abs, rel }) => {
        const published = packToleranceUp({ abs, rel });
        const back = unpackTolerance(published);
        expect(back.abs >= abs && back.rel >= rel).to.equal(true);
        expect(back.rel - rel <= 2 ** -32).to.equal(true);
        if (published.atol > 0)
          expect(unpackTolerance({ ...published, atol: published.atol - 1 }).abs < abs).to.equal(true);
      }),
    );
  });

  it('should store nothing for exact versions, also for -0', () => {
    expect(packToleranceUp({ abs: 0, rel: 0 })).to.deep.equal({ atol: 0, rtol: 0 });
    expect(packToleranceUp({ abs: -0, rel: -0 })).to.deep.equal({ atol: 0, rtol: 0 });
  });

  it('should refuse what is no tolerance', () => {
    for (const abs of [-1, Number.NaN, Number.POSITIVE_INFINITY, 3.5e38])
      rejects('tolerance.invalid', () => packToleranceUp({ abs, rel: 0 }));
    for (const rel of [-0.1, 1, Number.NaN]) rejects('tolerance.invalid', () => packToleranceUp({ abs: 0, rel }));
    rejects('tolerance.invalid', () => unpackTolerance({ atol: 0x7f800000, rtol: 0 }));
    rejects('tolerance.invalid', () => unpackTolerance({ atol: 0xbf800000, rtol: 0 }));
  });
});

describe('version word', () => {
  it('should unpack what it packed', () => {
    const word = {
      model: toModelId(2 ** 48 - 1),
      royalty: 2n ** 90n,
      outputBytes: 40,
      cost: packCostUp(123456789n),
      flags: 1 | 8,
      sliceFloorGwei: 10n ** 9n,
    };
    expect(unpackVersionWord(packVersionWord(word))).to.deep.equal(word);
  });
});

describe('offer word', () => {
  it('should unpack what it packed, and nothing as no offer', () => {
    const offer = { price: 2n ** 96n - 1n, minReserved: 2 ** 24 - 1, until: 2 ** 40 - 1 };
    expect(unpackOffer(packOffer(offer))).to.deep.equal(offer);
    expect(unpackOffer(0n)).to.equal(undefined);
    rejects('word.reserved_bits', () => unpackOffer(1n << 160n));
  });
});

describe('splits', () => {
  const shares = fc.record({ fee: amount, royalty: amount, protocolBps: bps(1_000), tipBps: bps(500) });

  it('should sum to the fee exactly and leave the node at least one wei of a fee that was accepted', () => {
    fc.assert(
      fc.property(shares, fc.boolean(), (terms, takeTip) => {
        const { royalty, protocol, tip, toNode } = feeSplit(terms, takeTip);
        expect(royalty + protocol + tip + toNode).to.equal(terms.fee);
        if (leavesNode(terms)) expect(toNode >= 1n).to.equal(true);
        if (!takeTip) expect(tip).to.equal(0n);
      }),
    );
  });

  it('should sum to the slice exactly, with the requester never above its fee', () => {
    fc.assert(
      fc.property(amount, amount, bps(3_750), bps(3_750), (fee, slice, a, b) => {
        const [psiBps, rhoBps] = a < b ? [a, b] : [b, a];
        const parts = slashSplit({ fee, slice }, { psiBps, rhoBps });
        expect(parts.toRequester + parts.toPot + parts.burned).to.equal(slice);
        expect(parts.toRequester <= fee).to.equal(true);
        expect(parts.burned * 4n >= slice).to.equal(true); // attack 11
      }),
    );
  });

  it('should cap the penalty by the fee', () => {
    expect(penaltyOf({ fee: 10n, slice: 1_000n, penaltyBps: 500 })).to.equal(10n);
    expect(penaltyOf({ fee: 100n, slice: 1_019n, penaltyBps: 500 })).to.equal(50n);
  });

  it('should quote the least fee from which the node keeps its price', () => {
    const price = fc.bigInt({ min: 0n, max: 2n ** 80n });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), price, price, bps(1_000), bps(500), (items, net, each, p, t) => {
        const fee = quote(items, net, each, { protocolBps: p, tipBps: t });
        const royalty = BigInt(items) * each;
        const { toNode } = feeSplit({ fee, royalty, protocolBps: p, tipBps: t }, true);
        const kept = net > 0n ? net : 1n;
        expect(toNode >= BigInt(items) * kept).to.equal(true);
        expect(fee * BigInt(10_000 - p - t) < BigInt(items) * (kept + each) * 10_000n + 10_000n).to.equal(true);
      }),
    );
    expect(quote(1, 100n, 0n, { protocolBps: 500, tipBps: 100 })).to.equal(107n);
  });
});
