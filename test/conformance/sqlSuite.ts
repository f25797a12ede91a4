import { expect } from 'chai';
import type { Migrations, Sql } from '#ports/sql.ts';
import type { Database } from '../../workers/adapters/sql/open.ts';
import { rejectsLater } from '../support/rejects.ts';

const area = (steps: Record<string, string>): Migrations => ({
  area: 'trial',
  steps: Object.entries(steps).map(([name, text]) => ({ name, text })),
});
const first = { '0001-first': 'create table trial_one (n bigint primary key); insert into trial_one values (1);' };
const second = { '0002-second': 'alter table trial_one add column label text;' };

/** What every Sql must do, and how databases are migrated. `open` reopens the same database; `wipe` removes the trial tables. */
export function shouldBehaveLikeSql(open: (areas: readonly Migrations[]) => Promise<Database>): void {
  let database: Database | undefined;
  const use = async (areas: readonly Migrations[]): Promise<Sql> => {
    await database?.close();
    database = undefined;
    database = await open(areas);
    return database.sql;
  };
  beforeEach(async () => {
    const sql = await use([]);
    await sql.query('drop table if exists trial_one, trial_two');
    await sql.query(`delete from migration where area = 'trial'`);
  });
  after(() => database?.close());

  it('gives 64-bit integers as text, jsonb parsed, bytes as bytes, and takes them back', async () => {
    const sql = await use([]);
    const bytes = Uint8Array.of(0, 1, 128, 255);
    const [row] = await sql.query<{ big: string; json: unknown; raw: Uint8Array; list: string[]; none: null }>(
      'select $1::bigint as big, $2::jsonb as json, $3::bytea as raw, $4::text[] as list, null as none',
      ['9223372036854775807', '{"a":[1,null]}', bytes, ['x', 'y,"z']],
    );
    expect(row?.big).to.equal('9223372036854775807');
    expect(row?.json).to.deep.equal({ a: [1, null] });
    expect(new Uint8Array(row?.raw ?? [])).to.deep.equal(bytes);
    expect(row?.list).to.deep.equal(['x', 'y,"z']);
    expect(row?.none).to.equal(null);
  });

  describe('transactions', () => {
    let sql: Sql;
    beforeEach(async () => {
      sql = await use([area(first)]);
    });
    const numbers = async () =>
      (await sql.query<{ n: string }>('select n from trial_one order by n')).map(({ n }) => Number(n));

    it('keep all, and give back what the work returns', async () => {
      const got = await sql.transaction(async (tx) => {
        await tx.query('insert into trial_one values (2)');
        await tx.query('insert into trial_one values (3)');
        return 'done';
      });
      expect(got).to.equal('done');
      expect(await numbers()).to.deep.equal([1, 2, 3]);
    });

    it('keep nothing when the work throws, or a statement fails', async () => {
      const work = sql.transaction(async (tx) => {
        await tx.query('insert into trial_one values (2)');
        throw new Error('no');
      });
      expect(await work.catch((error: Error) => error.message)).to.equal('no');
      const duplicate = sql.transaction(async (tx) => {
        await tx.query('insert into trial_one values (2)');
        await tx.query('insert into trial_one values (1)');
      });
      expect(await duplicate.catch((error: { code: string }) => error.code)).to.equal('23505');
      expect(await numbers()).to.deep.equal([1]);
    });

    it('are serialisable: of concurrent "highest plus one", every one gets its own', async () => {
      const next = () =>
        sql.transaction(async (tx) => {
          const [row] = await tx.query<{ n: string }>('select max(n) + 1 as n from trial_one');
          await tx.query('insert into trial_one values ($1)', [row?.n]);
        });
      await Promise.all(Array.from({ length: 6 }, next));
      expect(await numbers()).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    });

    it('refuse the outer database inside, where it would wait for itself', async () => {
      const nested = sql.transaction(() => sql.query('select 1'));
      expect(await nested.catch((error: Error) => error.message)).to.contain('A transaction is open in this call');
      const twice = sql.transaction(() => sql.transaction(async () => 1));
      expect(await twice.catch((error: Error) => error.message)).to.contain('A transaction is open in this call');
      expect(await numbers()).to.deep.equal([1]);
    });
  });

  describe('migrations', () => {
    it('are applied once, in the order of their names', async () => {
      await use([area({ ...second, ...first })]);
      const sql = await use([area({ ...first, ...second })]);
      expect(await sql.query('select * from trial_one')).to.deep.equal([{ n: '1', label: null }]);
    });

    it('are added to a database that has the earlier ones', async () => {
      await use([area(first)]);
      const sql = await use([area({ ...first, ...second })]);
      expect(await sql.query('select * from trial_one')).to.deep.equal([{ n: '1', label: null }]);
    });

    it('refuse an applied step whose text has changed', async () => {
      await use([area(first)]);
      const error = await rejectsLater('sql.migration_changed', use([area({ '0001-first': 'select 1' })]));
      expect(error.payload).to.include({ area: 'trial', name: '0001-first' });
    });

    it('refuse a database that a newer release has used', async () => {
      await use([area({ ...first, ...second })]);
      const error = await rejectsLater('sql.migration_unknown', use([area(first)]));
      expect(error.payload).to.include({ area: 'trial', name: '0002-second' });
    });

    it('apply all or none', async () => {
      const broken = area({ ...first, '0002-broken': 'create table trial_two (n integer); select nonsense;' });
      expect(await use([broken]).catch((error: { code: string }) => error.code)).to.equal('42703');
      const sql = await use([]);
      const [found] = await sql.query(`select to_regclass('trial_one') as one, to_regclass('trial_two') as two`);
      expect(found).to.deep.equal({ one: null, two: null });
    });
  });

  it('belongs to one process: a second opening names the holder', async () => {
    await use([]);
    const error = await rejectsLater('sql.locked', open([]));
    expect(error.payload.holder).to.match(/process/);
    expect(error.retryable).to.equal(true);
  });
}
