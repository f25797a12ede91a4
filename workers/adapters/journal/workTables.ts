import { decode, encode } from '#core/lossless.ts';
import type { Hex } from '#ports/chain.ts';
import type { Journal, Row } from '#ports/journal.ts';
import type { Sql } from '#ports/sql.ts';

type WorkJournal = Pick<Journal, 'open' | 'advance' | 'row' | 'ready' | 'count'>;

/** What this process does about requests: rows that move by compare-and-set. */
export const workTables = (sql: Sql): WorkJournal => ({
  async open(row: Row): Promise<boolean> {
    const inserted = await sql.query(
      `insert into journal_row (track, id, stage, facts, due_at) values ($1, $2, $3, $4::jsonb, $5)
       on conflict do nothing returning id`,
      [row.track, row.id, row.stage, encode(row.facts), row.dueAt ?? null],
    );
    return inserted.length > 0;
  },

  /** `facts` replaces the named facts and keeps the others; dueAt null clears it, absent leaves it. */
  async advance(
    track: string,
    id: Hex,
    from: string,
    to: string,
    change: { readonly facts?: Readonly<Record<string, unknown>>; readonly dueAt?: number | null } = {},
  ): Promise<boolean> {
    const moved = await sql.query(
      `update journal_row
          set stage = $4, facts = facts || $5::jsonb, due_at = case when $6::boolean then $7::bigint else due_at end
        where track = $1 and id = $2 and stage = $3
       returning id`,
      [track, id, from, to, encode(change.facts ?? {}), change.dueAt !== undefined, change.dueAt ?? null],
    );
    return moved.length > 0;
  },

  async row(track: string, id: Hex): Promise<Row | undefined> {
    const [row] = await sql.query<StoredRow>('select * from journal_row where track = $1 and id = $2', [track, id]);
    return row && rowOf(row);
  },

  async ready(
    track: string,
    stage: string,
    options: { readonly limit: number; readonly dueBefore?: number },
  ): Promise<readonly Row[]> {
    const due = options.dueBefore === undefined ? '' : 'and due_at <= $4';
    const rows = await sql.query<StoredRow>(
      `select * from journal_row where track = $1 and stage = $2 ${due} order by due_at nulls last, id limit $3`,
      [track, stage, options.limit, ...(options.dueBefore === undefined ? [] : [options.dueBefore])],
    );
    return rows.map(rowOf);
  },

  async count(track: string): Promise<Readonly<Record<string, number>>> {
    const rows = await sql.query<{ stage: string; n: number }>(
      'select stage, count(*)::integer as n from journal_row where track = $1 group by stage',
      [track],
    );
    return Object.fromEntries(rows.map(({ stage, n }) => [stage, n]));
  },
});

interface StoredRow {
  readonly track: string;
  readonly id: Hex;
  readonly stage: string;
  readonly facts: unknown;
  readonly due_at: string | null;
}

const rowOf = (row: StoredRow): Row => ({
  track: row.track,
  id: row.id,
  stage: row.stage,
  facts: decode(row.facts) as Row['facts'],
  dueAt: row.due_at === null ? undefined : Number(row.due_at),
});
