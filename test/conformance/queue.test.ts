import { expect } from 'chai';
import type { Queue } from '#ports/queue.ts';
import { openQueue, type QueueOptions } from '../../workers/adapters/bullmq/queue.ts';
import { memoryQueue } from '../../workers/adapters/memory/queue.ts';
import { type Database, openDatabase } from '../../workers/adapters/sql/open.ts';
import { skipLoudly } from '../support/debian.ts';
import { eventually } from '../support/eventually.ts';
import { rejectsLater } from '../support/rejects.ts';
import { freePort, type RunningServer, startPostgres, startRedis } from '../support/servers.ts';
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
  describe('in memory', () => shouldBehaveLikeQueue(async () => memoryQueue()));

  describe('on PGlite', () => {
    let database: Database;
    before(async () => {
      database = await openDatabase('pglite:memory', []);
    });
    after(() => database.close());
    suite(() => ({ url: 'pglite:memory', embedded: database.embedded }));

    const HOURS = { ...TIMING, lockMs: 3_600_000, stalledMs: 3_600_000 };
    const openOn = (namespace: string, log = recordedLog()) =>
      openQueue({
        url: 'pglite:memory',
        embedded: database.embedded,
        namespace,
        log,
        metrics: recordedMetrics(),
        timing: HOURS,
      });
    const forever = () => new Promise<void>(() => {});

    it('takes back at once what a process that vanished was running, and nothing of others', async () => {
      const [dead, neighbour] = [await openOn('dead'), await openOn('dead-neighbour')];
      const running = async (queue: Queue, n: number) => (await queue.depth('execute')).active === n;
      for (const queue of [dead, neighbour]) {
        for (const id of ['0x1', '0x2', '0x3'] as const) await queue.push('execute', id);
        await queue.consume('execute', 2, forever);
        await eventually('two run', () => running(queue, 2));
      }
      await dead.close(0);

      const log = recordedLog();
      const next = await openOn('dead', log);
      const seen = new Set<string>();
      await next.consume('execute', 1, async (id) => void seen.add(id));
      await eventually('all three ran', () => seen.size === 3);
      expect(log.lines.find(({ message }) => message === 'jobs of the last process wait again')).to.include({
        jobs: 2,
      });
      expect(await running(neighbour, 2)).to.equal(true);
      await Promise.all([next.close(1_000), neighbour.close(0)]);
    });

    it('drops a job the fourth time it was running when its process vanished', async () => {
      for (let death = 1; death <= 4; death++) {
        const queue = await openOn('killer');
        if (death === 1) await queue.push('execute', '0x1');
        let started = 0;
        await queue.consume('execute', 1, () => {
          started++;
          return forever();
        });
        await eventually('it runs', () => started === 1);
        await queue.close(0);
      }
      const queue = await openOn('killer');
      let runs = 0;
      await queue.consume('execute', 1, async () => void runs++);
      await eventually('it is gone', async () => {
        const { waiting, active } = await queue.depth('execute');
        return waiting + active === 0;
      });
      expect(runs).to.equal(0);
      await queue.close(1_000);
    });
  });

  it('refuses what names no queue', async () => {
    const telemetry = { log: recordedLog(), metrics: recordedMetrics() };
    await rejectsLater('queue.url', openQueue({ url: 'amqp://host', namespace: 'none', ...telemetry }));
    await rejectsLater('queue.url', openQueue({ url: 'pglite:elsewhere', namespace: 'none', ...telemetry }));
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

      it('refuses a push while the server is away, retryably, and goes on when it is back', async () => {
        const log = recordedLog();
        const options = { url: server?.url ?? '', namespace: 'away', log, metrics: recordedMetrics(), timing: TIMING };
        const queue = await openQueue(options);
        const seen = new Set<number>();
        await queue.consume('execute', 1, async (id) => void seen.add(Number(id)));
        await queue.push('execute', '0x1');
        await eventually('the first ran', () => seen.has(1));

        await server?.kill();
        await rejectsLater('queue.unavailable', queue.push('execute', '0x2'));
        await eventually('the log says so', () =>
          log.lines.some(({ message }) => message.startsWith('queue does not answer')),
        );
        await server?.start();
        await eventually('a push is taken', () =>
          queue.push('execute', '0x3').then(
            () => true,
            () => false,
          ),
        );
        await eventually('it ran', () => seen.has(3));
        await queue.close(1_000);
      });

      it('closes while the server is away', async () => {
        const log = recordedLog();
        const options = { url: server?.url ?? '', namespace: 'gone', log, metrics: recordedMetrics(), timing: TIMING };
        const queue = await openQueue(options);
        await queue.consume('execute', 1, async () => {});
        await queue.push('execute', '0x1');
        await server?.kill();
        const noticed = () => log.lines.some(({ message }) => message.startsWith('queue does not answer'));
        await eventually('the log says so', noticed);
        await queue.close(1_000);
        await server?.start();
      });

      it('says that it cannot be reached, without the password', async () => {
        const url = `${new URL(server?.url ?? '').protocol}//me:secret@127.0.0.1:${await freePort()}`;
        const opened = openQueue({ url, namespace: 'none', log: recordedLog(), metrics: recordedMetrics() });
        const error = await rejectsLater('queue.unavailable', opened);
        expect(error.message).to.contain('ECONNREFUSED').and.not.contain('secret');
      });
    });
  }
});
