import { ENDING_EVENTS } from '#core/protocol/request.ts';
import type { Sql } from '#ports/sql.ts';

/**
 * Deletes what nobody will ask for again: rows in a closed stage whose request has no event at or after `beforeBlock` and is not open, with
 * their results; then final events below it of requests that are not open and have no row; then final blocks below it without an event.
 * Returns the rows deleted. `beforeBlock` at or below the final block: nothing above that one is touched in any case.
 */
export async function prune(
  sql: Sql,
  beforeBlock: number,
  closed: Readonly<Record<string, readonly string[]>>,
): Promise<number> {
  const stages = Object.entries(closed).flatMap(([track, names]) => names.map((stage) => ({ track, stage })));
  return sql.transaction(async (tx) => {
    const rows = await tx.query<{ id: string }>(ROWS, [beforeBlock, ENDING_EVENTS, JSON.stringify(stages)]);
    await tx.query(RESULTS, [rows.map(({ id }) => id)]);
    await tx.query(EVENTS, [beforeBlock, ENDING_EVENTS]);
    await tx.query(BLOCKS, [beforeBlock]);
    return rows.length;
  });
}

/** The first block retention may not touch: $1, or the one after the final block if that is lower. */
const LIMIT = 'least($1::bigint, coalesce((select number from journal_final), -1) + 1)';

/**
 * A request that can still be answered or disputed, however long ago it was made: it was submitted, or its deadline is not past, and no event
 * ended it below the limit. What comes of it cannot be understood without what went before.
 */
const isOpen = (id: string) => `exists (
  select from journal_event asked
   where asked.request_id = ${id} and asked.payload->>'type' = 'Requested'
     and not exists (
       select from journal_event ending
        where ending.request_id = asked.request_id and ending.block_number < ${LIMIT} and ending.payload->>'type' = any ($2::text[]))
     and ((asked.payload->'terms'->>'deadline')::numeric >= coalesce((select timestamp from journal_final), 0)
       or exists (
         select from journal_event submitted
          where submitted.request_id = asked.request_id and submitted.payload->>'type' = 'Submitted')))`;

const ROWS = `
delete from journal_row r
 using jsonb_to_recordset($3::jsonb) as closed (track text, stage text)
 where r.track = closed.track and r.stage = closed.stage
   and not exists (select from journal_event e where e.request_id = r.id and e.block_number >= ${LIMIT})
   and not ${isOpen('r.id')}
returning r.id`;

const RESULTS = `
delete from journal_result
 where request_id = any ($1::text[]) and not exists (select from journal_row where id = request_id)`;

const EVENTS = `
delete from journal_event e
 where e.block_number < ${LIMIT}
   and (e.request_id is null
     or (not exists (select from journal_row r where r.id = e.request_id) and not ${isOpen('e.request_id')}))`;

/** The newest block stays, so that the cursor is never empty. */
const BLOCKS = `
delete from journal_block b
 where b.number < ${LIMIT}
   and b.number < (select max(number) from journal_block)
   and not exists (select from journal_event e where e.block_hash = b.hash)`;
