// Contracts that ask through the facade: what they are told, what they can break, and what it costs.
import { expect } from 'chai';
import { concat } from 'ethers';
import { ethers, loadFixture, time } from '../../support/contracts/chain.ts';
import { floats } from '../../support/contracts/model.ts';
import { availableOf, checkMoney } from '../../support/contracts/money.ts';
import { ROYALTY } from '../../support/contracts/system.ts';
import { ask, BEHAVIOUR, configure, consuming } from './consumer.ts';
import { answered, decodeOutput, HALVES, inputOf, theirs } from './facade.ts';

const OUTPUT = floats(0.5, 0.25, -0.125, 2);
const NOT_A_NUMBER = concat([floats(0.5, 0.25, -0.125), '0x7fc00000']) as `0x${string}`;
const told = (logs: Awaited<ReturnType<typeof answered>>) => {
  const log = logs.find(({ name }) => name === 'InferenceAnswered');
  return { converted: log?.args['converted'], delivered: log?.args['delivered'] };
};

describe('a contract that asks through the facade', () => {
  it('is told the answer once, as numbers, with the id it was given', async () => {
    const s = await loadFixture(consuming);
    const story = await ask(s);
    const logs = await answered(s, story, OUTPUT);
    expect(told(logs)).to.deep.equal({ converted: true, delivered: true });
    expect([await s.consumer.lastId(), await s.consumer.lastSender()]).to.deep.equal([story.id, s.facade.target]);
    const [numbers] = decodeOutput(await s.consumer.lastOutput()).toArray(true);
    expect(numbers).to.deep.equal([
      [
        'probs',
        [
          [5n, 1n],
          [25n, 2n],
          [-125n, 3n],
          [2n, 0n],
        ],
        [4n],
      ],
    ]);
    expect(await s.consumer.answers()).to.equal(1n);
    await checkMoney(s);
  });

  for (const [what, output, nearest, converted] of [
    ['NaN', NOT_A_NUMBER, true, false],
    ['an infinity', floats(1, 2, 3, Number.POSITIVE_INFINITY), true, false],
    ['3e38, which is beyond 2^127', floats(1, 2, 3, 3e38), true, false],
    ['-0, unless it rounds', floats(1, 2, 3, -0), false, false],
    ['a float32 that no decimal of 128 bits equals, unless it rounds', floats(1, 2, 3, 1e-20), false, false],
    ['-0 where it rounds', floats(1, 2, 3, -0), true, true],
    ['the least float32 where it rounds', floats(1, 2, 3, 1.4e-45), true, true],
  ] as const)
    it(`is told ${converted ? 'numbers' : 'the bytes'} of an answer with ${what}`, async () => {
      const s = await loadFixture(consuming);
      await configure(s, { nearest });
      const logs = await answered(s, await ask(s), output);
      expect(told(logs)).to.deep.equal({ converted, delivered: true });
      expect(await s.consumer.wasBytes()).to.equal(!converted);
      if (!converted) expect(await s.consumer.lastOutput()).to.equal(output);
      expect(logs.some(({ name }) => name === 'InferenceResult')).to.equal(converted);
    });

  for (const behaviour of ['Reverts', 'BurnsGas'] as const)
    it(`and ${behaviour} harms nobody: the node is paid, the answer is in the events`, async () => {
      const s = await loadFixture(consuming);
      const story = await ask(s);
      await s.consumer.behave(BEHAVIOUR[behaviour], s.consumer, '0x');
      const logs = await answered(s, story, OUTPUT);
      expect(logs.map(({ name }) => name)).to.deep.equal(['InferenceResult', 'InferenceAnswered']);
      expect(told(logs)).to.deep.equal({ converted: true, delivered: false });
      expect(await s.consumer.answers()).to.equal(0n);
      await checkMoney(s);
    });

  it('may ask again from within its answer', async () => {
    const s = await loadFixture(consuming);
    const story = await ask(s);
    const again = theirs.encodeFunctionData('run', [s.version, 0, inputOf(HALVES)]);
    await configure(s, { callbackGas: 1_500_000n });
    const second = await ask(s);
    await s.consumer.behave(BEHAVIOUR.ReEnters, s.facade, again);
    await answered(s, second, OUTPUT);
    expect(await s.consumer.reentrySucceeded()).to.equal(true);
    await s.consumer.behave(BEHAVIOUR.Keep, s.facade, '0x');
    await answered(s, story, OUTPUT);
    expect(await s.consumer.answers()).to.equal(2n);
    await checkMoney(s);
  });

  it('is not called if it does not want to be', async () => {
    const s = await loadFixture(consuming);
    await configure(s, { callbackGas: 0n });
    const logs = await answered(s, await ask(s), OUTPUT);
    expect(told(logs)).to.deep.equal({ converted: true, delivered: false });
    expect(await s.consumer.answers()).to.equal(0n);
  });

  it('is told by the settings it asked with, whatever it sets in between', async () => {
    const s = await loadFixture(consuming);
    const story = await ask(s);
    await configure(s, { callbackGas: 0n, nearest: true });
    const logs = await answered(s, story, floats(1, 2, 3, -0));
    expect(told(logs)).to.deep.equal({ converted: false, delivered: true });
  });
});

