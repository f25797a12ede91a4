import { expect } from 'chai';
import { at, inOneBlock, loadFixture, onAFork, time } from '../support/contracts/chain.ts';
import { changes, nobodyLoses } from '../support/contracts/money.ts';
import { request } from '../support/contracts/request.ts';
import { FEE, PARAMETERS, ROYALTY, system } from '../support/contracts/system.ts';

const SLICE = PARAMETERS.sliceFloor;
const TIP = (FEE * BigInt(PARAMETERS.tipBps)) / 10_000n;
const PROTOCOL = (FEE * BigInt(PARAMETERS.protocolBps)) / 10_000n;

describe('attacks from the mempool', () => {
  it('attack 4: a node that copies the result of another cannot submit it', async () => {
    const s = await loadFixture(system);
    const implied = await request(s);
    const accepted = await (await request(s, { lane: 1 })).accept();
    await nobodyLoses(s, async () => {
      await expect(implied.attempt.submit({ by: s.rival })).to.be.revertedWithCustomError(
        s.nodes,
        'Nodes_KeyNotAllowed',
      );
      await expect(implied.attempt.accept({ by: s.rival })).to.be.revertedWithCustomError(
        s.requests,
        'Requests_Reserved',
      );
      for (const story of [implied, accepted])
        await expect(story.attempt.submit({ by: s.rival, acceptedBy: s.rival.address })).to.be.revertedWithCustomError(
          s.requests,
          'Requests_NotCurrent',
        );
    });
    await (await implied.submit()).finalise();
    await (await accepted.submit()).finalise();
  });

  it('attack 5: a requester that saw the result in the mempool cannot take its fee back', async () => {
    const s = await loadFixture(system);
    const reserved = await request(s);
    const accepted = await (await request(s, { lane: 1 })).accept();
    await nobodyLoses(s, async () => {
      await expect(reserved.attempt.cancel()).to.be.revertedWithCustomError(s.requests, 'Requests_Reserved');
      await expect(reserved.attempt.cancel({ declined: true })).to.be.revertedWithCustomError(
        s.requests,
        'Requests_NotCurrent',
      );
      await expect(accepted.attempt.cancel()).to.be.revertedWithCustomError(s.requests, 'Requests_Reserved');
      await expect(accepted.attempt.cancel({ declined: true })).to.be.revertedWithCustomError(
        s.requests,
        'Requests_NotCurrent',
      );
    });
    await time.increaseTo(accepted.terms.openAt + 1);
    await expect(accepted.attempt.cancel()).to.be.revertedWithCustomError(s.requests, 'Requests_NotCurrent');
    await (await accepted.submit()).finalise();
  });

  it('attack 6: an accomplice that accepts at openAt + 1 strands a late result, but no slice, and only a result that was late', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    const { openAt } = story.terms;
    await onAFork(async () => expect(await inOneBlock(openAt, () => story.attempt.submit())).to.deep.equal([true]));
    const late = await inOneBlock(
      openAt + 1,
      () => story.attempt.accept({ by: s.rival }),
      () => story.attempt.submit(),
    );
    expect(late).to.deep.equal([true, false]); // the late node loses its gas, nothing else
    const gains = await changes(s, { node: s.node, rival: s.rival }, () =>
      expect(story.attempt.submit()).to.be.revertedWithCustomError(s.requests, 'Requests_NotCurrent'),
    );
    expect(gains).to.deep.equal({ node: 0n, rival: 0n });
  });

  it('attack 16: a keeper cannot take the tip before the node had its time', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).submit();
    const from = story.end + PARAMETERS.tipDelay;
    await at(story.end + 1);
    await expect(story.attempt.finalise({ takeTip: true })).to.be.revertedWithCustomError(
      s.requests,
      'Requests_TooEarly',
    );
    await onAFork(async () => {
      await at(story.end + 2);
      const sniped = await changes(s, { keeper: s.keeper, node: s.node }, () => story.attempt.finalise());
      expect(sniped).to.deep.equal({ keeper: 0n, node: SLICE + FEE - ROYALTY - PROTOCOL });
    });
    await at(from);
    await expect(story.attempt.finalise({ takeTip: true })).to.be.revertedWithCustomError(
      s.requests,
      'Requests_TooEarly',
    );
    await at(from + 1);
    const paid = await changes(s, { keeper: s.keeper, node: s.node }, () => story.attempt.finalise({ takeTip: true }));
    expect(paid).to.deep.equal({ keeper: TIP, node: SLICE + FEE - ROYALTY - PROTOCOL - TIP });
  });

  it('attack 20: at the deadline exactly one of submit and expire is possible, in either order', async () => {
    const s = await loadFixture(system);
    const story = await request(s, { openIn: 100, dueIn: 100 });
    const submit = () => story.attempt.submit();
    const expire = () => story.attempt.expire();
    const { deadline } = story.terms;
    expect(await onAFork(() => inOneBlock(deadline, submit, expire))).to.deep.equal([true, false]);
    expect(await onAFork(() => inOneBlock(deadline, expire, submit))).to.deep.equal([false, true]);
    expect(await onAFork(() => inOneBlock(deadline + 1, submit, expire))).to.deep.equal([false, true]);
    expect(await onAFork(() => inOneBlock(deadline + 1, expire, submit))).to.deep.equal([true, false]);
  });

  it('attack 21: at the end of the window exactly one of challenge and finalise is possible, in either order', async () => {
    const s = await loadFixture(system);
    const story = await (await request(s)).submit();
    const freeze = () => story.attempt.freeze();
    const finalise = () => story.attempt.finalise();
    expect(await onAFork(() => inOneBlock(story.end, freeze, finalise))).to.deep.equal([true, false]);
    expect(await onAFork(() => inOneBlock(story.end, finalise, freeze))).to.deep.equal([false, true]);
    expect(await onAFork(() => inOneBlock(story.end + 1, freeze, finalise))).to.deep.equal([false, true]);
    expect(await onAFork(() => inOneBlock(story.end + 1, finalise, freeze))).to.deep.equal([true, false]);
  });

  it('attack 47: a named node that waits for openAt gains nothing from a last look: there is no rival before it passes', async () => {
    const s = await loadFixture(system);
    const story = await request(s);
    await at(story.terms.openAt);
    await nobodyLoses(s, () =>
      expect(story.attempt.accept({ by: s.rival })).to.be.revertedWithCustomError(s.requests, 'Requests_Reserved'),
    );
    await at(story.terms.openAt + 1);
    await story.accept(s.rival);
    await expect(story.attempt.submit({ by: s.node, acceptedBy: s.node.address })).to.be.revertedWithCustomError(
      s.requests,
      'Requests_NotCurrent',
    );
    await (await story.submit(s.rival)).finalise();
  });
});
