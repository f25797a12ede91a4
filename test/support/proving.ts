/** The watcher's serving side and an executor on one journal, without chain and models: for requests that are accepted when proven. */
import { ProtocolError } from '#core/errors.ts';
import { type Address, ZERO_ADDRESS } from '#core/hex.ts';
import type { EventNamed } from '#core/protocol/events.ts';
import { toRequestId, toVersionId } from '#core/protocol/ids.ts';
import type { Sides } from '#core/semantics/sides.ts';
import type { BlockRef, Hex, LoggedEvent } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { Queue } from '#ports/queue.ts';
import type { LoadableModel, Runtime } from '#ports/runtime.ts';
import { VERSION_ROWS } from '#ports/work.ts';
import { memoryQueue } from '../../workers/adapters/memory/queue.ts';
import { createExecutor } from '../../workers/executor/execute.ts';
import { Serving } from '../../workers/watcher/serving.ts';
import type { KnownVersion } from '../../workers/watcher/versions.ts';
import { fakeClock } from './fakeClock.ts';
import { asked, policy, sides, version } from './serving.ts';
import { anyNode } from './story.ts';
import { recordedLog, recordedMetrics } from './telemetry.ts';

const ROOT: Hex = `0x${'77'.repeat(32)}`;
export const unproven: KnownVersion = {
  ...version,
  program: { root: ROOT, atol: 0, rtol: 0, multiplyAdds: 1 },
};
export const block: BlockRef = {
  number: 1,
  hash: `0x${'b1'.repeat(32)}`,
  parentHash: `0x${'b0'.repeat(32)}`,
  timestamp: 1_000,
};
export const head = { block, now: 1_000, final: undefined };
export const word = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;

/** A request that names nobody, with its input on chain. */
export function requestOf(id: Hex, version: Hex): LoggedEvent & { readonly event: EventNamed<'Requested'> } {
  const event = asked({ ...anyNode, version: toVersionId(version) });
  const named = { ...event, id: toRequestId(id), node: ZERO_ADDRESS };
  return { block, transactionHash: id, logIndex: Number(BigInt(id)), event: named };
}

/** What the world outside does. */
export interface World {
  fetch(): Promise<void>;
  describe(): Promise<Hex>;
  /** What the model takes and gives, if that is not what its version publishes. */
  readonly sides?: Sides;
  /** Who decides disputes; nobody, if it is not said. */
  readonly arbiter?: Address;
}
export const right: World = { fetch: async () => undefined, describe: async () => ROOT };
export const otherwise: World = {
  ...right,
  sides: { ...sides, outputs: [{ name: 'z', dtype: 'float32', shape: [2] }] },
};
export const wrong: World = { ...right, describe: async () => `0x${'66'.repeat(32)}` };
export const unavailable = async () => {
  throw new ProtocolError('blobs.unavailable', { sha256: version.sha256, sources: 'file:model.onnx is away' });
};

export async function publish(journal: Journal, id: Hex, known: KnownVersion = unproven): Promise<void> {
  const { track, stage } = VERSION_ROWS;
  await journal.open({ track, id, stage, facts: { ...known }, dueAt: undefined });
}
export const versionFacts = async (journal: Journal, id: Hex) => (await journal.row(VERSION_ROWS.track, id))?.facts;

/** One process. `seen`: what was asked of the world; `sent`: what the submitter was told. */
export function nodeProcess(journal: Journal, world: World) {
  const telemetry = { log: recordedLog(), metrics: recordedMetrics() };
  const clock = fakeClock(1_000_000);
  const queue: Queue = memoryQueue();
  const views = {
    freeStake: async () => 1_000_000n,
    offerOf: async () => undefined,
    delaysOf: async () => ({ tipDelay: 1, rescueDelay: 1 }),
    arbiterOf: async () => world.arbiter ?? ZERO_ADDRESS,
  };
  const serving = new Serving({ journal, queue, views, policy: { ...policy, acceptOpen: true }, clock, ...telemetry });
  const seen = { fetches: 0, descriptions: 0, discarded: 0 };
  const runtime = {} as Runtime;
  const models = {
    async fetch({ sha256 }: { sha256: string }, signal: AbortSignal) {
      seen.fetches++;
      signal.throwIfAborted();
      const aborted = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
      await Promise.race([world.fetch(), aborted]);
      return { path: sha256 };
    },
    async discard() {
      seen.discarded++;
    },
  };
  const reference = {
    async describe(_: LoadableModel) {
      seen.descriptions++;
      return { root: await world.describe(), multiplyAdds: 1, ...(world.sides ?? sides) };
    },
    run: async () => ({}),
    stats: () => ({ threads: 0, running: 0, waiting: 0 }),
    close: async () => undefined,
  };
  const executor = createExecutor({ journal, runtime, reference, models, clock, ...telemetry });
  const sent = new Set<Hex>();
  /** Takes jobs, as workers/node/main.ts wires them. */
  async function work(): Promise<void> {
    await queue.consume('prove', 2, async (id, signal) => {
      await executor.prove(id, signal);
      await queue.push('admit', id);
    });
    await queue.consume('admit', 1, (id) => serving.look(id));
    await queue.consume('submit', 1, async (id) => void sent.add(id));
  }
  return { ...telemetry, clock, queue, serving, executor, seen, sent, work };
}
