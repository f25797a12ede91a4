import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Client } from 'pg';
import type { Migrations } from '#ports/sql.ts';
import { placeEmptyJournal } from '../../scripts/demo/journalTemplate.ts';
import { openDatabase } from '../../workers/adapters/sql/open.ts';
import { skipLoudly } from '../support/debian.ts';
import { Door } from '../support/door.ts';
import { eventually } from '../support/eventually.ts';
import { rejectsLater } from '../support/rejects.ts';
import { freePort, type RunningServer, startPostgres } from '../support/servers.ts';
import { shouldBehaveLikeSql } from './sqlSuite.ts';

describe('the database', () => {
  describe('on PGlite', () => {
    const home = mkdtempSync(path.join(os.tmpdir(), 'opg-pglite-'));
    after(() => rmSync(home, { recursive: true }));
    shouldBehaveLikeSql((areas: readonly Migrations[]) => openDatabase(`pglite:${home}/database`, areas));

    it('does not grow with what is written over and over', async () => {
      const size = (folder: string) =>
        readdirSync(folder, { withFileTypes: true, recursive: true })
          .filter((entry) => entry.isFile())
          .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
      await placeEmptyJournal(`${home}/bounded`);
      const database = await openDatabase(`pglite:${home}/bounded`, []);
      await database.sql.query('create table page (content bytea)');
      await database.sql.query('alter table page alter content set storage external');
      await database.sql.query(`insert into page values ('')`);
      const content = new Uint8Array(2 ** 18);
      const rewrite = async (times: number) => {
        for (let n = 0; n < times; n++) await database.sql.query('update page set content = $1', [content]);
      };
      await rewrite(160);
      const before = size(`${home}/bounded`);
      await rewrite(320);
      expect(size(`${home}/bounded`) - before).to.be.below(64 * 2 ** 20);
      await database.close();
    });
  });

  describe('on PostgreSQL', () => {
    let server: RunningServer | undefined;
    before(async function () {
      this.timeout(400_000);
      server = await startPostgres();
      if (!server) skipLoudly(this, 'PostgreSQL: the database');
    });
    after(() => server?.stop());
    shouldBehaveLikeSql((areas: readonly Migrations[]) => openDatabase(server?.url ?? '', areas));

    it('keeps processes with schemas of their own apart', async () => {
      const one = await openDatabase(`${server?.url}?schema=one`, []);
      const two = await openDatabase(`${server?.url}?schema=two`, []);
      await one.sql.query('create table here (n integer)');
      const [found] = await two.sql.query(`select to_regclass('here') as here`);
      expect(found).to.deep.equal({ here: null });
      await Promise.all([one.close(), two.close()]);
    });

    it('survives the end of a connection that a transaction holds between two queries', async () => {
      const database = await openDatabase(`${server?.url}?schema=between`, []);
      try {
        const work = database.sql.transaction(async (tx) => {
          const [own] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
          const other = new Client({ connectionString: server?.url ?? '' });
          await other.connect();
          await other.query('select pg_terminate_backend($1)', [own?.pid]);
          await other.end();
          await sleep(200); // the news arrives while nothing is asked
          await tx.query('select 1');
        });
        await rejectsLater('sql.unavailable', work);
        expect(await database.sql.query('select 1 as one')).to.deep.equal([{ one: 1 }]);
      } finally {
        await database.close();
      }
    });

    it('says of a statement that the server gave up on that it is to be tried again', async () => {
      const database = await openDatabase(`${server?.url}?schema=slow`, []);
      try {
        const work = database.sql.transaction(async (tx) => {
          await tx.query('set local statement_timeout = 1');
          await tx.query('select pg_sleep(600)');
        });
        const error = await rejectsLater('sql.unavailable', work);
        expect(error.message).to.contain('statement timeout');
        expect(await database.sql.query('select 1 as one')).to.deep.equal([{ one: 1 }]);
      } finally {
        await database.close();
      }
    });

    it('does not wait for ever for a server that vanished without a word', async () => {
      const door = new Door(server?.url ?? '');
      await door.open();
      const through = new URL(`${server?.url}?schema=vanished`);
      through.port = String(door.port);
      const database = await openDatabase(through.href, [], { statementMs: 1_000 });
      try {
        const work = database.sql.transaction(async (tx) => {
          await tx.query('select 1');
          door.silence();
          await tx.query('select 1');
        });
        const error = await rejectsLater('sql.unavailable', work);
        expect(error.retryable).to.equal(true);
        await door.shut();
        await door.open();
        const answers = () => database.sql.query('select 1 as one').catch(() => undefined);
        expect(await eventually('it answers', answers)).to.deep.equal([{ one: 1 }]);
      } finally {
        await database.close();
        await door.shut();
      }
    });

    it('says that the server is away, retryably, and goes on when it is back', async () => {
      const database = await openDatabase(`${server?.url}?schema=away`, []);
      try {
        await database.sql.query('select 1');
        await server?.kill();
        // The session's own process notices a moment later that the server is gone.
        const failed = () =>
          database.sql.query('select 1').then(
            () => undefined,
            (error: unknown) => error,
          );
        const error = await eventually('a query fails', failed);
        expect(error).to.include({ code: 'sql.unavailable', retryable: true });
        await server?.start();
        const answers = async () => {
          const [row] = await database.sql.query<{ one: number }>('select 1 as one');
          return row?.one;
        };
        expect(await eventually('it answers', () => answers().catch(() => undefined))).to.equal(1);
      } finally {
        await database.close();
      }
    });
  });

  describe('that cannot be opened', () => {
    it('names what is wrong with its URL, without the password', async () => {
      await rejectsLater('sql.url', openDatabase('mysql://host/database', []));
      await rejectsLater('sql.url', openDatabase('pglite:', []));
      const error = await rejectsLater('sql.url', openDatabase('postgres://me:secret@host/db?schema=No-Name', []));
      expect(error.message).to.contain('No-Name').and.not.contain('secret');
    });

    it('names the server that does not answer, without the password', async () => {
      const url = `postgres://me:secret@127.0.0.1:${await freePort()}/database`;
      const error = await rejectsLater('sql.unavailable', openDatabase(url, []));
      expect(error.message).to.contain('ECONNREFUSED').and.not.contain('secret');
      expect(error.retryable).to.equal(true);
    });
  });
});
