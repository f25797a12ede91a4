import { expect } from 'chai';
import { toHex, ZERO_ADDRESS } from '#core/hex.ts';
import { toRequestId } from '#core/protocol/ids.ts';
import type { RequestCalls } from '#ports/calls.ts';
import type { Hex } from '#ports/chain.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import { requestCalls } from '../../../workers/adapters/ethers/calls.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { Closer } from '../../../workers/keeper/closer.ts';
import { Keeper } from '../../../workers/keeper/keeper.ts';
import { asked } from '../../support/serving.ts';
import { frozen, node, submittedBy } from '../../support/story.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const CONTRACT: Hex = `0x${'c0'.repeat(20)}`;
const HASH: Hex = `0x${'0b'.repeat(32)}`;
/** The end of every request's window in these stories is 2600. */
const DUE = 2_601;
const at = (now: number) => ({
  block: { number: 1, hash: HASH, parentHash: HASH, timestamp: now },
  now,
  final: undefined,
});

/** Calldata here is two bytes for each lane. */
const lanesOf = (data: Hex) =>
  Array.from({ length: data.length / 4 - 0.5 }, (_, i) => Number(`0x${data.slice(2 + 4 * i, 6 + 4 * i)}`));
const numbers = (lanes: readonly number[]) => Buffer.from(lanes.flatMap((lane) => [lane >> 8, lane & 255]));

/** A keeper of a node's own results whose transactions are only written down: the lanes of the requests each one closes. */
function keeping(maxWaitSeconds: number, batchLimit = 3, finalise?: RequestCalls['finalise']) {
  const journal = memoryJournal();
  const sent: [string, ...number[]][] = [];
  const calls = {
    to: CONTRACT,
    finalise: finalise ?? ((items) => toHex(numbers(items.map(({ terms: { lane } }) => lane)))),
    rescue: ({ lane }) => toHex(numbers([lane])),
    statuses: (data) => lanesOf(data).map(() => 'DONE'),
  } as Partial<RequestCalls> as RequestCalls;
  const intents = new Map<string, TrackedIntent>();
  let away = false;
  const dispatcher = {
    address: node,
    get: async (purpose) => intents.get(purpose),
    send: async (intent) => {
      if (away) throw new Error('the database is away');
      sent.push([intent.purpose.split(/Many|:/)[0] ?? '', ...lanesOf(intent.data)]);
      const tracked = { ...intent, from: node, status: 'signed', nonce: 0, attempts: [], reason: undefined } as const;
      intents.set(intent.purpose, tracked);
      return tracked;
    },
  } as Partial<Dispatcher> as Dispatcher;
  const reader = { call: async () => '0x' as Hex };
  const closer = new Closer({ calls, reader, dispatcher, headersOf: async () => [] });
  const keeper = new Keeper({
    journal,
    views: {
      freeStake: async () => 0n,
      offerOf: async () => undefined,
      delaysOf: async () => ({ tipDelay: 0, rescueDelay: 100 }),
      arbiterOf: async () => ZERO_ADDRESS,
    },
    closer,
    policy: { node, others: false, expire: false, minTip: 0n },
    batchLimit,
    maxWaitSeconds,
    log: recordedLog(),
    metrics: recordedMetrics(),
  });
  let blocks = 0;
  /** The request of this lane was submitted, and perhaps frozen. */
  async function submitted(lane: number, stuck = false, told: Hex | undefined = undefined) {
    const id = toRequestId(`0x${lane.toString(16).padStart(64, '0')}`);
    const terms = told === undefined ? { lane } : { lane, callbackGas: 1_000 };
    const submission = { ...submittedBy(node), id, ...(told === undefined ? {} : { output: told }) };
    const events = [{ ...asked(terms), id }, submission, ...(stuck ? [{ ...frozen, id }] : [])];
    const block = { number: ++blocks, hash: id, parentHash: blocks === 1 ? HASH : previous, timestamp: 0 };
    previous = id;
    const logged = events.map((event, logIndex) => ({ event, block, logIndex, transactionHash: HASH }));
    await journal.record(block, logged);
    await keeper.touched(id, await journal.eventsOf(id), at(0));
    return id;
  }
  const outage = (is: boolean) => {
    away = is;
  };
  let previous: Hex = HASH;
  return { keeper, journal, sent, intents, submitted, outage };
}

