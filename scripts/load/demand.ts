/** Bursts: who asks for how much of which models, and sending it as fast as the chain takes it. */
import { keccak256, toUtf8Bytes, Wallet } from 'ethers';
import type { Address } from '#core/hex.ts';
import type { RequestId, VersionId } from '#core/protocol/ids.ts';
import { type Account, actAs, deposit, type Network, requestMany } from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { loadInput } from './models.ts';

/** Requests of one transaction. */
const TOGETHER = 25;
const OPG = 10n ** 18n;
const GAS_MONEY = `0x${(10n ** 21n).toString(16)}`;

/** What one requester asks for: so many of each version. */
export interface Demand {
  readonly who: string;
  readonly of: ReadonlyMap<VersionId, number>;
  /** Seconds until the deadline; the SDK's default if absent. */
  readonly deadlineSeconds?: number;
  /** Requests of one transaction; 25 if absent. */
  readonly together?: number;
}

export interface Sent {
  readonly id: RequestId;
  readonly who: string;
  readonly version: VersionId;
}

export interface Burst {
  readonly sent: readonly Sent[];
  /** The block before its first. */
  readonly from: number;
  readonly gas: bigint;
}

/** An account of its own, with tokens and lanes for `requests` requests, and ether. `from` has the tokens. */
export async function requesterFor(from: Account, who: string, requests: number, fee: bigint): Promise<Account> {
  const wallet = new Wallet(keccak256(toUtf8Bytes(`load ${who}`)), from.provider);
  await (from.provider as unknown as Sender).send('anvil_setBalance', [wallet.address, GAS_MONEY]);
  const funds = BigInt(requests) * fee + OPG;
  await transact(from, await from.token.transfer.populateTransaction(wallet.address, funds));
  const account = await actAs(from as Network, wallet, { laneLimit: requests + TOGETHER });
  await deposit(account, funds);
  return account;
}

interface Sender {
  send(method: string, parameters: readonly unknown[]): Promise<unknown>;
}

/** Sends everything at once: requesters side by side, the models of each in turn. */
export async function sendBurst(
  accounts: ReadonlyMap<string, Account>,
  node: Address,
  demands: readonly Demand[],
): Promise<Burst> {
  const [any] = accounts.values();
  const from = (await any?.provider.getBlockNumber()) ?? 0;
  const parts = await Promise.all(
    demands.map(async (demand) => sendOne(accounts.get(demand.who) as Account, node, demand)),
  );
  return { from, sent: parts.flatMap(({ sent }) => sent), gas: parts.reduce((sum, { gas }) => sum + gas, 0n) };
}

async function sendOne(account: Account, node: Address, { who, of, deadlineSeconds, together = TOGETHER }: Demand) {
  const left = new Map(of);
  const sent: Sent[] = [];
  let gas = 0n;
  while (left.size > 0)
    for (const [version, count] of left) {
      const inputs = Array.from({ length: Math.min(together, count) }, (_, i) => loadInput(sent.length + i));
      const more = deadlineSeconds === undefined ? {} : { deadlineSeconds };
      const { asked, receipt } = await requestMany(account, { version, node, pay: 'balance', ...more }, inputs);
      gas += receipt.gasUsed;
      sent.push(...asked.map(({ id }) => ({ id, who, version })));
      if (count > inputs.length) left.set(version, count - inputs.length);
      else left.delete(version);
    }
  return { sent, gas };
}