describe('attacks on the facade', () => {
  it('nobody answers but the account of the caller, and it only for its own questions', async () => {
    const s = await loadFixture(consuming);
    const story = await ask(s);
    for (const by of [s.attacker, s.requester])
      await expect(s.facade.connect(by).answer(story.id, OUTPUT))
        .to.be.revertedWithCustomError(s.facade, 'Facade_NotAnAccount')
        .withArgs(by.address);
    const account = await ethers.getContractAt('FacadeAccount', s.account);
    await expect(account.connect(s.attacker).onInference(story.id, OUTPUT)).to.be.revertedWithCustomError(
      account,
      'Account_NotForYou',
    );
    const forged = account.interface.encodeFunctionData('onInference', [story.id, OUTPUT]);
    await expect(s.consumer.execute(account, forged), 'not by the caller either').to.be.revertedWithCustomError(
      account,
      'Account_NotForYou',
    );
  });

  it('nobody acts through an account but the facade, nor through the code that accounts are clones of', async () => {
    const s = await loadFixture(consuming);
    await ask(s);
    const data = s.escrow.interface.encodeFunctionData('withdraw', [1n, s.attacker.address]);
    for (const address of [s.account, await s.facade.accountCode()]) {
      const account = await ethers.getContractAt('FacadeAccount', address);
      await expect(account.connect(s.attacker).execute(s.escrow, data)).to.be.revertedWithCustomError(
        account,
        'Account_NotForYou',
      );
      const byCaller = account.interface.encodeFunctionData('execute', [String(s.escrow.target), data]);
      await expect(s.consumer.execute(address, byCaller)).to.be.revertedWithCustomError(account, 'Account_NotForYou');
    }
  });

  it("a policy is asked about the account, which is the caller's alone", async () => {
    const s = await loadFixture(consuming);
    const passes = await ethers.deployContract('PassPolicy', [s.models, s.escrow]);
    await s.models.connect(s.owner).setPolicy(s.version, passes);
    const offer = { price: 1n, period: 1_000_000n, uses: 0n };
    await passes.connect(s.owner).setOffer(s.version, offer);
    await s.token.connect(s.other).approve(passes, 2n);
    await expect(ask(s)).to.be.revertedWithCustomError(s.models, 'Models_AccessDenied');
    await passes.connect(s.other).buy(s.version, s.consumer, offer, ROYALTY); // of no use: the consumer is not who asks
    await expect(ask(s)).to.be.revertedWithCustomError(s.models, 'Models_AccessDenied');
    await passes.connect(s.other).buy(s.version, s.account, offer, ROYALTY);
    await ask(s);
  });

  it('an answer whose request went elsewhere stays unheard: a fee that came back is answered by nobody', async () => {
    const s = await loadFixture(consuming);
    const story = await ask(s);
    const before = await availableOf(s, s.account);
    await time.increase(100_000);
    await story.attempt.expire({ by: s.keeper });
    expect((await availableOf(s, s.account)) - before).to.equal(story.terms.fee);
    await expect(s.facade.connect(s.attacker).answer(story.id, OUTPUT)).to.be.revertedWithCustomError(
      s.facade,
      'Facade_NotAnAccount',
    );
  });
});
