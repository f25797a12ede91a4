import { expect } from 'chai';
import { headersHash } from '#core/commitment/schema.ts';
import { type Bytes32, type Hex, ZERO_BYTES32 } from '#core/hex.ts';
import { packTerms, type Terms } from '#core/protocol/terms.ts';
import {
  expireCall,
  expireEach,
  finaliseBatch,
  finaliseCall,
  finaliseEach,
  submitBatch,
  submitCall,
  submitEach,
} from '../support/contracts/batch.ts';
import { loadFixture, onAFork, time } from '../support/contracts/chain.ts';
import { changes, checkMoney, nobodyLoses, stakeOf } from '../support/contracts/money.ts';
import { askOf, request, requestMany, type Story, tryRequest } from '../support/contracts/request.ts';
import { DAY, FEE, FUNDS, PARAMETERS, type System, system } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
const PAID = FEE - FEE / 100n - FEE / 20n; // what a node keeps of one fee

/** `count` submitted requests of one payer and one node, ready to be finalised. */
async function submitted(s: System, count: number): Promise<Story[]> {
  const stories = await requestMany(s, count);
  for (const story of stories) await story.submit();
  await time.increaseTo(PARAMETERS.tipDelay + 1 + Math.max(...stories.map(({ end }) => end)));
  return stories;
}

