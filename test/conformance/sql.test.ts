import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Migrations } from '#ports/sql.ts';
import { openDatabase } from '../../workers/adapters/sql/open.ts';
import { rejectsLater } from '../support/rejects.ts';
import { freePort, type RunningServer, skipLoudly, startPostgres } from '../support/servers.ts';
import { shouldBehaveLikeSql } from './sqlSuite.ts';

describe('the database', () => {
  describe('on PGlite', () => {
    const home = mkdtempSync(path.join(os.tmpdir(), 'opg-pglite-'));
    after(() => rmSync(home, { recursive: true }));
    shouldBehaveLikeSql((areas: readonly Migrations[]) => openDatabase(`pglite:${home}/database`, areas));
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

    it('says that the server is away, retryably, and goes on when it is back', async () => {
      const database = await openDatabase(`${server?.url}?schema=away`, []);
      try {
        await database.sql.query('select 1');
        await server?.restart();
        const answers = async () => {
          const [row] = await database.sql.query<{ one: number }>('select 1 as one');
          return row?.one;
        };
        // A pooled connection may or may not have noticed yet.
        const first = await answers().catch((error: { code: string; retryable: boolean }) => error);
        if (typeof first === 'object') expect(first).to.include({ code: 'sql.unavailable', retryable: true });
        expect(await answers()).to.equal(1);
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
