// OpenGradient's signatures, and what a caller who knows nothing else gets.
import { expect } from 'chai';
import { id } from 'ethers';
import { ethers, loadFixture, time } from '../../support/contracts/chain.ts';
import { floats } from '../../support/contracts/model.ts';
import { availableOf, checkMoney } from '../../support/contracts/money.ts';
import { DAY, FEE, OPG_1, ROYALTY } from '../../support/contracts/system.ts';
import {
  answered,
  consented,
  faced,
  frameOf,
  HALVES,
  hashOf,
  inputOf,
  run,
  SIGNATURES,
  storyOf,
  theirs,
} from './facade.ts';

const INPUT = floats(0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4);
const OUTPUT = floats(0.5, 0.25, -0.125, 2);

describe("OpenGradient's signatures", () => {
  it('have the selectors and topics of their published interface', async () => {
    const { facade } = await loadFixture(faced);
    expect(hashOf('run').slice(0, 10)).to.equal('0xcbf09d80');
    expect(hashOf('runModelInference').slice(0, 10)).to.equal('0x7289e9c2');
    expect(hashOf('InferenceResult')).to.match(/^0xc1396ff6.*7168$/);
    expect(hashOf('ModelInferenceEvent')).to.match(/^0x1b283af3.*9d87$/);
    for (const name of ['run', 'runModelInference'] as const) {
      expect(facade.interface.getFunction(name).selector).to.equal(hashOf(name).slice(0, 10));
      expect(facade.interface.getFunction(name).format('sighash')).to.equal(SIGNATURES[name]);
      // What comes back is part of no selector: compared by itself.
      const outputs = (abi: typeof theirs) => abi.getFunction(name)?.outputs.map((output) => output.format('full'));
      expect(outputs(facade.interface)?.map(unnamed)).to.deep.equal(outputs(theirs)?.map(unnamed));
    }
    for (const name of ['InferenceResult', 'ModelInferenceEvent'] as const) {
      expect(facade.interface.getEvent(name).topicHash).to.equal(hashOf(name));
      expect(facade.interface.getEvent(name).inputs.every(({ indexed }) => !indexed)).to.equal(true);
    }
  });

  it('of calls that are not served are refused by name', async () => {
    const { facade, requester } = await loadFixture(faced);
    const chat = id('runLLMCompletion((uint8,string,string,uint32,string[],uint32))').slice(0, 10);
    expect(chat).to.equal('0x14800c61');
    await expect(requester.sendTransaction({ to: facade, data: chat }))
      .to.be.revertedWithCustomError(facade, 'Facade_NotServed')
      .withArgs(chat);
  });
});

/** Field names of tuples stay, the name of the whole value does not. */
const unnamed = (text: string) => text.replace(/ \w+$/, '');

