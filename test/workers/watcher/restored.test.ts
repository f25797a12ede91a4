/** A journal that is a copy: what it holds back, from when, and until when. */
import { expect } from 'chai';
import type { BlockRef, Hex, LoggedEvent } from '#ports/chain.ts';
import type { RestoreMark } from '#ports/restored.ts';
import { sqlJournal } from '../../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../../workers/adapters/journal/migrations.ts';
import { outboxMigrations } from '../../../workers/adapters/outbox/migrations.ts';
import { sqlOutbox } from '../../../workers/adapters/outbox/outbox.ts';
import { sqlRestoreMarks } from '../../../workers/adapters/restored/marks.ts';
import { restoredMigrations } from '../../../workers/adapters/restored/migrations.ts';
import { type Database, openDatabase } from '../../../workers/adapters/sql/open.ts';
import { createHold } from '../../../workers/executor/hold.ts';
import { Restored } from '../../../workers/watcher/restored.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const hex = (n: number, bytes: number): Hex => `0x${n.toString(16).padStart(2 * bytes, '0')}`;
const NODE = hex(0xa, 20);
const [OLD, NEW] = [hex(0xb, 20), hex(0xc, 20)];
const NOW = 1_700_000_000;
const block = (number: number, timestamp = NOW - 1_000 + number): BlockRef => ({
  number,
  hash: hex(number + 1_000, 32),
  parentHash: hex(number + 999, 32),
  timestamp,
});
const request = (n: number) => hex(n, 32);

