import { checkBudget } from '#core/protocol/checkBudget.ts';
import type { ModelStore } from '#ports/blobs.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { Journal, RecordedResult } from '#ports/journal.ts';
import type { Log } from '#ports/telemetry.ts';
import { configuredModelStore } from '../adapters/blobs/configured.ts';
import { impatient } from '../adapters/blobs/impatient.ts';
import { openQueue } from '../adapters/bullmq/queue.ts';
import { backoff, defaultTiming } from '../adapters/bullmq/timing.ts';
import { steadyClock } from '../adapters/clock/steadyClock.ts';
import { connectChain } from '../adapters/ethers/connectChain.ts';
import { gameCalls, gameViews } from '../adapters/ethers/game.ts';
import { submitters } from '../adapters/ethers/permissions.ts';
import { sqlJournal } from '../adapters/journal/journal.ts';
import { journalMigrations } from '../adapters/journal/migrations.ts';
import { quietJournal } from '../adapters/journal/quiet.ts';
import { memoryQueue } from '../adapters/memory/queue.ts';
import { createOnnxRuntime } from '../adapters/onnx/runtime.ts';
import { outboxMigrations } from '../adapters/outbox/migrations.ts';
import { sqlOutbox } from '../adapters/outbox/outbox.ts';
import { createLog } from '../adapters/pino/log.ts';
import { createMetrics } from '../adapters/prometheus/metrics.ts';
import { createReference } from '../adapters/reference/reference.ts';
import { sqlRestoreMarks } from '../adapters/restored/marks.ts';
import { restoredMigrations } from '../adapters/restored/migrations.ts';
import { configuredSigners } from '../adapters/signer/configured.ts';
import { openDatabase } from '../adapters/sql/open.ts';
import { urgently } from '../adapters/sql/pool.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { printable } from '../config/printable.ts';
import { IN_PROCESS } from '../config/resolve.ts';
import { createExecutor, inFlight } from '../executor/execute.ts';
import { createHold } from '../executor/hold.ts';
import { BEAT_MS } from '../executor/pacing.ts';
import { createWarmUp, WARM_MS } from '../executor/warm.ts';
import { Closer } from '../keeper/closer.ts';
import { Keeper } from '../keeper/keeper.ts';
import { Health } from '../lifecycle/health.ts';
import { serveHttp } from '../lifecycle/http.ts';
import { run } from '../lifecycle/run.ts';
import { Flight } from '../submitter/flight.ts';
import { openDispatcher } from '../submitter/keyRing.ts';
import { Submitter } from '../submitter/submitter.ts';
import type { Moves } from '../verifier/moves.ts';
import { openVerifier } from '../verifier/open.ts';
import type { Verifier } from '../verifier/verifier.ts';
import { admissionPolicy } from '../watcher/admit.ts';
import { arbiterWatch } from '../watcher/arbiters.ts';
import { observe } from '../watcher/observe.ts';
import { Restored } from '../watcher/restored.ts';
import { retain } from '../watcher/retention.ts';
import { Serving } from '../watcher/serving.ts';
import { sweep } from '../watcher/sweep.ts';
import { timekeeper } from '../watcher/timekeeper.ts';
import { versionKeeper, versionOf } from '../watcher/versions.ts';
import { nodeRoutes } from './routes.ts';

const SWEEP_MS = 10_000;
const RESTORED_MS = 2_000;
const RETENTION_MS = 3_600_000;

/** What a process may do otherwise than a node should: for testnets that try their verifiers. */
export interface Twist {
  /** What is recorded, and hence submitted, instead of a result. */
  replace?(result: RecordedResult): Promise<RecordedResult>;
  sending?(dispatcher: Dispatcher): Dispatcher;
  /** How its results are defended. */
  playing?(moves: Moves): Moves;
  /** Outputs are not handed out. */
  readonly withholds?: boolean;
}

