/** An index over the chain in the test process: its real blocks, read with the real decoder, without a node and a reader between. */
import { expect } from 'chai';
import type { BlockRef, Hex, LoggedEvent } from '#ports/chain.ts';
import type { Answers, IndexStore } from '#ports/indexing.ts';
import type { Sql } from '#ports/sql.ts';
import { eventDecoder, type RawLog } from '../../workers/adapters/ethers/decodeEvents.ts';
import { indexAnswers } from '../../workers/adapters/index/answers/answers.ts';
import { indexMigrations } from '../../workers/adapters/index/migrations.ts';
import { indexStore } from '../../workers/adapters/index/store.ts';
import { chainTables } from '../../workers/adapters/journal/chainTables.ts';
import { journalMigrations } from '../../workers/adapters/journal/migrations.ts';
import { openDatabase } from '../../workers/adapters/sql/open.ts';
import { project } from '../../workers/indexer/project.ts';

interface RawBlock {
  readonly number: string;
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly timestamp: string;
}

export interface SendsRpc {
  send(method: string, parameters: unknown[]): Promise<unknown>;
}

/** Tables that blocks change: what taking blocks back must leave as it was. */
export const TABLES = [
  'account',
  'namespace',
  'model',
  'version',
  'node',
  'offer',
  'set',
  'request',
  'activity',
  'patron',
  'total',
  'day',
] as const;

export class Index {
  readonly sql: Sql;
  readonly store: IndexStore;
  readonly answers: Answers;
  readonly #close: () => Promise<void>;

  private constructor(sql: Sql, close: () => Promise<void>) {
    this.sql = sql;
    this.store = indexStore(sql, chainTables);
    this.answers = indexAnswers(sql, chainTables);
    this.#close = close;
  }

  static async open(url = 'pglite:memory'): Promise<Index> {
    const database = await openDatabase(url, [journalMigrations, indexMigrations]);
    return new Index(database.sql, () => database.close());
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** As if it had just been made. */
  async clear(): Promise<void> {
    const tables = [...TABLES, 'undo', 'card', 'listing'].map((name) => `index_${name}`);
    await this.sql.query(`truncate ${tables.join(', ')}, journal_event, journal_block, journal_final`);
  }

  take(block: BlockRef, events: readonly LoggedEvent[]): Promise<void> {
    return this.store.take(block, events, (before) => project(block, events, before));
  }

  /** Every row of every table, as text. */
  async dump(): Promise<Readonly<Record<string, readonly string[]>>> {
    const tables = [...TABLES.map((name) => `index_${name}`), 'index_listing', 'journal_block', 'journal_event'];
    const dumped: Record<string, readonly string[]> = {};
    for (const table of tables) {
      const rows = await this.sql.query<{ row: string }>(`select to_jsonb(t)::text as row from ${table} t order by 1`);
      dumped[table] = rows.map(({ row }) => row);
    }
    return dumped;
  }

  async undoRows(): Promise<number> {
    const [found] = await this.sql.query<{ n: number }>('select count(*)::integer as n from index_undo');
    return found?.n ?? 0;
  }
}

/** Blocks of a chain with the protocol's events in them. */
export class Blocks {
  readonly #provider: SendsRpc;
  readonly #decoder: ReturnType<typeof eventDecoder>;

  constructor(provider: SendsRpc, contracts: Parameters<typeof eventDecoder>[0]) {
    this.#provider = provider;
    this.#decoder = eventDecoder(contracts);
  }

  async newest(): Promise<number> {
    return Number(await this.#provider.send('eth_blockNumber', []));
  }

  async at(number: number): Promise<{ readonly block: BlockRef; readonly events: readonly LoggedEvent[] }> {
    const hex = `0x${number.toString(16)}`;
    const raw = (await this.#provider.send('eth_getBlockByNumber', [hex, false])) as RawBlock;
    const { hash, parentHash } = raw;
    const block = { number: Number(raw.number), hash, parentHash, timestamp: Number(raw.timestamp) };
    const logs = (await this.#provider.send('eth_getLogs', [
      { fromBlock: hex, toBlock: hex, address: this.#decoder.addresses },
    ])) as RawLog[];
    const events = logs.flatMap((log) => {
      const event = this.#decoder.decode(log);
      return event ? [{ block, transactionHash: log.transactionHash, logIndex: Number(log.logIndex), event }] : [];
    });
    return { block, events };
  }

  /** From block `from` to the newest. */
  async since(from: number) {
    const newest = await this.newest();
    return Promise.all(Array.from({ length: Math.max(0, newest - from + 1) }, (_, i) => this.at(from + i)));
  }
}

export type Dump = Awaited<ReturnType<Index['dump']>>;

/** Rows that only one of the two has. */
export function differences(now: Dump, then: Dump = {}): string[] {
  return Object.keys(now).flatMap((table) => {
    const [here, there] = [new Set(now[table]), new Set(then[table])];
    return [
      ...[...here].filter((row) => !there.has(row)).map((row) => `${table} has ${row}`),
      ...[...there].filter((row) => !here.has(row)).map((row) => `${table} had ${row}`),
    ];
  });
}

/** Takes back the newest blocks, sees the index as it was before each, and reads them again. */
export async function fallsOutAndReturns(index: Index, blocks: Blocks, depth: number): Promise<void> {
  const before = await index.dump();
  const states: Dump[] = [];
  const taken = await blocks.since((await blocks.newest()) - depth + 1);
  for (const { block } of taken.toReversed()) {
    await index.store.takeBack(block);
    states.push(await index.dump());
  }
  for (const { block, events } of taken) {
    expect(differences(await index.dump(), states.pop()), `before block ${block.number}`).to.deep.equal([]);
    await index.take(block, events);
  }
  expect(differences(await index.dump(), before), `after ${depth} blocks came back`).to.deep.equal([]);
}
