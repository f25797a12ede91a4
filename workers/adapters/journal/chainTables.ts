import { ProtocolError } from '#core/errors.ts';
import { decode, encode } from '#core/lossless.ts';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import type { BlockRef, ChainCursor, Hex, LoggedEvent } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { Sql } from '#ports/sql.ts';
import { requestOf, requestsOf } from './requestOf.ts';

type ChainJournal = Pick<Journal, 'record' | 'orphan' | 'finalise' | 'cursor' | 'eventsOf'>;

/** Blocks above the final one that a cursor shows: deeper reorganisations than this end in `chain.reorg_too_deep`. */
const RECENT = 4096;

/** What the chain said: blocks, events, finality. Each verb is one statement, hence atomic. */
export const chainTables = (sql: Pick<Sql, 'query'>): ChainJournal => ({
  async record(block: BlockRef, events: readonly LoggedEvent[]): Promise<readonly Hex[]> {
    const rows = events.map(({ logIndex, transactionHash, event }) => ({
      log_index: logIndex,
      transaction_hash: transactionHash,
      request_id: requestOf(event) ?? null,
      payload: JSON.parse(encode(event)),
    }));
    const recorded = await sql.query(RECORD, [...columns(block), JSON.stringify(rows)]);
    if (recorded.length === 0) await refuseUnlessKnown(sql, block);
    return requestsOf(events.map(({ event }) => event));
  },

  async orphan(block: BlockRef): Promise<readonly Hex[]> {
    const rows = await sql.query<{ request_id: Hex | null }>(ORPHAN, [block.hash]);
    if (rows.length > 0) return present(rows);
    const [standing] = await sql.query<{ final: boolean }>(
      `select number <= coalesce((select number from journal_final), -1) as final from journal_block where hash = $1`,
      [block.hash],
    );
    if (standing)
      throw outOfOrder(block, 'taken back', standing.final ? 'it is final' : 'it is not the newest recorded block');
    return [];
  },

  async finalise(block: BlockRef): Promise<readonly Hex[]> {
    const [other] = await sql.query<{ hash: string }>(
      'select hash from journal_block where number = $1 and hash <> $2',
      [block.number, block.hash],
    );
    if (other) throw outOfOrder(block, 'final', `${other.hash} is recorded at this height`);
    return present(await sql.query<{ request_id: Hex }>(FINALISE, columns(block)));
  },

  async cursor(): Promise<ChainCursor> {
    const [final] = await sql.query<BlockRow>('select * from journal_final');
    const recent = await sql.query<BlockRow>(
      'select * from journal_block where number >= $1 order by number desc limit $2',
      [final?.number ?? 0, RECENT],
    );
    return { recent: recent.map(blockOf).reverse(), final: final && blockOf(final) };
  },

  async eventsOf(requestId: Hex): Promise<readonly (LoggedEvent & { readonly final: boolean })[]> {
    const rows = await sql.query<EventRow>(EVENTS_OF, [requestId]);
    return rows.map((row) => ({
      block: blockOf(row),
      transactionHash: row.transaction_hash,
      logIndex: row.log_index,
      event: decode(row.payload) as ProtocolEvent,
      final: row.final,
    }));
  },
});

async function refuseUnlessKnown(sql: Pick<Sql, 'query'>, block: BlockRef): Promise<void> {
  const [found] = await sql.query<{ known: boolean; tip: string; tip_hash: string }>(
    `select exists (select from journal_block where hash = $1) as known, number as tip, hash as tip_hash
       from journal_block order by number desc limit 1`,
    [block.hash],
  );
  if (found?.known) return;
  const reason = `the newest recorded block is ${found?.tip} (${found?.tip_hash}) and this one, with parent ${block.parentHash}, does not follow it`;
  throw outOfOrder(block, 'recorded', reason);
}

interface BlockRow {
  readonly hash: Hex;
  readonly number: string;
  readonly parent_hash: Hex;
  readonly timestamp: string;
}

interface EventRow extends BlockRow {
  readonly log_index: number;
  readonly transaction_hash: Hex;
  readonly payload: unknown;
  readonly final: boolean;
}

/** A block is recorded if it is above the newest one and, when it is the very next, its child. No row = it was not inserted. */
const RECORD = `
with tip as (select number, hash from journal_block order by number desc limit 1),
block as (
  insert into journal_block (hash, number, parent_hash, timestamp)
  select $1::text, $2::bigint, $3::text, $4::bigint
   where not exists (select from tip where number >= $2 or (number = $2 - 1 and hash <> $3))
  on conflict do nothing
  returning hash, number),
event as (
  insert into journal_event (block_hash, log_index, block_number, transaction_hash, request_id, payload)
  select block.hash, e.log_index, block.number, e.transaction_hash, e.request_id, e.payload
    from block, jsonb_to_recordset($5::jsonb)
         as e (log_index integer, transaction_hash text, request_id text, payload jsonb))
select hash from block`;

/** The newest block and not final: gone, with its events (on delete cascade). One row per request, one with null for the block. */
const ORPHAN = `
with gone as (
  delete from journal_block
   where hash = $1
     and number = (select max(number) from journal_block)
     and number > coalesce((select number from journal_final), -1)
  returning hash)
select distinct request_id from journal_event where block_hash in (select hash from gone)
union all
select null from gone`;

/** Moves the mark forward only, and tells what lay between the old and the new one. */
const FINALISE = `
with before as (select number from journal_final),
moved as (
  insert into journal_final (hash, number, parent_hash, timestamp) values ($1, $2, $3, $4)
  on conflict (only_row) do update
     set hash = excluded.hash, number = excluded.number, parent_hash = excluded.parent_hash, timestamp = excluded.timestamp
   where journal_final.number < excluded.number
  returning number)
select distinct e.request_id
  from journal_event e, moved
 where e.request_id is not null
   and e.block_number <= moved.number
   and e.block_number > coalesce((select number from before), -1)`;

const EVENTS_OF = `
select b.hash, b.number, b.parent_hash, b.timestamp, e.log_index, e.transaction_hash, e.payload,
       b.number <= coalesce((select number from journal_final), -1) as final
  from journal_event e join journal_block b on b.hash = e.block_hash
 where e.request_id = $1
 order by e.block_number, e.log_index`;

const columns = (block: BlockRef) => [block.hash, block.number, block.parentHash, block.timestamp];

const blockOf = (row: BlockRow): BlockRef => ({
  number: Number(row.number),
  hash: row.hash,
  parentHash: row.parent_hash,
  timestamp: Number(row.timestamp),
});

const present = (rows: readonly { readonly request_id: Hex | null }[]) =>
  rows.flatMap(({ request_id }) => (request_id === null ? [] : [request_id]));

function outOfOrder(block: BlockRef, verb: string, reason: string): ProtocolError<'journal.out_of_order'> {
  return new ProtocolError('journal.out_of_order', { number: block.number, hash: block.hash, verb, reason });
}
