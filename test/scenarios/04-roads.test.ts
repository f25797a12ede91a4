import { expect } from 'chai';
import { AskFlags } from '#core/protocol/terms.ts';
import { at, inOneBlock, loadFixture, time } from '../support/contracts/chain.ts';
import { changes, nobodyLoses } from '../support/contracts/money.ts';
import { request } from '../support/contracts/request.ts';
import { FEE, OPG_1, PARAMETERS, ROYALTY, system } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
const PAID = FEE - ROYALTY - FEE / 20n;

describe('the roads a request can take', () => {
  it('scenario 8: the named node declines, another accepts at once, and is paid', async () => {
    const s = await loadFixture(system);
    const gains = await changes(s, { node: s.node, rival: s.rival, requester: s.requester }, async () => {
      const story = await (await request(s)).decline();
      await (await (await story.accept(s.rival)).submit()).finalise();
    });
    expect(gains).to.deep.equal({ node: 0n, rival: PAID, requester: -FEE });
  });

  it('scenario 9: the named node is silent, another accepts after openAt', async () => {
    const s = await loadFixture(system);
    const gains = await changes(s, { node: s.node, rival: s.rival, requester: s.requester }, async () => {
      const story = await request(s);
      await at(story.terms.openAt + 1);
      await (await (await story.accept(s.rival)).submit()).finalise();
    });
    expect(gains).to.deep.equal({ node: 0n, rival: PAID, requester: -FEE });
  });

  it('scenario 10: with a root-only input nobody submits without having accepted', async () => {
    const s = await loadFixture(system);
    const story = await request(s, { flags: AskFlags.ROOT_INPUT });
    await nobodyLoses(s, () =>
      expect(story.attempt.submit()).to.be.revertedWithCustomError(s.requests, 'Requests_NeedsAccept'),
    );
    await (await (await story.accept()).submit()).finalise();
  });

  it('scenario 10: a root-only input is one word, and 32 bytes of input are a tensor otherwise', async () => {
    const s = await loadFixture(system);
    const flags = AskFlags.ROOT_INPUT;
    for (const input of ['0x', `0x${'ab'.repeat(31)}`, `0x${'ab'.repeat(33)}`] as const)
      await expect(request(s, { flags, input })).to.be.revertedWithCustomError(s.requests, 'Requests_InputLength');
    const story = await request(s, { flags, input: `0x${'ab'.repeat(32)}` });
    expect(story.terms.input).to.equal(`0x${'ab'.repeat(32)}`);
  });

  it('scenario 11: the fee can be taken back when nobody is at work for it, and only then', async () => {
    const s = await loadFixture(system);
    const reserved = await request(s);
    const rooted = await request(s, { lane: 1, flags: AskFlags.ROOT_INPUT });
    const declined = await (await request(s, { lane: 2 })).decline();
    const accepted = await (await request(s, { lane: 3 })).accept();
    const unnamed = await request(s, { lane: 4, node: null });
    await expect(reserved.attempt.cancel())
      .to.be.revertedWithCustomError(s.requests, 'Requests_Reserved')
      .withArgs(reserved.terms.openAt);
    await expect(accepted.attempt.cancel({ declined: true })).to.be.revertedWithCustomError(
      s.requests,
      'Requests_NotCurrent',
    );
    const gains = await changes(s, { requester: s.requester }, async () => {
      for (const story of [rooted, declined, unnamed]) {
        await story.attempt.cancel();
        await story.over();
      }
      await at(accepted.terms.openAt + 1);
      await reserved.attempt.cancel();
    });
    expect(gains.requester).to.equal(4n * FEE);
    await expect(accepted.attempt.cancel()).to.be.revertedWithCustomError(s.requests, 'Requests_NotCurrent');
  });

  it('scenario 12: a rival accepts at openAt + 1 ahead of a pending submit: it reverts and no slice is lost', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    const gains = await changes(s, { node: s.node, rival: s.rival }, async () => {
      const accept = () => story.attempt.accept({ by: s.rival });
      const submit = () => story.attempt.submit();
      expect(await inOneBlock(story.terms.openAt + 1, accept, submit)).to.deep.equal([true, false]);
    });
    expect(gains).to.deep.equal({ node: 0n, rival: -SLICE }); // in the lock of the rival's own promise
  });

  it('scenario 13: an accepted request that was not delivered costs x, never more than the fee', async () => {
    const s = await loadFixture(system);
    for (const [lane, fee] of [FEE / 2n, FEE, 2n * FEE].entries()) {
      const story = await (await request(s, { fee, lane })).accept();
      await time.increaseTo(story.terms.deadline);
      const gains = await changes(s, { requester: s.requester, node: s.node }, () => story.attempt.expire());
      const penalty = [FEE / 2n, OPG_1, OPG_1][lane] ?? 0n; // 5 % of 20 OPG, capped by the fee
      expect(gains).to.deep.equal({ requester: fee + penalty, node: SLICE - penalty });
    }
  });

  it('scenario 13: requester and node in one account only move money in a circle', async () => {
    const s = await loadFixture(system);
    const gains = await changes(s, { node: s.node }, async () => {
      const story = await (await request(s, { by: s.node })).accept();
      await time.increaseTo(story.terms.deadline);
      await story.attempt.expire();
      await story.over();
    });
    expect(gains.node).to.equal(0n);
  });
});
