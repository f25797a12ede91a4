import { configuredPlaces } from '../adapters/blobs/configured.ts';
import { placesOf } from '../adapters/blobs/places.ts';
import { systemClock as clock } from '../adapters/clock/systemClock.ts';
import { connectChain } from '../adapters/ethers/connectChain.ts';
import { indexAnswers } from '../adapters/index/answers/answers.ts';
import { indexMigrations } from '../adapters/index/migrations.ts';
import { indexStore } from '../adapters/index/store.ts';
import { chainTables } from '../adapters/journal/chainTables.ts';
import { journalMigrations } from '../adapters/journal/migrations.ts';
import { createLog } from '../adapters/pino/log.ts';
import { createMetrics } from '../adapters/prometheus/metrics.ts';
import { openDatabase } from '../adapters/sql/open.ts';
import { loadConfig } from '../config/load.ts';
import { printable } from '../config/printable.ts';
import { Health, REPORT_MS } from '../lifecycle/health.ts';
import { serveHttp } from '../lifecycle/http.ts';
import { run } from '../lifecycle/run.ts';
import { shared } from '../lifecycle/shared.ts';
import { patiently } from '../watcher/patiently.ts';
import { sweep } from '../watcher/sweep.ts';
import { fetchCards } from './cards.ts';
import { ingest } from './ingest.ts';
import { readiness, readinessRoute } from './readiness.ts';
import { indexRoutes } from './routes.ts';

const fields = { role: 'indexer' };

/** An indexer: rebuilds everything from events and answers questions about it. It has no key. Wiring only. */
const code = await run(
  async (life) => {
    const config = loadConfig('indexer', process.env);
    const { logLevel, graceMs, httpHost: host, httpPort: port } = config.process;
    const { answersAtOnce, cardsMs, behindSeconds } = config.indexer;
    const log = createLog({ level: logLevel, fields });
    life.configure({ log, graceMs });
    log.info('configuration read', { config: printable(config) });
    const metrics = createMetrics();
    const common = { log, metrics, clock };

    const chain = await connectChain(config.network, { log, metrics });
    life.shutdown.add('chain', async () => chain.close());
    const { chainId, reader, startBlock } = chain;
    const database = await openDatabase(config.journal.url, [journalMigrations, indexMigrations]);
    life.shutdown.add('index', () => database.close());
    const store = indexStore(database.sql, chainTables);
    const answers = indexAnswers(database.sql, chainTables);

    const health = new Health();
    health.register('chain', async () => ({ head: (await reader.head()).number }));
    health.register('index', async () => ({ block: (await store.newest())?.number }));
    const ready = readinessRoute(shared(() => readiness(store, reader, behindSeconds), REPORT_MS));
    const routes = { '/v1/': indexRoutes(answers, metrics, answersAtOnce), '/readyz': ready };
    const http = await serveHttp({ host, port, health, metrics, log, routes });
    life.shutdown.add('http', (leftMs) => http.close(leftMs));
    log.info('indexer started', { url: http.url, chainId });

    const { gateways, ...blobs } = configuredPlaces(config.models, config.process.dataDir);
    const cards = { store, ...blobs, placesOf: (uri: string) => placesOf(uri, gateways), ...common };
    await Promise.all([
      patiently(common, life.signal, (progress) =>
        ingest({ reader, store, startBlock, ...common }, life.signal, progress),
      ),
      sweep([{ name: 'cards', everyMs: cardsMs, run: () => fetchCards(cards, life.signal) }], clock, log, life.signal),
    ]);
  },
  createLog({ level: 'info', fields }),
);
process.exit(code);
