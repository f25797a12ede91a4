import { ProtocolError } from '#core/errors.ts';
import { configuredModelStore } from '../adapters/blobs/configured.ts';
import { impatient } from '../adapters/blobs/impatient.ts';
import { systemClock as clock } from '../adapters/clock/systemClock.ts';
import { connectChain } from '../adapters/ethers/connectChain.ts';
import { gameViews } from '../adapters/ethers/game.ts';
import { sqlJournal } from '../adapters/journal/journal.ts';
import { journalMigrations } from '../adapters/journal/migrations.ts';
import { createLog } from '../adapters/pino/log.ts';
import { createMetrics } from '../adapters/prometheus/metrics.ts';
import { createReference } from '../adapters/reference/reference.ts';
import { openDatabase } from '../adapters/sql/open.ts';
import { loadConfig } from '../config/load.ts';
import { printable } from '../config/printable.ts';
import { Health } from '../lifecycle/health.ts';
import { serveHttp } from '../lifecycle/http.ts';
import { run } from '../lifecycle/run.ts';
import { arbiterWatch } from '../watcher/arbiters.ts';
import { observe } from '../watcher/observe.ts';
import { retain } from '../watcher/retention.ts';
import { sweep } from '../watcher/sweep.ts';
import { versionKeeper } from '../watcher/versions.ts';
import { Judge } from './judge.ts';
import { MONITOR, Monitor } from './monitor.ts';
import { monitorRoutes } from './routes.ts';

const fields = { role: 'monitor' };
const RETENTION_MS = 3_600_000;

/** A monitor: shows every dispute and what is to be done about it. It has no key. Wiring only. */
const code = await run(
  async (life) => {
    const config = loadConfig('monitor', process.env);
    const { logLevel, graceMs, httpHost: host, httpPort: port, dataDir } = config.process;
    const log = createLog({ level: logLevel, fields });
    life.configure({ log, graceMs });
    log.info('configuration read', { config: printable(config) });
    const metrics = createMetrics();
    const common = { log, metrics, clock };

    const chain = await connectChain(config.network, { log, metrics });
    life.shutdown.add('chain', async () => chain.close());
    const { chainId, reader, startBlock, contracts } = chain;
    const { game } = contracts;
    if (game === undefined)
      throw new ProtocolError('deployment.invalid', {
        reason: 'it names no challenge game, so nothing can be disputed',
      });
    const database = await openDatabase(config.journal.url, [journalMigrations]);
    life.shutdown.add('journal', () => database.close());
    const journal = sqlJournal(database.sql);
    const traces = createReference(config.reference);
    life.shutdown.add('reference', () => traces.close());
    const models = impatient(configuredModelStore(config.models, dataDir, { log, metrics }), life.signal);

    const judge = new Judge({ journal, models, traces, log }, life.signal);
    const views = gameViews(reader, { ...contracts, game });
    const monitor = new Monitor({ journal, judge, views, log, metrics });
    life.shutdown.add('monitor', () => monitor.idle());

    const health = new Health();
    health.register('chain', async () => ({ head: (await reader.head()).number }));
    health.register('requests', () => journal.count(MONITOR.track));
    health.register('reference', () => traces.stats());
    const routes = monitorRoutes(() => monitor.sight);
    const http = await serveHttp({ host, port, health, metrics, log, routes: { '/': routes, '/v1/': routes } });
    life.shutdown.add('http', (leftMs) => http.close(leftMs));
    log.info('monitor started', { url: http.url, chainId });

    const retention = () => retain(journal, undefined, config.journal.keepBlocks, clock.now());
    const arbiters = arbiterWatch({ views: chain.views, game, log, metrics });
    const observers = [versionKeeper(journal, log), arbiters, monitor];
    await Promise.all([
      observe({ reader, journal, startBlock, observers, ...common }, life.signal),
      sweep([{ name: 'retention', everyMs: RETENTION_MS, run: retention }], clock, log, life.signal),
    ]);
  },
  createLog({ level: 'info', fields }),
);
process.exit(code);
