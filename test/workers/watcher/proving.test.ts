import { expect } from 'chai';
import type { Hex } from '#ports/chain.ts';
import type { Journal } from '#ports/journal.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { eventually } from '../../support/eventually.ts';
import {
  block,
  head,
  nodeProcess,
  publish,
  requestOf,
  right,
  unavailable,
  unproven,
  versionFacts,
  type World,
  word,
  wrong,
} from '../../support/proving.ts';
import { version } from '../../support/serving.ts';
import { other as another, game } from '../../support/story.ts';

const versionId = word(500);
const other = word(501);
const id = word(1);

describe('a request that is to be accepted', () => {
  const open: ReturnType<typeof nodeProcess>[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map(({ queue }) => queue.close(0)));
  });
  const start = (journal: Journal, world: World) => {
    const made = nodeProcess(journal, world);
    open.push(made);
    return made;
  };
  const stageOf = async (journal: Journal, request: Hex = id) => (await journal.row('serve', request))?.stage;

  /** What the observer does with a block. */
  async function deliver({ serving }: ReturnType<typeof nodeProcess>, journal: Journal, ...requests: [Hex, Hex][]) {
    const events = requests.map(([request, of]) => requestOf(request, of));
    for (const logged of events) await serving.touched(logged.event.id, [logged], head);
    await journal.record(block, events);
    await serving.arrived(head);
  }

  it('is accepted when its version is proven, not before; the next one at once', async () => {
    const journal = memoryJournal();
    await publish(journal, versionId);
    const node = start(journal, right);
    await deliver(node, journal, [id, versionId]);
    expect(await stageOf(journal)).to.equal('proving');
    expect((await node.queue.depth('submit')).waiting).to.equal(0);
    await node.work();
    await eventually('it is accepted', () => node.sent.has(id));
    expect(await stageOf(journal)).to.equal('accepting');
    const facts = (await journal.row('serve', id))?.facts;
    expect(facts?.['reason']).to.equal(null);
    expect(facts?.['acceptBy'], 'what the submitter goes by').to.be.a('number');
    await node.serving.touched(word(2), [requestOf(word(2), versionId)], head);
    expect(await stageOf(journal, word(2))).to.equal('accepting');
    expect(node.seen.descriptions).to.equal(1);
  });

  it('is declined, and so is the next one, if its version names another program', async () => {
    const journal = memoryJournal();
    await publish(journal, versionId);
    const node = start(journal, wrong);
    await deliver(node, journal, [id, versionId], [word(2), versionId]);
    await node.work();
    for (const request of [id, word(2)]) {
      await eventually('it is declined', async () => (await stageOf(journal, request)) === 'declined');
      expect((await journal.row('serve', request))?.facts['reason']).to.match(/^executor\.root_mismatch: /);
    }
    await node.serving.touched(word(3), [requestOf(word(3), versionId)], head);
    expect(await stageOf(journal, word(3))).to.equal('declined');
    expect(node.sent.size).to.equal(0);
    expect(await versionFacts(journal, versionId)).to.have.property('refused');
  });

  it('is declined, and counted, where another game than the node’s decides, and taken where it is the node’s', async () => {
    for (const [arbiter, stage] of [
      [another, 'declined'],
      [game, 'proving'],
    ] as const) {
      const journal = memoryJournal();
      await publish(journal, versionId);
      const node = start(journal, { ...right, arbiter });
      await deliver(node, journal, [id, versionId]);
      expect(await stageOf(journal)).to.equal(stage);
      const declined = node.metrics.values.get('worker_serve_declined_total{why="arbiter"}');
      expect(declined).to.equal(stage === 'declined' ? 1 : undefined);
    }
  });

  it('waits while sources are down, holds up nobody else, and is accepted when they are back', async () => {
    const journal = memoryJournal();
    await publish(journal, versionId);
    await publish(journal, other, version);
    const world = { ...right, fetch: unavailable as World['fetch'] };
    const node = start(journal, world);
    await node.work();
    await deliver(node, journal, [id, versionId], [word(2), other]);
    await eventually('the other is accepted', () => node.sent.has(word(2)));
    await eventually('the source was asked', () => node.seen.fetches > 0);
    expect(await stageOf(journal)).to.equal('proving');
    world.fetch = right.fetch;
    node.clock.advance(400_000);
    await node.serving.sweep();
    await eventually('it is accepted', () => node.sent.has(id));
  });

  it('is not taken for one that fell out when it is proven before its block is recorded', async () => {
    const journal = memoryJournal();
    await publish(journal, versionId);
    const node = start(journal, right);
    await node.serving.restore(head);
    const logged = requestOf(id, versionId);
    await node.serving.touched(id, [logged], head);
    await node.executor.prove(id, new AbortController().signal);
    await node.serving.look(id);
    expect(await stageOf(journal)).to.equal('proving');
    await journal.record(block, [logged]);
    await node.serving.arrived(head);
    expect(await stageOf(journal)).to.equal('accepting');
  });

  /** The journal of a process that dies before its n-th write: that write and what would follow never come about. */
  function dyingAt(n: number, journal: Journal): Journal & { dead(): boolean } {
    let writes = 0;
    const mortal =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>, write: boolean) =>
      (...args: A): Promise<R> =>
        writes >= n || (write && ++writes >= n) ? new Promise(() => {}) : call(...args);
    const writing = ['open', 'advance', 'record'];
    const verbs = Object.entries(journal).map(([name, call]) => [name, mortal(call, writing.includes(name))]);
    return { ...Object.fromEntries(verbs), dead: () => writes >= n };
  }

  // The writes: the row, the block, `proven`, `accepting`.
  for (let n = 1; n <= 4; n++)
    it(`is accepted once by the next process if the last was killed before its write ${n} of 4`, async () => {
      const journal = memoryJournal();
      await publish(journal, versionId, unproven);
      const mortal = dyingAt(n, journal);
      const first = start(mortal, right);
      await first.work();
      void deliver(first, mortal, [id, versionId]);
      await eventually('it is dead', () => mortal.dead());
      expect(first.sent.size).to.equal(0);

      const second = start(journal, right);
      await second.serving.restore(head);
      await second.serving.reconcile(head);
      await second.serving.sweep();
      await second.work();
      if ((await journal.cursor()).recent.length === 0) await deliver(second, journal, [id, versionId]);
      await eventually('it is accepted', () => second.sent.has(id));
      expect(await stageOf(journal)).to.equal('accepting');
    });
});
