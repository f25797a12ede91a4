import { systemClock as clock } from '../adapters/clock/systemClock.ts';
import { connectChain } from '../adapters/ethers/connectChain.ts';
import { sqlJournal } from '../adapters/journal/journal.ts';
import { journalMigrations } from '../adapters/journal/migrations.ts';
import { outboxMigrations } from '../adapters/outbox/migrations.ts';
import { sqlOutbox } from '../adapters/outbox/outbox.ts';
import { createLog } from '../adapters/pino/log.ts';
import { createMetrics } from '../adapters/prometheus/metrics.ts';
import { configuredSigners } from '../adapters/signer/configured.ts';
import { openDatabase } from '../adapters/sql/open.ts';
import { loadConfig } from '../config/load.ts';
import { printable } from '../config/printable.ts';
import { Health } from '../lifecycle/health.ts';
import { serveHttp } from '../lifecycle/http.ts';
import { run } from '../lifecycle/run.ts';
import { Flight } from '../submitter/flight.ts';
import { openDispatcher } from '../submitter/keyRing.ts';
import { observe } from '../watcher/observe.ts';
import { retain } from '../watcher/retention.ts';
import { sweep } from '../watcher/sweep.ts';
import { versionKeeper, versionOf } from '../watcher/versions.ts';
import { Closer } from './closer.ts';
import { Keeper } from './keeper.ts';

const fields = { role: 'keeper' };
const RETENTION_MS = 3_600_000;
const SWEEP_MS = 10_000;

/** A keeper: closes what is due for everybody, for the tip. Wiring only. */
const code = await run(
  async (life) => {
    const config = loadConfig('keeper', process.env);
    const { logLevel, graceMs, httpHost: host, httpPort: port } = config.process;
    const log = createLog({ level: logLevel, fields });
    life.configure({ log, graceMs });
    log.info('configuration read', { config: printable(config) });
    const metrics = createMetrics();
    const common = { log, metrics, clock };

    const keys = await configuredSigners(config.signer);
    const { signer } = keys;
    const chain = await connectChain(config.network, { log, metrics });
    life.shutdown.add('chain', async () => chain.close());
    const { chainId, reader, sender, calls, views, startBlock } = chain;
    const database = await openDatabase(config.journal.url, [journalMigrations, outboxMigrations]);
    life.shutdown.add('journal', () => database.close());
    const journal = sqlJournal(database.sql);
    const outbox = sqlOutbox(database.sql);

    const dispatcher = await openDispatcher({ chainId, outbox, sender, policy: config.submission, ...common }, keys);
    const headersOf = async (version: typeof signer.address) => (await versionOf(journal, version))?.outputHeaders;
    const closer = new Closer({ calls, reader, dispatcher, headersOf });
    const { batchLimit, maxWaitSeconds, ...kept } = config.keeper;
    const policy = { node: undefined, ...kept };
    const keeper = new Keeper({ journal, views, closer, policy, batchLimit, maxWaitSeconds, ...common });
    const flight = new Flight(dispatcher, [(intent, head) => keeper.outcome(intent, head.now)], log);
    life.shutdown.add('transactions', async () => void (await Promise.all([flight.idle(), keeper.idle()])));
    const recover = async () => keeper.recover((await reader.head()).timestamp);
    await recover();

    const health = new Health();
    health.register('chain', async () => ({ head: (await reader.head()).number }));
    health.register('journal', () => journal.count('keep'));
    const http = await serveHttp({ host, port, health, metrics, log });
    life.shutdown.add('http', (leftMs) => http.close(leftMs));
    log.info('keeper started', { url: http.url, signer: signer.address, chainId });

    const retention = () => retain(journal, outbox, config.journal.keepBlocks, clock.now());
    const chores = [
      { name: 'retention', everyMs: RETENTION_MS, run: retention },
      { name: 'recover', everyMs: SWEEP_MS, run: recover },
    ];
    const observers = [versionKeeper(journal, log), keeper, flight];
    await Promise.all([
      observe({ reader, journal, startBlock, observers, ...common }, life.signal),
      sweep(chores, clock, log, life.signal),
    ]);
  },
  createLog({ level: 'info', fields }),
);
process.exit(code);
