// The example of docs/consume.md, asked and answered by the real contracts.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { headersOf } from '#core/commitment/schema.ts';
import { ethers, loadFixture, time } from '../../support/contracts/chain.ts';
import { contentOf, floats, type Shape } from '../../support/contracts/model.ts';
import { availableOf, checkMoney } from '../../support/contracts/money.ts';
import { type Story, storiesOf } from '../../support/contracts/request.ts';
import { DAY, FEE, OPG_1, system } from '../../support/contracts/system.ts';

const SHAPE: Shape = {
  inputHeaders: headersOf([{ dtype: 'float32', shape: [1, 1, 8, 8] }]),
  outputHeaders: headersOf([{ dtype: 'float32', shape: [1, 10] }]),
  outputBytes: 40,
};
const PIXELS = floats(...Array.from({ length: 64 }, (_, i) => i / 64));
const PROBS = [0.01, 0.02, 0, 0.05, 0.1, 0.02, 0, 0.7, 0.1, 0];
const STATUS = { Unknown: 0n, Asked: 1n, Read: 2n, GivenUp: 3n } as const;
const MOST = 3n * OPG_1;

async function reading() {
  const s = await system();
  const content = { ...contentOf(SHAPE), size: 5n };
  await s.models.connect(s.owner).publish(s.model, content, 0n, [], '{}', '{}');
  const version = await s.models.versionId(s.model, content);
  await s.nodes.connect(s.node).setOffer(version, FEE, 60, (await time.latest()) + 1000 * DAY);
  const reader = await ethers.deployContract('DigitReader', [s.requests, version, s.node], s.requester);
  await s.escrow.connect(s.requester).depositFor(reader, 10n * OPG_1);
  const ask = async (lane = 0, maxFee = MOST): Promise<Story> => {
    const [story] = await storiesOf(s, await reader.read(PIXELS, maxFee, lane), { shape: SHAPE });
    if (story === undefined) throw new Error('the reader asked nothing');
    return story;
  };
  return { ...s, reader, ask };
}

