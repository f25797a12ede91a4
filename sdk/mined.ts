/** Waits for a transaction, whatever the endpoint does meanwhile. */
import type { TransactionReceipt } from 'ethers';
import { isError } from 'ethers';
import { sleep, within } from './clock.ts';
import type { Account } from './network.ts';
import { ANSWER_MS, broadcast, reasonIn, type Sent, unsettled, wayOut } from './sending.ts';

/** The first look comes soon: chains of one's own mine at once. */
const FIRST_MS = 20;
/** Between looks at whether the endpoint still has it. */
const REMIND_MS = 2_000;
/** One that the endpoint has is waited for so many times as long as one that nobody has heard of. */
const WAITING = 5;

/**
 * The receipt. One that the endpoint does not have is sent again. Throws `chain.unsettled` if nothing was heard of it for the network's
 * `patienceMs`.
 */
export async function minedReceipt(account: Account, sent: Sent): Promise<TransactionReceipt> {
  const { provider, pollMs, patienceMs } = account;
  const { hash, raw } = sent;
  const remindMs = Math.min(REMIND_MS, patienceMs / 4);
  const began = performance.now();
  let [heard, remind, doubt] = [began, sent.doubt === undefined ? began + remindMs : began, sent.doubt];
  let reason = doubt === undefined ? NOT_FOUND : reasonIn(doubt);
  for (let pause = FIRST_MS; ; pause = Math.min(2 * pause, pollMs)) {
    try {
      const receipt = await within(ANSWER_MS, provider.getTransactionReceipt(hash));
      if (receipt !== null) return receipt;
      if (performance.now() >= remind) {
        remind = performance.now() + remindMs;
        const found = await within(ANSWER_MS, provider.getTransaction(hash));
        reason = found === null ? NOT_FOUND : 'it waits to be mined';
        if (found !== null) heard = performance.now();
        else if (raw !== undefined) await broadcast(wayOut(account), raw);
      }
    } catch (error) {
      [reason, doubt] = [reasonIn(error), error];
      // A provider that was destroyed will not answer any more.
      if (isError(error, 'UNSUPPORTED_OPERATION')) throw unsettled(account, sent, reason, doubt);
    }
    const now = performance.now();
    if (now - heard > patienceMs || now - began > WAITING * patienceMs) throw unsettled(account, sent, reason, doubt);
    await sleep(pause);
  }
}

const NOT_FOUND = 'the endpoint does not know it';
