import { EventEmitter } from 'node:events';
import type { PgliteSession } from './pgliteSession.ts';
import type { Pool, PoolClient, PoolResult } from './pool.ts';

/** Statements are told apart by their first word; BullMQ's begin with comment lines. */
const LEADING_COMMENTS = /^(?:\s*--[^\n]*\n)+/;
const LISTEN = /^(un)?listen\s+("?)([^"\s;]+)\2/i;
const BEGIN = /^(begin|start\s+transaction)\b/i;
const END = /^(commit|end|rollback(?!\s+to\b))\b/i;

/** What a client of a pool is to one session: a turn, or the whole of a transaction. */
class PgliteClient extends EventEmitter implements PoolClient {
  readonly #session: PgliteSession;
  readonly #searchPath: string;
  readonly #listening = new Map<string, () => Promise<void>>();
  #release: (() => void) | undefined;

  constructor(session: PgliteSession, searchPath: string) {
    super();
    this.setMaxListeners(0);
    this.#session = session;
    this.#searchPath = searchPath;
  }

  async query(text: string, parameters?: readonly unknown[]): Promise<PoolResult> {
    const statement = text.replace(LEADING_COMMENTS, '').trimStart();
    const listen = LISTEN.exec(statement);
    if (listen) return this.#listen(listen[3] ?? '', listen[1] !== undefined);
    if (BEGIN.test(statement)) this.#release ??= await this.#session.hold(this.#searchPath);
    if (!this.#release) return this.#turn(text, parameters);
    try {
      return await this.#session.run(text, parameters);
    } finally {
      if (END.test(statement)) this.#letGo();
    }
  }

  async #turn(text: string, parameters: readonly unknown[] | undefined): Promise<PoolResult> {
    const release = await this.#session.hold(this.#searchPath);
    try {
      const result = await this.#session.run(text, parameters);
      await this.#session.tidyWhenDue();
      return result;
    } finally {
      release();
    }
  }

  /** Holds the session, so that no open transaction of somebody else can take the LISTEN back with itself. */
  async #listen(channel: string, stop: boolean): Promise<PoolResult> {
    const release = await this.#session.hold(this.#searchPath);
    try {
      if (stop) await this.#unlisten(channel);
      else if (!this.#listening.has(channel)) {
        const off = await this.#session.listen(channel, (payload) => this.emit('notification', { channel, payload }));
        this.#listening.set(channel, off);
      }
      return { rows: [], rowCount: 0 };
    } finally {
      release();
    }
  }

  async #unlisten(channel: string): Promise<void> {
    for (const [name, off] of this.#listening) {
      if (channel !== '*' && channel !== name) continue;
      await off();
      this.#listening.delete(name);
    }
  }

  #letGo(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** Given back in the middle of a transaction, it rolls that back. A closed session has nothing left to stop. */
  release(): void {
    if (this.#listening.size > 0) this.#listen('*', true).catch(() => {});
    if (!this.#release) return;
    this.#session
      .run('rollback')
      .catch(() => {})
      .finally(() => this.#letGo());
  }
}

/** A pg.Pool to its users, over one in-process PGlite. Each pool has its own search path, as pools of a server would. */
export class PglitePool extends EventEmitter implements Pool {
  /** BullMQ asks whether a dropped connection would be noticed; here there is none to drop. */
  readonly options = { keepAlive: true };
  readonly session: PgliteSession;
  readonly #searchPath: string;

  constructor(session: PgliteSession, searchPath: string) {
    super();
    this.setMaxListeners(0);
    this.session = session;
    this.#searchPath = searchPath;
  }

  async connect(): Promise<PgliteClient> {
    return new PgliteClient(this.session, this.#searchPath);
  }

  query(text: string, parameters?: readonly unknown[]): Promise<PoolResult> {
    return new PgliteClient(this.session, this.#searchPath).query(text, parameters);
  }

  /** The session has other users: its owner closes it. */
  async end(): Promise<void> {}
}
