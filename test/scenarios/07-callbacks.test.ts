import { expect } from 'chai';
import { feeSplit } from '#core/protocol/split.ts';
import { BEHAVIOUR, CALLBACK, consumer } from '../support/contracts/actors.ts';
import { finaliseCall, finaliseEach, submitCall } from '../support/contracts/batch.ts';
import { ethers, loadFixture, onAFork, sendAs, time } from '../support/contracts/chain.ts';
import { OUTPUT } from '../support/contracts/model.ts';
import { availableOf, checkMoney, eventsOf } from '../support/contracts/money.ts';
import { refused } from '../support/contracts/refusals.ts';
import { askOf, request, type Story, storiesOf, tryRequest } from '../support/contracts/request.ts';
import { FUNDS, PARAMETERS, type System, system } from '../support/contracts/system.ts';

async function outcome(s: System, story: Story): Promise<bigint> {
  const sent = await sendAs(s.keeper, story.attempt.finaliseCall());
  const finalised = (await eventsOf(s, sent)).find(({ name }) => name === 'Finalised');
  await story.over();
  return finalised?.args['callback'];
}

/** A submitted request of a contract that behaves like this, ready to be finalised. */
async function answered(s: System, behaviour: keyof typeof BEHAVIOUR, callbackGas = 1_000_000, lane = 0) {
  const asker = await consumer(s, FUNDS / 10n);
  const story = await (await request(s, { by: asker, callbackGas, lane })).submit();
  await asker.behave(BEHAVIOUR[behaviour], s.token, s.token.interface.encodeFunctionData('totalSupply'));
  await time.increaseTo(story.end + 1);
  return { asker, story };
}

