/**
 * Databases as each released step left them (test/vectors/journals: SQL with data, frozen), opened by the program of today: everything is there, and reads as
 * what was written. A step that was edited after its release is refused by its checksum; one without such a file fails here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Migrations } from '#ports/sql.ts';
import { indexAnswers } from '../../workers/adapters/index/answers/answers.ts';
import { indexMigrations } from '../../workers/adapters/index/migrations.ts';
import { indexStore } from '../../workers/adapters/index/store.ts';
import { chainTables } from '../../workers/adapters/journal/chainTables.ts';
import { sqlJournal } from '../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../workers/adapters/journal/migrations.ts';
import { outboxMigrations } from '../../workers/adapters/outbox/migrations.ts';
import { sqlOutbox } from '../../workers/adapters/outbox/outbox.ts';
import { sqlRestoreMarks } from '../../workers/adapters/restored/marks.ts';
import { restoredMigrations } from '../../workers/adapters/restored/migrations.ts';
import { migrate } from '../../workers/adapters/sql/migrate.ts';
import { type Database, openDatabase } from '../../workers/adapters/sql/open.ts';
import { rejectsLater } from '../support/rejects.ts';

const FOLDER = new URL('../vectors/journals/', import.meta.url);
const AREAS = [journalMigrations, outboxMigrations, restoredMigrations, indexMigrations];

const hash = (digit: string) => `0x${digit.repeat(64)}` as const;
const [SENDER, TARGET, HOLDER] = [`0x${'5'.repeat(40)}`, `0x${'6'.repeat(40)}`, `0x${'7'.repeat(40)}`] as const;

describe('a database of an earlier version', function () {
  this.timeout(300_000);
  let database: Database;
  beforeEach(async () => {
    database = await openDatabase('pglite:memory', []);
  });
  afterEach(() => database.close());

  const load = async (file: string) => void (await database.sql.query(readFileSync(new URL(file, FOLDER), 'utf8')));

  it('is kept for every step that there is', () => {
    const steps = AREAS.flatMap(({ area, steps }) => steps.map(({ name }) => `${area}-${name}.sql`));
    expect(readdirSync(FOLDER)).to.have.members(steps);
  });

  for (const { name } of journalMigrations.steps)
    it(`journal ${name}: blocks, events, rows and results are there`, async () => {
      await load(`journal-${name}.sql`);
      await migrate(database.sql, AREAS);
      const journal = sqlJournal(database.sql);
      const tenth = { number: 10, hash: hash('a'), parentHash: hash('9'), timestamp: 1_700_000_000 };
      const newest = { number: 11, hash: hash('b'), parentHash: hash('a'), timestamp: 1_700_000_012 };
      expect(await journal.cursor()).to.deep.equal({ recent: [tenth, newest], final: tenth });
      const event = { type: 'Expired', id: hash('1') };
      expect(await journal.eventsOf(hash('1'))).to.deep.equal([
        { block: tenth, transactionHash: hash('c'), logIndex: 3, event, final: true },
      ]);
      const ended = { reason: 'the deadline passed', fee: 10n ** 18n };
      const sending = { attempts: 1, intent: `submit:${hash('2')}/0` };
      expect(await journal.row('serve', hash('1'))).to.deep.equal(row('1', 'expired', ended, undefined));
      expect(await journal.row('serve', hash('2'))).to.deep.equal(row('2', 'submitting', sending, 1_700_000_600));
      const result = {
        requestId: hash('2'),
        outputHash: hash('e'),
        submission: Uint8Array.of(0, 0xff, 0x10),
        output: Uint8Array.of(0, 0xff, 0x10, 0xab),
      };
      expect(await journal.result(hash('2'))).to.deep.equal(result);

      // It goes on where it was: the next block, the next stage, and never another result.
      await journal.record({ number: 12, hash: hash('f'), parentHash: hash('b'), timestamp: 1_700_000_024 }, []);
      expect(await journal.advance('serve', hash('2'), 'submitting', 'submitted')).to.equal(true);
      expect(await journal.checkAndRecord(result)).to.equal('same');
      await rejectsLater('journal.equivocation', journal.checkAndRecord({ ...result, outputHash: hash('0') }));
    });

  for (const { name } of outboxMigrations.steps)
    it(`outbox ${name}: transactions go on with their nonces and signed bytes`, async () => {
      await load(`outbox-${name}.sql`);
      await migrate(database.sql, AREAS);
      const outbox = sqlOutbox(database.sql);
      const common = { from: SENDER, to: TARGET, expiresAt: undefined, attempts: [], reason: undefined };
      const fees = { gasLimit: 250_000n, maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n };
      const first = { kind: 'call', raw: '0xbb', hash: hash('b'), ...fees, signedAt: 1_700_000_001_000 };
      const second = {
        ...first,
        raw: '0xcc',
        hash: hash('c'),
        maxFeePerGas: 2n ** 128n - 1n,
        maxPriorityFeePerGas: 1_250_000_000n,
        signedAt: 1_700_000_002_000,
      };
      const later = {
        ...(name === '0001-outbox' ? {} : { urgentAt: 1_700_000_590 }),
        ...(name === '0003-gain' ? { gain: 2n * 10n ** 18n } : {}),
      };
      expect(await outbox.open(SENDER)).to.deep.equal([
        {
          ...common,
          ...later,
          purpose: `submit:${hash('2')}/0`,
          data: '0x0203',
          expiresAt: 1_700_000_600,
          status: 'signed',
          nonce: 5,
          attempts: [first, second],
        },
        { ...common, purpose: `finalise:${hash('3')}/0`, data: '0x04', status: 'planned', nonce: 6 },
        {
          ...common,
          purpose: `expire:${hash('4')}/0`,
          data: '0x05',
          status: 'planned',
          nonce: undefined,
          reason: 'Requests_NotCurrent',
        },
      ]);
      expect((await outbox.get(`accept:${hash('1')}`))?.status).to.equal('settled');
      // What was planned is not planned again, a nonce that was kept is kept, and the next one is new.
      const again = {
        purpose: `accept:${hash('1')}`,
        from: SENDER,
        to: TARGET,
        data: '0x01',
        expiresAt: undefined,
      } as const;
      expect(await outbox.plan(again)).to.equal(false);
      expect(await outbox.allocateNonce(`finalise:${hash('3')}/0`, 5)).to.equal(6);
      expect(await outbox.allocateNonce(`expire:${hash('4')}/0`, 5)).to.equal(7);
    });

  for (const { name } of restoredMigrations.steps)
    it(`restored ${name}: what was held back stays so`, async () => {
      await load(`restored-${name}.sql`);
      await migrate(database.sql, AREAS);
      const marks = sqlRestoreMarks(database.sql);
      const mark = { restoredAt: 1_700_000_200, sinceBlock: 11, suspects: [SENDER], released: false };
      expect(await marks.read()).to.deep.equal(mark);
      await marks.write({ ...mark, released: true });
      expect(await marks.read()).to.deep.equal({ ...mark, released: true });
    });

  for (const { name } of indexMigrations.steps)
    it(`index ${name}: tells what it told, and takes its newest block back`, async () => {
      await load('journal-0001-journal.sql');
      await load(`index-${name}.sql`);
      await migrate(database.sql, AREAS);
      const [store, answers] = [indexStore(database.sql, chainTables), indexAnswers(database.sql, chainTables)];
      const available = async () =>
        (JSON.parse(JSON.stringify(await answers.balances({ account: HOLDER }, {}))) as { available: string })
          .available;
      expect(await available()).to.equal(`${2n ** 128n - 1n}`);
      expect(await store.newest()).to.deep.include({ number: 11, hash: hash('b') });
      await store.takeBack({ number: 11, hash: hash('b'), parentHash: hash('a'), timestamp: 1_700_000_012 });
      expect(await available()).to.equal('40');
      expect(await database.sql.query('select 1 from index_model')).to.deep.equal([]);
      expect(await store.newest()).to.deep.include({ number: 10, hash: hash('a') });
    });

  it('is left as it is by a second start, and refused if a released step is not what it was', async () => {
    for (const file of ['journal-0001-journal.sql', 'outbox-0001-outbox.sql']) await load(file);
    const applied = () => database.sql.query('select area, name, checksum from migration order by area, name');
    await migrate(database.sql, AREAS);
    const before = await applied();
    expect(before.length).to.equal(AREAS.flatMap(({ steps }) => steps).length);
    await migrate(database.sql, AREAS);
    expect(await applied()).to.deep.equal(before);

    const [first, ...rest] = outboxMigrations.steps as [Migrations['steps'][number]];
    const edited = { area: 'outbox', steps: [{ ...first, text: `${first.text} ` }, ...rest] };
    await rejectsLater('sql.migration_changed', migrate(database.sql, [edited]));
    await rejectsLater('sql.migration_unknown', migrate(database.sql, [{ area: 'outbox', steps: [first] }]));
    expect(await applied()).to.deep.equal(before);
  });
});

const row = (digit: string, stage: string, facts: object, dueAt: number | undefined) => ({
  track: 'serve',
  id: hash(digit),
  stage,
  facts,
  dueAt,
});
