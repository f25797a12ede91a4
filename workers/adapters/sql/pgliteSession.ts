import { PGlite, types } from '@electric-sql/pglite';
import { pgliteModules } from './pgliteModules.ts';
import type { PoolResult } from './pool.ts';
import { isUrgent, refuseInside } from './pool.ts';

/**
 * PGlite has no background processes: nobody gives the space of dead rows back, and nobody makes the checkpoints without which its log
 * grows until the database is closed. Both are done here after so many changed rows or bytes.
 */
const TIDY_AFTER_ROWS = 20_000;
const TIDY_AFTER_BYTES = 32 * 2 ** 20;
/** PostgreSQL keeps a file open for each table and index it has touched, 1,000 by default; beyond this the oldest is closed. */
const MAX_FILES = 128;
/** PostgreSQL takes them whole at its start, 128 MB by default: the files are in the system's cache as well. */
const SHARED_BUFFERS_MB = 32;
/** max_wal_size: how much log is kept for the next round after a checkpoint; the default is 1 GB. */
const SETTINGS = [
  'max_wal_size=64MB',
  'min_wal_size=32MB',
  `max_files_per_process=${MAX_FILES}`,
  `shared_buffers=${SHARED_BUFFERS_MB}MB`,
];

/** The files of an empty database in memory, from the first one of this process: making them takes seconds. */
let empty: Blob | undefined;

/**
 * One PGlite, which is one PostgreSQL session without a server: whoever uses it holds it, from BEGIN to COMMIT if need be.
 *
 * It survives the death of its process at any point, not a power failure: PGlite runs with fsync off.
 */
export class PgliteSession {
  #held = false;
  /** Those who wait for it, in the order in which they came. */
  readonly #first: (() => void)[] = [];
  readonly #others: (() => void)[] = [];
  #searchPath = '';
  #changedRows = 0;
  #changedBytes = 0;
  #closed = false;
  readonly #pglite: PGlite;

  private constructor(pglite: PGlite) {
    this.#pglite = pglite;
  }

  /** Without a directory everything is in memory. */
  static async open(directory: string | undefined): Promise<PgliteSession> {
    const pglite = await PGlite.create({
      ...(await pgliteModules()),
      ...(directory === undefined ? empty && { loadDataDir: empty } : { dataDir: directory }),
      // As pg does: 64-bit integers arrive as decimal strings, exact. Bytes: PGlite's own way takes 0.4 s per megabyte.
      parsers: { [types.INT8]: (value) => value, [types.BYTEA]: (value) => Buffer.from(value.slice(2), 'hex') },
      serializers: { [types.BYTEA]: (value: Uint8Array) => `\\x${Buffer.from(value).toString('hex')}` },
      startParams: [...PGlite.defaultStartParams, ...SETTINGS.flatMap((setting) => ['-c', setting])],
    });
    if (directory === undefined) empty ??= await pglite.dumpDataDir('none');
    return new PgliteSession(pglite);
  }

  /** Resolves to a release function once this caller has the session alone. */
  async hold(searchPath: string): Promise<() => void> {
    refuseInside(this);
    await this.#turn(isUrgent());
    let released = false;
    const release = () => {
      if (!released) this.#next();
      released = true;
    };
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

  #turn(first: boolean): Promise<void> {
    if (!this.#held) {
      this.#held = true;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      (first ? this.#first : this.#others).push(resolve);
    });
  }

  #next(): void {
    const next = this.#first.shift() ?? this.#others.shift();
    if (next) next();
    else this.#held = false;
  }

  /** Only for the holder. Without parameters a text may be several statements. */
  async run(text: string, parameters: readonly unknown[] = []): Promise<PoolResult> {
    const result =
      parameters.length > 0
        ? await this.#pglite.query<Record<string, unknown>>(text, [...parameters])
        : (await this.#pglite.exec(text)).at(-1);
    const changed = result?.affectedRows ?? 0;
    this.#changedRows += changed;
    if (changed > 0) this.#changedBytes += parameters.reduce<number>((sum, parameter) => sum + lengthOf(parameter), 0);
    return { rows: result?.rows ?? [], rowCount: changed || (result?.rows.length ?? 0) };
  }

  /** Called by the holder between transactions. */
  async tidyWhenDue(): Promise<void> {
    if (this.#changedRows < TIDY_AFTER_ROWS && this.#changedBytes < TIDY_AFTER_BYTES) return;
    this.#changedRows = 0;
    this.#changedBytes = 0;
    await this.#pglite.exec('vacuum');
    await this.#pglite.exec('checkpoint');
  }

  listen(channel: string, deliver: (payload: string) => void): Promise<() => Promise<void>> {
    return this.#pglite.listen(channel, deliver);
  }

  /** Waits for its turn, then ends the database; idempotent. */
  async close(): Promise<void> {
    await this.#turn(false);
    try {
      if (this.#closed) return;
      this.#closed = true;
      await this.#pglite.close();
    } finally {
      this.#next();
    }
  }
}

function lengthOf(parameter: unknown): number {
  return typeof parameter === 'string' || parameter instanceof Uint8Array ? parameter.length : 8;
}
