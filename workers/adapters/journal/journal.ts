import type { Journal } from '#ports/journal.ts';
import type { Sql } from '#ports/sql.ts';
import { chainTables } from './chainTables.ts';
import { resultTable } from './resultTable.ts';
import { prune } from './retention.ts';
import { workTables } from './workTables.ts';

/** The journal in a database whose `journalMigrations` are applied; whoever opened the database closes it. */
export const sqlJournal = (sql: Sql): Journal => ({
  ...chainTables(sql),
  ...workTables(sql),
  ...resultTable(sql),
  prune: (beforeBlock, closed) => prune(sql, beforeBlock, closed),
});
