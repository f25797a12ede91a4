/** A journal out of its database into a backup, and back. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { lockDirectory } from '../../../workers/adapters/sql/directoryLock.ts';
import { failure } from '../../../workers/adapters/sql/failure.ts';
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

/** Looks only: whoever opens a journal that is not there makes an empty one, and a copy of that says that all is well. */
export async function assertJournal(place: Place): Promise<void> {
  const there = place.kind === 'pglite' ? existsSync(inside(place)) : await hasTables(place);
  if (there) return;
  const where = place.kind === 'pglite' ? place.directory : `the schema ${place.schema} of ${place.url}`;
  throw new UsageError(
    `${where} holds no journal: has the node run with this configuration? If its process is given another place, by OPG_DATA_DIR or OPG_JOURNAL_URL, give this command the same`,
  );
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
    cpSync(inside(place), to, { recursive: true, errorOnExist: true, force: false });
  } finally {
    unlock();
  }
}

/**
 * Into a place that holds no journal: one that is there may be newer, and would be lost. `mark` is given the URL at which it opens the
 * copy before a node can: one that is not marked as a copy is a node without memory, so either both are there or none.
 */
export async function putJournal(from: string, journalUrl: string, mark: Mark): Promise<void> {
  const place = placeOf(journalUrl);
  await (place.kind === 'pglite' ? putFiles(from, place, mark) : putSchema(from, place, () => mark(journalUrl)));
}

type Mark = (journalUrl: string) => Promise<void>;

/** Beside its place, and into it when it is marked: a rename is whole or not at all, also where this process is killed. */
async function putFiles(from: string, place: Place, mark: Mark): Promise<void> {
  const target = inside(place);
  const beside = { ...place, directory: path.join(place.directory, 'restoring') };
  const unlock = lockDirectory(place.directory);
  try {
    if (existsSync(target)) throw new UsageError(`${target} holds a journal already: ${IS_IT_NEWER}`);
    rmSync(beside.directory, { recursive: true, force: true });
    cpSync(from, inside(beside), { recursive: true, errorOnExist: true, force: false });
    await mark(`pglite:${beside.directory}`);
    renameSync(inside(beside), target);
  } finally {
    rmSync(beside.directory, { recursive: true, force: true });
    unlock();
  }
}

async function putSchema(from: string, place: Place, mark: () => Promise<void>): Promise<void> {
  const { schema, url } = place;
  if (await hasTables(place))
    throw new UsageError(
      `the schema ${schema} of ${url} holds a journal already: ${IS_IT_NEWER}; to keep it aside: alter schema ${schema} rename to ${schema}_before`,
    );
  // pg_restore makes it itself.
  await asked(place, (client) => client.query(`drop schema if exists ${quoted(schema)}`));
  tool('pg_restore', ['--no-owner', '--exit-on-error', '--single-transaction', '--dbname', url, from], place);
  try {
    await mark();
  } catch (error) {
    await asked(place, (client) => client.query(`drop schema ${quoted(schema)} cascade`)).catch((cause: Error) => {
      const why = `${(error as Error).message}; ${cause.message}`;
      throw new UsageError(
        `the journal in the schema ${schema} of ${url} could neither be marked as a copy nor be taken away (${why}). Nothing may start with it: drop schema ${schema} cascade, then restore again`,
        { cause: error },
      );
    });
    throw error;
  }
}

const quoted = (schema: string): string => `"${schema.replaceAll('"', '""')}"`;

const IS_IT_NEWER =
  'if it still opens it is newer than any backup, and what it promised is in it alone. Run the node with it, or move it away first. Only if opg node restore was ended by force here it is a copy that nothing marks: then do not run it, but move it away and restore again';

/** Where PGlite keeps its files in a directory of a journal. */
const inside = ({ directory }: Place): string => path.join(directory, 'pg');

const hasTables = (place: Place): Promise<boolean> =>
  asked(place, async (client) => {
    const { rows } = await client.query('select 1 from pg_tables where schemaname = $1 limit 1', [place.schema]);
    return rows.length > 0;
  });

async function asked<T>({ url, password }: Place, ask: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, ...(password === '' ? {} : { password }) });
  try {
    await client.connect();
    return await ask(client);
  } catch (error) {
    throw failure(error, url);
  } finally {
    await client.end().catch(() => {});
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