describe('a journal that is a copy', () => {
  let database: Database;
  const submitters = new Set<Hex>();
  /** Transactions on the chain: of the key that is in use, and of others. */
  let mined = 0;
  const minedOf = new Map<Hex, number>();
  before(async () => {
    database = await openDatabase('pglite:memory', [journalMigrations, outboxMigrations, restoredMigrations]);
  });
  after(() => database.close());
  beforeEach(async () => {
    submitters.clear();
    mined = 0;
    minedOf.clear();
    const tables = await database.sql.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'opg' and tablename <> 'migration'",
    );
    await database.sql.query(`truncate ${tables.map(({ name }) => name).join(', ')} cascade`);
  });

  /** As a new process has it. */
  function start(key = OLD, former: readonly Hex[] = [], node = NODE) {
    const [journal, marks] = [sqlJournal(database.sql), sqlRestoreMarks(database.sql)];
    const holds = createHold(journal, marks);
    const [log, metrics] = [recordedLog(), recordedMetrics()];
    const sender = { minedNonce: async (one: Hex) => (one === key ? mined : (minedOf.get(one) ?? 0)) };
    const maySubmit = async (_: Hex, one: Hex) => submitters.has(one);
    const restored = new Restored({ marks, journal, sender, holds, maySubmit, node, key, former, log, metrics });
    return { journal, marks, holds, restored, log, metrics };
  }
  const mark = (change: Partial<RestoreMark> = {}) =>
    start().marks.write({ restoredAt: NOW, sinceBlock: undefined, suspects: [OLD], released: false, ...change });
  async function asked(n: number, inBlock: BlockRef): Promise<Hex> {
    const { journal } = start();
    const id = request(n);
    // What the event says does not matter here: when it was said does.
    const event = { type: 'Requested', id } as unknown as LoggedEvent['event'];
    await journal.record(inBlock, [{ block: inBlock, transactionHash: hex(n, 32), logIndex: 0, event }]);
    await journal.open({ track: 'serve', id, stage: 'admitted', facts: {}, dueAt: undefined });
    return id;
  }
  const recorded = (id: Hex) =>
    start().journal.checkAndRecord({
      requestId: id,
      outputHash: hex(1, 32),
      submission: Uint8Array.of(1),
      output: Uint8Array.of(1),
    });
  async function given(nonces: number): Promise<void> {
    const outbox = sqlOutbox(database.sql);
    for (let i = 0; i < nonces; i++) {
      await outbox.plan({ purpose: `p${i}`, from: OLD, to: NODE, data: '0x', expiresAt: undefined });
      await outbox.allocateNonce(`p${i}`, 0);
    }
  }

  it('holds back what is older than its first start and has no result, and nothing else', async () => {
    await mark();
    const first = start();
    const before = await asked(1, block(10));
    const known = await asked(2, block(11));
    await recorded(known);
    expect(await first.holds(before), 'before it has started').to.equal(true);
    await first.restored.begin(block(12), NOW);
    // A chain whose clock is far ahead of this one's: its blocks' numbers count.
    const later = await asked(3, block(13, NOW + 50_000));
    const held = await Promise.all([before, known, later, request(99)].map((id) => first.holds(id)));
    expect(held).to.deep.equal([true, false, false, true]);
    expect(await first.restored.look()).to.equal(false);
    submitters.add(OLD);
    await first.restored.look();
    expect(first.metrics.values.get('worker_serve_held')).to.equal(1);
    // The next start is no new copy: what was asked meanwhile is served.
    const second = start();
    await second.restored.begin(block(20, NOW + 60_000), NOW + 9);
    expect([await second.holds(before), await second.holds(later)]).to.deep.equal([true, false]);
    expect(second.log.lines.filter(({ level }) => level === 'error')).to.have.length(1);
  });

  it('lets go when no key that may have signed may submit any more, in a final block', async () => {
    await mark({ suspects: [OLD, NODE] });
    submitters.add(OLD).add(NODE);
    const { holds, restored, journal, metrics } = start(NEW);
    const before = await asked(1, block(10));
    await restored.begin(block(10), NOW);
    expect(await restored.look()).to.equal(false);
    submitters.delete(OLD);
    expect(await restored.look(), 'one is left').to.equal(false);
    submitters.delete(NODE);
    expect(await restored.look(), 'it is not final').to.equal(false);
    await journal.record(block(11), []);
    submitters.add(OLD);
    await restored.look();
    submitters.delete(OLD);
    await restored.look();
    await journal.finalise(block(10));
    expect(await restored.look(), 'the block of before it came back is').to.equal(false);
    expect(await holds(before)).to.equal(true);
    await journal.finalise(block(11));
    expect(await restored.look()).to.equal(true);
    expect(await holds(before)).to.equal(false);
    expect(metrics.values.get('worker_serve_held')).to.equal(0);
    expect(await restored.look(), 'once').to.equal(false);
  });

  it('notices by itself that its hot key has sent more than it knows of', async () => {
    await given(3);
    mined = 3;
    const before = await asked(1, block(10));
    const well = start();
    await well.restored.begin(block(10), NOW);
    expect(await well.holds(before)).to.equal(false);
    mined = 4;
    const copy = start();
    await copy.restored.begin(block(10), NOW);
    expect(await copy.holds(before)).to.equal(true);
    expect(copy.log.lines.at(-1)).to.deep.include({ level: 'error', sent: 4, known: 3, suspects: [OLD] });
    // Noticed once: the start after it holds back nothing that was asked since.
    const later = await asked(2, block(11, NOW + 1_000));
    const again = start();
    await again.restored.begin(block(12, NOW + 2_000), NOW + 2_000);
    expect([await again.holds(before), await again.holds(later)]).to.deep.equal([true, false]);
  });

  it('takes an empty journal of a key that has sent something for one in place of another', async () => {
    mined = 57;
    const before = await asked(1, block(10));
    const empty = start();
    await empty.restored.begin(block(10), NOW);
    expect(await empty.holds(before)).to.equal(true);
    const said = { level: 'error', account: OLD, sent: 57, known: 0, suspects: [OLD] };
    expect(empty.log.lines.at(-1)).to.deep.include(said);
    const later = await asked(2, block(11, NOW + 1_000));
    const again = start();
    await again.restored.begin(block(12, NOW + 2_000), NOW + 2_000);
    expect([await again.holds(before), await again.holds(later)]).to.deep.equal([true, false]);
    // What it signs next has the nonce after those.
    const outbox = sqlOutbox(database.sql);
    await outbox.plan({ purpose: 'next', from: OLD, to: NODE, data: '0x', expiresAt: undefined });
    expect(await outbox.allocateNonce('next', 0)).to.equal(57);
  });

  it('suspects former keys too, and notices by one of them that it never met, not by one that was used by hand', async () => {
    await given(3);
    minedOf.set(OLD, 9);
    const before = await asked(1, block(10));
    const rotated = start(NEW, [OLD]);
    await rotated.restored.begin(block(10), NOW);
    expect(await rotated.holds(before)).to.equal(false);
    minedOf.set(hex(0xd, 20), 1);
    const older = start(NEW, [OLD, hex(0xd, 20)]);
    await older.restored.begin(block(10), NOW);
    expect(await older.holds(before)).to.equal(true);
    expect(older.log.lines.at(-1)).to.deep.include({ account: hex(0xd, 20), suspects: [OLD, NEW, hex(0xd, 20)] });
    const later = await asked(2, block(11, NOW + 1_000));
    const again = start(NEW, [OLD, hex(0xd, 20)]);
    await again.restored.begin(block(12, NOW + 2_000), NOW + 2_000);
    expect(await again.holds(later)).to.equal(false);
  });

  it('does not take an account’s own key, which people use by hand, for a sign', async () => {
    const before = await asked(1, block(10));
    minedOf.set(OLD, 9);
    for (const nonces of [0, 1]) {
      await given(nonces);
      for (const [sent, key, former] of [
        [9, OLD, []],
        [0, NEW, [OLD]],
      ] as const) {
        mined = sent;
        const own = start(key, former, OLD);
        await own.restored.begin(block(10), NOW);
        expect(await own.holds(before)).to.equal(false);
      }
    }
  });
});
