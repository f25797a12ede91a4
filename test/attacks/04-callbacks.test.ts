import { expect } from 'chai';
import { toAddress } from '#core/hex.ts';
import { feeSplit } from '#core/protocol/split.ts';
import { packTerms } from '#core/protocol/terms.ts';
import { BEHAVIOUR, CALLBACK, consumer } from '../support/contracts/actors.ts';
import { finaliseCall } from '../support/contracts/batch.ts';
import { ethers, loadFixture, onAFork, sendAs, time } from '../support/contracts/chain.ts';
import { OUTPUT } from '../support/contracts/model.ts';
import { changes, checkMoney, eventsOf, nobodyLoses } from '../support/contracts/money.ts';
import { askOf, request, type Story, tryRequest } from '../support/contracts/request.ts';
import { FEE, FUNDS, PARAMETERS, type System, system } from '../support/contracts/system.ts';

const CALLBACK_GAS = 200_000;
const NOTHING = '0x';

/** A submitted request of a contract, one second before it can be finalised. */
async function answered(s: System, callbackGas = CALLBACK_GAS, lane = 0) {
  const asker = await consumer(s, FUNDS / 10n);
  const story = await (await request(s, { by: asker, callbackGas, lane })).submit();
  await time.increaseTo(story.end);
  return { asker, story };
}

async function callbackOf(s: System, story: Story, sent: Promise<unknown>) {
  const events = await eventsOf(s, (await sent) as Parameters<typeof eventsOf>[1]);
  return events.find(({ name, args }) => name === 'Finalised' && args['id'] === story.id)?.args['callback'];
}

