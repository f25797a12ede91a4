import type { Sql } from '#ports/sql.ts';

/**
 * Deletes what nobody will ask for again: rows in a closed stage whose request has no event at or after `beforeBlock`, with their
 * results; then final events below it of requests without a row; then final blocks below it without an event.
 * Returns the rows deleted. `beforeBlock` at or below the final block: nothing above that one is touched in any case.
 */
export async function prune(
  sql: Sql,
  beforeBlock: number,
  closed: Readonly<Record<string, readonly string[]>>,
): Promise<number> {
  const stages = Object.entries(closed).flatMap(([track, names]) => names.map((stage) => ({ track, stage })));
  return sql.transaction(async (tx) => {
    const rows = await tx.query<{ id: string }>(ROWS, [JSON.stringify(stages), beforeBlock]);
    await tx.query(RESULTS, [rows.map(({ id }) => id)]);
    await tx.query(EVENTS, [beforeBlock]);
    await tx.query(BLOCKS, [beforeBlock]);
    return rows.length;
  });
}

/** The first block retention may not touch: the argument, or the one after the final block if that is lower. */
const limit = (parameter: string) =>
  `least(${parameter}::bigint, coalesce((select number from journal_final), -1) + 1)`;

const ROWS = `
delete from journal_row r
 using jsonb_to_recordset($1::jsonb) as closed (track text, stage text)
 where r.track = closed.track and r.stage = closed.stage
   and not exists (select from journal_event e where e.request_id = r.id and e.block_number >= ${limit('$2')})
returning r.id`;

const RESULTS = `
delete from journal_result
 where request_id = any ($1::text[]) and not exists (select from journal_row where id = request_id)`;

const EVENTS = `
delete from journal_event e
 where e.block_number < ${limit('$1')}
   and (e.request_id is null or not exists (select from journal_row r where r.id = e.request_id))`;

/** The newest block stays, so that the cursor is never empty. */
const BLOCKS = `
delete from journal_block b
 where b.number < ${limit('$1')}
   and b.number < (select max(number) from journal_block)
   and not exists (select from journal_event e where e.block_hash = b.hash)`;
