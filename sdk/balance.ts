/** What an account has in Escrow. */
import type { Address } from '#core/hex.ts';
import type { Account } from '#core/protocol/ledger.ts';
import { named } from './chainErrors.ts';
import type { Network } from './network.ts';

/** In wei of OPG. What is locked in requests is not in it. */
export async function balanceOf({ escrow }: Network, account: Address): Promise<Account> {
  return await named(account, async () => {
    const [{ available, stake, nonce }, { amount, readyAt }] = await Promise.all([
      escrow.accountOf(account),
      escrow.unbondingOf(account),
    ]);
    return { available, stake, nonce, unbonding: amount, readyAt: Number(readyAt) };
  });
}