describe('attacks with and on callbacks', () => {
  it('attack 12: keeper starves the callback of gas', async () => {
    const s = await loadFixture(system);
    const { asker, story } = await answered(s);
    await asker.behave(BEHAVIOUR.ReEnters, s.token, s.token.interface.encodeFunctionData('totalSupply'));
    const keeper = await ethers.deployContract('HostileKeeper');
    const { data } = await story.attempt.finaliseCall();
    /** What happens if the keeper gives the call this much: undefined if it reverts as a whole. */
    const starved = (gas: number) =>
      onAFork(async () => {
        const callback = await callbackOf(s, story, keeper.starve(s.requests, gas, data, { gasLimit: 3_000_000 }));
        if (callback === undefined) await story.is('Submitted');
        else await checkMoney(s);
        return { callback, gasSeen: await asker.gasSeen() };
      });

    let [low, high] = [30_000, 1_000_000];
    expect((await starved(low)).callback).to.equal(undefined);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const { callback } = await starved(middle);
      expect(callback, `callback with ${middle} gas`).to.be.oneOf([undefined, CALLBACK.Succeeded]);
      if (callback === undefined) low = middle;
      else high = middle;
    }
    const least = await starved(high);
    expect(least.callback, 'the least gas that finalises').to.equal(CALLBACK.Succeeded);
    expect(least.gasSeen >= BigInt(CALLBACK_GAS) - 500n, `the callback saw ${least.gasSeen} gas`).to.equal(true);
    // Not monotonic? Every amount around the threshold is all or nothing as well.
    for (let gas = high - 6400; gas < high; gas += 320) expect((await starved(gas)).callback).to.equal(undefined);
  });

  for (const behaviour of ['Reverts', 'BurnsGas', 'Bomb', 'RevertBomb'] as const)
    it(`attack 13: a callback that ${behaviour} harms itself alone; the credits stand and the keeper pays for no more than was asked`, async () => {
      const s = await loadFixture(system);
      const { asker, story } = await answered(s, PARAMETERS.callbackCap);
      await asker.behave(BEHAVIOUR[behaviour], s.token, NOTHING);
      const { toNode } = feeSplit(story.terms, false);
      const gains = await changes(s, { node: s.node }, async () => {
        const sent = await sendAs(s.keeper, story.attempt.finaliseCall());
        // 900 kB of an answer are nobody's cost but the callback's: none of it is copied, and a return is no failure.
        const ended = behaviour === 'Bomb' ? CALLBACK.Succeeded : CALLBACK.Failed;
        expect(await callbackOf(s, story, Promise.resolve(sent))).to.equal(ended);
        expect(Number((await sent.wait())?.gasUsed)).to.be.lessThan(PARAMETERS.callbackCap + 200_000);
      });
      expect(gains.node).to.equal(toNode + story.terms.slice);
      await story.over();
      await expect(story.attempt.finalise(), 'it is not retried').to.be.revertedWithCustomError(
        s.requests,
        'Requests_NotCurrent',
      );
    });

  it('attack 14: a callback that finalises, cancels or rescues its own request again finds the lock closed', async () => {
    const s = await loadFixture(system);
    const { asker, story } = await answered(s);
    const { packed, described, nonce } = story;
    const calls = [
      await story.attempt.finaliseCall(),
      await s.requests.rescue.populateTransaction(packed, described),
      await s.requests.cancel.populateTransaction(packed, nonce, false),
      await s.requests.expire.populateTransaction(packed, nonce, 1, s.node),
      await s.requests.submit.populateTransaction(packed, nonce, s.node, story.attempt.headers, OUTPUT),
    ];
    for (const { data } of calls)
      await onAFork(async () => {
        await asker.behave(BEHAVIOUR.ReEnters, s.requests, data);
        const { toNode } = feeSplit(story.terms, false);
        const gains = await changes(s, { node: s.node, asker: await asker.getAddress() }, () => story.finalise());
        expect(gains).to.deep.equal({ node: toNode + story.terms.slice, asker: 0n });
        expect(await asker.reentrySucceeded()).to.equal(false);
      });
  });

  it('attack 14: a callback that withdraws takes only what is its own, and one that asks again is served', async () => {
    const s = await loadFixture(system);
    const { asker, story } = await answered(s, 600_000);
    const rest = FUNDS / 10n - FEE;
    await onAFork(async () => {
      const data = s.escrow.interface.encodeFunctionData('withdraw', [rest, s.attacker.address]);
      await asker.behave(BEHAVIOUR.ReEnters, s.escrow, data);
      await story.finalise();
      expect(await asker.reentrySucceeded()).to.equal(true);
      expect(await s.token.balanceOf(s.attacker)).to.equal(FUNDS + rest);
    });
    await onAFork(async () => {
      const data = s.escrow.interface.encodeFunctionData('withdraw', [rest + 1n, s.attacker.address]);
      await asker.behave(BEHAVIOUR.ReEnters, s.escrow, data);
      await story.finalise();
      expect(await asker.reentrySucceeded()).to.equal(false);
    });
    const { ask, headers, input } = await askOf(s); // in the very lane that the finalised request frees
    const again = s.requests.interface.encodeFunctionData('request', [ask, headers, input, NOTHING]);
    await asker.behave(BEHAVIOUR.ReEnters, s.requests, again);
    await sendAs(s.keeper, story.attempt.finaliseCall());
    expect(await asker.reentrySucceeded()).to.equal(true);
    await checkMoney(s);
  });

  it('attack 14: a callback inside a batch cannot enter another batch', async () => {
    const s = await loadFixture(system);
    const { asker, story } = await answered(s, 1_500_000);
    const second = await (await request(s, { lane: 3 })).submit();
    await time.increaseTo(second.end);
    const inner = s.requests.interface.encodeFunctionData('finaliseEach', [[finaliseCall(second)], false]);
    await asker.behave(BEHAVIOUR.ReEnters, s.requests, inner);
    await s.requests.connect(s.keeper).finaliseEach([finaliseCall(story)], false);
    expect(await asker.reentrySucceeded()).to.equal(false);
    const error = s.requests.interface.parseError(await asker.reentryReturned());
    expect(error?.name).to.equal('Requests_Reentered');
    await second.is('Submitted');
    await story.over();
    await second.finalise();
  });

  it('attack 15: nobody can order an answer for a contract that did not ask', async () => {
    const s = await loadFixture(system);
    const victim = await consumer(s, FUNDS / 10n);
    await victim.behave(BEHAVIOUR.ReEnters, s.token, s.token.interface.encodeFunctionData('totalSupply'));
    const { story } = await answered(s);
    const forged = packTerms({ ...story.terms, requester: toAddress(await victim.getAddress()) });
    await nobodyLoses(s, async () => {
      await expect(
        s.requests.finalise(forged, story.described, false, story.attempt.headers, OUTPUT),
      ).to.be.revertedWithCustomError(s.requests, 'Requests_NotCurrent');
      await expect(tryRequest(s, { by: s.attacker, callbackGas: 100_000 }))
        .to.be.revertedWithCustomError(s.requests, 'Requests_NotAContract')
        .withArgs(s.attacker);
    });
    await story.finalise();
    expect(await victim.calls()).to.equal(0n);
  });
});
