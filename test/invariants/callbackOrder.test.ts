import { expect } from 'chai';
import { BEHAVIOUR, consumer } from '../support/contracts/actors.ts';
import { loadFixture, sendAs, time } from '../support/contracts/chain.ts';
import { availableOf, checkMoney } from '../support/contracts/money.ts';
import { request } from '../support/contracts/request.ts';
import { FEE, system } from '../support/contracts/system.ts';

describe('I9: what a callback does is logged before the ending it follows', () => {
  it('a consumer that takes the tip of its own request and withdraws it when called back', async () => {
    const s = await loadFixture(system);
    const asker = await consumer(s, 10n * FEE);
    const address = await asker.getAddress();
    const story = await (await request(s, { by: asker, callbackGas: 1_000_000 })).submit();
    const tip = (story.terms.fee * BigInt(story.terms.tipBps)) / 10_000n;
    const all = (await availableOf(s, address)) + tip;
    const data = s.escrow.interface.encodeFunctionData('withdraw', [all, address]);
    await asker.behave(BEHAVIOUR.ReEnters, s.escrow, data);
    await time.increaseTo(story.end + 601);
    await sendAs(asker, story.attempt.finaliseCall({ takeTip: true }));
    expect(await availableOf(s, address)).to.equal(0n);
    await checkMoney(s);
  });
});