describe('callbacks', () => {
  it('scenario 24: an honest consumer is told its id and its output, by InferenceRequests, once', async () => {
    const s = await loadFixture(system);
    const { asker, story } = await answered(s, 'ReEnters');
    expect(await outcome(s, story)).to.equal(CALLBACK.Succeeded);
    expect(await asker.lastId()).to.equal(story.id);
    expect(await asker.lastWord()).to.equal(OUTPUT.padEnd(66, '0'));
    expect(await asker.lastCaller()).to.equal(await s.requests.getAddress());
    expect(await asker.calls()).to.equal(1n);
  });

  for (const [behaviour, expected] of [
    ['Reverts', CALLBACK.Failed],
    ['BurnsGas', CALLBACK.Failed],
    ['RevertBomb', CALLBACK.Failed],
    ['Bomb', CALLBACK.Succeeded],
    ['SelfDestructs', CALLBACK.Succeeded],
  ] as const)
    it(`scenario 24: a callback that ${behaviour} changes nothing else`, async () => {
      const s = await loadFixture(system);
      const { story } = await answered(s, behaviour, PARAMETERS.callbackCap);
      const before = await availableOf(s, s.node);
      expect(await outcome(s, story)).to.equal(expected);
      expect(await availableOf(s, s.node)).to.equal(before + feeSplit(story.terms, false).toNode);
    });

  it('scenario 24: a requester that is gone when the answer comes does not hold up the node', async () => {
    const s = await loadFixture(system);
    const vanishing = await ethers.deployContract('VanishingRequester');
    const { ask, headers, input } = await askOf(s, { callbackGas: 100_000 });
    const requester = await vanishing.run.staticCall([], []);
    await s.escrow.connect(s.other).depositFor(requester, FUNDS / 10n);
    const data = s.requests.interface.encodeFunctionData('request', [ask, headers, input, '0x']);
    const [story] = await storiesOf(s, await vanishing.run([s.requests], [data]));
    if (story === undefined) throw new Error('no request');
    expect(await ethers.provider.getCode(requester)).to.equal('0x');
    await story.submit();
    await time.increaseTo(story.end);
    expect(await outcome(s, story)).to.equal(CALLBACK.Succeeded); // a call to nothing
  });

  it('scenario 24: a requester without code cannot ask for a callback, nobody for more gas than the cap', async () => {
    const s = await loadFixture(system);
    const asker = await consumer(s, FUNDS / 10n);
    await refused(s.requests, 'Requests_NotAContract', () => tryRequest(s, { callbackGas: 1 }));
    await refused(s.requests, 'Requests_CallbackGas', () =>
      tryRequest(s, { by: asker, callbackGas: PARAMETERS.callbackCap + 1 }),
    );
    await request(s, { by: asker, callbackGas: PARAMETERS.callbackCap });
  });

  it('scenario 24: exactly enough gas finalises with the callback, one unit less does nothing at all', async () => {
    const s = await loadFixture(system);
    const { story } = await answered(s, 'Store', 100_000);
    const { to, data } = await story.attempt.finaliseCall();
    const succeeds = (gasLimit: number) =>
      onAFork(() =>
        s.keeper.sendTransaction({ to: to ?? null, data: data ?? '0x', gasLimit }).then(
          () => true,
          () => false,
        ),
      );
    let [low, high] = [50_000, 500_000];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (await succeeds(middle)) high = middle;
      else low = middle;
    }
    expect(await succeeds(low)).to.equal(false);
    await story.is('Submitted');
    const sent = await s.keeper.sendTransaction({ to: to ?? null, data: data ?? '0x', gasLimit: high });
    const finalised = (await eventsOf(s, sent)).find(({ name }) => name === 'Finalised');
    expect(finalised?.args['callback']).to.equal(CALLBACK.Succeeded);
    await story.over();
  });

  it('scenario 24: re-entering any function of the batch family from a batch is refused', async () => {
    const s = await loadFixture(system);
    const { asker, story } = await answered(s, 'ReEnters', 1_500_000);
    const open = await request(s, { lane: 4 });
    const { ask, headers, input } = await askOf(s, { lane: 8 });
    const encode = s.requests.interface.encodeFunctionData.bind(s.requests.interface);
    for (const inner of [
      encode('finaliseEach', [[], false]),
      encode('finaliseBatch', [open.packed, s.node.address, false, []]),
      encode('submitEach', [[submitCall(open)]]),
      encode('submitBatch', [open.packed, s.node.address, [], []]),
      encode('expireEach', [[]]),
      encode('expireBatch', [open.packed, s.node.address, []]),
      encode('requestMany', [ask, headers, [input], '0x']),
    ])
      await onAFork(async () => {
        await asker.behave(BEHAVIOUR.ReEnters, s.requests, inner);
        await s.requests.connect(s.keeper).finaliseEach([finaliseCall(story)], false);
        expect(await asker.calls()).to.equal(1n);
        expect(await asker.reentrySucceeded()).to.equal(false);
        expect(s.requests.interface.parseError(await asker.reentryReturned())?.name).to.equal('Requests_Reentered');
        await checkMoney(s);
      });
  });

  it('scenario 24: the guard is gone after the batch, also within one transaction', async () => {
    const s = await loadFixture(system);
    const { story } = await answered(s, 'Store');
    const second = await (await request(s, { lane: 5 })).submit();
    await time.increaseTo(second.end + 1);
    const keeper = await ethers.deployContract('HostileKeeper');
    const data = [story, second].map((each) =>
      s.requests.interface.encodeFunctionData('finaliseEach', [[finaliseCall(each)], false]),
    );
    await keeper.sequence([s.requests, s.requests], data, { gasLimit: 12_000_000 }); // it never reverts: no estimate helps
    await story.over();
    await second.over();
  });

  it('scenario 25: callbacks of a batch see the credits of all its items', async () => {
    const s = await loadFixture(system);
    const first = await answered(s, 'ReEnters', 400_000);
    const second = await answered(s, 'ReEnters', 400_000);
    const third = await (await request(s, { lane: 3 })).submit();
    await time.increaseTo(third.end + 1);
    const look = s.escrow.interface.encodeFunctionData('accountOf', [s.node.address]);
    for (const { asker } of [first, second]) await asker.behave(BEHAVIOUR.ReEnters, s.escrow, look);
    const calls = [first.story, second.story, third].map((story) => finaliseCall(story));
    expect(await finaliseEach(s, s.keeper, calls)).to.deep.equal(['DONE', 'DONE', 'DONE']);
    const now = [...(await s.escrow.accountOf(s.node))];
    for (const { asker } of [first, second]) {
      const seen = s.escrow.interface.decodeFunctionResult('accountOf', await asker.reentryReturned());
      expect([...seen], 'what the callback saw').to.deep.equal(now);
    }
    await checkMoney(s);
  });
});
