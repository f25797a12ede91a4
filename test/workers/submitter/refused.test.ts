/** A chain node whose pool refuses what is too large, as go-ethereum's does: no estimate says so. */
import { expect } from 'chai';
import type { RequestId } from '#core/protocol/ids.ts';
import { toRequestId } from '#core/protocol/ids.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import { requestCalls } from '../../../workers/adapters/ethers/calls.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { Submitter } from '../../../workers/submitter/submitter.ts';
import { GWEI, type PayingKey, PricedChain } from '../../support/payingKey.ts';
import { Proxies } from '../../support/rpc/proxies.ts';
import { outputHeaders } from '../../support/serving.ts';
import { node, outputHash, terms } from '../../support/story.ts';
import { recordedLog, recordedMetrics } from '../../support/telemetry.ts';

const LIMIT = 131_072;
const POLICY = { maxFeePerGas: 60n * GWEI, replaceAfterBlocks: 3, urgentSeconds: 20 };
/** Accounts without code take any call. */
const NOBODY = '0x00000000000000000000000000000000000000cc';

describe('on a chain whose nodes refuse large transactions', function () {
  this.timeout(120_000);
  let chain: PricedChain;
  let proxies: Proxies;
  before(async () => {
    chain = await PricedChain.start();
    proxies = await Proxies.start(chain.anvil.url, 1, 1);
    await proxies.order(0, { kind: 'oversized', bytes: LIMIT });
  });
  after(async () => {
    await proxies?.stop();
    await chain?.stop();
  });

  async function blocks(count: number, key: PayingKey): Promise<void> {
    for (let i = 0; i < count; i++) {
      await chain.mine(GWEI);
      await key.follow();
    }
  }

  it('one that is refused for good holds up nothing behind it, and is given up', async () => {
    const key = await chain.key(POLICY, proxies.urls[0] as string);
    const large = { to: key.address, data: `0x${'ab'.repeat(LIMIT)}` } as const;
    expect(await key.send('large', large)).to.deep.include({ status: 'signed', nonce: 0 });
    await key.send('behind');
    await blocks(5, key);
    expect(await key.effects()).to.deep.equal(['behind']);
    await blocks(6, key);
    expect(await key.intent('large')).to.deep.include({ status: 'abandoned', reason: 'no chain node takes it' });
    expect(await key.intent('behind')).to.deep.include({ status: 'settled' });
    expect((await key.attempts('large')).map(({ kind }) => kind)).to.deep.equal(['call', 'cancel']);
    expect(await key.mined()).to.equal(2);
  });

  it('one that is refused is cancelled at its deadline, also by a process that knows nothing of it', async () => {
    const key = await chain.key(POLICY, proxies.urls[0] as string);
    const { timestamp } = await chain.head();
    await key.send('late', { to: key.address, data: `0x${'ab'.repeat(LIMIT)}`, expiresAt: timestamp + 100 });
    key.restart();
    await chain.mine(GWEI, 200);
    await key.follow();
    await blocks(6, key);
    expect(await key.intent('late')).to.deep.include({ status: 'abandoned', reason: 'its time is over' });
  });

  it('results that wait together go in as many transactions as it takes', async () => {
    const key = await chain.key(POLICY, proxies.urls[0] as string);
    const journal = memoryJournal();
    const submitter = new Submitter({
      journal,
      dispatcher: key.dispatcher,
      calls: requestCalls(NOBODY),
      node,
      policy: { batchAbove: 4, batchLimit: 10 },
      log: recordedLog(),
      metrics: recordedMetrics(),
    });
    const ids: RequestId[] = [];
    for (let lane = 1; lane <= 10; lane++) {
      const id = toRequestId(`0x${lane.toString(16).padStart(64, '0')}`);
      const facts = { terms: { ...terms, lane, deadline: 2 ** 33 }, nonce: BigInt(lane), version: { outputHeaders } };
      await journal.open({ track: 'serve', id, stage: 'executed', facts, dueAt: undefined });
      const submission = new Uint8Array(16_384).fill(171);
      await journal.checkAndRecord({ requestId: id, outputHash, submission, output: submission });
      ids.push(id);
    }
    await Promise.all(ids.map((id) => submitter.submit(id)));
    await blocks(6, key);
    const rows = await Promise.all(ids.map((id) => journal.row('serve', id)));
    const purposes = [...new Set(rows.map((row) => String(row?.facts['intent'])))];
    // The first is on its way before the others are seen to wait.
    const intents = await Promise.all(purposes.map((purpose) => key.intent(purpose)));
    expect(intents.map(({ status }) => status)).to.deep.equal(Array(purposes.length).fill('settled'));
    expect(purposes.length).to.be.lessThan(ids.length);
    expect(Math.max(...intents.map(({ data }) => data.length / 2))).to.be.lessThan(LIMIT);
    expect(rows.map((row) => row?.stage)).to.deep.equal(ids.map(() => 'submitting'));
  });
});

describe('an acceptance', () => {
  it('is sent until the second after which too little would be left for the work', async () => {
    const journal = memoryJournal();
    const sent: (number | undefined)[] = [];
    const dispatcher = {
      address: node,
      send: async (intent) => {
        sent.push(intent.expiresAt);
        return { ...intent, from: node, status: 'signed', nonce: 0, attempts: [], reason: undefined } as const;
      },
    } as Partial<Dispatcher> as Dispatcher;
    const calls = requestCalls(NOBODY);
    const policy = { batchAbove: 4, batchLimit: 10 };
    const parts = { journal, dispatcher, calls, node, policy, log: recordedLog(), metrics: recordedMetrics() };
    const submitter = new Submitter(parts);
    const id = toRequestId(`0x${'1'.repeat(64)}`);
    const facts = { terms, nonce: 1n, acceptBy: terms.deadline - 70 };
    await journal.open({ track: 'serve', id, stage: 'accepting', facts, dueAt: undefined });
    await submitter.submit(id);
    expect(sent).to.deep.equal([terms.deadline - 70]);
  });
});