describe('attacks on batches', () => {
  it('attack 17: one poisoned item does not stop a batch', async () => {
    const s = await loadFixture(system);
    const [a, b, c, d] = await submitted(s, 4);
    if (!a || !b || !c || !d) throw new Error('four requests');
    const poisoned = [
      finaliseCall(a),
      { ...finaliseCall(b), submission: { ...b.described, outputHash: `0x${'66'.repeat(32)}` } },
      { ...finaliseCall(c), terms: { ...c.packed, requesterFee: c.packed.requesterFee + 1n } },
      finaliseCall(d),
    ] as ReturnType<typeof finaliseCall>[];
    const gains = await changes(s, { node: s.node }, async () => {
      expect(await finaliseEach(s, s.keeper, poisoned)).to.deep.equal(['DONE', 'GONE', 'GONE', 'DONE']);
    });
    expect(gains.node).to.equal(2n * (PAID + SLICE));
    await b.is('Submitted');
    await c.is('Submitted');
  });

  it('attack 17: not even terms that no request ever had stop a batch', async () => {
    const s = await loadFixture(system);
    const [a, b] = await submitted(s, 2);
    if (!a || !b) throw new Error('two requests');
    const silent = await (await request(s, { lane: 9 })).accept();
    const lies: Partial<Terms>[] = [
      { royalty: 2n * FEE },
      { protocolBps: 65_535 },
      { tipBps: 65_535 },
      { fee: 0n },
      { set: 65_535 },
      { callbackGas: 2 ** 24 - 1 },
      { outputSchema: ZERO_BYTES32, callbackGas: 1 },
    ];
    for (const lie of lies) {
      const poisoned = { ...finaliseCall(a), terms: packTerms({ ...a.terms, ...lie }) };
      const answered = await onAFork(() => finaliseEach(s, s.keeper, [poisoned, finaliseCall(b)], true));
      expect(answered[0], `finalise with ${JSON.stringify(Object.keys(lie))}`).not.to.equal('DONE');
      expect(answered[1]).to.equal('DONE');
    }
    // Headers of no tensor, of which an item has no bytes.
    const headers = [`0xff${'00'.repeat(31)}` as Bytes32];
    const outputSchema = headersHash(headers);
    const terms = packTerms({ ...a.terms, outputSchema, outputBytes: 0, callbackGas: 1 });
    const poisoned = { ...finaliseCall(a), terms, outputHeaders: headers, output: '0x' as Hex };
    expect(await onAFork(() => finaliseEach(s, s.keeper, [poisoned, finaliseCall(b)], true))).to.deep.equal([
      'BADOUTPUT',
      'DONE',
    ]);
    await time.increaseTo(silent.terms.deadline + 1);
    for (const lie of [{ penaltyBps: 65_535 }, { fee: 2n ** 96n - 1n, slice: 2n ** 96n - 1n, penaltyBps: 10_000 }]) {
      const poisoned = { ...expireCall(silent), terms: packTerms({ ...silent.terms, ...lie }) };
      const answered = await onAFork(() => expireEach(s, s.keeper, [poisoned, expireCall(silent)]));
      expect(answered, `expire with ${JSON.stringify(Object.keys(lie))}`).to.deep.equal(['GONE', 'DONE']);
    }
  });

  it('attack 17: an item that another keeper finalised a block before reads GONE and costs its batch nothing else', async () => {
    const s = await loadFixture(system);
    const stories = await submitted(s, 3);
    await stories[1]?.finalise(s.rival);
    expect(await finaliseBatch(s, s.keeper, stories)).to.deep.equal(['DONE', 'GONE', 'DONE']);
    await checkMoney(s);
  });

  it('attack 18: the same item twice in one batch is paid once', async () => {
    const s = await loadFixture(system);
    const [a, b] = await submitted(s, 2);
    if (!a || !b) throw new Error('two requests');
    const gains = await changes(s, { node: s.node }, async () => {
      expect(
        await finaliseEach(
          s,
          s.keeper,
          [a, a, b, a].map((story) => finaliseCall(story)),
        ),
      ).to.deep.equal(['DONE', 'GONE', 'DONE', 'GONE']);
    });
    expect(gains.node).to.equal(2n * (PAID + SLICE));
  });

  it('attack 18: duplicates in batches of shared terms are finalised, submitted and expired once', async () => {
    const s = await loadFixture(system);
    const done = await submitted(s, 2);
    const paid = await changes(s, { node: s.node }, async () => {
      const [a, b] = done;
      if (!a || !b) throw new Error('two requests');
      expect(await finaliseBatch(s, s.keeper, [a, a, b, b])).to.deep.equal(['DONE', 'GONE', 'DONE', 'GONE']);
    });
    expect(paid.node).to.equal(2n * (PAID + SLICE));

    const [c, d] = await requestMany(s, 2, { lane: 10 });
    if (!c || !d) throw new Error('two requests');
    const before = await stakeOf(s, s.node);
    expect(await submitBatch(s, s.node, [c, c])).to.deep.equal(['DONE', 'GONE']);
    expect(await stakeOf(s, s.node)).to.equal(before - SLICE);
    expect(await submitEach(s, s.node, [submitCall(d), submitCall(d)])).to.deep.equal(['DONE', 'GONE']);
    expect(await stakeOf(s, s.node)).to.equal(before - 2n * SLICE);
    await checkMoney(s);

    const silent = await request(s, { lane: 20 });
    await time.increase(2 * DAY);
    const refund = await changes(s, { requester: s.requester }, async () => {
      expect(await expireEach(s, s.keeper, [expireCall(silent), expireCall(silent)])).to.deep.equal(['DONE', 'GONE']);
    });
    expect(refund.requester).to.equal(FEE);
  });

  it('attack 19: a batch of n requests with the money for n - 1 makes none', async () => {
    const s = await loadFixture(system);
    const fee = FUNDS / 3n + 1n;
    await nobodyLoses(s, async () => {
      const { ask, headers, input } = await askOf(s, { fee });
      await expect(s.requests.connect(s.requester).requestMany(ask, headers, [input, input, input], '0x'))
        .to.be.revertedWithCustomError(s.escrow, 'Escrow_Overdraw')
        .withArgs(s.requester, 3n * fee, FUNDS);
    });
    for (const lane of [0, 1, 2])
      expect(await s.escrow.lockOf(s.requests, s.requester, lane)).to.equal(`0x${'0'.repeat(64)}`);
    await tryRequest(s, { fee });
    await checkMoney(s);
  });

  it('attack 19: a batch in which one lane is busy makes none', async () => {
    const s = await loadFixture(system);
    await request(s, { lane: 2 });
    await nobodyLoses(s, async () => {
      const { ask, headers, input } = await askOf(s, { lane: 0 });
      await expect(s.requests.connect(s.requester).requestMany(ask, headers, [input, input, input], '0x'))
        .to.be.revertedWithCustomError(s.escrow, 'Escrow_LaneBusy')
        .withArgs(s.requester, 2);
    });
  });
});
