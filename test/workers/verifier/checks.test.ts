import { expect } from 'chai';
import type { ChallengeId } from '#core/challenges/claim.ts';
import type { GameEvent } from '#core/challenges/events.ts';
import { toAddress, toBytes32, ZERO_BYTES32 } from '#core/hex.ts';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import { type RequestId, toRequestId } from '#core/protocol/ids.ts';
import type { BlockRef, Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import { VERSION_ROWS } from '#ports/work.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { lockedBonds } from '../../../workers/verifier/budget.ts';
import type { Moves } from '../../../workers/verifier/moves.ts';
import { CHECK, DISPUTE, type VerifierParts } from '../../../workers/verifier/parts.ts';
import { Verifier } from '../../../workers/verifier/verifier.ts';
import { condemned, frozen, node, outputHash, requested, submittedBy, terms } from '../../support/story.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const me = toAddress(`0x${'9'.repeat(40)}`);
const BOND = 10n;
const NOW = 2_100;
/** Right: results are wrong unless their hash is this. */
const RIGHT = toBytes32(`0x${'a1'.repeat(32)}`);

const requestOf = (n: number) => toRequestId(`0x${n.toString(16).padStart(64, '0')}`);
/** A challenge's id is here that of its request. */
const challengeOf = (id: RequestId) => id as string as ChallengeId;
const challenged = (id: RequestId): GameEvent => ({
  type: 'Challenged',
  id,
  challenge: challengeOf(id),
  challenger: me,
  trace: ZERO_BYTES32,
  state: { item: 0, postedAt: NOW, end: NOW + 300, rank: 0, bond: BOND },
  children: [],
});

/** A chain that is told, and a verifier whose transactions are only written down. */
class Story {
  readonly journal: Journal = memoryJournal();
  readonly sent: string[] = [];
  readonly intents = new Map<string, TrackedIntent>();
  readonly log = recordedLog();
  maxBonds = 25n;
  free = 1_000n;
  /** It dies when a challenge is to be sent. */
  dies = false;
  /** What happens while a trace is computed. */
  meanwhile: () => Promise<void> = async () => {};
  verifier = this.started();
  #tip: BlockRef | undefined;
  #blocks = 0;

  started(): Verifier {
    const mover = {
      me,
      accusedBy: (subject) => challengeOf(subject.history.row.id),
      accuse: async (subject) => {
        if (this.dies) throw new Error('killed');
        const purpose = `challenge:${subject.history.row.id}`;
        this.sent.push(subject.history.row.id);
        return this.intent(purpose, { status: 'signed' });
      },
      intentOf: async (id) => this.intents.get(`challenge:${id}`),
      claimPot: async () => this.intent('claimPot', { status: 'settled' }),
      move: async () => this.intent('move', { status: 'settled' }),
    } as Partial<Moves> as Moves;
    const parts = {
      journal: this.journal,
      models: { fetch: async () => ({ path: '' }) },
      traces: {
        describe: async () => ({ root: ZERO_BYTES32, multiplyAdds: 1, inputs: [], outputs: [] }),
        headerOf: async () => ({}),
        accuse: async (_: unknown, output: Hex) =>
          output === RIGHT
            ? undefined
            : { trace: ZERO_BYTES32, children: [], evidence: { item: 0, output: 0, element: 0 } },
        refute: async () => {
          await this.meanwhile();
          return { kind: 'true' };
        },
      },
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
      metrics: recordedMetrics(),
    } as unknown as VerifierParts;
    return new Verifier(parts, new AbortController().signal);
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

  /** Publishes the version that all requests are about. */
  async published(): Promise<void> {
    const words = {
      sha256Hash: ZERO_BYTES32,
      programRoot: ZERO_BYTES32,
      schema: ZERO_BYTES32,
      tolerance: '0x0',
      shape: '0x0',
    };
    const program = { root: ZERO_BYTES32, atol: 0, rtol: 0, multiplyAdds: 1, words };
    const facts = {
      sha256: '',
      size: 0,
      uris: [],
      schema: { inputs: [], outputs: [] },
      rows: false,
      exact: false,
      program,
    };
    await this.journal.open({ ...VERSION_ROWS, id: terms.version, facts, dueAt: undefined });
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

  async orphan(block: BlockRef, id: RequestId): Promise<void> {
    await this.journal.orphan(block);
    this.#tip = block.number > 1 ? { ...block, number: block.number - 1, hash: block.parentHash } : undefined;
    await this.touch(id);
  }

  work(now = NOW): Promise<void> {
    const block = { number: 0, hash: '0x', parentHash: '0x', timestamp: now } as const;
    return this.verifier.work({ block, now, final: undefined });
  }

  submitted(id: RequestId, output: Hex = '0x00'): Promise<BlockRef> {
    const submission = { ...submittedBy(node), output, outputHash: output === RIGHT ? RIGHT : outputHash, id };
    return this.block(id, [{ ...requested(), id }, submission] as ProtocolEvent[]);
  }

  stage = async (id: RequestId) => (await this.journal.row(CHECK, id))?.stage;
  locked = () => lockedBonds({ journal: this.journal });
}

describe('a verifier’s bonds', () => {
  let story: Story;
  beforeEach(async () => {
    story = new Story();
    await story.published();
  });

  it('never exceed its budget, however many results are wrong, and go on as they come back', async () => {
    const ids = [1, 2, 3, 4, 5].map(requestOf);
    for (const id of ids) await story.submitted(id);
    await story.work();
    expect(story.sent).to.deep.equal(ids.slice(0, 2));
    expect(await Promise.all(ids.map(story.stage))).to.deep.equal([
      ...['accused', 'accused'],
      ...['unaffordable', 'unaffordable', 'unaffordable'],
    ]);
    expect(await story.locked()).to.equal(20n);
    for (let now = NOW; now < NOW + 60; now += 10) await story.work(now);
    expect(story.sent).to.have.length(2);

    // The first is over: its node was condemned, the pot claimed.
    const [first] = ids as [RequestId];
    const upheld = {
      type: 'Upheld',
      id: first,
      challenge: challengeOf(first),
      challenger: me,
      condemned: true,
    } as const;
    const claimed = { type: 'PotClaimed', id: first, challenger: me, amount: 1n } as const;
    const end = { ...condemned(node), id: first };
    await story.block(first, [{ ...frozen, id: first }, challenged(first)] as ProtocolEvent[]);
    await story.block(first, [upheld, end, claimed] as ProtocolEvent[]);
    await story.work(NOW + 70);
    await story.work(NOW + 80);
    expect(story.sent).to.deep.equal(ids.slice(0, 3));
    expect(await story.locked()).to.equal(20n);
  });

  it('are not posted beyond what the account has', async () => {
    story.free = BOND - 1n;
    await story.submitted(requestOf(1));
    await story.work();
    expect([story.sent, await story.stage(requestOf(1))]).to.deep.equal([[], 'unaffordable']);
    expect(
      story.log.lines.some(
        ({ message, reason }) => message.includes('not challenged') && String(reason).includes('9 wei'),
      ),
    ).to.equal(true);
    story.free = BOND;
    await story.work(NOW + 10);
    await story.work(NOW + 10);
    expect(story.sent).to.deep.equal([requestOf(1)]);
  });

  it('count from before they are sent: a death between the two leaves no room for another', async () => {
    const ids = [1, 2, 3].map(requestOf);
    for (const id of ids) await story.submitted(id);
    story.dies = true;
    await story.work().catch(() => {});
    expect([await story.locked(), story.sent.length]).to.deep.equal([10n, 0]);
    story.dies = false;
    story.verifier = story.started();
    await story.work();
    await story.work(NOW + 10);
    await story.work(NOW + 20);
    expect([...story.sent].sort()).to.have.length(2);
    expect(await story.locked()).to.equal(20n);
  });

  it('are free again when their transaction comes to nothing, and the result is accused anew', async () => {
    const id = requestOf(1);
    await story.submitted(id);
    await story.work();
    story.intent(`challenge:${id}`, { status: 'abandoned', reason: 'Escrow_LaneBusy' });
    await story.work(NOW + 10);
    expect(story.sent).to.deep.equal([id, id]);
    expect(await story.locked()).to.equal(10n);
    story.intent(`challenge:${id}`, { status: 'signed', reason: undefined });
    for (const later of [20, 30]) await story.work(NOW + later);
    expect(story.sent).to.have.length(2);
  });

  it('are known to a process that lost its journal, from the chain', async () => {
    const id = requestOf(1);
    await story.submitted(id);
    await story.block(id, [{ ...frozen, id }, challenged(id)] as ProtocolEvent[]);
    await story.work();
    expect([story.sent, await story.stage(id), await story.locked()]).to.deep.equal([[], 'accused', 10n]);
  });
});

describe('a check', () => {
  let story: Story;
  const id = requestOf(1);
  beforeEach(async () => {
    story = new Story();
    await story.published();
  });

  it('is of the result that stands: after a reorganisation another one is looked at anew', async () => {
    const block = await story.submitted(id, RIGHT);
    await story.work();
    expect(await story.stage(id)).to.equal('right');
    await story.touch(id);
    expect(await story.stage(id)).to.equal('right');
    await story.orphan(block, id);
    await story.submitted(id);
    expect(await story.stage(id)).to.equal('due');
    await story.work();
    expect(story.sent).to.deep.equal([id]);
  });

  it('is drawn by lot once, also when another result comes', async () => {
    const block = await story.submitted(id);
    await story.journal.advance(CHECK, id, 'due', 'passed');
    await story.orphan(block, id);
    await story.submitted(id, RIGHT);
    expect(await story.stage(id)).to.equal('passed');
  });

  it('that led to a challenge is decided anew when the challenge fell out and was not sent again', async () => {
    const block = await story.submitted(id);
    await story.work();
    const posted = await story.block(id, [{ ...frozen, id }, challenged(id)] as ProtocolEvent[]);
    await story.work(NOW + 10);
    await story.orphan(posted, id);
    story.intent(`challenge:${id}`, { status: 'abandoned', reason: 'its time is over' });
    await story.work(NOW + 20);
    expect(story.sent).to.deep.equal([id, id]);
    await story.orphan(block, id);
    story.intent(`challenge:${id}`, { status: 'abandoned', reason: 'Requests_Gone' });
    await story.work(NOW + 30);
    expect([await story.stage(id), await story.locked()]).to.deep.equal(['over', 0n]);
  });

  it('comes too late once the window is over', async () => {
    await story.submitted(id);
    await story.work(2_601);
    expect(await story.stage(id)).to.equal('late');
  });
});

describe('a dispute', () => {
  it('is looked at again for what came while it was looked at, whatever the look found', async () => {
    const story = new Story();
    await story.published();
    const id = requestOf(1);
    await story.submitted(id);
    await story.block(id, [{ ...frozen, id }, challenged(id)] as ProtocolEvent[]);
    const dueAt = async () => (await story.journal.row(DISPUTE, id))?.dueAt;
    await story.work(NOW + 1);
    expect(await dueAt(), 'nothing to do before the end').to.equal(NOW + 301);
    await story.touch(id, NOW + 2);
    story.meanwhile = () => story.touch(id, NOW + 3);
    await story.work(NOW + 2);
    expect(await dueAt()).to.equal(NOW + 3);
  });
});