/** What a twist may be made with. */
export interface NodeParts {
  readonly journal: Journal;
  readonly models: ModelStore;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * An inference node in one process: watcher, admission, executor, submitter, keeper of its own results, and their defender. Resolves with its
 * exit code.
 */
export const runNode = <R extends 'node' | 'cheat'>(
  role: R,
  twistOf: (config: Config<R>, parts: NodeParts) => Twist = () => ({}),
): Promise<number> => {
  const fields = { role };
  return run(
    async (life) => {
      const config: Config<'node'> = loadConfig(role, process.env);
      const { logLevel, graceMs, httpHost: host, httpPort: port, dataDir } = config.process;
      const log = createLog({ level: logLevel, fields });
      life.configure({ log, graceMs });
      log.info('configuration read', { config: printable(config) });
      const metrics = createMetrics();
      const clock = steadyClock();
      const common = { log, metrics, clock };

      const keys = await configuredSigners(config.signer);
      const { signer } = keys;
      const node = (config.signer.account?.toLowerCase() ?? signer.address) as typeof signer.address;
      const chain = await connectChain(config.network, { log, metrics });
      life.shutdown.add('chain', async () => chain.close());
      const { chainId, reader, sender, calls, views, startBlock, contracts } = chain;

      const database = await openDatabase(config.journal.url, [
        journalMigrations,
        outboxMigrations,
        restoredMigrations,
      ]);
      life.shutdown.add('journal', () => database.close());
      const journal = database.embedded ? quietJournal(sqlJournal(database.sql)) : sqlJournal(database.sql);
      const outbox = sqlOutbox(database.sql);
      const models = configuredModelStore(config.models, dataDir, { log, metrics });
      const twist = twistOf(config as Config<R>, { journal, models, signal: life.signal, log });
      const queue =
        config.queue.url === IN_PROCESS
          ? memoryQueue({ backoff: (attempts) => backoff(attempts, defaultTiming), log, metrics })
          : await openQueue({ ...config.queue, embedded: database.embedded, log, metrics });
      life.shutdown.add('queue', (leftMs) => queue.close(leftMs));

      const check = checkBudget(config.reference.check);
      const policy = admissionPolicy({ node, game: contracts.game }, config.admission, check);
      const serving = new Serving({ journal, queue, views, policy, ...common });
      const dispatcher = await openDispatcher({ chainId, outbox, sender, policy: config.submission, ...common }, keys);
      const submitter = new Submitter({
        journal,
        dispatcher: twist.sending?.(dispatcher) ?? dispatcher,
        calls,
        node,
        policy: config.submission,
        ...common,
      });
      const headersOf = async (version: typeof node) => (await versionOf(journal, version))?.outputHeaders;
      const closer = new Closer({ calls, reader, dispatcher, headersOf });
      const keep = { node, others: false, expire: false, minTip: 0n };
      const { batchLimit, maxWaitSeconds } = config.keeper;
      const keeper = new Keeper({ journal, views, closer, policy: keep, batchLimit, maxWaitSeconds, ...common });
      const flight = new Flight(
        dispatcher,
        [(intent) => submitter.outcome(intent), (intent, head) => keeper.outcome(intent, head.now)],
        log,
      );
      life.shutdown.add('transactions', async () => void (await Promise.all([flight.idle(), keeper.idle()])));

      const { concurrency, marginSeconds, batchWindowMs: windowMs, batchMaxRows: maxRows } = config.executor;
      const runtime = createOnnxRuntime({
        ...config.executor,
        children: concurrency,
        runTimeoutMs: config.executor.timeoutMs,
      });
      life.shutdown.add('runtime', () => runtime.close());
      const reference = createReference(config.reference);
      life.shutdown.add('reference', () => reference.close());
      const replace = twist.replace?.bind(twist);
      const recorded: Journal = replace
        ? { ...journal, checkAndRecord: async (result) => journal.checkAndRecord(await replace(result)) }
        : journal;
      // Its places are for requests whose model is there, and not for one that a slow server sends.
      const prompt = impatient(models, life.signal);
      const executor = createExecutor(
        { journal: recorded, runtime, reference, models: prompt, ...common },
        { marginSeconds, batch: { windowMs, maxRows, lanes: concurrency }, check },
      );

      // Start is recovery: what the last process left is taken up before anything new is.
      const block = await reader.head();
      const head = { block, now: block.timestamp, final: (await journal.cursor()).final };
      const time = timekeeper(clock, log);
      await time.arrived?.(head);
      const marks = sqlRestoreMarks(database.sql);
      const holds = createHold(journal, marks);
      const maySubmit = submitters(reader, contracts.nodes);
      const restored = new Restored({
        marks,
        journal,
        sender,
        holds,
        maySubmit,
        node,
        key: signer.address,
        former: [...keys.retired.map(({ address }) => address), ...keys.lost],
        log,
        metrics,
      });
      await restored.begin(block, Math.floor(clock.now() / 1000));
      // It may send at once, and what takes a nonce hides how many the journal had given before.
      const defender = await openDefender();
      if (defender) life.shutdown.add('defender', () => defender.idle());
      await serving.restore(head);
      await serving.reconcile(head);
      await submitter.recover();
      await keeper.recover(head.now);
      // Before anything is sent it is known what time it is on the chain, and what its transactions came to meanwhile.
      await flight.arrived(head);
      await flight.idle();
      await serving.sweep();

      const health = new Health();
      health.register('chain', async () => ({ head: (await reader.head()).number }));
      health.register('journal', () => journal.count('serve'));
      health.register('queue', () => queue.depth('execute'));
      health.register('runtime', () => runtime.stats());
      health.register('reference', () => reference.stats());
      const offerInput = serving.offerInput.bind(serving);
      const routes = {
        '/v1/': nodeRoutes({
          journal,
          withholds: twist.withholds ?? false,
          maxInputBytes: policy.maxInputBytes,
          offerInput,
        }),
      };
      const http = await serveHttp({ host, port, health, metrics, routes, log });
      life.shutdown.add('http', (leftMs) => http.close(leftMs));

      // Within the process a hint needs no database; one that is lost is made up for by the sweep, like any other.
      const near = memoryQueue();
      life.shutdown.add('hints', (leftMs) => near.close(leftMs));
      if (concurrency > 0) {
        await executor.pacing.beat();
        life.shutdown.add('pacing', () => executor.pacing.leave());
        await queue.consume('execute', inFlight(concurrency, maxRows), async (id, signal) => {
          if (await holds(id)) return;
          await executor.execute(id, signal);
          await near.push('submit', id, { priority: serving.rankOf(id) });
        });
        await queue.consume('prove', concurrency, async (id, signal) => {
          await executor.prove(id, signal);
          await near.push('admit', id);
        });
      }
      for (const hints of [near, queue]) {
        await hints.consume('admit', 1, (id) => serving.look(id));
        await hints.consume('submit', config.submission.batchLimit * 4, async (id) => {
          if (!(await holds(id))) await submitter.submit(id);
        });
      }
      log.info(`${role} started`, { url: http.url, node, signer: signer.address, chainId });

      const warmUp = createWarmUp(
        { journal, models: prompt, runtime, reference, log },
        concurrency > 0 ? config.executor.warm : [],
      );
      const chores = [
        { name: 'warm', everyMs: WARM_MS, run: () => warmUp(life.signal) },
        ...(concurrency > 0 ? [{ name: 'beat', everyMs: BEAT_MS, run: () => executor.pacing.beat() }] : []),
        { name: 'sweep', everyMs: SWEEP_MS, run: () => serving.sweep() },
        {
          name: 'restored',
          everyMs: RESTORED_MS,
          run: async () => void ((await restored.look()) && (await serving.sweep())),
        },
        { name: 'recover', everyMs: SWEEP_MS, run: () => submitter.recover() },
        { name: 'keep', everyMs: SWEEP_MS, run: async () => keeper.recover((await reader.head()).timestamp) },
        {
          name: 'retention',
          everyMs: RETENTION_MS,
          run: () => retain(journal, outbox, config.journal.keepBlocks, clock.now()),
        },
      ];
      const players = [serving, keeper, flight, ...(defender ? [defender] : [])];
      const arbiters = arbiterWatch({ views, game: contracts.game, log, metrics });
      const observers = [time, versionKeeper(journal, log), arbiters, ...players];
      await Promise.all([
        urgently(() => observe({ reader, journal, startBlock, observers, ...common }, life.signal)),
        sweep(chores, clock, log, life.signal),
      ]);

      /** Refutes false challenges of this node's own results; nothing else is checked. */
      async function openDefender(): Promise<Verifier | undefined> {
        const { game } = contracts;
        if (game === undefined) return undefined;
        // Started when a dispute first needs it: limits of disputes do not wait for the executor's checks.
        const ownTraces = createReference({ ...config.reference, threads: 1 });
        life.shutdown.add('reference of the defender', () => ownTraces.close());
        const disputes = {
          calls: gameCalls(game),
          views: gameViews(reader, { ...contracts, game }),
          dispatcher,
          sender,
        };
        const limits = { share: 0, versions: undefined, maxBonds: 0n, defend: false, spared: new Set([node]) };
        const quick = async () => false;
        const deliver = async () => undefined;
        const parts = {
          journal,
          models,
          traces: reference,
          ownTraces,
          quick,
          deliver,
          policy: limits,
          random: () => 1,
          log,
          metrics,
        };
        return await openVerifier({ ...parts, ...disputes, playing: twist.playing }, life.signal);
      }
    },
    createLog({ level: 'info', fields }),
  );
};
