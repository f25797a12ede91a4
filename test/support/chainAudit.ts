/**
 * What must be true of a whole chain after any faults, read from its blocks and from the outboxes of processes that have stopped: every request ended once,
 * nothing was submitted or paid twice, no nonce is missing and none was used for two things.
 */
import { expect } from 'chai';
import { Transaction } from 'ethers';
import type { RequestId } from '#core/protocol/ids.ts';
import type { Deployed } from '../../scripts/demo/localNetwork.ts';
import { eventsIn } from '../../sdk/events.ts';
import type { Account } from '../../sdk/index.ts';
import { openDatabase } from '../../workers/adapters/sql/open.ts';
import { sumsAddUp } from '../e2e/network.ts';

const ENDINGS = ['Finalised', 'Cancelled', 'Expired', 'Undelivered', 'Condemned', 'Rescued'];
/** What a request may come to only once, whatever becomes of it. */
const ONCE = ['Requested', 'Accepted', 'Submitted', ...ENDINGS];

/** A key, and the journal of the process that has it. */
export interface Keyholder {
  readonly account: Pick<Account, 'address'>;
  /** The directory of a PGlite journal, whose process has stopped. */
  readonly journal: string;
}

export interface Audited {
  readonly requests: number;
  /** Of the keys, in blocks. */
  readonly transactions: number;
}

/** Throws where something is not as it must be. `open`: requests that have not ended, and need not. */
export async function auditChain(
  deployed: Deployed,
  holders: readonly Keyholder[],
  { from = 0, open = [] as readonly RequestId[] } = {},
): Promise<Audited> {
  const requests = await auditRequests(deployed, from, open);
  await sumsAddUp(deployed);
  let transactions = 0;
  for (const holder of holders) transactions += await auditKey(deployed, holder, from);
  return { requests, transactions };
}

async function auditRequests({ net }: Deployed, fromBlock: number, open: readonly RequestId[]): Promise<number> {
  const logs = await net.provider.getLogs({ address: net.deployment.addresses.requests, fromBlock });
  const lives = new Map<string, string[]>();
  for (const event of eventsIn(net, logs)) {
    if (!('id' in event) || !ONCE.includes(event.type)) continue;
    lives.set(event.id, [...(lives.get(event.id) ?? []), event.type]);
    if (event.type !== 'Finalised') continue;
    // Paid out is what was locked, to the wei.
    const { fee } = await feeOf(net, event.id, logs);
    expect(event.toNode + event.royalty + event.protocol + event.tip, `paid for ${event.id}`).to.equal(fee);
  }
  for (const [id, life] of lives) {
    expect(new Set(life).size, `${id}: ${life}`).to.equal(life.length);
    const ends = life.filter((name) => ENDINGS.includes(name)).length;
    expect(ends, `${id}: ${life}`).to.equal(open.includes(id as RequestId) ? 0 : 1);
  }
  return lives.size;
}

async function feeOf(net: Deployed['net'], id: string, logs: Parameters<typeof eventsIn>[1]): Promise<{ fee: bigint }> {
  for (const event of eventsIn(net, logs)) if (event.type === 'Requested' && event.id === id) return event.terms;
  throw new Error(`${id} was not asked for since the block that the audit begins at.`);
}

/** Its transactions: none refused, none missing, and each the only one of its nonce; nothing signed twice for two things. */
async function auditKey({ net }: Deployed, { account, journal }: Keyholder, from: number): Promise<number> {
  const { provider } = net;
  const address = account.address.toLowerCase();
  const mined: string[] = [];
  for (let number = from; number <= (await provider.getBlockNumber()); number++) {
    const block = await provider.getBlock(number, true);
    for (const { hash, from: sender } of block?.prefetchedTransactions ?? []) {
      if (sender.toLowerCase() !== address) continue;
      mined.push(hash);
      expect((await provider.getTransactionReceipt(hash))?.status, `${hash} of ${address}`).to.equal(1);
    }
  }
  const next = await provider.getTransactionCount(address, 'latest');
  expect(await provider.getTransactionCount(address, 'pending'), 'nothing waits for a nonce').to.equal(next);

  const database = await openDatabase(`pglite:${journal}`, []);
  try {
    const { sql } = database;
    const intents = await sql.query<{ purpose: string; status: string; nonce: string | null }>(
      'select purpose, status, nonce from outbox_intent where sender = $1 order by seq',
      [address],
    );
    const unended = intents.filter(({ status }) => !['settled', 'abandoned'].includes(status));
    expect(unended, 'every intent has come to its end').to.deep.equal([]);
    const nonces = intents.flatMap(({ nonce }) => (nonce === null ? [] : [Number(nonce)]));
    expect(new Set(nonces).size).to.equal(nonces.length);
    expect(Math.max(-1, ...nonces) < next, 'no nonce is kept that the chain has not seen').to.equal(true);
    const attempts = await sql.query<{ purpose: string; raw: string; hash: string }>(
      "select purpose, raw, hash from outbox_attempt where kind = 'call'",
    );
    const data = new Map<string, string>();
    for (const { purpose, raw } of attempts) {
      // `submit:<request>/<try>`: whatever is tried again, it is the same result.
      const what = purpose.replace(/\/\d+$/, '');
      const signed = Transaction.from(raw).data;
      expect(data.get(what) ?? signed, `signed for ${what}`).to.equal(signed);
      data.set(what, signed);
    }
    const known = new Set(attempts.map(({ hash }) => hash));
    expect(
      mined.filter((hash) => !known.has(hash)),
      'every transaction of the key is in the outbox',
    ).to.deep.equal([]);
  } finally {
    await database.close();
  }
  return mined.length;
}
