import { randomInt } from 'node:crypto';
import { ProtocolError } from '#core/errors.ts';
import type { Reference } from '#ports/reference.ts';
import type { Traces } from '#ports/traces.ts';
import { configuredModelStore } from '../adapters/blobs/configured.ts';
import { createHttpSource } from '../adapters/blobs/http.ts';
import { systemClock as clock } from '../adapters/clock/systemClock.ts';
import { connectChain } from '../adapters/ethers/connectChain.ts';
import { gameCalls, gameViews } from '../adapters/ethers/game.ts';
import { sqlJournal } from '../adapters/journal/journal.ts';
import { journalMigrations } from '../adapters/journal/migrations.ts';
import { createOnnxRuntime } from '../adapters/onnx/runtime.ts';
import { outboxMigrations } from '../adapters/outbox/migrations.ts';
import { sqlOutbox } from '../adapters/outbox/outbox.ts';
import { createLog } from '../adapters/pino/log.ts';
import { createMetrics } from '../adapters/prometheus/metrics.ts';
import { createReference } from '../adapters/reference/reference.ts';
import { configuredSigners } from '../adapters/signer/configured.ts';
import { openDatabase } from '../adapters/sql/open.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { printable } from '../config/printable.ts';
import { Health } from '../lifecycle/health.ts';
import { serveHttp } from '../lifecycle/http.ts';
import { run } from '../lifecycle/run.ts';
import { Flight } from '../submitter/flight.ts';
import { openDispatcher } from '../submitter/keyRing.ts';
import { arbiterWatch } from '../watcher/arbiters.ts';
import { observe } from '../watcher/observe.ts';
import { retain } from '../watcher/retention.ts';
import { sweep } from '../watcher/sweep.ts';
import { versionKeeper } from '../watcher/versions.ts';
import { createDelivery } from './delivery.ts';
import type { Moves } from './moves.ts';
import { openVerifier } from './open.ts';
import { createQuickCheck } from './quick.ts';

const RETENTION_MS = 3_600_000;
/** Draws of the lot. */
const LOTS = 2 ** 32;

/** What a process may do otherwise than a verifier should: for testnets that try their verifiers. */
export interface Twist {
  /** Traces that it computes disputes from, instead of the reference's. It must not be content with a first look. */
  traces?(reference: Reference & Traces): Reference & Traces;
  playing?(moves: Moves): Moves;
}

/** A verifier: checks results, challenges wrong ones, and plays disputes to their end. Resolves with its exit code. */
export const runVerifier = <R extends 'verifier' | 'liar'>(
  role: R,
  twistOf: (config: Config<R>) => Twist = () => ({}),
): Promise<number> => {
  const fields = { role };
  return run(
    async (life) => {
      const config: Config<'verifier'> = loadConfig(role, process.env);
      const twist = twistOf(config as Config<R>);
      const { logLevel, graceMs, httpHost: host, httpPort: port, dataDir } = config.process;
      const log = createLog({ level: logLevel, fields });
      life.configure({ log, graceMs });
      log.info('configuration read', { config: printable(config) });
      const metrics = createMetrics();
      const common = { log, metrics, clock };

      const keys = await configuredSigners(config.signer);
      const { signer } = keys;
      const chain = await connectChain(config.network, { log, metrics });
      life.shutdown.add('chain', async () => chain.close());
      const { chainId, reader, sender, startBlock, contracts } = chain;
      const { game } = contracts;
      if (game === undefined)
        throw new ProtocolError('deployment.invalid', {
          reason: 'it names no challenge game, so nothing can be disputed',
        });
      const database = await openDatabase(config.journal.url, [journalMigrations, outboxMigrations]);
      life.shutdown.add('journal', () => database.close());
      const journal = sqlJournal(database.sql);
      const outbox = sqlOutbox(database.sql);

      const dispatcher = await openDispatcher({ chainId, outbox, sender, policy: config.submission, ...common }, keys);
      const calls = gameCalls(game);
      const views = gameViews(reader, { ...contracts, game });
      const reference = createReference(config.reference);
      life.shutdown.add('reference', () => reference.close());
      const traces = twist.traces?.(reference) ?? reference;
      const ownReference = createReference({ ...config.reference, threads: 1 });
      life.shutdown.add('reference of own disputes', () => ownReference.close());
      const ownTraces = twist.traces?.(ownReference) ?? ownReference;
      const models = configuredModelStore(config.models, dataDir, { log, metrics });
      const { concurrency, timeoutMs: runTimeoutMs } = config.executor;
      const runtime = createOnnxRuntime({ ...config.executor, children: Math.max(1, concurrency), runTimeoutMs });
      life.shutdown.add('runtime', () => runtime.close());
      const source = createHttpSource({ privateOrigins: config.models.privateOrigins });
      const deliver = createDelivery(views, source, log);
      const { versions, suspicion, ...limits } = config.verifier;
      const quick = createQuickCheck(runtime, suspicion);
      const policy = {
        ...limits,
        versions: versions.length === 0 ? undefined : new Set(versions.map((version) => version.toLowerCase())),
        spared: new Set([signer.address]),
      };
      const random = () => randomInt(LOTS) / LOTS;
      const verifier = await openVerifier(
        {
          journal,
          models,
          traces,
          ownTraces,
          calls,
          views,
          dispatcher,
          sender,
          playing: twist.playing,
          quick,
          deliver,
          policy,
          random,
          log,
          metrics,
        },
        life.signal,
      );
      const flight = new Flight(dispatcher, [], log);
      life.shutdown.add('transactions', async () => void (await Promise.all([flight.idle(), verifier.idle()])));

      const health = new Health();
      health.register('chain', async () => ({ head: (await reader.head()).number }));
      health.register('checks', () => journal.count('check'));
      health.register('disputes', () => journal.count('dispute'));
      health.register('reference', () => traces.stats());
      const http = await serveHttp({ host, port, health, metrics, log });
      life.shutdown.add('http', (leftMs) => http.close(leftMs));
      log.info(`${role} started`, { url: http.url, signer: signer.address, chainId });

      const retention = () => retain(journal, outbox, config.journal.keepBlocks, clock.now());
      const arbiters = arbiterWatch({ views: chain.views, game, log, metrics });
      const observers = [versionKeeper(journal, log), arbiters, verifier, flight];
      await Promise.all([
        observe({ reader, journal, startBlock, observers, ...common }, life.signal),
        sweep([{ name: 'retention', everyMs: RETENTION_MS, run: retention }], clock, log, life.signal),
      ]);
    },
    createLog({ level: 'info', fields }),
  );
};
