/** A node's stake: what its slices are taken from. */
import type { Account } from './network.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';

/** Moves `amount` wei of the free balance into stake. */
export async function stake(account: Account, amount: bigint): Promise<Transacted> {
  return await transact(account, await account.escrow.stake.populateTransaction(amount));
}

/** Starts unbonding; a second call restarts the delay for all of it. */
export async function unstake(account: Account, amount: bigint): Promise<Transacted> {
  return await transact(account, await account.escrow.unstake.populateTransaction(amount));
}

/** Moves unbonding stake back to free stake. */
export async function restake(account: Account, amount: bigint): Promise<Transacted> {
  return await transact(account, await account.escrow.restake.populateTransaction(amount));
}

/** Credits unbonded stake to the free balance, once the delay is over. */
export async function release(account: Account): Promise<Transacted> {
  return await transact(account, await account.escrow.release.populateTransaction());
}
