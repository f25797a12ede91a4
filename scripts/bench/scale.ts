/**
 * Executor processes that share one queue, and requests that share an execution. Without a chain: requests are put where a node puts them,
 * in a PostgreSQL journal and a queue, and counted when their results are recorded.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { Queue } from '#ports/queue.ts';
import { type RunningServer, startPostgres, startRedis } from '../../test/support/servers.ts';
import { openQueue } from '../../workers/adapters/bullmq/queue.ts';
import { sqlJournal } from '../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../workers/adapters/journal/migrations.ts';
import { openDatabase } from '../../workers/adapters/sql/open.ts';
import { healthy, Process } from '../demo/processes.ts';
import { type Work, works } from './scaleWork.ts';

const PROCESSES = [1, 2, 4] as const;
/** Milliseconds between looks at the journal. */
const LOOK_MS = 20;

export interface ScaleRow {
  readonly queue: 'Redis' | 'PostgreSQL';
  readonly model: string;
  /** Requests per second by so many executor processes with one child each. */
  readonly perSecond: Readonly<Record<number, number>>;
}

const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };
const metrics = { count: nothing, gauge: nothing, observe: nothing };

/** undefined where PostgreSQL or Redis are not on this machine. */
export async function benchScale(): Promise<readonly ScaleRow[] | undefined> {
  const [postgres, redis] = [await startPostgres(), await startRedis()];
  if (!postgres || !redis) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'opg-bench-'));
  try {
    const rows: ScaleRow[] = [];
    for (const [queue, server] of [['Redis', redis] as const, ['PostgreSQL', postgres] as const])
      for (const work of works()) {
        const perSecond: Record<number, number> = {};
        for (const count of PROCESSES) perSecond[count] = await measure({ postgres, server, folder, work, count });
        rows.push({ queue, model: work.name, perSecond });
      }
    return rows;
  } finally {
    await Promise.all([postgres.stop(), redis.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Run {
  readonly postgres: RunningServer;
  readonly server: RunningServer;
  readonly folder: string;
  readonly work: Work;
  readonly count: number;
}

let runs = 0;

async function measure({ postgres, server, folder, work, count }: Run): Promise<number> {
  const namespace = `scale${++runs}`;
  const journalUrl = `${postgres.url}?schema=${namespace}`;
  const database = await openDatabase(journalUrl, [journalMigrations]);
  const queue = await openQueue({ url: server.url, namespace, log, metrics });
  writeFileSync(path.join(folder, createHash('sha256').update(work.onnx).digest('hex')), work.onnx);
  const executors = Array.from(
    { length: count },
    (_, i) =>
      new Process({
        name: `executor ${i + 1} of ${count}`,
        script: 'workers/executor/main.ts',
        environment: {
          OPG_JOURNAL_URL: journalUrl,
          OPG_QUEUE_URL: server.url,
          OPG_QUEUE_NAMESPACE: namespace,
          OPG_EXECUTOR_CONCURRENCY: '1',
          OPG_MODEL_DIRECTORY: folder,
          OPG_DATA_DIR: path.join(folder, `${namespace}-${i}`),
          OPG_LOG_LEVEL: 'info',
        },
        portVariable: 'OPG_HTTP_PORT',
        logFile: path.join(folder, `${namespace}-${i}.log`),
        ready: healthy,
      }),
  );
  try {
    const journal = sqlJournal(database.sql);
    for (const executor of executors) await executor.start();
    // Each loads the model and its libraries before time is taken.
    await done(journal, await admit(journal, queue, work, 0, count * 16));
    const all = count * 16 + work.requests;
    const began = performance.now();
    await admit(journal, queue, work, count * 16, all);
    await done(journal, all);
    return work.requests / ((performance.now() - began) / 1000);
  } finally {
    for (const executor of executors) await executor.stop();
    await queue.close(1_000);
    await database.close();
  }
}

async function admit(journal: Journal, queue: Queue, work: Work, from: number, to: number): Promise<number> {
  const ids = Array.from({ length: to - from }, (_, i): Hex => `0x${(from + i + 1).toString(16).padStart(64, '0')}`);
  const some = 50;
  for (let at = 0; at < ids.length; at += some)
    await Promise.all(
      ids.slice(at, at + some).map(async (id, i) => {
        const facts = { ...work.facts(from + at + i) };
        await journal.open({ track: 'serve', id, stage: 'admitted', facts, dueAt: undefined });
        await queue.push('execute', id);
      }),
    );
  return to;
}

async function done(journal: Journal, count: number): Promise<void> {
  for (;;) {
    const { executed = 0, quarantined = 0, expired = 0 } = await journal.count('serve');
    if (quarantined + expired > 0) throw new Error(`${quarantined} requests failed, ${expired} were late.`);
    if (executed >= count) return;
    await sleep(LOOK_MS);
  }
}