describe('a question through the facade', () => {
  it('by run: pays, asks with the exact bytes, and answers now that the answer is to come', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester);
    const tokens = await s.token.balanceOf(s.requester);
    const question = await run(s, s.requester, 'acme/digits', inputOf(HALVES));
    const sent = await question.send();
    const now = theirs.decodeFunctionResult('run', (await frameOf(sent.hash)).output ?? '0x')[0];
    const story = await storyOf(s, sent, s.requester);
    expect(now.toArray(true)).to.deep.equal([[], [], [['request', story.id]], true]);

    const account = await s.facade.accountOf(s.requester);
    const quote = await s.requests.quote(s.version, s.node, 1);
    expect(story.terms.requester).to.equal(account.toLowerCase());
    expect(story.terms.fee).to.equal(quote);
    expect(quote > FEE + ROYALTY).to.equal(true);
    expect(tokens - (await s.token.balanceOf(s.requester))).to.equal(quote);
    await expect(sent)
      .to.emit(s.requests, 'Requested')
      .withArgs(story.id, account, s.node.address, anything, anything, INPUT);
    await expect(sent).to.emit(s.facade, 'AccountCreated').withArgs(s.requester.address, account);
    await expect(sent).to.emit(s.facade, 'InferenceAsked').withArgs(story.id, s.requester.address, s.version, quote);
    await checkMoney(s);
  });

  it('is answered in their event, by their ABI, and marked as real', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester);
    const question = await run(s, s.requester, 'acme/digits', inputOf(HALVES));
    const story = await storyOf(s, await question.send(), s.requester);
    await story.submit(s.node, OUTPUT);
    await time.increaseTo(story.end);
    const receipt = await (await story.attempt.finalise({ output: OUTPUT })).wait();
    const results = (receipt?.logs ?? []).filter(({ topics }) => topics[0] === hashOf('InferenceResult'));
    expect(results).to.have.length(1);
    const [output] = theirs.decodeEventLog('InferenceResult', results[0]?.data ?? '0x');
    const values = [
      [5n, 1n],
      [25n, 2n],
      [-125n, 3n],
      [2n, 0n],
    ];
    expect(output.toArray(true)).to.deep.equal([[['probs', values, [4n]]], [], [], false]);
    await checkMoney(s);
  });

  it('by runModelInference says in their event that the answer is to come, and by which id', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester);
    const request = [0, 'acme/digits', inputOf(HALVES)];
    const data = theirs.encodeFunctionData('runModelInference', [request]);
    const sent = await s.requester.sendTransaction({ to: s.facade, data });
    const story = await storyOf(s, sent, s.requester);
    const log = (await sent.wait())?.logs.find(({ topics }) => topics[0] === hashOf('ModelInferenceEvent'));
    const told = theirs.decodeEventLog('ModelInferenceEvent', log?.data ?? '0x');
    expect(told['inferenceID']).to.equal(story.id);
    expect(told['request'].toArray(true)).to.deep.equal([
      0n,
      'acme/digits',
      [[['x', HALVES[1].map(([value, decimals]) => [BigInt(value), BigInt(decimals)]), [8n]]], []],
    ]);
    expect(told['response'].toArray(true)).to.deep.equal([[], [], [['request', story.id]], true]);
    const logs = await answered(s, story, OUTPUT);
    expect(logs.map(({ name }) => name)).to.deep.equal(['InferenceResult', 'InferenceAnswered']);
  });

  it('of another mode than VANILLA is refused, until there is a verifier for it', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester);
    for (const mode of [1, 2, 3]) {
      const question = await run(s, s.requester, 'acme/digits', inputOf(HALVES), mode);
      await expect(question.send())
        .to.be.revertedWithCustomError(s.requests, 'Requests_ModeUnsupported')
        .withArgs(mode);
    }
  });

  it('needs settings: how much to pay is in no call of theirs', async () => {
    const s = await loadFixture(faced);
    const question = await run(s, s.requester, 'acme/digits', inputOf(HALVES));
    await expect(question.send())
      .to.be.revertedWithCustomError(s.facade, 'Facade_NoSettings')
      .withArgs(s.requester.address);
    for (const [field, wrong] of [
      ['fee', { fee: 0n }],
      ['duration', { duration: 0n }],
    ] as const)
      await expect(s.facade.configure({ ...s.settings, ...wrong }))
        .to.be.revertedWithCustomError(s.facade, 'Facade_BadSettings')
        .withArgs(field);
  });

  it('with settings of its own asks once by those', async () => {
    const s = await loadFixture(faced);
    await s.token.connect(s.requester).approve(s.facade, 100n * OPG_1);
    const settings = { ...s.settings, node: `0x${'0'.repeat(40)}`, fee: 2n * OPG_1, duration: 1000n };
    const facade = s.facade.connect(s.requester);
    const input = {
      numbers: [{ name: 'x', values: HALVES[1].map(([value, decimals]) => ({ value, decimals })), shape: [8] }],
      strings: [],
    };
    const sent = await facade.ask('acme/digits', 0, input, settings, '0x');
    const story = await storyOf(s, sent, s.requester);
    expect((await frameOf(sent.hash)).output).to.equal(story.id);
    expect([story.terms.fee, story.terms.openAt]).to.deep.equal([2n * OPG_1, 0]);
    expect(story.terms.deadline).to.equal((await time.latest()) + 1000);
  });
});

/** Any value at all. */
const anything = () => true;

