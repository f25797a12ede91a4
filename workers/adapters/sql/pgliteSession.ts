import { PGlite, types } from '@electric-sql/pglite';
import type { PoolResult } from './pool.ts';
import { refuseInside } from './pool.ts';

/** PGlite has no autovacuum process: after so many changed rows the space of dead ones is given back. */
const VACUUM_AFTER_ROWS = 20_000;

/**
 * One PGlite, which is one PostgreSQL session without a server: whoever uses it holds it, from BEGIN to COMMIT if need be.
 *
 * It survives the death of its process at any point, not a power failure: PGlite runs with fsync off.
 */
export class PgliteSession {
  #tail: Promise<void> = Promise.resolve();
  #searchPath = '';
  #changedRows = 0;
  #closed = false;
  readonly #pglite: PGlite;

  private constructor(pglite: PGlite) {
    this.#pglite = pglite;
  }

  /** Without a directory everything is in memory. */
  static async open(directory: string | undefined): Promise<PgliteSession> {
    const pglite = await PGlite.create({
      ...(directory === undefined ? {} : { dataDir: directory }),
      // As pg does: 64-bit integers arrive as decimal strings, exact.
      parsers: { [types.INT8]: (value: string) => value },
      // The default lets 1 GB of log pile up before a checkpoint.
      startParams: [...PGlite.defaultStartParams, '-c', 'max_wal_size=64MB', '-c', 'min_wal_size=32MB'],
    });
    return new PgliteSession(pglite);
  }

  /** Resolves to a release function once this caller has the session alone. */
  async hold(searchPath: string): Promise<() => void> {
    refuseInside(this);
    let release = () => {};
    const before = this.#tail;
    this.#tail = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    try {
      if (this.#closed) throw new Error('The database is closed.');
      if (this.#searchPath !== searchPath) await this.#pglite.exec(`set search_path to ${searchPath}`);
      this.#searchPath = searchPath;
    } catch (error) {
      release();
      throw error;
    }
    return release;
  }

  /** Only for the holder. Without parameters a text may be several statements. */
  async run(text: string, parameters: readonly unknown[] = []): Promise<PoolResult> {
    const result =
      parameters.length > 0
        ? await this.#pglite.query<Record<string, unknown>>(text, [...parameters])
        : (await this.#pglite.exec(text)).at(-1);
    const changed = result?.affectedRows ?? 0;
    this.#changedRows += changed;
    return { rows: result?.rows ?? [], rowCount: changed || (result?.rows.length ?? 0) };
  }

  /** Called by the holder between transactions. */
  async vacuumWhenDue(): Promise<void> {
    if (this.#changedRows < VACUUM_AFTER_ROWS) return;
    this.#changedRows = 0;
    await this.#pglite.exec('vacuum');
  }

  listen(channel: string, deliver: (payload: string) => void): Promise<() => Promise<void>> {
    return this.#pglite.listen(channel, deliver);
  }

  /** Waits for its turn, then ends the database; idempotent. */
  async close(): Promise<void> {
    const before = this.#tail;
    this.#tail = before.then(async () => {
      if (this.#closed) return;
      this.#closed = true;
      await this.#pglite.close();
    });
    await this.#tail;
  }
}
