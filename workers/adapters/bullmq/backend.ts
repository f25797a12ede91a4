import type { BackendFactory } from 'bullmq';
import { createPostgresBackend, createRedisBackend, type PostgresConnectionOptions, runMigrations } from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { ProtocolError } from '#core/errors.ts';
import type { Log } from '#ports/telemetry.ts';
import { reclaimJobs } from './reclaim.ts';

/** A pg.Pool or what looks like one to BullMQ: the journal's PGlite, for a queue in the same process. */
export type QueuePool = Extract<PostgresConnectionOptions, { connect: unknown }>;

/** What BullMQ's classes are built with, and what to close after them. */
export interface Backend {
  /** For adding jobs: fails at once when the server is away, so that a push never hangs. */
  readonly producer: object;
  /** For workers: waits for the server to come back. */
  readonly consumer: object;
  // biome-ignore lint/suspicious/noExplicitAny: the connection type differs per backend; it is one of the two above
  readonly factory: BackendFactory<any, any>;
  /** Lets what the last process was running wait again; undefined where other processes may be running it. */
  readonly reclaim?: (queue: string) => Promise<number>;
  close(): Promise<void>;
}

/** Namespaces of BullMQ in a PostgreSQL database: with a given pool it is always this one. */
const SCHEMA = 'bullmq';
/**
 * Each stage's worker keeps one connection to listen on, so a node has half of them to work with. PostgreSQL admits 100 of all processes by
 * default; a job whose end finds no connection runs again only when its lock has run out.
 */
const POOL_SIZE = 8;

/** After which the server gives up on a statement. A quarter later so does the client: the server's host may be gone without a word. */
const STATEMENT_MS = 60_000;

/** Connects by URL and prepares the backend. Throws `queue.url`, or `queue.unavailable` when it cannot be reached. */
export async function openBackend(url: string, embedded: QueuePool | undefined, log: Log): Promise<Backend> {
  const scheme = url.slice(0, url.indexOf(':'));
  try {
    switch (scheme) {
      case 'redis':
      case 'rediss':
        return await openRedis(url, log);
      case 'postgres':
      case 'postgresql':
        return await openPostgres(url);
      case 'pglite':
        if (embedded)
          return { ...(await openPool(embedded, async () => {})), reclaim: (queue) => reclaimJobs(embedded, queue) };
        throw badUrl(url, 'a pglite: queue lives in the journal of the same process, and that one is elsewhere');
      default:
        throw badUrl(url, 'the scheme is unknown');
    }
  } catch (error) {
    throw unavailable(error, url);
  }
}

async function openRedis(url: string, log: Log): Promise<Backend> {
  const producer = new Redis(url, { lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 1 });
  // Later errors reach the log through BullMQ's own events. Connecting tells only that it failed; the event says why.
  let reason: Error | undefined;
  producer.on('error', (error) => {
    reason = error;
  });
  try {
    await producer.connect();
    const [, policy] = (await producer.config('GET', 'maxmemory-policy').catch(() => [])) as string[];
    if (policy && policy !== 'noeviction')
      log.warn('redis may evict jobs: set maxmemory-policy noeviction', { maxmemoryPolicy: policy });
  } catch (error) {
    producer.disconnect();
    throw reason ?? error;
  }
  const consumer = new Redis(url, { maxRetriesPerRequest: null });
  consumer.on('error', () => {});
  return {
    producer,
    consumer,
    factory: createRedisBackend,
    close: async () => {
      producer.disconnect();
      consumer.disconnect();
    },
  };
}

async function openPostgres(url: string): Promise<Backend> {
  const pool = new Pool({
    connectionString: withoutSchema(url),
    options: `-c search_path=${SCHEMA}`,
    max: POOL_SIZE,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS * 1.25,
    application_name: 'opg-queue',
  });
  // Idle or held between two queries, one that drops must not end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  try {
    return await openPool(pool as unknown as QueuePool, () => pool.end());
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** With a given pool BullMQ does not migrate by itself. */
async function openPool(pool: QueuePool, close: () => Promise<void>): Promise<Backend> {
  const client = await pool.connect();
  try {
    await runMigrations(client, SCHEMA, {});
  } finally {
    client.release();
  }
  return { producer: pool, consumer: pool, factory: createPostgresBackend, close };
}

/** `?schema=` is the journal's; a server's driver would not know it. */
function withoutSchema(url: string): string {
  const parsed = new URL(url);
  parsed.searchParams.delete('schema');
  return parsed.toString();
}

export function unavailable(error: unknown, url: string): ProtocolError {
  if (error instanceof ProtocolError) return error;
  const reasons = error instanceof AggregateError ? error.errors : [error];
  const reason = reasons.map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
  return new ProtocolError('queue.unavailable', { url: shown(url), reason }, { cause: error });
}

const badUrl = (url: string, reason: string) => new ProtocolError('queue.url', { url: shown(url), reason });

/** Without user, password and parameters. */
const shown = (url: string) => url.replace(/\/\/[^@/]*@/, '//').replace(/\?.*$/, '');
