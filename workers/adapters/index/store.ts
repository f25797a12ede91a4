import type { Hex } from '#ports/chain.ts';
import type { CardEntry, IndexStore, WantedCard } from '#ports/indexing.ts';
import type { Journal } from '#ports/journal.ts';
import type { Sql } from '#ports/sql.ts';
import { before } from './before.ts';
import { refresh, touchedBy } from './listing.ts';
import { save } from './save.ts';
import { keepCard } from './saveRegistered.ts';

export type Transaction = Pick<Sql, 'query'>;
/** The journal's tables of what the chain said, inside a transaction. */
export type ChainTables = (tx: Transaction) => Pick<Journal, 'record' | 'orphan' | 'finalise' | 'cursor' | 'eventsOf'>;

/** The index in a database whose `journalMigrations` and `indexMigrations` are applied. */
export function indexStore(sql: Sql, chainTables: ChainTables): IndexStore {
  return {
    cursor: () => sql.transaction((tx) => chainTables(tx).cursor()),

    async newest() {
      const [row] = await sql.query<Readonly<Record<'number' | 'timestamp', string>> & { hash: Hex; parent_hash: Hex }>(
        'select * from journal_block order by number desc limit 1',
      );
      if (!row) return undefined;
      const { number, hash, parent_hash: parentHash, timestamp } = row;
      return { number: Number(number), hash, parentHash, timestamp: Number(timestamp) };
    },

    take: (block, events, derive) =>
      sql.transaction(async (tx) => {
        const [opening] = await tx.query<Opening>(OPEN, [block.hash, String(block.number)]);
        if (!opening || opening.known) return;
        const from = Number(opening.time ?? 0);
        const chain = chainTables(tx);
        if (events.length === 0) {
          await chain.record(block, events);
          await refresh(tx, { models: [], versions: [], from, to: block.timestamp }, block.timestamp);
          return;
        }
        const changes = derive(await before(tx, chain, events));
        await chain.record(block, events);
        const touched = await save(tx, block, changes);
        await refresh(tx, { ...touched, from, to: block.timestamp }, block.timestamp);
      }),

    takeBack: (block) =>
      sql.transaction(async (tx) => {
        const touched = await touchedBy(tx, block);
        await chainTables(tx).orphan(block);
        await tx.query('select index_take_back($1)', [block.number]);
        const now = await timeOf(tx);
        await refresh(tx, { ...touched, from: now, to: block.timestamp }, now);
      }),

    finalise: (block) =>
      sql.transaction(async (tx) => {
        await chainTables(tx).finalise(block);
        await tx.query('delete from index_undo where block <= $1', [block.number]);
        await tx.query(EMPTY_BLOCKS, [block.number]);
      }),

    wantedCards: (now, limit) =>
      sql.query<WantedCard>(
        `select id, uri, sha256, attempts from index_card where state = 'wanted' and due_at <= $1 order by due_at limit $2`,
        [now, limit],
      ),

    settleCard: (id, outcome) =>
      sql.transaction(async (tx) => {
        if (typeof outcome === 'object' && 'dueAt' in outcome) {
          await tx.query('update index_card set attempts = attempts + 1, due_at = $2 where id = $1', [
            id,
            outcome.dueAt,
          ]);
          return;
        }
        const entry: CardEntry =
          outcome === 'unreadable' ? { id, state: outcome } : { id, state: 'fetched', ...outcome };
        await keepCard(tx, entry);
        const using = await tx.query<{ version: string }>('select version from index_version where card = $1', [id]);
        const now = await timeOf(tx);
        await refresh(tx, { models: [], versions: using.map(({ version }) => version), from: now, to: now }, now);
      }),
  };
}

interface Opening {
  readonly known: boolean;
  /** Of the newest recorded block. */
  readonly time: string | null;
}

/** Says which block the writes of this transaction belong to. */
const OPEN = `
select exists (select from journal_block where hash = $1) as known, set_config('index.block', $2, true) as block,
       (select timestamp from journal_block order by number desc limit 1) as time`;

/** Of the newest recorded block. */
async function timeOf(tx: Transaction): Promise<number> {
  const [newest] = await tx.query<{ timestamp: string }>(
    'select timestamp from journal_block order by number desc limit 1',
  );
  return Number(newest?.timestamp ?? 0);
}

/** Below the final block nothing asks for a block without events. */
const EMPTY_BLOCKS = `
delete from journal_block b
 where b.number < $1 and not exists (select from journal_event e where e.block_hash = b.hash)`;
