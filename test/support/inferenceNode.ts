/** An inference node inside the test's process: the parts of workers/node/main.ts, on a database of its own. */
import { toAddress } from '#core/hex.ts';
import { CAUTIOUS_BUDGET } from '#core/protocol/checkBudget.ts';
import type { Journal } from '#ports/journal.ts';
import type { Head } from '#ports/observer.ts';
import type { Outbox } from '#ports/outbox.ts';
import { createFileSource } from '../../workers/adapters/blobs/file.ts';
import { createModelStore } from '../../workers/adapters/blobs/store.ts';
import { openQueue } from '../../workers/adapters/bullmq/queue.ts';
import { systemClock } from '../../workers/adapters/clock/systemClock.ts';
import { requestCalls } from '../../workers/adapters/ethers/calls.ts';
import { eventDecoder } from '../../workers/adapters/ethers/decodeEvents.ts';
import { EthersReader } from '../../workers/adapters/ethers/reader.ts';
import { Rpc } from '../../workers/adapters/ethers/rpc.ts';
import { EthersSender } from '../../workers/adapters/ethers/sender.ts';
import { contractViews } from '../../workers/adapters/ethers/views.ts';
import { sqlJournal } from '../../workers/adapters/journal/journal.ts';
import { journalMigrations } from '../../workers/adapters/journal/migrations.ts';
import { memoryQueue } from '../../workers/adapters/memory/queue.ts';
import { createOnnxRuntime } from '../../workers/adapters/onnx/runtime.ts';
import { outboxMigrations } from '../../workers/adapters/outbox/migrations.ts';
import { sqlOutbox } from '../../workers/adapters/outbox/outbox.ts';
import { createReference } from '../../workers/adapters/reference/reference.ts';
import { KeySigner } from '../../workers/adapters/signer/localKey.ts';
import { openDatabase } from '../../workers/adapters/sql/open.ts';
import { createExecutor } from '../../workers/executor/execute.ts';
import { Closer } from '../../workers/keeper/closer.ts';
import { Keeper } from '../../workers/keeper/keeper.ts';
import { OutboxDispatcher } from '../../workers/submitter/dispatcher.ts';
import { Flight } from '../../workers/submitter/flight.ts';
import { Submitter } from '../../workers/submitter/submitter.ts';
import type { AdmissionPolicy } from '../../workers/watcher/admit.ts';
import { arbiterWatch } from '../../workers/watcher/arbiters.ts';
import { observe } from '../../workers/watcher/observe.ts';
import { Serving } from '../../workers/watcher/serving.ts';
import { versionKeeper, versionOf } from '../../workers/watcher/versions.ts';
import { CHAIN_ID, KEYS } from './anvil.ts';
import type { Devnet } from './devnet.ts';
import { recordedLog, recordedMetrics } from './telemetry.ts';
import { temporaryFolder } from './temporary.ts';

export interface NodeOptions {
  readonly models: string;
  readonly policy?: Partial<AdmissionPolicy>;
  readonly finalityBlocks?: number;
  readonly pollMs?: number;
  /** Of submissions: see SubmitPolicy. */
  readonly batchAbove?: number;
  readonly database?: string;
  /** Results are not sent before. */
  readonly held?: Promise<void>;
}

export interface TestNode {
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly serving: Serving;
  readonly log: ReturnType<typeof recordedLog>;
  stop(): Promise<void>;
}