describe('DigitReader', () => {
  it('is the code that docs/consume.md shows', () => {
    const shown = /```solidity\n([\s\S]*?)```/.exec(readFileSync('docs/consume.md', 'utf8'))?.[1];
    expect(shown).to.equal(readFileSync('contracts/examples/DigitReader.sol', 'utf8'));
  });

  it('asks, is answered, and knows the digit', async () => {
    const s = await loadFixture(reading);
    const story = await s.ask();
    expect((await s.reader.pictureOf(story.id)).status).to.equal(STATUS.Asked);
    await story.submit(s.node, floats(...PROBS));
    await time.increaseTo(story.end);
    const sent = await story.attempt.finalise({ output: floats(...PROBS) });
    await expect(sent).to.emit(s.reader, 'DigitRead').withArgs(story.id, 7n);
    const { status, digit } = await s.reader.pictureOf(story.id);
    expect([status, digit]).to.deep.equal([STATUS.Read, 7n]);
    await checkMoney(s);
  });

  it('needs no more than three quarters of the gas it asks for, for a fresh answer', async () => {
    const s = await loadFixture(reading);
    const story = await s.ask();
    await story.submit(s.node, floats(...PROBS));
    await time.increaseTo(story.end);
    const sent = await story.attempt.finalise({ output: floats(...PROBS) });
    const frame = await ethers.provider.send('debug_traceTransaction', [sent.hash, { tracer: 'callTracer' }]);
    const target = String(s.reader.target).toLowerCase();
    const call = frame.calls.find(({ to }: { to: string }) => to.toLowerCase() === target);
    expect(Number(call.gasUsed)).to.be.lessThan((3 / 4) * story.terms.callbackGas);
  });

  it('believes nobody but the contract it asked, and no id it does not wait for', async () => {
    const s = await loadFixture(reading);
    const story = await s.ask();
    await expect(s.reader.connect(s.attacker).onInference(story.id, floats(...PROBS)))
      .to.be.revertedWithCustomError(s.reader, 'NotTheRequests')
      .withArgs(s.attacker.address);
    await time.increase(2 * 3600);
    await s.reader.giveUp(story.id);
    await networkRequests(s, async (requests) => {
      for (const id of [story.id, `0x${'12'.repeat(32)}`])
        await expect(s.reader.connect(requests).onInference(id, floats(...PROBS)))
          .to.be.revertedWithCustomError(s.reader, 'NotAsked')
          .withArgs(id);
    });
  });

  it('gets its fee back from a node that is silent, and out of Escrow', async () => {
    const s = await loadFixture(reading);
    const story = await s.ask();
    await expect(s.reader.giveUp(story.id))
      .to.be.revertedWithCustomError(s.reader, 'StillTime')
      .withArgs(story.terms.deadline);
    await time.increaseTo(story.terms.deadline + 1);
    await story.attempt.expire({ by: s.keeper });
    await s.reader.giveUp(story.id);
    expect((await s.reader.pictureOf(story.id)).status).to.equal(STATUS.GivenUp);
    expect(await availableOf(s, String(s.reader.target))).to.equal(10n * OPG_1);
    await expect(s.reader.connect(s.attacker).withdraw(1n, s.attacker)).to.be.revertedWithCustomError(
      s.reader,
      'NotTheOwner',
    );
    const tokens = await s.token.balanceOf(s.buyer);
    await s.reader.withdraw(10n * OPG_1, s.buyer);
    expect((await s.token.balanceOf(s.buyer)) - tokens).to.equal(10n * OPG_1);
    await checkMoney(s);
  });

  it('refuses an answer that comes after it gave up: the node is paid, the answer stays in the events', async () => {
    const s = await loadFixture(reading);
    const story = await s.ask();
    await time.increaseTo(story.terms.deadline - 1);
    await story.submit(s.node, floats(...PROBS));
    await s.reader.giveUp(story.id);
    await story.finalise();
    expect((await s.reader.pictureOf(story.id)).status).to.equal(STATUS.GivenUp);
  });

  it('takes no digit from an answer that is no distribution', async () => {
    const s = await loadFixture(reading);
    const story = await s.ask();
    await networkRequests(s, async (requests) => {
      for (const [index, value] of [
        [3, -1],
        [9, Number.NaN],
      ] as const)
        await expect(s.reader.connect(requests).onInference(story.id, floats(...PROBS.with(index, value))))
          .to.be.revertedWithCustomError(s.reader, 'NotANumber')
          .withArgs(BigInt(index));
    });
  });

  it('pays no more than it was told, and asks for its owner only', async () => {
    const s = await loadFixture(reading);
    await expect(s.ask(0, OPG_1)).to.be.revertedWithCustomError(s.reader, 'TooDear');
    await expect(s.reader.connect(s.attacker).read(PIXELS, MOST, 0)).to.be.revertedWithCustomError(
      s.reader,
      'NotTheOwner',
    );
  });

  it('asks several at once, in lanes of their own', async () => {
    const s = await loadFixture(reading);
    const stories = [await s.ask(0), await s.ask(1)];
    await expect(s.ask(1)).to.be.revertedWithCustomError(s.escrow, 'Escrow_LaneBusy');
    for (const story of stories) {
      await story.submit(s.node, floats(...PROBS));
      await story.finalise();
      expect((await s.reader.pictureOf(story.id)).status).to.equal(STATUS.Read);
    }
  });
});

/** Acts as InferenceRequests itself: for what the contract would never do. */
async function networkRequests(
  s: Awaited<ReturnType<typeof reading>>,
  act: (requests: Awaited<ReturnType<typeof ethers.getImpersonatedSigner>>) => Promise<void>,
): Promise<void> {
  const address = await s.requests.getAddress();
  await ethers.provider.send('hardhat_setBalance', [address, '0xde0b6b3a7640000']);
  await act(await ethers.getImpersonatedSigner(address));
}