describe('what a question costs, and who gets it back', () => {
  it("comes from the account's balance if that suffices, else from tokens the caller approved", async () => {
    const s = await loadFixture(faced);
    const account = await s.facade.accountOf(s.requester);
    await s.escrow.connect(s.other).depositFor(account, 5n * OPG_1);
    await s.facade.connect(s.requester).configure(s.settings);
    const question = await run(s, s.requester, 'acme/digits', inputOf(HALVES));
    const story = await storyOf(s, await question.send(), s.requester);
    expect(await availableOf(s, account)).to.equal(5n * OPG_1 - story.terms.fee);
    await s.facade.connect(s.requester).withdraw(5n * OPG_1 - story.terms.fee - 1n, s.buyer);
    await expect(question.send()).to.be.revertedWithCustomError(s.token, 'ERC20InsufficientAllowance');
    await s.token.connect(s.requester).approve(s.facade, story.terms.fee);
    await question.send();
    expect(await availableOf(s, account)).to.equal(1n);
    await checkMoney(s);
  });

  it("is never above the settings' fee", async () => {
    const s = await loadFixture(faced);
    const quote = await s.requests.quote(s.version, s.node, 1);
    await consented(s, s.requester, { fee: quote });
    const question = await run(s, s.requester, 'acme/digits', inputOf(HALVES));
    await question.send();
    await s.models.connect(s.owner).setRoyalty(s.version, ROYALTY + 1n);
    await expect(question.send())
      .to.be.revertedWithCustomError(s.facade, 'Facade_QuoteAbove')
      .withArgs(await s.requests.quote(s.version, s.node, 1), quote);
  });

  it('comes back after the deadline, to the account, and out of it to the caller only', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester);
    const question = await run(s, s.requester, 'acme/digits', inputOf(HALVES));
    const story = await storyOf(s, await question.send(), s.requester);
    await expect(s.facade.connect(s.requester).cancel(story.packed, story.nonce, false)).to.be.revertedWithCustomError(
      s.requests,
      'Requests_Reserved',
    );
    await time.increase(DAY + 1);
    await story.attempt.expire({ by: s.keeper });
    const account = await s.facade.accountOf(s.requester);
    expect(await availableOf(s, account)).to.equal(story.terms.fee);
    await expect(s.facade.connect(s.attacker).withdraw(1n, s.attacker))
      .to.be.revertedWithCustomError(s.escrow, 'Escrow_Overdraw')
      .withArgs(await s.facade.accountOf(s.attacker), 1n, 0n);
    const tokens = await s.token.balanceOf(s.buyer);
    await s.facade.connect(s.requester).withdraw(story.terms.fee, s.buyer);
    expect((await s.token.balanceOf(s.buyer)) - tokens).to.equal(story.terms.fee);
    await checkMoney(s);
  });

  it("comes back before the first question too: what was deposited for an account is its caller's", async () => {
    const s = await loadFixture(faced);
    await s.escrow.connect(s.other).depositFor(await s.facade.accountOf(s.requester), OPG_1);
    const tokens = await s.token.balanceOf(s.buyer);
    await s.facade.connect(s.requester).withdraw(OPG_1, s.buyer);
    expect((await s.token.balanceOf(s.buyer)) - tokens).to.equal(OPG_1);
  });

  it('can be cancelled by the caller when nobody is named', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester, { node: `0x${'0'.repeat(40)}`, fee: 2n * OPG_1 });
    await consented(s, s.attacker);
    const question = await run(s, s.requester, 'acme/digits', inputOf(HALVES));
    const story = await storyOf(s, await question.send(), s.requester);
    await (await run(s, s.attacker, 'acme/digits', inputOf(HALVES))).send(); // an account of its own
    await expect(s.facade.connect(s.attacker).cancel(story.packed, story.nonce, false)).to.be.revertedWithCustomError(
      s.requests,
      'Requests_NotYours',
    );
    await s.facade.connect(s.requester).cancel(story.packed, story.nonce, false);
    expect(await availableOf(s, await s.facade.accountOf(s.requester))).to.equal(2n * OPG_1);
  });

  it('uses sixteen lanes again and again, and no more at once', async () => {
    const s = await loadFixture(faced);
    await consented(s, s.requester);
    const question = await run(s, s.requester, 'acme/digits', inputOf(HALVES));
    const first = await storyOf(s, await question.send(), s.requester);
    for (let i = 1; i < 16; i++) await question.send();
    await expect(question.send()).to.be.revertedWithCustomError(s.facade, 'Facade_TooManyInFlight').withArgs(16n);
    await answered(s, first, OUTPUT);
    const next = await storyOf(s, await question.send(), s.requester);
    expect(next.terms.lane).to.equal(0);
    expect(ethers.isHexString(next.id, 32)).to.equal(true);
  });
});
