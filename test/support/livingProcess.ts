/** A process run by workers/lifecycle in one of several ways; `opened` on stdout when it is ready to be told to stop. */
import { ProtocolError } from '#core/errors.ts';
import { systemClock } from '../../workers/adapters/clock/systemClock.ts';
import { createLog } from '../../workers/adapters/pino/log.ts';
import { type Life, run } from '../../workers/lifecycle/run.ts';

const log = createLog({ level: 'debug' });
const forever = () => new Promise<void>(() => setInterval(() => {}, 1_000));

const ways: Record<string, (life: Life) => Promise<void>> = {
  works: ({ signal }) => systemClock.sleep(1e6, signal),
  returns: async () => {},
  throwsFinal: async () => {
    throw new ProtocolError('sql.url', { url: 'test', reason: 'test' });
  },
  throwsRetryable: async () => {
    throw new ProtocolError('sql.unavailable', { url: 'test', reason: 'test' });
  },
  throwsUnknown: async () => {
    throw new TypeError('a bug');
  },
  rejectsUnhandled: async ({ signal }) => {
    void Promise.reject(new TypeError('nobody listens'));
    await systemClock.sleep(1e6, signal);
  },
  failsInPart: async ({ signal, fail }) => {
    setImmediate(() => fail(new ProtocolError('sql.unavailable', { url: 'part', reason: 'test' })));
    await systemClock.sleep(1e6, signal);
    throw new Error('because it was aborted');
  },
  neverReturns: forever,
  closesBadly: async ({ signal, shutdown }) => {
    shutdown.add('broken', async () => {
      throw new Error('cannot close');
    });
    await systemClock.sleep(1e6, signal);
  },
  hangsAtTheEnd: async ({ signal, shutdown }) => {
    shutdown.add('stuck', forever);
    await systemClock.sleep(1e6, signal);
  },
};

// Mocha reads every file under test/; only a process of its own runs this one.
if (import.meta.main) {
  const way = ways[process.argv[2] ?? ''];
  if (!way) throw new Error('no such way');
  const code = await run(async (life) => {
    life.configure({ log, graceMs: Number(process.argv[3] ?? 5_000) });
    life.shutdown.add('first', async () => {});
    life.shutdown.add('second', async () => {});
    const work = way(life);
    console.log('opened');
    await work;
  }, log);
  process.exit(code);
}
