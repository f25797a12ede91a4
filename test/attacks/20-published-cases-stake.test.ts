// Cases 24 to 37 of the collection of published audits: stake, slashing, registries. The table in README.md says where
// each number is, or why it does not apply yet.
import { expect } from 'chai';
import { at, ethers, inOneBlock, loadFixture, time } from '../support/contracts/chain.ts';
import { contentOf, OTHER_OUTPUT, TOLERANT } from '../support/contracts/model.ts';
import { availableOf, BURN, changes, checkMoney, holdingOf, nobodyLoses, stakeOf } from '../support/contracts/money.ts';
import { refused } from '../support/contracts/refusals.ts';
import { request, requestMany } from '../support/contracts/request.ts';
import { FEE, FUNDS, PARAMETERS, ROYALTY, system, systemWith, UNBONDING } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
const STAKE = FUNDS / 2n;

describe('published cases: stake, slashing, registries', () => {
  it('case 15: a second unbonding begins its own delay, for all that is queued, and for nobody else', async () => {
    const s = await loadFixture(system);
    const [node, rival] = [s.escrow.connect(s.node), s.escrow.connect(s.rival)];
    await node.unstake(100n);
    await rival.unstake(7n);
    const { readyAt: theirs } = await s.escrow.unbondingOf(s.rival);
    await time.increase(UNBONDING - 100);
    await node.unstake(1n);
    const { amount, readyAt } = await s.escrow.unbondingOf(s.node);
    expect(amount).to.equal(101n);
    expect(readyAt).to.equal((await time.latest()) + UNBONDING);
    expect((await s.escrow.unbondingOf(s.rival)).readyAt).to.equal(theirs);
    await at(theirs);
    await rival.release();
    await refused(s.escrow, 'Escrow_StillUnbonding', () => node.release());
    await at(readyAt - 1n);
    await refused(s.escrow, 'Escrow_StillUnbonding', () => node.release());
    await at(readyAt);
    await node.release();
    await checkMoney(s);
  });

  it('case 24: an exit queued before the fault does not escape it', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    await s.escrow.connect(s.node).unstake(STAKE - SLICE); // queued first, then the fault
    await story.submit(s.node, OTHER_OUTPUT);
    const gains = await changes(s, { node: s.node }, async () => {
      await (await story.freeze()).attempt.condemn();
    });
    expect(gains.node).to.equal(0n); // the slice had gone at submit
    await time.increase(UNBONDING);
    await s.escrow.connect(s.node).release();
    expect(await availableOf(s, s.node)).to.equal(FUNDS - SLICE);
  });

  it('case 25: an exit in front of the slash in the same block changes nothing about it', async () => {
    const s = await loadFixture(system);
    const story = await (await (await request(s)).submit(s.node, OTHER_OUTPUT)).freeze();
    const exit = () => s.escrow.connect(s.node).unstake(STAKE - SLICE, { gasLimit: 200_000 });
    const done = await inOneBlock((await time.latest()) + 5, exit, () => story.attempt.condemn());
    expect(done).to.deep.equal([true, true]);
    expect(await availableOf(s, await s.arbiter.getAddress())).to.equal((SLICE * 4n) / 10n);
    expect(await holdingOf(s, s.node.address)).to.deep.equal({
      available: FUNDS - STAKE,
      stake: 0n,
      unbonding: STAKE - SLICE,
    });
    await checkMoney(s);
  });

  it('case 26: a second slash for one fault is a no-op, and no slash exceeds its slice', async () => {
    const s = await loadFixture(system);
    const story = await (await (await request(s)).submit()).freeze();
    await story.attempt.condemn();
    await nobodyLoses(s, async () => {
      expect(await story.attempt.answers('condemn')).to.equal(false);
      await story.attempt.condemn();
    });
    expect(await stakeOf(s, s.node)).to.equal(STAKE - SLICE);
  });

  it('case 27: slashes of a wei and of odd amounts are shared to the last wei', async () => {
    for (const sliceFloor of [1n, 3n, 9_999n, 10_001n]) {
      const s = await systemWith({ sliceFloor, thetaPct: 0 });
      const arbiter = await s.arbiter.getAddress();
      const gains = await changes(s, { requester: s.requester, pot: arbiter, burn: BURN, node: s.node }, async () => {
        await (await (await (await request(s)).submit()).freeze()).attempt.condemn();
      });
      expect(gains.requester + gains.pot + gains.burn + gains.node).to.equal(0n);
      expect(-gains.node).to.equal(sliceFloor);
      expect(gains.burn > 0n).to.equal(true); // what rounds away is burned, never kept
    }
  });

  it('case 28: after a slash of everything a node stakes and works again', async () => {
    const s = await loadFixture(system);
    await s.escrow.connect(s.node).unstake(STAKE - SLICE);
    await (await (await (await request(s)).submit()).freeze()).attempt.condemn();
    expect(await stakeOf(s, s.node)).to.equal(0n);
    await s.escrow.connect(s.node).stake(SLICE);
    await (await (await request(s)).submit()).finalise();
    expect(await stakeOf(s, s.node)).to.equal(SLICE);
  });

  it('case 29: a withdrawal can always be completed: of nothing, of everything, from under a slash', async () => {
    const s = await loadFixture(system);
    const escrow = s.escrow.connect(s.node);
    await escrow.release(); // nothing is queued: nothing happens
    await escrow.unstake(0n);
    await (await (await (await request(s)).submit()).freeze()).attempt.condemn();
    await escrow.unstake(STAKE - SLICE);
    await time.increase(UNBONDING);
    await escrow.release();
    await escrow.withdraw(FUNDS - SLICE, s.buyer);
    expect(await holdingOf(s, s.node.address)).to.deep.equal({ available: 0n, stake: 0n, unbonding: 0n });
    await checkMoney(s);
  });

  it('case 30: no account sets a delay for another, and none is unbounded', async () => {
    const s = await loadFixture(system);
    expect(await s.escrow.unbondingDelay()).to.equal(BigInt(UNBONDING));
    const { interface: abi } = await ethers.getContractAt('Escrow', s.escrow);
    const setters = abi.fragments.filter(
      (f) => f.type === 'function' && /delay/i.test(f.format()) && !/view/.test(f.format('full')),
    );
    expect(setters).to.deep.equal([]); // an immutable
  });

  it('case 32: a node that withdrew its offer, keys and stake settles each request once', async () => {
    const s = await loadFixture(system);
    await s.nodes.connect(s.node).setOffer(s.version, FEE / 2n, 60, 2 ** 40 - 1);
    const story = await (await request(s)).submit();
    await s.nodes.connect(s.node).setOffer(s.version, 0n, 0, 0);
    await s.nodes.connect(s.node).setNode(0, '');
    await s.escrow.connect(s.node).unstake(STAKE - SLICE);
    const gains = await changes(s, { node: s.node }, () => story.finalise());
    expect(gains.node).to.equal(SLICE + FEE - ROYALTY - FEE / 20n);
    await time.increase(30 * 86_400);
    await nobodyLoses(s, () => refused(s.requests, 'Requests_NotCurrent', () => story.attempt.finalise()));
  });

  it('case 33: nothing grows with the number of calls: the hundredth unstake costs what the second did', async () => {
    const s = await loadFixture(system);
    const escrow = s.escrow.connect(s.node);
    const gasOf = async () => (await (await escrow.unstake(1n)).wait())?.gasUsed;
    await gasOf();
    const second = await gasOf();
    for (let i = 0; i < 97; i++) await gasOf();
    expect(await gasOf()).to.equal(second);
    // Others' deposits and requests do not lengthen it either.
    await s.escrow.connect(s.attacker).depositFor(s.node, 1n);
    await requestMany(s, 32, { by: s.attacker });
    expect(await gasOf()).to.equal(second);
  });

  it('case 35: a request keeps the version it paid for when that is retired and a better one published', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    const better = { ...contentOf(TOLERANT), sha256Hash: `0x${'b2'.repeat(32)}` };
    await s.models.connect(s.owner).publish(s.model, better, 9n * ROYALTY, [], '{}', '{}');
    await s.models.connect(s.owner).retire(s.version);
    await (await story.submit()).finalise();
    expect(story.terms.version).to.equal(s.version);
    expect((await s.models.contentOf(s.version)).sha256Hash).to.equal(contentOf(TOLERANT).sha256Hash);
  });

  it('case 36: no name is squatted, no content published twice, no zero model, no id used again', async () => {
    const s = await loadFixture(system);
    const attacker = s.models.connect(s.attacker);
    const owner = s.models.connect(s.owner);
    const content = contentOf(TOLERANT);
    await refused(
      s.models,
      'Models_NotOwner',
      () => attacker.createModel('acme', 'other'),
      () => attacker.publish(s.model, content, 0n, [], '{}', '{}'),
      () => attacker.retire(s.version),
      () => attacker.setRoyalty(s.version, 1n),
    );
    await refused(s.models, 'Models_NameTaken', () => owner.createModel('acme', 'digits'));
    await refused(s.models, 'Models_AlreadyPublished', () => owner.publish(s.model, content, 1n, [], '{}', '{}'));
    const zero = { ...content, sha256Hash: `0x${'0'.repeat(64)}` };
    await refused(s.models, 'Models_BadField', () => owner.publish(s.model, zero, 0n, [], '{}', '{}'));
    await attacker.createModel('evil', 'digits');
    await attacker.publish(2n, content, 0n, [], '{}', '{}'); // the same content under another model is another version
    expect(await s.models.versionId(2n, content)).not.to.equal(s.version);
    expect(await s.models.modelOf('acme', 'digits')).to.equal(1n);
  });

  it('case 37: slashed parts leave when it is their time: the pot by the arbiter, the burned part by anybody', async () => {
    const s = await loadFixture(system);
    const story = await (await (await request(s)).submit()).freeze();
    await at((await time.latest()) + 60);
    await story.attempt.condemn();
    const pot = (SLICE * 4n) / 10n;
    expect(await availableOf(s, BURN)).to.equal(SLICE - FEE - pot);
    await s.escrow.connect(s.attacker).flushBurn();
    expect(await s.token.balanceOf(BURN)).to.equal(SLICE - FEE - pot);
    await nobodyLoses(s, () => s.escrow.connect(s.attacker).flushBurn()); // nothing is there twice
    const data = s.escrow.interface.encodeFunctionData('withdraw', [pot, s.buyer.address]);
    await s.arbiter.execute(await s.escrow.getAddress(), data);
    expect(await s.token.balanceOf(s.buyer)).to.equal(pot);
    await checkMoney(s);
  });
});
