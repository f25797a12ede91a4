import { expect } from 'chai';
import type { BaseContract } from 'ethers';
import { network } from 'hardhat';
import { finaliseCall, submitCall } from '../support/contracts/batch.ts';
import { ethers, loadFixture, onAFork, time } from '../support/contracts/chain.ts';
import { contentOf, floats, TOLERANT } from '../support/contracts/model.ts';
import { changes, checkMoney, nobodyLoses } from '../support/contracts/money.ts';
import { refused, reverted } from '../support/contracts/refusals.ts';
import { request, Story } from '../support/contracts/request.ts';
import { DAY, deploySystem, FEE, PARAMETERS, ROYALTY, type System, system } from '../support/contracts/system.ts';

/** A wish whose content does not depend on when it is mined. */
async function timeless() {
  const now = await time.latest();
  return { deadline: now + DAY, openAt: now + 3600 };
}

/** The code of a contract at the same address of a chain with another id. */
async function elsewhere(contract: BaseContract, chainId: number) {
  const fork = await network.create({ network: 'local', override: { chainId } });
  const address = await contract.getAddress();
  await fork.ethers.provider.send('hardhat_setCode', [address, await ethers.provider.getCode(address)]);
  return { fork, address };
}

describe('replays and reorganisations', () => {
  it('scenario 35: request, submission and version ids of one chain are ids of nothing on another', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    const hash = `0x${'33'.repeat(32)}`;
    const { fork, address } = await elsewhere(s.models, 8453);
    const models = await fork.ethers.getContractAt('ModelRegistry', address);
    expect(await models.versionId(s.model, contentOf(TOLERANT))).not.to.equal(s.version);

    const other = await elsewhere(s.requests, 8453);
    const requests = await other.fork.ethers.getContractAt('IInferenceRequests', other.address);
    expect(await requests.idOf(story.packed, story.nonce)).not.to.equal(story.id);
    const extension = await s.requests.submissionIdOf(story.packed, story.nonce, s.node, hash);
    await other.fork.ethers.provider.send('hardhat_setCode', await extensionOf(s));
    expect(await requests.submissionIdOf(story.packed, story.nonce, s.node, hash)).not.to.equal(extension);
  });

  it('scenario 35: the ids of one deployment are ids of nothing in another on the same chain', async () => {
    const s = await loadFixture(system);
    const twin = await deploySystem(s.token);
    const story = await (await request(s)).submit();
    expect(twin.version).not.to.equal(s.version);
    expect(await twin.requests.idOf(story.packed, story.nonce)).not.to.equal(story.id);
    const hash = story.described.outputHash;
    expect(await twin.requests.submissionIdOf(story.packed, story.nonce, s.node, hash)).not.to.equal(
      await s.requests.submissionIdOf(story.packed, story.nonce, s.node, hash),
    );
    const replayed = new Story(twin, s.requester, story.terms, story.nonce, story.id, TOLERANT);
    replayed.submission = story.submission;
    await time.increaseTo(story.end);
    await refused(
      s.requests,
      'Requests_NotCurrent',
      () => replayed.attempt.finalise(),
      () => replayed.attempt.submit(),
      () => replayed.attempt.accept(),
    );
    await checkMoney(twin);
  });

  it('scenario 35: code that InferenceRequests borrows does nothing when called by itself', async () => {
    const s = await loadFixture(system);
    const story = await (await (await request(s)).submit()).freeze();
    const [address] = await extensionOf(s);
    const bare = await ethers.getContractAt('IInferenceRequests', address);
    const { packed, nonce, described } = story;
    await nobodyLoses(s, () =>
      reverted(
        () => bare.connect(s.requester).cancel(packed, nonce, true),
        () => bare.connect(s.keeper).rescue(packed, { ...described, challengeEnd: 0 }),
        () => bare.connect(s.judge).freeze(packed, described),
        () => bare.connect(s.judge).thaw(packed, described, described.end),
        () => bare.connect(s.judge).condemn(packed, described),
        () => bare.connect(s.node).submitEach([submitCall(story)]),
        () =>
          bare
            .connect(s.keeper)
            .finaliseEach([{ ...finaliseCall(story), submission: { ...described, end: 0 } }], false),
      ),
    );
    await story.is('Frozen');
  });

  it('scenario 36: a reorganisation drops the request: mined again, it has the same id, and the work done for it counts', async () => {
    const s = await loadFixture(system);
    const wish = await timeless();
    const lost = await onAFork(() => request(s, wish));
    await time.increase(30);
    const again = await request(s, wish);
    expect(again.id).to.equal(lost.id);
    await (await again.submitted(await lost.attempt.submit(), s.node)).finalise();
  });

  it('scenario 36: it drops the acceptance: the same call is valid again, and the slice was never lost', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    await onAFork(async () => {
      await story.accept();
    });
    story.acceptedBy = undefined;
    await story.is('Requested');
    await checkMoney(s);
    const gains = await changes(s, { node: s.node }, async () => {
      await story.accept();
      await (await story.submit()).finalise();
    });
    expect(gains.node).to.equal(FEE - ROYALTY - FEE / 20n);
  });

  it('scenario 36: it drops the submission: sent again, same bytes, it is the same submission with a new window', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    const first = await onAFork(async () => (await story.submit()).described);
    story.submission = undefined;
    await story.is('Requested');
    await time.increase(100);
    const second = (await story.submit()).described;
    expect(second.challengeEnd).to.be.greaterThan(first.challengeEnd);
    const idOf = ({ outputHash }: typeof first) =>
      s.requests.submissionIdOf(story.packed, story.nonce, s.node, outputHash);
    expect(await idOf(second)).to.equal(await idOf(first));
    // What was said of the lost submission is true of nothing now.
    story.submission = first;
    await nobodyLoses(s, () => refused(s.requests, 'Requests_NotCurrent', () => story.attempt.freeze()));
    story.submission = second;
    await story.finalise();
  });

  it('scenario 36: it drops the finality: paid once on either branch', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).submit();
    const gain = async () =>
      (await changes(s, { node: s.node }, async () => story.finalise())).node - PARAMETERS.sliceFloor;
    const lost = await onAFork(gain);
    await story.is('Submitted');
    expect(await gain()).to.equal(lost);
    await nobodyLoses(s, () => refused(s.requests, 'Requests_NotCurrent', () => story.attempt.finalise()));
  });

  it('scenario 36: it swaps two requests: their ids change, the old submit reverts without a slice, the new one is served', async () => {
    const s = await loadFixture(system);
    const due = await timeless();
    const a = { ...due, lane: 0, input: floats(1, 1, 1, 1, 1, 1, 1, 1) };
    const b = { ...due, lane: 1, input: floats(2, 2, 2, 2, 2, 2, 2, 2) };
    const [first, second] = await onAFork(async () => [await request(s, a), await request(s, b)] as const);
    const [secondAgain, firstAgain] = [await request(s, b), await request(s, a)];
    expect([firstAgain.nonce, secondAgain.nonce]).to.deep.equal([second.nonce, first.nonce]);
    expect(new Set([first, second, firstAgain, secondAgain].map(({ id }) => id)).size).to.equal(4);
    await nobodyLoses(s, () =>
      refused(
        s.requests,
        'Requests_NotCurrent',
        () => first.attempt.submit(),
        () => second.attempt.submit(),
      ),
    );
    for (const story of [firstAgain, secondAgain]) await (await story.submit()).finalise();
  });

  it('scenario 36: two requesters that swap places keep their ids: a nonce is its own account only', async () => {
    const s = await loadFixture(system);
    const due = await timeless();
    const [a, b] = [
      { ...due, by: s.requester },
      { ...due, by: s.other },
    ];
    const before = await onAFork(async () => [(await request(s, a)).id, (await request(s, b)).id]);
    const after = [(await request(s, b)).id, (await request(s, a)).id].reverse();
    expect(after).to.deep.equal(before);
  });
});

/** Address and code of what InferenceRequests runs for batches and refunds. */
async function extensionOf(s: System): Promise<[address: string, code: string]> {
  const requests = await ethers.getContractAt('InferenceRequests', s.requests);
  const address = await requests.extension();
  return [address, await ethers.provider.getCode(address)];
}
