import { outboxMigrations } from '../../workers/adapters/outbox/migrations.ts';
import { sqlOutbox } from '../../workers/adapters/outbox/outbox.ts';
import { type Database, openDatabase } from '../../workers/adapters/sql/open.ts';
import { skipLoudly } from '../support/debian.ts';
import { type RunningServer, startPostgres } from '../support/servers.ts';
import { shouldBehaveLikeOutbox } from './outboxSuite.ts';

const TABLES = 'outbox_attempt, outbox_intent, outbox_nonce';

describe('the outbox', () => {
  describe('on PGlite', () => {
    let database: Database;
    before(async () => {
      database = await openDatabase('pglite:memory', [outboxMigrations]);
    });
    after(() => database.close());
    shouldBehaveLikeOutbox(async () => {
      await database.sql.query(`truncate ${TABLES}`);
      return sqlOutbox(database.sql);
    });
  });

  describe('on PostgreSQL', () => {
    let server: RunningServer | undefined;
    let database: Database | undefined;
    before(async function () {
      this.timeout(400_000);
      server = await startPostgres();
      if (!server) skipLoudly(this, 'PostgreSQL: the outbox');
      database = await openDatabase(server.url, [outboxMigrations]);
    });
    after(async () => {
      await database?.close();
      await server?.stop();
    });
    shouldBehaveLikeOutbox(async () => {
      if (!database) throw new Error('no database');
      await database.sql.query(`truncate ${TABLES}`);
      return sqlOutbox(database.sql);
    });
  });
});
