import type { Queue } from '#ports/queue.ts';
import { openQueue, type QueueOptions } from '../../workers/adapters/bullmq/queue.ts';
import { type Database, openDatabase } from '../../workers/adapters/sql/open.ts';
import { type RunningServer, skipLoudly, startPostgres, startRedis } from '../support/servers.ts';
import { recordedLog, recordedMetrics } from '../support/telemetry.ts';
import { shouldBehaveLikeQueue, shouldKeepJobs } from './queueSuite.ts';

const TIMING = { lockMs: 1_000, stalledMs: 300, backoffMs: 10, longestBackoffMs: 50 };

/** A namespace of its own for each test, so that none sees the jobs of another. */
function suite(backend: () => Pick<QueueOptions, 'url' | 'embedded'>): void {
  let tests = 0;
  const reopen = (): Promise<Queue> =>
    openQueue({
      ...backend(),
      namespace: `test${tests}`,
      log: recordedLog(),
      metrics: recordedMetrics(),
      timing: TIMING,
    });
  const open = () => {
    tests++;
    return reopen();
  };
  shouldBehaveLikeQueue(open);
  shouldKeepJobs(open, reopen);
}

describe('the queue', () => {
  describe('on PGlite', () => {
    let database: Database;
    before(async () => {
      database = await openDatabase('pglite:memory', []);
    });
    after(() => database.close());
    suite(() => ({ url: 'pglite:memory', embedded: database.embedded }));
  });

  for (const [name, start] of [
    ['PostgreSQL', startPostgres],
    ['Redis', startRedis],
  ] as const) {
    describe(`on ${name}`, () => {
      let server: RunningServer | undefined;
      before(async function () {
        this.timeout(400_000);
        server = await start();
        if (!server) skipLoudly(this, `${name}: the queue`);
      });
      after(() => server?.stop());
      suite(() => ({ url: server?.url ?? '' }));
    });
  }
});
