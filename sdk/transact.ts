/** Sends one call and waits until it is mined. */
import type { ContractTransaction, TransactionReceipt } from 'ethers';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import { named, toProtocolError } from './chainErrors.ts';
import { eventsIn } from './events.ts';
import { minedReceipt } from './mined.ts';
import type { Account } from './network.ts';
import { send } from './sending.ts';

export interface Transacted {
  readonly receipt: TransactionReceipt;
  readonly events: readonly ProtocolEvent[];
}

/** Gas beyond the estimate: the state can change until the call is mined. In percent. */
const GAS_RESERVE = 20n;

/**
 * Estimates first, so a call that would fail throws the contract's own error and costs nothing. Calls of one account may
 * overlap; each gets its own nonce. Throws `chain.unsettled` where the call may have been sent and nobody could say what became of it:
 * the only error after which it must not simply be repeated.
 */
export async function transact(account: Account, call: ContractTransaction): Promise<Transacted> {
  const receipt = await named(account.address, async () => {
    const estimate = await account.signer.estimateGas(call);
    const gasLimit = estimate + (estimate * GAS_RESERVE) / 100n;
    const { mined, doubt } = await sentAndMined(account, { ...call, gasLimit });
    if (mined.status !== 1) throw whyFailed(mined, doubt);
    return mined;
  });
  return { receipt, events: eventsIn(account, receipt.logs) };
}

/** A chain that mines at once tells with the broadcast what a call reverted with; of others nobody knows. */
function whyFailed({ hash }: TransactionReceipt, doubt: unknown): unknown {
  const told = doubt === undefined ? undefined : toProtocolError(doubt);
  const isKnown = isProtocolError(told) && told.code !== 'chain.unavailable';
  return isKnown ? told : new ProtocolError('chain.mined_reverted', { hash });
}

async function sentAndMined(account: Account, call: ContractTransaction) {
  const { nonces } = account;
  const sent = await nonces.use((nonce) => send(account, call, nonce));
  try {
    const mined = await minedReceipt(account, sent);
    nonces.mined(sent);
    return { mined, doubt: sent.doubt };
  } catch (error) {
    nonces.lost(sent);
    throw error;
  }
}
