import { AsyncLocalStorage } from 'node:async_hooks';

export interface PoolResult {
  // biome-ignore lint/suspicious/noExplicitAny: the columns of a row are the query's business, as in pg itself
  readonly rows: any[];
  readonly rowCount?: number | null;
}

export interface PoolClient {
  query(text: string, parameters?: readonly unknown[]): Promise<PoolResult>;
  release(destroy?: boolean): void;
}

/** The part of pg.Pool this adapter uses. pg.Pool has it, and so has the PGlite pool: one Sql over both. */
export interface Pool {
  query(text: string, parameters?: readonly unknown[]): Promise<PoolResult>;
  connect(): Promise<PoolClient>;
  end(): Promise<void>;
}

/**
 * The database whose transaction the current asynchronous call runs in. PGlite has one session, held by a transaction until
 * it ends; a query beside it from inside would wait for itself for ever, so it is refused instead, on every database alike.
 */
export const transactionScope = new AsyncLocalStorage<object>();

const urgency = new AsyncLocalStorage<true>();

/**
 * What waits for PGlite's one session in this call, and in those it makes, goes before what others wait with. For what is a small part of the work
 * and holds up the rest, such as following the chain beside thirty requests that are served.
 */
export const urgently = <T>(work: () => T): T => urgency.run(true, work);

export const isUrgent = (): boolean => urgency.getStore() === true;

export function refuseInside(database: object): void {
  if (transactionScope.getStore() !== database) return;
  throw new Error('A transaction is open in this call: use the `sql` that was passed to it, not the database.');
}
