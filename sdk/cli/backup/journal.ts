/** A journal out of its database into a backup, and back. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { lockDirectory } from '../../../workers/adapters/sql/directoryLock.ts';
import { UsageError } from '../command.ts';

export interface Place {
  readonly kind: 'pglite' | 'postgres';
  /** pglite: the directory. */
  readonly directory: string;
  /** postgres: without password and schema. */
  readonly url: string;
  readonly schema: string;
  readonly password: string;
}

export function placeOf(journalUrl: string): Place {
  const [, directory] = /^pglite:(.+)$/.exec(journalUrl) ?? [];
  if (directory === 'memory') throw new UsageError('a journal in memory cannot be backed up');
  if (directory !== undefined) return { kind: 'pglite', directory, url: '', schema: '', password: '' };
  const url = new URL(journalUrl);
  const schema = url.searchParams.get('schema') ?? 'opg';
  const password = decodeURIComponent(url.password);
  url.password = '';
  url.searchParams.delete('schema');
  return { kind: 'postgres', directory: '', url: url.toString(), schema, password };
}

/** PGlite: of a stopped node, whose directory is locked meanwhile. PostgreSQL: one snapshot, whoever works on it. */
export function copyJournal(place: Place, to: string): void {
  if (place.kind === 'postgres') {
    tool(
      'pg_dump',
      ['--format=custom', '--no-owner', '--schema', place.schema, '--file', to, '--dbname', place.url],
      place,
    );
    return;
  }
  const unlock = lockDirectory(place.directory);
  try {
    cpSync(path.join(place.directory, 'pg'), to, { recursive: true, errorOnExist: true, force: false });
  } finally {
    unlock();
  }
}

/** Into a place that holds no journal: one that is there may be newer, and would be lost. */
export async function putJournal(from: string, place: Place): Promise<void> {
  if (place.kind === 'pglite') {
    const directory = path.join(place.directory, 'pg');
    if (existsSync(directory)) throw new UsageError(`${directory} holds a journal already: ${IS_IT_NEWER}`);
    cpSync(from, directory, { recursive: true, errorOnExist: true, force: false });
    return;
  }
  if (await hasTables(place))
    throw new UsageError(
      `the schema ${place.schema} of ${place.url} holds a journal already: ${IS_IT_NEWER}; to keep it aside: alter schema ${place.schema} rename to ${place.schema}_before`,
    );
  tool('pg_restore', ['--no-owner', '--exit-on-error', '--single-transaction', '--dbname', place.url, from], place);
}

const IS_IT_NEWER =
  'if it still opens it is newer than any backup, and what it promised is in it alone. Run the node with it, or move it away first';

async function hasTables({ url, schema, password }: Place): Promise<boolean> {
  const client = new Client({ connectionString: url, ...(password === '' ? {} : { password }) });
  await client.connect();
  try {
    const { rows } = await client.query('select 1 from pg_tables where schemaname = $1 limit 1', [schema]);
    // pg_restore makes the schema itself.
    if (rows.length === 0) await client.query(`drop schema if exists "${schema.replaceAll('"', '""')}"`);
    return rows.length > 0;
  } finally {
    await client.end();
  }
}

function tool(name: string, args: readonly string[], { password }: Place): void {
  const env = { ...process.env, ...(password === '' ? {} : { PGPASSWORD: password }) };
  try {
    execFileSync(name, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const { code, stderr } = error as { readonly code?: string; readonly stderr?: Buffer };
    if (code === 'ENOENT')
      throw new UsageError(
        `${name} is not installed: it comes with PostgreSQL's client programs (Debian: postgresql-client)`,
      );
    throw new UsageError(`${name} failed: ${stderr?.toString().trim().slice(0, 500) ?? code}`, { cause: error });
  }
}
