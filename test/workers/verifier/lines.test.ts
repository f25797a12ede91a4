import { expect } from 'chai';
import { ProtocolError } from '#core/errors.ts';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import { toVersionId } from '#core/protocol/ids.ts';
import { CHECK, DISPUTE } from '../../../workers/verifier/parts.ts';
import { eventually } from '../../support/eventually.ts';
import { frozen } from '../../support/story.ts';
import { challenged, NOW, RIGHT, requestOf, Story } from './verifierStory.ts';

const stranger = requestOf(1);
const own = requestOf(2);
const OTHER = toVersionId(`0x${'dd'.repeat(32)}`);
/** A file that never comes, as long as somebody waits for it. */
const silence = (_: unknown, signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
const unavailable = async () => {
  throw new ProtocolError('blobs.unavailable', { sha256: '', sources: 'none' });
};

describe('a verifier’s own dispute', () => {
  let story: Story;
  beforeEach(async () => {
    story = new Story();
    await story.published();
    await story.submitted(own);
    await story.block(own, [{ ...frozen, id: own }, challenged(own)] as ProtocolEvent[]);
  });
  const dueAt = async () => (await story.journal.row(DISPUTE, own))?.dueAt;

  it('is played while a stranger’s result is computed, however long that takes', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    story.checking = () => promise;
    await story.submitted(stranger, RIGHT);
    await story.arrives(NOW + 1);
    await eventually('the dispute was played', async () => (await dueAt()) === NOW + 301);
    await story.touch(own, NOW + 2);
    await story.arrives(NOW + 2);
    await eventually('the dispute was played again', async () => (await dueAt()) === NOW + 301);
    expect(await story.stage(stranger)).to.equal('due');
    resolve();
    await story.verifier.idle();
    expect(await story.stage(stranger)).to.equal('right');
  });
});

describe('a model’s file', () => {
  let story: Story;
  beforeEach(async () => {
    story = new Story();
    await story.published();
  });

  it('that does not come keeps nobody waiting but the results it is for', async () => {
    await story.published(OTHER, 'other');
    story.fetch = (wanted, signal) =>
      wanted.sha256 === 'other' ? silence(wanted, signal) : Promise.resolve({ path: '' });
    await story.submitted(stranger, RIGHT, OTHER);
    await story.submitted(own, RIGHT);
    await story.work();
    expect([await story.stage(stranger), await story.stage(own)]).to.deep.equal(['due', 'right']);
  });

  it('that is not to be had ends a check with the window, and is not asked for after that', async () => {
    let asked = 0;
    story.fetch = async () => {
      asked++;
      return unavailable();
    };
    await story.submitted(stranger);
    await story.work();
    expect([asked, await story.stage(stranger)]).to.deep.equal([1, 'due']);
    await story.work(2_601);
    expect([asked, await story.stage(stranger)]).to.deep.equal([1, 'late']);
  });

  it('that is not to be had ends a dispute of others once nobody could do anything with it', async () => {
    story.fetch = unavailable;
    await story.submitted(stranger);
    const other = { ...challenged(stranger), challenger: `0x${'7'.repeat(40)}` };
    await story.block(stranger, [{ ...frozen, id: stranger }, other] as ProtocolEvent[]);
    const stage = async () => (await story.journal.row(DISPUTE, stranger))?.stage;
    await story.work(NOW + 301);
    expect(await stage()).to.equal('open');
    await story.work(NOW + 340);
    expect(await stage()).to.equal('over');
  });
});

describe('a challenge of one’s own', () => {
  it('is upheld after its end though the model’s file is not to be had any more', async () => {
    const story = new Story();
    await story.published();
    story.fetch = unavailable;
    await story.submitted(own);
    await story.block(own, [{ ...frozen, id: own }, challenged(own)] as ProtocolEvent[]);
    await story.work(NOW + 300);
    expect(story.moves).to.deep.equal([]);
    await story.work(NOW + 310);
    expect(story.moves).to.deep.equal(['uphold']);
  });
});

describe('a check that fails for a reason nobody thought of', () => {
  it('does not keep the results behind it from being checked', async () => {
    const story = new Story();
    await story.published();
    story.checking = async (id) => {
      if (id === stranger) throw new TypeError('a strange model');
    };
    for (const id of [stranger, own]) await story.submitted(id, RIGHT);
    await story.work();
    expect([await story.stage(stranger), await story.stage(own)]).to.deep.equal(['due', 'right']);
    expect(await story.journal.row(CHECK, stranger)).to.include({ dueAt: NOW + 10 });
  });
});
