import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import { at, ethers, inOneBlock, loadFixture, time } from '../support/contracts/chain.ts';
import { changes, checkMoney, nobodyLoses } from '../support/contracts/money.ts';
import { refused } from '../support/contracts/refusals.ts';
import { request, type Story } from '../support/contracts/request.ts';
import { appendSet, FEE, FUNDS, PARAMETERS, system, systemWith } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;

describe('freeze, thaw, condemn, rescue', () => {
  it('scenario 19: every slice of a node slashed in one block: each request is made whole', async () => {
    const s = await loadFixture(system);
    const count = Number(FUNDS / 2n / SLICE); // all of its stake
    const stories: Story[] = [];
    for (let lane = 0; lane < count; lane++) {
      const by = lane % 2 === 0 ? s.requester : s.other;
      stories.push(await (await (await request(s, { lane, by })).submit()).freeze());
    }
    const gains = await changes(s, { node: s.node, requester: s.requester, other: s.other }, async () => {
      const condemned = await inOneBlock(
        (await time.latest()) + 10,
        ...stories.map((story) => () => story.attempt.condemn()),
      );
      expect(condemned.every(Boolean)).to.equal(true);
    });
    // fee back and psi, which the fee caps
    expect(gains).to.deep.equal({ node: 0n, requester: 13n * 2n * FEE, other: 12n * 2n * FEE });
    expect((await s.escrow.accountOf(s.node)).stake).to.equal(0n);
    for (const story of stories) await story.is('over');
  });

  it('scenario 20: the wrong arbiter and the arbiter of an old set do nothing', async () => {
    const s = await loadFixture(system);
    const newcomer = (await ethers.deployContract('ContractWallet', [s.judge])).connect(s.judge);
    await appendSet(s, { arbiter: await newcomer.getAddress() });
    const story = await (await request(s)).submit();
    await nobodyLoses(s, () =>
      refused(
        s.requests,
        'Requests_NotArbiter',
        () => story.attempt.freeze(), // of set 1; the request is of set 2
        () => story.attempt.freeze({ by: s.judge }),
        () => story.attempt.thaw({ by: s.governor }),
        () => story.attempt.condemn({ by: s.node }),
      ),
    );
    await story.attempt.freeze({ by: newcomer });
    await story.is('Frozen');
  });

  it('scenario 20: twice, after the end, and in the wrong state nothing happens', async () => {
    const s = await loadFixture(system);
    const story = await (await (await request(s)).submit()).freeze();
    await nobodyLoses(s, () => refused(s.requests, 'Requests_NotCurrent', () => story.attempt.freeze()));
    await story.thaw();
    expect(await story.attempt.answers('thaw')).to.equal(false);
    expect(await story.attempt.answers('condemn')).to.equal(false);
    await story.freeze(); // again, within the window: allowed, the game counts
    await story.thaw();
    await at(story.end + 1);
    await refused(s.requests, 'Requests_TooLate', () => story.attempt.freeze());
    await story.finalise();
    expect(await story.attempt.answers('condemn')).to.equal(false);
  });

  it('scenario 21: thaws move the end by at most 2R in all, never backwards', async () => {
    const s = await loadFixture(system);
    const story = await (await (await request(s)).submit()).freeze();
    const latest = story.described.challengeEnd + 2 * PARAMETERS.responseSeconds;
    await nobodyLoses(s, () =>
      refused(
        s.requests,
        'Requests_EndOutOfRange',
        () => story.attempt.thaw({ newEnd: latest + 1 }),
        () => story.attempt.thaw({ newEnd: story.end - 1 }),
        () => story.attempt.thaw({ newEnd: 2 ** 40 - 1 }),
      ),
    );
    await story.thaw(latest);
    await story.freeze();
    await refused(
      s.requests,
      'Requests_EndOutOfRange',
      () => story.attempt.thaw({ newEnd: latest + 1 }), // counted from the original end
      () => story.attempt.thaw({ newEnd: story.described.challengeEnd }), // before the end it has now
    );
    await story.thaw(latest);
    await story.finalise();
  });

  it('scenario 22: rescue one second early reverts, on time it frees; a request that is Submitted is never rescued', async () => {
    const s = await loadFixture(system);
    const frozen = await (await (await request(s)).submit()).freeze();
    const submitted = await (await request(s, { lane: 1 })).submit();
    const from = frozen.described.challengeEnd + PARAMETERS.rescueDelay;
    await at(from);
    await refused(s.requests, 'Requests_TooEarly', () => frozen.attempt.rescue());
    await time.increaseTo(submitted.described.challengeEnd + PARAMETERS.rescueDelay + 1);
    await refused(s.requests, 'Requests_NotCurrent', () => submitted.attempt.rescue());
    const gains = await changes(s, { node: s.node, requester: s.requester }, () => frozen.attempt.rescue());
    expect(gains).to.deep.equal({ node: SLICE, requester: FEE });
    await submitted.finalise();
  });

  it('scenario 22: no parameter set has a rescue that a sound game could still be overtaken by', async () => {
    const s = await loadFixture(system);
    const { windowSeconds, responseSeconds } = PARAMETERS;
    const shortest = 2 * (windowSeconds + 2 * 8 * responseSeconds) + 30 * 86_400;
    await expect(appendSet(s, { rescueDelay: shortest })).to.be.revertedWithCustomError(
      s.requests,
      'Requests_BadParameter',
    );
    await appendSet(s, { rescueDelay: shortest + 1 });
  });

  it('scenario 23: without an arbiter nothing can be frozen and finality comes by time', async () => {
    const s = await systemWith({ arbiter: ZeroAddress });
    const story = await (await request(s)).submit();
    await nobodyLoses(s, () =>
      refused(
        s.requests,
        'Requests_NotArbiter',
        () => story.attempt.freeze(),
        () => story.attempt.freeze({ by: s.governor }),
        () => story.attempt.condemn(),
      ),
    );
    await refused(s.requests, 'Requests_TooEarly', () => story.attempt.finalise());
    await story.finalise();
    await checkMoney(s);
  });
});
