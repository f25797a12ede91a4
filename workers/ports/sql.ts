/** A PostgreSQL dialect database: a server by URL, or PGlite inside this process. */
export interface Sql {
  /** 64-bit integers come as decimal strings, jsonb parsed, bytea as bytes. Arrays and bytes may be parameters; JSON goes as text. */
  query<R extends object = Record<string, unknown>>(
    text: string,
    parameters?: readonly unknown[],
  ): Promise<readonly R[]>;
  /**
   * One serialisable transaction; rolled back if `work` throws; run again when it lost against another, so `work` has no
   * effect but through the `sql` it is given. Using the outer Sql inside is an error.
   */
  transaction<T>(work: (sql: Pick<Sql, 'query'>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The tables of one area, as steps that are applied once and never edited after a release. */
export interface Migrations {
  readonly area: string;
  /** Names sort in order: '0001-blocks'. The text may be several statements. */
  readonly steps: readonly { readonly name: string; readonly text: string }[];
}
