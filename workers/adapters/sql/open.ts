import path from 'node:path';
import { Pool as PgPool, type PoolConfig } from 'pg';
import { ProtocolError } from '#core/errors.ts';
import type { Migrations, Sql } from '#ports/sql.ts';
import { lockDirectory } from './directoryLock.ts';
import { migrate } from './migrate.ts';
import { PglitePool } from './pglitePool.ts';
import { PgliteSession } from './pgliteSession.ts';
import { PooledSql } from './pooledSql.ts';
import { holdSchema } from './schemaLock.ts';

/** A database this process has to itself, with its tables in place. */
export interface Database {
  readonly sql: Sql;
  /** For the queue of the same process when it is kept in the same PGlite; undefined on a server, where it has its own pool. */
  readonly embedded: PglitePool | undefined;
  close(): Promise<void>;
}

/** Unquoted in SQL, so folding cannot surprise. */
const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;
const DEFAULT_SCHEMA = 'opg';
/** Of the queue in an embedded database: the name BullMQ gives it. */
const QUEUE_SCHEMA = 'bullmq';

export interface OpenOptions {
  /** Share the schema with the process that has it to itself: for an executor beside its node. A server only. */
  readonly guest?: boolean;
  /** Milliseconds after which the server gives up on a statement. A quarter later so does the client: its host may be gone without a word. */
  readonly statementMs?: number;
}

const STATEMENT_MS = 60_000;

/**
 * Opens postgres://…[?schema=name], pglite:<directory> or pglite:memory, takes it for this process, and migrates the given areas.
 * Throws `sql.url`, `sql.unavailable`, `sql.locked`, or what `migrate` throws.
 */
export async function openDatabase(
  url: string,
  areas: readonly Migrations[],
  { guest = false, statementMs = STATEMENT_MS }: OpenOptions = {},
): Promise<Database> {
  const onServer = /^postgres(ql)?:\/\//.test(url);
  if (guest && !onServer)
    throw new ProtocolError('sql.url', {
      url: shown(url),
      reason: 'only a postgres:// database can be shared by processes',
    });
  const database = onServer ? await openServer(url, guest, statementMs) : await openEmbedded(url);
  try {
    await migrate(database.sql, areas);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function openServer(url: string, guest: boolean, statementMs: number): Promise<Database> {
  const parsed = parse(url);
  const schema = parsed.searchParams.get('schema') ?? DEFAULT_SCHEMA;
  if (!SCHEMA.test(schema))
    throw new ProtocolError('sql.url', { url: shown(url), reason: `"${schema}" is no schema name` });
  parsed.searchParams.delete('schema');
  const config: PoolConfig = {
    connectionString: parsed.toString(),
    options: `-c search_path=${schema}`,
    max: 8,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementMs,
    query_timeout: statementMs * 1.25,
    application_name: `opg-${schema}`,
  };
  const pool = new PgPool(config);
  // A connection that drops is replaced at the next query. Of an idle one the pool hears, of one that a transaction holds between two
  // queries nobody: without a listener either would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const sql = new PooledSql(pool, shown(url));
  try {
    const release = guest ? async () => {} : await holdSchema(config, schema, shown(url));
    await sql.query(`create schema if not exists ${schema}`);
    return {
      sql,
      embedded: undefined,
      close: async () => {
        await pool.end();
        await release();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

async function openEmbedded(url: string): Promise<Database> {
  const place = /^pglite:(.+)$/.exec(url)?.[1];
  if (place === undefined) throw new ProtocolError('sql.url', { url: shown(url), reason: 'the scheme is unknown' });
  const unlock = place === 'memory' ? () => {} : lockDirectory(place);
  try {
    const session = await PgliteSession.open(place === 'memory' ? undefined : path.join(place, 'pg'));
    const pool = new PglitePool(session, DEFAULT_SCHEMA);
    const sql = new PooledSql(pool, url, session);
    await sql.query(`create schema if not exists ${DEFAULT_SCHEMA}`);
    return {
      sql,
      embedded: new PglitePool(session, QUEUE_SCHEMA),
      close: async () => {
        await session.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new ProtocolError('sql.url', { url: shown(url), reason: 'it is not a URL' });
  }
}

/** Without user, password and parameters. */
function shown(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//').replace(/\?.*$/, '');
}
