import type { Hex } from '#ports/chain.ts';
import type { RestoreMark, RestoreMarks } from '#ports/restored.ts';
import type { Sql } from '#ports/sql.ts';

/** In a database whose `restoredMigrations` and `outboxMigrations` are applied. */
export const sqlRestoreMarks = (sql: Sql): RestoreMarks => ({
  async read(): Promise<RestoreMark | undefined> {
    const [row] = await sql.query<Row>('select restored_at, since_block, suspects, released from restored');
    if (row === undefined) return undefined;
    return {
      restoredAt: Number(row.restored_at),
      sinceBlock: row.since_block === null ? undefined : Number(row.since_block),
      suspects: row.suspects,
      released: row.released,
    };
  },

  async write({ restoredAt, sinceBlock, suspects, released }: RestoreMark): Promise<void> {
    await sql.query(
      `insert into restored (restored_at, since_block, suspects, released) values ($1, $2, $3, $4)
       on conflict (one) do update set restored_at = excluded.restored_at, since_block = excluded.since_block,
         suspects = excluded.suspects, released = excluded.released`,
      [restoredAt, sinceBlock ?? null, [...suspects], released],
    );
  },

  async nonces(): Promise<ReadonlyMap<Hex, number>> {
    const rows = await sql.query<{ sender: Hex; next: string }>(
      'select sender, next from outbox_nonce order by sender',
    );
    return new Map(rows.map(({ sender, next }) => [sender, Number(next)]));
  },

  async caughtUp(key: Hex, next: number): Promise<void> {
    await sql.query(
      `insert into outbox_nonce (sender, next) values ($1, $2::bigint)
       on conflict (sender) do update set next = greatest(outbox_nonce.next, excluded.next)`,
      [key, next],
    );
  },
});

interface Row {
  readonly restored_at: string;
  readonly since_block: string | null;
  readonly suspects: readonly Hex[];
  readonly released: boolean;
}
