import { expect } from 'chai';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import { CHECK, DISPUTE } from '../../../workers/verifier/parts.ts';
import { retain } from '../../../workers/watcher/retention.ts';
import { condemned, frozen, node, requested, submittedBy } from '../../support/story.ts';
import { BOND, challenged, challengeOf, me, NOW, RIGHT, requestOf, Story } from './verifierStory.ts';

describe('a verifier’s bonds', () => {
  let story: Story;
  beforeEach(async () => {
    story = new Story();
    await story.published();
  });

  it('never exceed its budget, however many results are wrong, and go on as they come back', async () => {
    const ids = [1, 2, 3, 4, 5].map(requestOf);
    for (const id of ids) await story.submitted(id);
    await story.work();
    expect(story.sent).to.deep.equal(ids.slice(0, 2));
    expect(await Promise.all(ids.map(story.stage))).to.deep.equal([
      ...['accused', 'accused'],
      ...['unaffordable', 'unaffordable', 'unaffordable'],
    ]);
    expect(await story.locked()).to.equal(20n);
    for (let now = NOW; now < NOW + 60; now += 10) await story.work(now);
    expect(story.sent).to.have.length(2);

    // The first is over: its node was condemned, the pot claimed.
    const [first] = ids as [RequestId];
    const upheld = {
      type: 'Upheld',
      id: first,
      challenge: challengeOf(first),
      challenger: me,
      condemned: true,
    } as const;
    const claimed = { type: 'PotClaimed', id: first, challenger: me, amount: 1n } as const;
    const end = { ...condemned(node), id: first };
    await story.block(first, [{ ...frozen, id: first }, challenged(first)] as ProtocolEvent[]);
    await story.block(first, [upheld, end, claimed] as ProtocolEvent[]);
    await story.work(NOW + 70);
    await story.work(NOW + 80);
    expect(story.sent).to.deep.equal(ids.slice(0, 3));
    expect(await story.locked()).to.equal(20n);
  });

  it('are not posted beyond what the account has', async () => {
    story.free = BOND - 1n;
    await story.submitted(requestOf(1));
    await story.work();
    expect([story.sent, await story.stage(requestOf(1))]).to.deep.equal([[], 'unaffordable']);
    expect(
      story.log.lines.some(
        ({ message, reason }) => message.includes('not challenged') && String(reason).includes('9 wei'),
      ),
    ).to.equal(true);
    story.free = BOND;
    await story.work(NOW + 10);
    await story.work(NOW + 10);
    expect(story.sent).to.deep.equal([requestOf(1)]);
  });

  it('count from before they are sent: a death between the two leaves no room for another', async () => {
    const ids = [1, 2, 3].map(requestOf);
    for (const id of ids) await story.submitted(id);
    story.dies = true;
    await story.work();
    expect([await story.locked(), story.sent.length]).to.deep.equal([10n, 0]);
    story.dies = false;
    story.verifier = story.started();
    await story.work();
    await story.work(NOW + 10);
    await story.work(NOW + 20);
    expect([...story.sent].sort()).to.have.length(2);
    expect(await story.locked()).to.equal(20n);
  });

  it('are free again when their transaction comes to nothing, and the result is accused anew', async () => {
    const id = requestOf(1);
    await story.submitted(id);
    await story.work();
    story.intent(`challenge:${id}`, { status: 'abandoned', reason: 'Escrow_LaneBusy' });
    await story.work(NOW + 10);
    expect(story.sent).to.deep.equal([id, id]);
    expect(await story.locked()).to.equal(10n);
    story.intent(`challenge:${id}`, { status: 'signed', reason: undefined });
    for (const later of [20, 30]) await story.work(NOW + later);
    expect(story.sent).to.have.length(2);
  });

  it('are known to a process that lost its journal, from the chain', async () => {
    const id = requestOf(1);
    await story.submitted(id);
    await story.block(id, [{ ...frozen, id }, challenged(id)] as ProtocolEvent[]);
    await story.work();
    expect([story.sent, await story.stage(id), await story.locked()]).to.deep.equal([[], 'accused', 10n]);
  });
});

