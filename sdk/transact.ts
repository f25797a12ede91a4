/** Sends one call and waits until it is mined. */
import type { ContractTransaction, TransactionReceipt } from 'ethers';
import { ProtocolError } from '#core/errors.ts';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import { named } from './chainErrors.ts';
import { eventsIn } from './events.ts';
import type { Account } from './network.ts';

export interface Transacted {
  readonly receipt: TransactionReceipt;
  readonly events: readonly ProtocolEvent[];
}

/** Gas beyond the estimate: the state can change until the call is mined. In percent. */
const GAS_RESERVE = 20n;

/**
 * Estimates first, so a call that would fail throws the contract's own error and costs nothing. Calls of one account may
 * overlap; each gets its own nonce.
 */
export async function transact(account: Account, call: ContractTransaction): Promise<Transacted> {
  const { address, signer, nonces } = account;
  const receipt = await named(address, async () => {
    const estimate = await signer.estimateGas(call);
    const gasLimit = estimate + (estimate * GAS_RESERVE) / 100n;
    const sent = await nonces.use((nonce) => signer.sendTransaction({ ...call, gasLimit, nonce }));
    // The receipt by hash, not sent.wait(): that throws for a failed transaction before we can name it.
    const mined = await account.provider.waitForTransaction(sent.hash);
    if (mined?.status !== 1) throw new ProtocolError('chain.mined_reverted', { hash: sent.hash });
    return mined;
  });
  return { receipt, events: eventsIn(account, receipt.logs) };
}
