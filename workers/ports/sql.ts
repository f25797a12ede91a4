/** A PostgreSQL dialect database: a server by URL, or PGlite inside this process. */
export interface Sql {
  query<R extends object = Record<string, unknown>>(
    text: string,
    parameters?: readonly unknown[],
  ): Promise<readonly R[]>;
  /** One transaction; rolled back if `work` throws; serialisation failures are retried. */
  transaction<T>(work: (sql: Pick<Sql, 'query'>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