describe('a check', () => {
  let story: Story;
  const id = requestOf(1);
  beforeEach(async () => {
    story = new Story();
    await story.published();
  });

  it('is of the result that stands: after a reorganisation another one is looked at anew', async () => {
    const block = await story.submitted(id, RIGHT);
    await story.work();
    expect(await story.stage(id)).to.equal('right');
    await story.touch(id);
    expect(await story.stage(id)).to.equal('right');
    await story.orphan(block, id);
    await story.submitted(id);
    expect(await story.stage(id)).to.equal('due');
    await story.work();
    expect(story.sent).to.deep.equal([id]);
  });

  it('is drawn by lot once, also when another result comes', async () => {
    const block = await story.submitted(id);
    await story.journal.advance(CHECK, id, 'due', 'passed');
    await story.orphan(block, id);
    await story.submitted(id, RIGHT);
    expect(await story.stage(id)).to.equal('passed');
  });

  it('that led to a challenge is decided anew when the challenge fell out and was not sent again', async () => {
    const block = await story.submitted(id);
    await story.work();
    const posted = await story.block(id, [{ ...frozen, id }, challenged(id)] as ProtocolEvent[]);
    await story.work(NOW + 10);
    await story.orphan(posted, id);
    story.intent(`challenge:${id}`, { status: 'abandoned', reason: 'its time is over' });
    await story.work(NOW + 20);
    expect(story.sent).to.deep.equal([id, id]);
    await story.orphan(block, id);
    story.intent(`challenge:${id}`, { status: 'abandoned', reason: 'Requests_Gone' });
    await story.work(NOW + 30);
    expect([await story.stage(id), await story.locked()]).to.deep.equal(['over', 0n]);
  });

  it('is made of an answer that comes long after its request, and of a challenge long after the check', async () => {
    const old = () => retain(story.journal, undefined, 2, 0);
    await story.block(id, [{ ...requested({ deadline: NOW + 60 }), id }]);
    for (const wait of [1, 2, 3, 4]) await story.final(await story.block(requestOf(9 + wait), []));
    await old();
    await story.block(id, [{ ...submittedBy(node), output: RIGHT, outputHash: RIGHT, id } as ProtocolEvent]);
    await story.work();
    expect(await story.stage(id)).to.equal('right');

    for (const wait of [1, 2, 3, 4]) await story.final(await story.block(requestOf(9 + wait), []));
    await old();
    expect(await story.stage(id), 'drawn once').to.equal('right');
    await story.block(id, [{ ...frozen, id }, challenged(id)] as ProtocolEvent[]);
    expect((await story.journal.row(DISPUTE, id))?.stage).to.equal('open');
  });

  it('ends without a challenge where demands could not be answered in time: a run takes more than a quarter of R', async () => {
    story.runSeconds = 31;
    await story.submitted(id);
    await story.work();
    expect([story.sent, await story.stage(id), await story.locked()]).to.deep.equal([[], 'slow', 0n]);
    expect(story.log.lines.some(({ reason }) => String(reason).includes('31.0 s'))).to.equal(true);
    const quick = requestOf(2);
    story.runSeconds = 30;
    await story.submitted(quick);
    await story.work();
    expect(story.sent).to.deep.equal([quick]);
  });

  it('comes too late once the window is over', async () => {
    await story.submitted(id);
    await story.work(2_601);
    expect(await story.stage(id)).to.equal('late');
  });
});

describe('a dispute', () => {
  it('is looked at again for what came while it was looked at, whatever the look found', async () => {
    const story = new Story();
    await story.published();
    const id = requestOf(1);
    await story.submitted(id);
    await story.block(id, [{ ...frozen, id }, challenged(id)] as ProtocolEvent[]);
    const dueAt = async () => (await story.journal.row(DISPUTE, id))?.dueAt;
    await story.work(NOW + 1);
    expect(await dueAt(), 'nothing to do before the end').to.equal(NOW + 301);
    await story.touch(id, NOW + 2);
    story.meanwhile = () => story.touch(id, NOW + 3);
    await story.work(NOW + 2);
    expect(await dueAt()).to.equal(NOW + 3);
  });
});
