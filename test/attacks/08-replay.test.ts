import { expect } from 'chai';
import { keccak256 } from 'ethers';
import { network } from 'hardhat';
import { Tags } from '#core/protocol/tags.ts';
import { packTerms, type Terms } from '#core/protocol/terms.ts';
import { ethers, loadFixture, onAFork, time } from '../support/contracts/chain.ts';
import { floats, OUTPUT, TOLERANT } from '../support/contracts/model.ts';
import { changes, checkMoney, nobodyLoses } from '../support/contracts/money.ts';
import { refused } from '../support/contracts/refusals.ts';
import { request, Story, storiesOf, tryRequest } from '../support/contracts/request.ts';
import { DAY, deploySystem, PARAMETERS, system } from '../support/contracts/system.ts';

const now = () => time.latest();

describe('attacks by replay and reorganisation', () => {
  it('attack 29: a request that is mined again, later and in another block, keeps its id and its answer', async () => {
    const s = await loadFixture(system);
    const wish = { deadline: (await now()) + DAY, openAt: (await now()) + 3600 };
    const lost = await onAFork(async () => (await request(s, wish)).submit());
    await time.increase(60);
    const mined = await request(s, wish);
    expect(mined.id).to.equal(lost.id);
    expect(mined.packed).to.deep.equal(lost.packed);

    const sent = await lost.attempt.submit(); // the very call of the other branch
    await mined.submitted(sent, s.node);
    const id = (story: Story, outputHash: string) =>
      s.requests.submissionIdOf(story.packed, story.nonce, s.node, outputHash);
    expect(await id(mined, mined.described.outputHash)).to.equal(await id(lost, lost.described.outputHash));
    await mined.finalise();
  });

  it('attack 29: two requests of one requester that swap places change ids; the old submit reverts and takes no slice', async () => {
    const s = await loadFixture(system);
    const due = { deadline: (await now()) + DAY, openAt: (await now()) + 3600 };
    const wishes = [
      { ...due, lane: 0, input: floats(1, 1, 1, 1, 1, 1, 1, 1) },
      { ...due, lane: 1, input: floats(2, 2, 2, 2, 2, 2, 2, 2) },
    ];
    const first = await onAFork(async () => {
      const story = await request(s, wishes[0]);
      await request(s, wishes[1]);
      return story;
    });
    await request(s, wishes[1]);
    const swapped = await request(s, wishes[0]);
    expect(swapped.id).not.to.equal(first.id);
    await nobodyLoses(s, () =>
      expect(first.attempt.submit()).to.be.revertedWithCustomError(s.requests, 'Requests_NotCurrent'),
    );
    await (await swapped.submit()).finalise(); // sent again for what is there now
  });

  it('attack 30: what holds in one deployment means nothing in another', async () => {
    const s = await loadFixture(system);
    const other = await deploySystem(s.token);
    await s.token.connect(s.requester).approve(other.escrow, 2n ** 255n);
    await other.escrow.connect(s.requester).deposit(PARAMETERS.sliceFloor);
    const due = { deadline: (await now()) + DAY, openAt: (await now()) + 3600 };
    const here = await request(s, due);
    const there = await request(other, due);
    expect(there.packed.shares).to.equal(here.packed.shares);
    expect(there.id).not.to.equal(here.id);

    const replayed = new Story(other, s.requester, here.terms, here.nonce, here.id, TOLERANT);
    const { attempt } = replayed;
    await refused(
      s.requests,
      'Requests_NotCurrent',
      () => attempt.submit(),
      () => attempt.accept(),
      () => attempt.decline(),
    );
    await here.is('Requested');
    await there.is('Requested');
    await checkMoney(s);
    await checkMoney(other);
  });

  it('attack 30: on a chain that forks off with another chain id every request has another id', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    expect(story.id).to.equal(await story.expectedId());
    const fork = await network.create({ network: 'local', override: { chainId: 10_740 } });
    const address = await s.requests.getAddress();
    const code = await ethers.provider.getCode(address); // immutables included: nothing may be cached in them
    await fork.ethers.provider.send('hardhat_setCode', [address, code]);
    const forked = await fork.ethers.getContractAt('IInferenceRequests', address);
    const id = await forked.idOf(story.packed, story.nonce);
    expect(id).not.to.equal(story.id);
    expect(id).to.equal(
      await new Story({ ...s, chainId: 10_740n }, s.requester, story.terms, story.nonce, id, TOLERANT).expectedId(),
    );
  });

  it('attack 31: old terms never match the next tenant of a lane, were it identical to the wei and second', async () => {
    const s = await loadFixture(system);
    const due = { deadline: (await now()) + DAY, openAt: (await now()) + 3600 };
    const old = await request(s, due);
    const answered = await request(s, { ...due, lane: 1 });
    await answered.submit();
    await answered.finalise();
    await time.increaseTo(due.openAt);
    await old.attempt.cancel();
    const tenant = await request(s, due);
    await request(s, { ...due, lane: 1 });
    expect(tenant.packed).to.deep.equal(old.packed);
    expect(tenant.id).not.to.equal(old.id);

    await nobodyLoses(s, async () => {
      await refused(
        s.requests,
        'Requests_NotCurrent',
        () => old.attempt.cancel(),
        () => old.attempt.submit(),
        () => old.attempt.accept(),
        () => answered.attempt.finalise(),
        () => answered.attempt.submit(),
      );
      await time.increaseTo(due.deadline);
      await expect(old.attempt.expire()).to.be.revertedWithCustomError(s.requests, 'Requests_NotCurrent');
    });
    await tenant.is('Requested');
  });

  it('attack 32: a requester cannot block the lane under a node that works for it', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).accept();
    await nobodyLoses(s, () =>
      expect(tryRequest(s)).to.be.revertedWithCustomError(s.escrow, 'Escrow_LaneBusy').withArgs(s.requester, 0),
    );
    await (await story.submit()).finalise();
  });

  it("attack 32: nobody else can open a requester's lanes", async () => {
    const s = await loadFixture(system);
    const sent = await tryRequest(s, { by: s.attacker });
    const [theirs] = await storiesOf(s, sent, { by: s.attacker });
    expect(theirs?.terms.requester).to.equal(s.attacker.address.toLowerCase());
    await nobodyLoses(s, async () => {
      const fee = 1n;
      const tag = `0x${'11'.repeat(32)}`;
      const thief = s.escrow.connect(s.attacker);
      await refused(
        s.escrow,
        'Escrow_NotCapability',
        () => thief.lock(s.requester, 0, fee, tag, false),
        () => thief.lock(s.attacker, 5, fee, tag, true),
        () => thief.lockMany(s.requester, 0, fee, [tag], false),
      );
    });
    await request(s); // the lane is free
  });

  it('attack 45: no kind of hash shares a prefix with another, and no state or amount reads as another', async () => {
    const s = await loadFixture(system);
    const tags = Object.values(Tags);
    expect(new Set(tags).size).to.equal(tags.length);

    const story = await (await request(s)).submit();
    const { terms } = story;
    const lies: Partial<Terms>[] = [
      { fee: terms.slice, slice: terms.fee },
      { fee: terms.fee + 1n },
      { slice: terms.slice - 1n },
      { royalty: 0n },
      { tc: 0 },
      { protocolBps: 0 },
      { lane: 1 },
      { items: 2 },
    ];
    await time.increaseTo(story.end);
    const gains = await changes(s, { attacker: s.attacker }, async () => {
      for (const lie of lies)
        await expect(
          s.requests.connect(s.attacker).finalise(packTerms({ ...terms, ...lie }), story.described, false, [], '0x'),
          JSON.stringify(Object.keys(lie)),
        ).to.be.revertedWithCustomError(s.requests, 'Requests_NotCurrent');
      for (const lie of [
        { end: story.end - 1 },
        { challengeEnd: 0, end: 0 },
        { outputHash: keccak256(OUTPUT) },
        { nonce: story.nonce + 1n },
      ])
        await expect(
          s.requests.finalise(story.packed, { ...story.described, ...lie }, false, [], '0x'),
        ).to.be.revertedWithCustomError(s.requests, 'Requests_NotCurrent');
    });
    expect(gains.attacker).to.equal(0n);
    await story.finalise();
  });
});
