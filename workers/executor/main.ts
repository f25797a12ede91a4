import { checkBudget } from '#core/protocol/checkBudget.ts';
import { configuredModelStore } from '../adapters/blobs/configured.ts';
import { impatient } from '../adapters/blobs/impatient.ts';
import { openQueue } from '../adapters/bullmq/queue.ts';
import { steadyClock } from '../adapters/clock/steadyClock.ts';
import { sqlJournal } from '../adapters/journal/journal.ts';
import { journalMigrations } from '../adapters/journal/migrations.ts';
import { createOnnxRuntime } from '../adapters/onnx/runtime.ts';
import { outboxMigrations } from '../adapters/outbox/migrations.ts';
import { createLog } from '../adapters/pino/log.ts';
import { createMetrics } from '../adapters/prometheus/metrics.ts';
import { createReference } from '../adapters/reference/reference.ts';
import { sqlRestoreMarks } from '../adapters/restored/marks.ts';
import { restoredMigrations } from '../adapters/restored/migrations.ts';
import { openDatabase } from '../adapters/sql/open.ts';
import { loadConfig } from '../config/load.ts';
import { Health } from '../lifecycle/health.ts';
import { serveHttp } from '../lifecycle/http.ts';
import { run } from '../lifecycle/run.ts';
import { sweep } from '../watcher/sweep.ts';
import { createExecutor, inFlight } from './execute.ts';
import { createHold } from './hold.ts';
import { BEAT_MS } from './pacing.ts';
import { createWarmUp, WARM_MS } from './warm.ts';

const fields = { role: 'executor' };

/**
 * An executor of its own, beside the node whose PostgreSQL journal and queue it shares (the same OPG_JOURNAL_URL, OPG_QUEUE_URL and
 * OPG_QUEUE_NAMESPACE). It holds no key and sees no chain. Wiring only.
 */
const code = await run(
  async (life) => {
    const config = loadConfig('executor', process.env);
    const { logLevel, graceMs, httpHost: host, httpPort: port, dataDir } = config.process;
    const log = createLog({ level: logLevel, fields });
    life.configure({ log, graceMs });
    const metrics = createMetrics();
    const clock = steadyClock();

    const database = await openDatabase(config.journal.url, [journalMigrations, outboxMigrations, restoredMigrations], {
      guest: true,
    });
    life.shutdown.add('journal', () => database.close());
    const journal = sqlJournal(database.sql);
    const { concurrency, threads, memoryBytes, timeoutMs, loadTimeoutMs, marginSeconds } = config.executor;
    const runtime = createOnnxRuntime({
      children: concurrency,
      threads,
      memoryBytes,
      loadTimeoutMs,
      runTimeoutMs: timeoutMs,
    });
    life.shutdown.add('runtime', () => runtime.close());

    const reference = createReference(config.reference);
    life.shutdown.add('reference', () => reference.close());
    const models = impatient(configuredModelStore(config.models, dataDir, { log, metrics }), life.signal);
    const { batchWindowMs: windowMs, batchMaxRows: maxRows } = config.executor;
    const batch = { windowMs, maxRows, lanes: concurrency };
    const ports = { journal, runtime, reference, models, log, metrics, clock };
    const executor = createExecutor(ports, { marginSeconds, batch, check: checkBudget(config.reference.check) });

    const queue = await openQueue({ ...config.queue, embedded: database.embedded, log, metrics });
    life.shutdown.add('queue', (leftMs) => queue.close(leftMs));
    const health = new Health();
    health.register('journal', () => journal.count('serve'));
    health.register('queue', () => queue.depth('execute'));
    health.register('runtime', () => runtime.stats());
    health.register('reference', () => reference.stats());
    const http = await serveHttp({ host, port, health, metrics, log });
    life.shutdown.add('http', (leftMs) => http.close(leftMs));
    log.info('executor started', { url: http.url, concurrency, threads, memoryBytes });

    const holds = createHold(journal, sqlRestoreMarks(database.sql));
    await executor.pacing.beat();
    life.shutdown.add('pacing', () => executor.pacing.leave());
    await queue.consume('execute', inFlight(concurrency, maxRows), async (id, signal) => {
      if (await holds(id)) return;
      await executor.execute(id, signal);
      await queue.push('submit', id);
    });
    await queue.consume('prove', concurrency, async (id, signal) => {
      await executor.prove(id, signal);
      await queue.push('admit', id);
    });
    const warmUp = createWarmUp({ journal, models, runtime, reference, log }, config.executor.warm);
    const chores = [
      { name: 'warm', everyMs: WARM_MS, run: () => warmUp(life.signal) },
      { name: 'beat', everyMs: BEAT_MS, run: () => executor.pacing.beat() },
    ];
    await sweep(chores, clock, log, life.signal);
  },
  createLog({ level: 'info', fields }),
);
process.exit(code);
