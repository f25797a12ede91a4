import { sqlJournal } from '../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../workers/adapters/journal/migrations.ts';
import { memoryJournal } from '../../workers/adapters/memory/journal.ts';
import { type Database, openDatabase } from '../../workers/adapters/sql/open.ts';
import { skipLoudly } from '../support/debian.ts';
import { type RunningServer, startPostgres } from '../support/servers.ts';
import { shouldBehaveLikeJournal } from './journalSuite.ts';

const TABLES = 'journal_block, journal_final, journal_event, journal_row, journal_result';

describe('the journal', () => {
  describe('in memory', () => shouldBehaveLikeJournal(async () => memoryJournal()));

  describe('on PGlite', () => {
    let database: Database;
    before(async () => {
      database = await openDatabase('pglite:memory', [journalMigrations]);
    });
    after(() => database.close());
    shouldBehaveLikeJournal(async () => {
      await database.sql.query(`truncate ${TABLES}`);
      return sqlJournal(database.sql);
    });
  });

  describe('on PostgreSQL', () => {
    let server: RunningServer | undefined;
    let database: Database | undefined;
    before(async function () {
      this.timeout(400_000);
      server = await startPostgres();
      if (!server) skipLoudly(this, 'PostgreSQL: the journal');
      database = await openDatabase(server.url, [journalMigrations]);
    });
    after(async () => {
      await database?.close();
      await server?.stop();
    });
    shouldBehaveLikeJournal(async () => {
      if (!database) throw new Error('no database');
      await database.sql.query(`truncate ${TABLES}`);
      return sqlJournal(database.sql);
    });
  });
});