describe('when a keeper sends', () => {
  it('at once, if it need not wait', async () => {
    const { keeper, sent, submitted } = keeping(0);
    await submitted(1);
    await keeper.close(at(DUE - 1));
    expect(sent).to.deep.equal([]);
    await keeper.close(at(DUE));
    expect(sent).to.deep.equal([['finalise', 1]]);
  });

  it('when the transaction is full, with time left', async () => {
    const { keeper, sent, submitted } = keeping(60);
    await submitted(1);
    await submitted(2);
    await keeper.close(at(DUE));
    expect(sent).to.deep.equal([]);
    await submitted(3);
    await submitted(4);
    await keeper.close(at(DUE + 1));
    expect(sent).to.deep.equal([['finalise', 1, 2, 3]]);
  });

  it('when the first has waited for as long as it may, with whatever is there', async () => {
    const { keeper, sent, submitted } = keeping(60);
    await submitted(1);
    await submitted(2);
    await keeper.close(at(DUE + 59));
    expect(sent).to.deep.equal([]);
    await keeper.close(at(DUE + 60));
    expect(sent).to.deep.equal([['finalise', 1, 2]]);
  });

  it('without waiting again, if the transaction before closed nothing', async () => {
    const { keeper, journal, sent, intents, submitted } = keeping(60);
    const id = await submitted(1);
    await keeper.close(at(DUE + 60));
    const [intent] = intents.values();
    await keeper.outcome({ ...(intent as TrackedIntent), status: 'reverted' }, DUE + 60);
    const again = (await journal.row('keep', id))?.dueAt ?? Infinity;
    await keeper.close(at(again));
    expect(sent).to.deep.equal([
      ['finalise', 1],
      ['finalise', 1],
    ]);
  });

  it('at once for a request of a broken game, which has waited long enough', async () => {
    const { keeper, sent, submitted } = keeping(3_600);
    await submitted(1, true);
    await submitted(2);
    await keeper.close(at(DUE + 100));
    expect(sent).to.deep.equal([['rescue', 1]]);
  });

  it('at once, if there is more than it looks at in one go: what waits must not hide the rest', async () => {
    const { keeper, sent, submitted } = keeping(3_600, 600);
    for (let lane = 1; lane < 512; lane++) await submitted(lane);
    await keeper.close(at(DUE));
    expect(sent).to.deep.equal([]);
    await submitted(512);
    await keeper.close(at(DUE));
    expect(sent.map(([action, ...lanes]) => [action, lanes.length])).to.deep.equal([['finalise', 512]]);
  });
});

describe('what a keeper has on its way', () => {
  const stageOf = async ({ journal }: ReturnType<typeof keeping>, id: Hex) => (await journal.row('keep', id))?.stage;

  it('is taken up again if its transaction was never planned, without a restart', async () => {
    const keep = keeping(0);
    const id = await keep.submitted(1);
    keep.outage(true);
    await keep.keeper.close(at(DUE)).catch(() => {});
    expect(await stageOf(keep, id)).to.equal('closing');
    keep.outage(false);
    await keep.keeper.recover(DUE);
    expect(await stageOf(keep, id)).to.equal('pending');
    await keep.keeper.close(at(DUE + 15));
    expect(keep.sent).to.deep.equal([['finalise', 1]]);
  });

  it('is taken up again if its transaction ended and nobody was told; one that is on its way is left alone', async () => {
    const keep = keeping(0, 1);
    const ids = [await keep.submitted(1), await keep.submitted(2)] as const;
    await keep.keeper.close(at(DUE));
    const [first] = keep.intents.values();
    keep.intents.set(String(first?.purpose), { ...(first as TrackedIntent), status: 'abandoned' });
    await keep.keeper.recover(DUE);
    expect([await stageOf(keep, ids[0]), await stageOf(keep, ids[1])]).to.deep.equal(['pending', 'closing']);
  });

  it('is left alone while its transaction is being planned', async () => {
    const keep = keeping(0);
    const id = await keep.submitted(1);
    const { advance } = keep.journal;
    keep.journal.advance = async (...change) => {
      const done = await advance(...change);
      if (change[3] === 'closing') await keep.keeper.recover(DUE);
      return done;
    };
    await keep.keeper.close(at(DUE));
    expect(await stageOf(keep, id)).to.equal('closing');
  });

  it('goes alone after a transaction with others closed nothing', async () => {
    const keep = keeping(0);
    for (const lane of [1, 2, 3]) await keep.submitted(lane);
    await keep.keeper.close(at(DUE));
    const [intent] = keep.intents.values();
    await keep.keeper.outcome({ ...(intent as TrackedIntent), status: 'abandoned' }, DUE);
    await keep.keeper.close(at(DUE + 15));
    expect(keep.sent).to.deep.equal([
      ['finalise', 1, 2, 3],
      ['finalise', 1],
      ['finalise', 2],
      ['finalise', 3],
    ]);
  });

  it('goes in as many transactions as chain nodes take, with the outputs that callbacks are given', async () => {
    const keep = keeping(0, 10, requestCalls(CONTRACT).finalise);
    for (let lane = 1; lane <= 10; lane++) await keep.submitted(lane, false, `0x${'ab'.repeat(16_384)}`);
    await keep.keeper.close(at(DUE));
    const sizes = [...keep.intents.values()].map(({ data }) => data.length / 2 - 1);
    expect(sizes).to.have.length(2);
    expect(Math.max(...sizes)).to.be.lessThan(131_072);
    expect(Math.min(...sizes)).to.be.greaterThan(4 * 16_384);
  });

  it('does not keep the others from being closed if its call cannot be built', async () => {
    const keep = keeping(0, 10, (items, takeTip) => {
      if (items.some(({ terms }) => terms.lane === 1)) throw new Error('no such version');
      return requestCalls(CONTRACT).finalise(items, takeTip);
    });
    const ids = [await keep.submitted(1), await keep.submitted(2)] as const;
    await keep.keeper.close(at(DUE));
    expect([await stageOf(keep, ids[0]), await stageOf(keep, ids[1])]).to.deep.equal(['pending', 'closing']);
  });
});