export async function startNode(devnet: Devnet, options: NodeOptions): Promise<TestNode> {
  const log = recordedLog();
  const metrics = recordedMetrics();
  const clock = systemClock;
  const database = await openDatabase(options.database ?? 'pglite:memory', [journalMigrations, outboxMigrations]);
  const journal = sqlJournal(database.sql);
  const outbox = sqlOutbox(database.sql);
  const queueOptions = { url: 'pglite:', embedded: database.embedded, namespace: 'node', log, metrics };
  const queue = await openQueue(queueOptions);
  const rpc = await Rpc.connect({ url: devnet.anvil.url, chainId: CHAIN_ID });
  const { contracts } = devnet;
  const reader = new EthersReader(rpc, CHAIN_ID, eventDecoder(contracts), {
    finality: { kind: 'depth', blocks: options.finalityBlocks ?? 2 },
    pollMs: options.pollMs ?? 25,
  });
  const views = contractViews(reader, contracts);
  const calls = requestCalls(contracts.requests);
  const signer = new KeySigner(KEYS[1]);
  const dispatcher = new OutboxDispatcher({
    chainId: CHAIN_ID,
    outbox,
    sender: new EthersSender(rpc),
    signer,
    clock,
    policy: { maxFeePerGas: 10n ** 12n, replaceAfterBlocks: 3, urgentSeconds: 10 },
    log,
    metrics,
  });
  const node = signer.address;
  const policy: AdmissionPolicy = {
    node,
    game: toAddress(String(devnet.game?.target ?? devnet.deployment.addresses.game)),
    minNetPerItem: 0n,
    versions: undefined,
    refuseVersions: new Set(),
    modes: [0],
    deadlineSlackSeconds: 5,
    openAtMarginSeconds: 5,
    acceptOpen: false,
    maxInputBytes: 2 ** 20,
    maxWindowSeconds: 86_400,
    check: CAUTIOUS_BUDGET,
    ...options.policy,
  };
  const serving = new Serving({ journal, queue, views, policy, clock, log, metrics });
  const submitPolicy = { batchAbove: options.batchAbove ?? 4, batchLimit: 10 };
  const submitter = new Submitter({ journal, dispatcher, calls, node, policy: submitPolicy, log, metrics });
  const closer = new Closer({
    calls,
    reader,
    dispatcher,
    headersOf: async (version) => (await versionOf(journal, version))?.outputHeaders,
  });
  const keepPolicy = { node, others: false, expire: false, minTip: 0n };
  const keeper = new Keeper({
    journal,
    views,
    closer,
    policy: keepPolicy,
    batchLimit: 10,
    maxWaitSeconds: 0,
    log,
    metrics,
  });
  const flight = new Flight(
    dispatcher,
    [(intent) => submitter.outcome(intent), (intent, head) => keeper.outcome(intent, head.now)],
    log,
  );
  const runtime = createOnnxRuntime({ children: 1 });
  const reference = createReference();
  const models = createModelStore({
    directory: temporaryFolder('opg-models'),
    maxBytes: 2 ** 30,
    sources: [createFileSource(options.models)],
  });
  const executor = createExecutor({ journal, runtime, reference, models, log, metrics, clock }, { marginSeconds: 1 });

  const head = await reader.head();
  const start: Head = { block: head, now: head.timestamp, final: (await journal.cursor()).final };
  await serving.restore(start);
  await serving.reconcile(start);
  await submitter.recover();
  await keeper.recover(start.now);
  await flight.follow(start);
  await serving.sweep();

  const near = memoryQueue();
  await queue.consume('execute', 4, async (id, signal) => {
    await executor.execute(id, signal);
    await near.push('submit', id);
  });
  await queue.consume('prove', 2, async (id, signal) => {
    await executor.prove(id, signal);
    await near.push('admit', id);
  });
  for (const hints of [near, queue]) {
    await hints.consume('admit', 1, (id) => serving.look(id));
    await hints.consume('submit', 64, async (id) => {
      await options.held;
      await submitter.submit(id);
    });
  }
  const stop = new AbortController();
  const arbiters = arbiterWatch({ views, game: policy.game, log, metrics });
  const observers = [versionKeeper(journal, log), arbiters, serving, keeper, flight];
  const following = observe(
    { reader, journal, startBlock: devnet.deployment.block, observers, clock, log, metrics },
    stop.signal,
  );
  following.catch((error) => log.error('the watcher stopped', { reason: String(error) }));
  return {
    journal,
    outbox,
    serving,
    log,
    async stop() {
      stop.abort();
      await following.catch(() => {});
      await queue.close(2_000);
      await near.close(2_000);
      await flight.idle();
      await keeper.idle();
      await runtime.close();
      await reference.close();
      rpc.close();
      await database.close();
    },
  };
}
