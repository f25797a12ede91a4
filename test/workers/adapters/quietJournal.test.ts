import { expect } from 'chai';
import type { Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import { quietJournal } from '../../../workers/adapters/journal/quiet.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { seeded } from '../../support/seeded.ts';

const word = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;
const STAGES = ['pending', 'closing', 'closed'] as const;

/** A journal that counts how often it is asked for rows. */
function counted(): { readonly journal: Journal; asked(): number } {
  const plain = memoryJournal();
  let asked = 0;
  const ready: Journal['ready'] = (...args) => {
    asked++;
    return plain.ready(...args);
  };
  return { journal: { ...plain, ready }, asked: () => asked };
}

describe('a journal that knows when nothing is due', () => {
  it('answers as the journal does, whatever was written before', async () => {
    const random = seeded(61);
    const [plain, quiet] = [memoryJournal(), quietJournal(memoryJournal())];
    let found = 0;
    for (let step = 0; step < 3_000; step++) {
      const [id, stage, to] = [word(random.int(12)), random.pick(STAGES), random.pick(STAGES)];
      const dueAt = random.pick([undefined, random.int(100)]);
      const changes = [{}, { dueAt: null }, { dueAt: random.int(100) }];
      const change = random.pick(changes);
      const dueBefore = random.int(110);
      const kind = random.int(4);
      const [one, two] = await Promise.all(
        [plain, quiet].map((journal) => {
          if (kind === 0) return journal.open({ track: 'keep', id, stage, facts: {}, dueAt });
          if (kind === 1) return journal.advance('keep', id, stage, to, change);
          return journal.ready('keep', stage, { limit: 5, dueBefore });
        }),
      );
      expect(two, `step ${step}`).to.deep.equal(one);
      if (Array.isArray(one) && one.length > 0) found++;
    }
    expect(found).to.be.greaterThan(100);
  });

  it('asks no more while nothing comes due', async () => {
    const { journal, asked } = counted();
    const quiet = quietJournal(journal);
    await quiet.open({ track: 'keep', id: word(1), stage: 'pending', facts: {}, dueAt: 1_000 });
    const due = (now: number) => quiet.ready('keep', 'pending', { limit: 5, dueBefore: now });
    for (let now = 0; now < 1_000; now++) expect(await due(now)).to.have.length(0);
    expect(asked()).to.equal(2);
    expect(await due(1_000)).to.have.length(1);
  });

  it('does not keep what it found out while a row was written', async () => {
    const plain = memoryJournal();
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const slow: Journal = {
      ...plain,
      ready: async (...args) => {
        const rows = await plain.ready(...args);
        await opened;
        return rows;
      },
    };
    const quiet = quietJournal(slow);
    const asking = quiet.ready('keep', 'pending', { limit: 5, dueBefore: 10 });
    await quiet.open({ track: 'keep', id: word(1), stage: 'pending', facts: {}, dueAt: 5 });
    open();
    await asking;
    expect(await quiet.ready('keep', 'pending', { limit: 5, dueBefore: 10 })).to.have.length(1);
  });
});
