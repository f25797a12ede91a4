import { createHash } from 'node:crypto';
import { ProtocolError } from '#core/errors.ts';
import type { Migrations, Sql } from '#ports/sql.ts';

interface Applied {
  readonly name: string;
  readonly checksum: string;
}

/**
 * Applies what is missing of each area, in order, all in one transaction: a database is never half migrated. Throws
 * `sql.migration_changed` or `sql.migration_unknown` when what was applied is not what this program holds.
 */
export async function migrate(sql: Sql, areas: readonly Migrations[]): Promise<void> {
  await sql.transaction(async (tx) => {
    await tx.query(LEDGER);
    for (const area of areas) await migrateArea(tx, area);
  });
}

const LEDGER = `
create table if not exists migration (
  area       text not null,
  name       text not null,
  checksum   text not null,
  applied_at timestamptz not null default now(),
  primary key (area, name)
)`;

async function migrateArea(tx: Pick<Sql, 'query'>, { area, steps }: Migrations): Promise<void> {
  const applied = await tx.query<Applied>('select name, checksum from migration where area = $1', [area]);
  const known = new Map(applied.map((step) => [step.name, step.checksum]));

  for (const { name } of applied) {
    if (!steps.some((step) => step.name === name)) throw new ProtocolError('sql.migration_unknown', { area, name });
  }
  for (const { name, text } of [...steps].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const checksum = createHash('sha256').update(text).digest('hex').slice(0, 16);
    const recorded = known.get(name);
    if (recorded === checksum) continue;
    if (recorded !== undefined)
      throw new ProtocolError('sql.migration_changed', { area, name, recorded, found: checksum });
    await tx.query(text);
    await tx.query('insert into migration (area, name, checksum) values ($1, $2, $3)', [area, name, checksum]);
  }
}
