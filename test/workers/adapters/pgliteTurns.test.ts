import { expect } from 'chai';
import { type Database, openDatabase } from '../../../workers/adapters/sql/open.ts';
import { urgently } from '../../../workers/adapters/sql/pool.ts';

describe('turns at the one session of PGlite', () => {
  let database: Database;
  before(async function () {
    this.timeout(120_000);
    database = await openDatabase('pglite:memory', []);
  });
  after(() => database.close());

  it('are in order, what is urgent before the rest, whole transactions', async () => {
    const done: string[] = [];
    const ask = async (name: string) => {
      await database.sql.query('select 1 as one');
      done.push(name);
    };
    const change = (name: string) =>
      database.sql.transaction(async (sql) => {
        await sql.query('select 1 as one');
        await sql.query('select 2 as two');
        done.push(name);
      });
    const asked = [ask('a'), ask('b'), change('c'), ask('d')];
    const urgent = urgently(async () => {
      await ask('first');
      await change('second');
    });
    await Promise.all([...asked, urgent]);
    expect(done[0], 'it had begun').to.equal('a');
    // A transaction asks for the session a moment after it begins.
    expect(done.filter((name) => name.length === 1)).to.deep.equal(['a', 'b', 'd', 'c']);
    expect(done.indexOf('first')).to.equal(1);
    expect(done.indexOf('second')).to.be.lessThan(4);
  });

  it('are given back after a failure', async () => {
    const failed = database.sql.query('select nothing from nowhere').catch(() => 'failed');
    const broken = database.sql
      .transaction(async (sql) => {
        await sql.query('select 1 as one');
        throw new Error('changed my mind');
      })
      .catch((error: Error) => error.message);
    expect(await Promise.all([failed, broken])).to.deep.equal(['failed', 'changed my mind']);
    expect(await database.sql.query('select 1 as one')).to.deep.equal([{ one: 1 }]);
  });
});
