/** What PostgreSQL admits by default, 100 connections, has to do for a node and executors beside it, however much they have to do. */
import { expect } from 'chai';
import type { Queue } from '#ports/queue.ts';
import { openQueue } from '../../workers/adapters/bullmq/queue.ts';
import { type Database, openDatabase } from '../../workers/adapters/sql/open.ts';
import { skipLoudly } from '../support/debian.ts';
import { eventually } from '../support/eventually.ts';
import { type RunningServer, startPostgres } from '../support/servers.ts';
import { recordedLog, recordedMetrics } from '../support/telemetry.ts';

const EXECUTORS = 4;
const JOBS = 300;
const AT_ONCE = 32;
const STAGES = ['prove', 'execute', 'admit', 'submit'];
const STAGES_OF_EXECUTORS = STAGES.slice(0, 2);

describe('one PostgreSQL for the journal and the queue', () => {
  let server: RunningServer | undefined;
  const databases: Database[] = [];
  const queues: Queue[] = [];
  const log = recordedLog();
  before(async function () {
    this.timeout(400_000);
    server = await startPostgres();
    if (!server) skipLoudly(this, 'PostgreSQL: its connections');
  });
  after(async () => {
    for (const queue of queues) await queue.close(1_000);
    for (const database of databases.reverse()) await database.close();
    await server?.stop();
  });

  it('admits a node and four executors, all busy', async () => {
    const url = server?.url ?? '';
    const done = new Set<string>();
    for (let i = 0; i <= EXECUTORS; i++) {
      const { sql } = databases[databases.push(await openDatabase(url, [], { guest: i > 0 })) - 1] as Database;
      const queue = await openQueue({ url, namespace: 'busy', log, metrics: recordedMetrics() });
      queues.push(queue);
      for (const stage of i === 0 ? STAGES : STAGES_OF_EXECUTORS)
        await queue.consume(stage, AT_ONCE, async (id) => {
          await Promise.all([sql.query('select pg_sleep(0.01)'), sql.query('select pg_sleep(0.01)')]);
          done.add(`${stage} ${id}`);
        });
    }
    const ids = Array.from({ length: JOBS }, (_, n) => `0x${n.toString(16)}` as const);
    const pushes = STAGES.flatMap((stage) => ids.map((id, n) => queues[n % queues.length]?.push(stage, id)));
    await Promise.all(pushes);
    await eventually('all are done', () => done.size === STAGES.length * JOBS, 60_000);
    expect(log.lines).to.deep.equal([]);
  });
});
