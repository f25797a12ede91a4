import { expect } from 'chai';
import type { Hex } from '#ports/chain.ts';
import { EXECUTOR_ROWS, VERSION_ROWS } from '#ports/work.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { Meter } from '../../../workers/executor/meter.ts';
import { createPacing } from '../../../workers/executor/pacing.ts';
import { fakeClock } from '../../support/fakeClock.ts';
import { publish, word } from '../../support/proving.ts';

describe('what a request takes of an executor', () => {
  it('is the time it ran, shared with what ran beside it', () => {
    const clock = fakeClock();
    const meter = new Meter(clock);
    const first = meter.begin();
    clock.advance(1_000);
    const second = meter.begin();
    clock.advance(4_000);
    const shareOfFirst = first();
    clock.advance(3_000);
    const shareOfSecond = second();
    // 1 s alone and half of 4 s; half of 4 s and 3 s alone: 8 s in all.
    expect([shareOfFirst, shareOfSecond]).to.deep.equal([3, 5]);
    clock.advance(60_000);
    expect(meter.begin()(), 'idle time is nobody’s').to.equal(0);
  });

  const versionSeconds = async (journal: ReturnType<typeof memoryJournal>, id: Hex) =>
    (await journal.row(VERSION_ROWS.track, id))?.facts['itemSeconds'];

  it('is told by item, without the first, and again when it changed', async () => {
    const journal = memoryJournal();
    const version = word(1);
    await publish(journal, version);
    const pacing = createPacing(journal, fakeClock());
    pacing.learn(version, 1, 30); // fetching and compiling
    await pacing.beat();
    expect(await versionSeconds(journal, version)).to.equal(undefined);
    pacing.learn(version, 4, 2);
    await pacing.beat();
    expect(await versionSeconds(journal, version)).to.equal(0.5);
    pacing.learn(version, 1, 0.6);
    await pacing.beat();
    expect(await versionSeconds(journal, version), 'no news').to.equal(0.5);
    for (let i = 0; i < 50; i++) pacing.learn(version, 1, 2);
    await pacing.beat();
    expect(Number(await versionSeconds(journal, version)).toFixed(1)).to.equal('2.0');
  });

  it('counts processes that gave a sign of life, until they leave', async () => {
    const journal = memoryJournal();
    const clock = fakeClock();
    const [one, two] = [createPacing(journal, clock), createPacing(journal, clock)];
    await one.beat();
    await two.beat();
    clock.advance(5_000);
    await one.beat();
    const { track, stage } = EXECUTOR_ROWS;
    const there = async () => (await journal.ready(track, stage, { limit: 10 })).map(({ dueAt }) => dueAt);
    const [sooner = 0, later = 0] = await there();
    expect(later - sooner).to.equal(5);
    await one.leave();
    expect(await there()).to.have.length(1);
  });
});
