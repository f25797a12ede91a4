import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { placeEmptyJournal } from '../../../scripts/demo/journalTemplate.ts';
import { openDatabase } from '../../../workers/adapters/sql/open.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const TABLES = 400;
/** Those of its tables and indexes, of its log, and its own; measured: 72 and a few. */
const MOST = 160;

describe('the open files of PGlite', () => {
  it('are bounded, however many tables it has touched', async function () {
    if (process.platform !== 'linux') this.skip();
    const directory = path.join(temporaryFolder('opg-files'), 'journal');
    await placeEmptyJournal(directory);
    const handles = () => readdirSync('/proc/self/fd').length;
    const before = handles();
    const database = await openDatabase(`pglite:${directory}`, []);
    try {
      for (let i = 0; i < TABLES; i++) {
        await database.sql.query(`create table t${i} (a int primary key)`);
        await database.sql.query(`insert into t${i} values (1)`);
      }
      expect(handles() - before).to.be.lessThan(MOST);
    } finally {
      await database.close();
    }
  }).timeout(120_000);
});
