/** Who has how many tokens, in wallets and in Escrow, and that they add up: to the token's supply, and to what Escrow holds. */
import type { Address } from '#core/hex.ts';
import type { ModelId } from '#core/protocol/ids.ts';
import { purseOf } from '#core/protocol/ids.ts';
import type { LedgerEvent } from '#core/protocol/ledger.ts';
import { Ledger } from '#core/protocol/ledger.ts';
import { BURN } from '#core/protocol/postings.ts';
import { eventsIn } from '../../sdk/events.ts';
import { balanceOf, type Network } from '../../sdk/index.ts';

/** How the rows of money begin that waits in a model's purse. */
export const UNCLAIMED = 'unclaimed';

export interface Balances {
  readonly rows: Readonly<Record<string, bigint>>;
  readonly sum: bigint;
  readonly supply: bigint;
  /** What Escrow holds, and what its accounts and the open requests say that it holds. */
  readonly escrow: { readonly held: bigint; readonly owed: bigint };
}

export interface Holders {
  readonly parties: Readonly<Record<string, Address>>;
  readonly models: readonly ModelId[];
}

export async function balances(net: Network, { parties, models }: Holders): Promise<Balances> {
  const { token, deployment } = net;
  const ledger = await replay(net);
  const rows: Record<string, bigint> = {};
  let owed = 0n;
  const add = (row: string, amount: bigint) => {
    rows[row] = (rows[row] ?? 0n) + amount;
  };
  for (const [name, address] of Object.entries({ ...parties, burned: BURN })) {
    const { available, stake, unbonding } = await balanceOf(net, address);
    const inside = available + stake + unbonding;
    owed += inside;
    add(name, inside + (await token.balanceOf(address)));
  }
  for (const model of models) {
    const purse = await balanceOf(net, purseOf(model));
    owed += purse.available + purse.stake;
    add(`${UNCLAIMED} by model owners`, purse.available);
    add(`${UNCLAIMED} by the protocol`, purse.stake);
  }
  const locks = ledger.openRequests().map((id) => ledger.lockOf(id));
  const locked = locks.reduce((sum, lock) => sum + (lock?.fee ?? 0n) + (lock?.slice ?? 0n), 0n);
  owed += locked;
  add('locked in requests', locked);
  const sum = Object.values(rows).reduce((total, row) => total + row, 0n);
  const held = await token.balanceOf(deployment.addresses.escrow);
  return { rows, sum, supply: await token.totalSupply(), escrow: { held, owed } };
}

/** What the events alone say: an oracle that asks no balance. */
export async function replay({ provider, deployment, ...net }: Network): Promise<Ledger> {
  const { escrow, requests, game } = deployment.addresses;
  const address = [escrow, requests, ...(game ? [game] : [])];
  const logs = await provider.getLogs({ address, fromBlock: deployment.block, toBlock: 'latest' });
  const ledger = new Ledger();
  for (const event of eventsIn({ provider, deployment, ...net }, logs)) ledger.apply(event as LedgerEvent);
  return ledger;
}
