import type { ChallengeId } from '#core/challenges/claim.ts';
import type { GameEvent } from '#core/challenges/events.ts';
import { toAddress, toBytes32, ZERO_BYTES32 } from '#core/hex.ts';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import { type RequestId, toRequestId } from '#core/protocol/ids.ts';
import type { BlockRef, Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import type { TracedRequest } from '#ports/traces.ts';
import { VERSION_ROWS } from '#ports/work.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { lockedBonds } from '../../../workers/verifier/budget.ts';
import type { Moves } from '../../../workers/verifier/moves.ts';
import { CHECK, type VerifierParts } from '../../../workers/verifier/parts.ts';
import { Verifier } from '../../../workers/verifier/verifier.ts';
import { node, outputHash, requested, submittedBy, terms } from '../../support/story.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

export const me = toAddress(`0x${'9'.repeat(40)}`);
export const BOND = 10n;
export const NOW = 2_100;
/** Right: results are wrong unless their hash is this. */
export const RIGHT = toBytes32(`0x${'a1'.repeat(32)}`);

export const requestOf = (n: number) => toRequestId(`0x${n.toString(16).padStart(64, '0')}`);
/** A challenge's id is here that of its request. */
export const challengeOf = (id: RequestId) => id as string as ChallengeId;
export const challenged = (id: RequestId): GameEvent => ({
  type: 'Challenged',
  id,
  challenge: challengeOf(id),
  challenger: me,
  trace: ZERO_BYTES32,
  state: { item: 0, postedAt: NOW, end: NOW + 300, rank: 0, bond: BOND },
  children: [],
});

/** A chain that is told, and a verifier whose transactions are only written down. */
export class Story {
  readonly journal: Journal = memoryJournal();
  readonly sent: string[] = [];
  /** Kinds of moves in disputes, in their order. */
  readonly moves: string[] = [];
  readonly intents = new Map<string, TrackedIntent>();
  readonly log = recordedLog();
  maxBonds = 25n;
  free = 1_000n;
  /** What computing a trace takes. R is 120 s. */
  runSeconds = 1;
  /** It dies when a challenge is to be sent. */
  dies = false;
  /** What happens while a trace is computed. */
  meanwhile: () => Promise<void> = async () => {};
  /** What happens while a result is held against the reference. */
  checking: (id: Hex) => Promise<void> = async () => {};
  /** Where models are published; a path at once. */
  fetch: VerifierParts['models']['fetch'] = async () => ({ path: '' });
  readonly metrics = recordedMetrics();
  verifier = this.started();
  #tip: BlockRef | undefined;
  #blocks = 0;

  started(): Verifier {
    const life = new AbortController();
    const mover = {
      me,
      accusedBy: (subject) => challengeOf(subject.history.row.id),
      accuse: async (subject) => {
        if (this.dies) {
          life.abort();
          throw new Error('killed');
        }
        const purpose = `challenge:${subject.history.row.id}`;
        this.sent.push(subject.history.row.id);
        return this.intent(purpose, { status: 'signed' });
      },
      intentOf: async (id) => this.intents.get(`challenge:${id}`),
      claimPot: async () => this.intent('claimPot', { status: 'settled' }),
      move: async (_subject, _challenge, _meaning, { kind }) => {
        this.moves.push(kind);
        return this.intent('move', { status: 'settled' });
      },
      answer: async () => [],
    } as Partial<Moves> as Moves;
    const traces = {
      describe: async () => ({ root: ZERO_BYTES32, multiplyAdds: 1, inputs: [], outputs: [] }),
      headerOf: async () => ({}),
      refute: async () => {
        await this.meanwhile();
        return { kind: 'true' };
      },
    };
    const accuse = async (traced: TracedRequest, output: Hex) => {
      await this.checking(traced.request);
      if (output === RIGHT) return undefined;
      const evidence = { item: 0, output: 0, element: 0 };
      return { trace: ZERO_BYTES32, children: [], evidence, runSeconds: this.runSeconds };
    };
    const parts = {
      journal: this.journal,
      models: { fetch: (...wanted: Parameters<typeof this.fetch>) => this.fetch(...wanted) },
      traces: { ...traces, accuse },
      ownTraces: traces,
      mover,
      views: {
        bondOf: async () => BOND,
        freeBalance: async () => this.free,
        clocksOf: async () => ({ windowSeconds: 300, responseSeconds: 120, tcBase: 600 }),
      },
      quick: async () => false,
      deliver: async () => undefined,
      policy: { share: 1, versions: undefined, maxBonds: this.maxBonds, defend: true, spared: new Set([me]) },
      purse: { look: async () => {} },
      random: () => 0,
      log: this.log,
      metrics: this.metrics,
    } as unknown as VerifierParts;
    return new Verifier(parts, life.signal);
  }

  intent(purpose: string, change: Partial<TrackedIntent>): TrackedIntent {
    const plain = {
      purpose,
      from: me,
      to: me,
      data: '0x',
      expiresAt: undefined,
      nonce: 0,
      attempts: [],
      reason: undefined,
    };
    const made = { ...plain, status: 'planned', ...this.intents.get(purpose), ...change } as TrackedIntent;
    this.intents.set(purpose, made);
    return made;
  }

  /** Publishes the version that requests are about. */
  async published(version = terms.version, sha256 = ''): Promise<void> {
    const words = {
      sha256Hash: ZERO_BYTES32,
      programRoot: ZERO_BYTES32,
      schema: ZERO_BYTES32,
      tolerance: '0x0',
      shape: '0x0',
    };
    const program = { root: ZERO_BYTES32, atol: 0, rtol: 0, multiplyAdds: 1, words };
    const facts = {
      sha256,
      size: 0,
      uris: [],
      schema: { inputs: [], outputs: [] },
      rows: false,
      exact: false,
      program,
    };
    await this.journal.open({ ...VERSION_ROWS, id: version, facts, dueAt: undefined });
  }

  /** A block with these events; then the verifier has its turn. */
  async block(id: RequestId, events: readonly ProtocolEvent[], now = NOW): Promise<BlockRef> {
    const hash = `0x${(++this.#blocks).toString(16).padStart(64, 'b')}` as Hex;
    const block = { number: (this.#tip?.number ?? 0) + 1, hash, parentHash: this.#tip?.hash ?? hash, timestamp: now };
    const logged = events.map((event, logIndex) => ({ event, block, logIndex, transactionHash: hash }));
    await this.journal.record(block, logged);
    this.#tip = block;
    await this.touch(id, now);
    return block;
  }

  async touch(id: RequestId, now = NOW): Promise<void> {
    const block = { number: 0, hash: '0x', parentHash: '0x', timestamp: now } as const;
    await this.verifier.touched(id, await this.journal.eventsOf(id), { block, now, final: undefined });
  }

  async final(block: BlockRef): Promise<void> {
    await this.journal.finalise(block);
  }

  async orphan(block: BlockRef, id: RequestId): Promise<void> {
    await this.journal.orphan(block);
    this.#tip = block.number > 1 ? { ...block, number: block.number - 1, hash: block.parentHash } : undefined;
    await this.touch(id);
  }

  async work(now = NOW): Promise<void> {
    await this.arrives(now);
    await this.verifier.idle();
  }

  /** A head, whatever is still being computed. */
  arrives(now: number): Promise<void> {
    const block = { number: 0, hash: '0x', parentHash: '0x', timestamp: now } as const;
    return this.verifier.arrived({ block, now, final: undefined });
  }

  submitted(id: RequestId, output: Hex = '0x00', version = terms.version): Promise<BlockRef> {
    const submission = { ...submittedBy(node), output, outputHash: output === RIGHT ? RIGHT : outputHash, id };
    return this.block(id, [{ ...requested({ version }), id }, submission] as ProtocolEvent[]);
  }

  stage = async (id: RequestId) => (await this.journal.row(CHECK, id))?.stage;
  locked = () => lockedBonds({ journal: this.journal });
}
