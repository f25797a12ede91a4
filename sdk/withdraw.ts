/** OPG out of Escrow. */
import type { Address } from '#core/hex.ts';
import type { Account } from './network.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';

/** Sends `amount` wei of the free balance to `to`, by default the account itself. */
export async function withdraw(account: Account, amount: bigint, to: Address = account.address): Promise<Transacted> {
  return await transact(account, await account.escrow.withdraw.populateTransaction(amount, to));
}
