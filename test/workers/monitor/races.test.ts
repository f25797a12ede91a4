/** What a monitor makes of blocks that come while it looks. */
import { expect } from 'chai';
import type { ChallengeId } from '#core/challenges/claim.ts';
import type { GameEvent } from '#core/challenges/events.ts';
import { toAddress, ZERO_BYTES32 } from '#core/hex.ts';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import type { BlockRef, Hex } from '#ports/chain.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { MONITOR, Monitor } from '../../../workers/monitor/monitor.ts';
import { frozen, id, node, requested, submittedBy, thawed } from '../../support/story.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const challenge = `0x${'c1'.repeat(32)}` as ChallengeId;
const challenged: GameEvent = {
  type: 'Challenged',
  id,
  challenge,
  challenger: toAddress(`0x${'6'.repeat(40)}`),
  trace: ZERO_BYTES32,
  state: { item: 0, postedAt: 2_100, end: 2_400, rank: 0, bond: 50n },
  children: [],
};
const refuted: GameEvent = {
  type: 'Refuted',
  id,
  challenge,
  prover: node,
  operator: 0,
  element: 0,
  onPath: [],
};

/** A monitor, and the steps of a watcher: events are acted on, then recorded. */
class Watched {
  readonly journal = memoryJournal();
  /** What happens between the parts of a look. */
  meanwhile: () => Promise<unknown> = async () => {};
  readonly #blocks: BlockRef[] = [];
  readonly monitor = new Monitor({
    journal: this.journal,
    judge: {
      of: () => ({ verdict: 'unknown', reason: 'a test' }),
      ofResult: () => ({ verdict: 'unknown', reason: 'a test' }),
      keep: () => {},
      idle: async () => {},
    },
    views: {
      clocksOf: async () => {
        await this.meanwhile();
        return { windowSeconds: 300, responseSeconds: 120, tcBase: 600 };
      },
    },
    log: recordedLog(),
    metrics: recordedMetrics(),
  });
  #forks = 0;

  async touch(events: readonly ProtocolEvent[]) {
    const before = this.#blocks.at(-1);
    const hash = `0x${(++this.#forks).toString(16).padStart(64, '0')}` as Hex;
    const block = { number: this.#blocks.length + 1, hash, parentHash: before?.hash ?? hash, timestamp: 2_200 };
    const logged = events.map((event, logIndex) => ({ event, block, logIndex, transactionHash: hash }));
    await this.monitor.touched(id, [...(await this.journal.eventsOf(id)), ...logged]);
    return async () => {
      await this.journal.record(block, logged);
      this.#blocks.push(block);
    };
  }

  async block(...events: readonly ProtocolEvent[]): Promise<void> {
    await (await this.touch(events))();
    await this.look();
  }

  /** The newest block falls out. */
  async orphan(): Promise<void> {
    await this.journal.orphan(this.#blocks.pop() as BlockRef);
    await this.monitor.touched(id, await this.journal.eventsOf(id));
  }

  async look(): Promise<void> {
    const block = this.#blocks.at(-1) as BlockRef;
    await this.monitor.arrived({ block, now: 2_200, final: undefined });
    await this.monitor.idle();
  }

  open = () => this.monitor.sight.disputes.flatMap(({ challenges }) => challenges).length;
  stage = async () => (await this.journal.row(MONITOR.track, id))?.stage;
}

describe('a monitor that looks while blocks come', () => {
  const submitted = [requested(), submittedBy(node)];

  it('lets go of a dispute that fell out of the chain, and has it again when it is back', async () => {
    const watched = new Watched();
    await watched.block(...submitted);
    await watched.block(frozen, challenged);
    expect(watched.open()).to.equal(1);
    await watched.orphan();
    await watched.block();
    expect([watched.open(), await watched.stage()]).to.deep.equal([0, MONITOR.watched]);
    await watched.block(frozen, challenged);
    expect([watched.open(), await watched.stage()]).to.deep.equal([1, MONITOR.disputed]);
    // The whole request, and back again.
    for (let i = 0; i < 3; i++) await watched.orphan();
    await watched.block();
    expect([watched.open(), await watched.stage()]).to.deep.equal([0, MONITOR.over]);
    await watched.block(...submitted, frozen, challenged);
    expect([watched.open(), await watched.stage()]).to.deep.equal([1, MONITOR.disputed]);
  });

  it('does not keep what it read before a block was recorded', async () => {
    const watched = new Watched();
    await watched.block(...submitted);
    await watched.block(frozen, challenged);
    // A look of the block before runs between the event and its record.
    const record = await watched.touch([refuted, thawed(2_600)]);
    await watched.monitor.look({
      block: { number: 2, hash: '0x', parentHash: '0x', timestamp: 0 },
      now: 2_200,
      final: undefined,
    });
    expect(watched.open()).to.equal(1);
    await record();
    await watched.look();
    expect([watched.open(), await watched.stage()]).to.deep.equal([0, MONITOR.watched]);
  });

  it('does not let a dispute go that begins anew while it looks', async () => {
    const watched = new Watched();
    await watched.block(...submitted);
    await watched.block(frozen, challenged);
    await watched.block(refuted, thawed(2_600));
    expect(await watched.stage()).to.equal(MONITOR.watched);
    let record = await watched.touch([frozen, { ...challenged, challenge: `0x${'c2'.repeat(32)}` as ChallengeId }]);
    watched.meanwhile = async () => {
      await record();
      record = async () => {};
    };
    await watched.monitor.look({
      block: { number: 3, hash: '0x', parentHash: '0x', timestamp: 0 },
      now: 2_200,
      final: undefined,
    });
    watched.meanwhile = async () => {};
    expect(await watched.stage()).to.equal(MONITOR.disputed);
    await watched.look();
    expect(watched.open()).to.equal(1);
  });
});
