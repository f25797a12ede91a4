import { Client, type ClientConfig } from 'pg';
import { ProtocolError } from '#core/errors.ts';
import { failure } from './failure.ts';

/** First key of the advisory lock, "opg" in ASCII: keeps it apart from locks of other programs in the same database. */
const LOCK_SPACE = 0x6f7067;

/**
 * Takes a schema for this process: an advisory lock of one connection, which the server drops with the process. Returns how to give
 * it back. Throws `sql.locked`, naming the other's address and process.
 */
export async function holdSchema(config: ClientConfig, schema: string, url: string): Promise<() => Promise<void>> {
  const client = new Client(config);
  // Losing the connection loses the lock. It is not taken again: rows are changed by compare-and-set, so this lock is there
  // to catch a wrong set-up at the start, and correctness does not hang on it.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query('select pg_try_advisory_lock($1, hashtext($2)) as taken', [LOCK_SPACE, schema]);
    if (!rows[0]?.taken) throw await locked(client, schema, url);
    return () => client.end();
  } catch (error) {
    await client.end().catch(() => {});
    throw failure(error, url);
  }
}

async function locked(client: Client, schema: string, url: string): Promise<ProtocolError<'sql.locked'>> {
  const { rows } = await client.query(
    `select a.pid, a.application_name, host(a.client_addr) as address, a.backend_start::text as since
       from pg_locks l join pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.classid = $1 and l.objid::bigint = hashtext($2)::bigint & 4294967295`,
    [LOCK_SPACE, schema],
  );
  const other = rows[0];
  const holder = other
    ? `a process at ${other.address ?? 'this machine'}, connected since ${other.since} (server process ${other.pid})`
    : 'another process';
  return new ProtocolError('sql.locked', { path: `${url}, schema ${schema},`, holder });
}
