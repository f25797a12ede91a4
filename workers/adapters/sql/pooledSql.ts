import { setTimeout as sleep } from 'node:timers/promises';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { Sql } from '#ports/sql.ts';
import { failure, lostRace, reasonOf } from './failure.ts';
import type { Pool, PoolClient } from './pool.ts';
import { refuseInside, transactionScope } from './pool.ts';

const ATTEMPTS = 8;
/** Milliseconds; doubled per attempt, and a random part of it is waited so that two losers do not meet again. */
const PAUSE = 5;

/** The Sql port over a pool. `scope` is what must not be used beside an open transaction: the pool, or PGlite's session. */
export class PooledSql implements Sql {
  readonly #pool: Pool;
  readonly #scope: object;
  readonly #url: string;

  /** `url` is what errors show: without a password. */
  constructor(pool: Pool, url: string, scope: object = pool) {
    this.#pool = pool;
    this.#url = url;
    this.#scope = scope;
  }

  async query<R extends object>(text: string, parameters?: readonly unknown[]): Promise<readonly R[]> {
    refuseInside(this.#scope);
    try {
      return (await this.#pool.query(text, parameters)).rows;
    } catch (error) {
      throw failure(error, this.#url);
    }
  }

  async transaction<T>(work: (sql: Pick<Sql, 'query'>) => Promise<T>): Promise<T> {
    refuseInside(this.#scope);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(work);
      } catch (error) {
        if (!lostRace(error)) throw failure(error, this.#url);
        if (attempt === ATTEMPTS)
          throw new ProtocolError('sql.contention', { attempts: attempt, reason: reasonOf(error) }, { cause: error });
        await sleep(Math.random() * PAUSE * 2 ** attempt);
      }
    }
  }

  async #attempt<T>(work: (sql: Pick<Sql, 'query'>) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken = false;
    try {
      await client.query('begin isolation level serializable');
      const result = await transactionScope.run(this.#scope, () => work(inside(client)));
      await client.query('commit');
      return result;
    } catch (error) {
      broken = isProtocolError(failure(error, this.#url), 'sql.unavailable');
      // The reason is `error`; that a lost connection cannot roll back as well adds nothing.
      if (!broken) await client.query('rollback').catch(() => {});
      throw error;
    } finally {
      client.release(broken);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

function inside(client: PoolClient): Pick<Sql, 'query'> {
  return { query: async (text, parameters) => (await client.query(text, parameters)).rows };
}
