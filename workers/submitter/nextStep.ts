import type { Receipt } from '#ports/chain.ts';
import type { Attempt, TrackedIntent } from '#ports/outbox.ts';
import type { FeePolicy } from './fees.ts';

/** What this process remembers of an intent; a new process remembers nothing and starts over, which is safe. */
export interface Memory {
  /** Block at which the newest attempt was handed over by this process for the first time. */
  readonly sentAt: number | undefined;
  /** And for the last time. */
  readonly offeredAt: number | undefined;
  /** Block in which this process saw an attempt mined. */
  readonly minedAt: number | undefined;
  /** The node asked for a higher fee. */
  readonly underpriced: boolean;
  /** Heads in a row at which the nonce was used up and no attempt had a receipt. */
  readonly missing: number;
  /** Heads in a row at which the contract would have refused, before anything was signed. */
  readonly refused: number;
  /** What its call took when it was estimated last, before anything was signed. */
  readonly gas: bigint | undefined;
  /** Times in a row that no chain node took the newest attempt, for a reason that time does not mend. */
  readonly notTaken: number;
  /** Why it waited last, so that it is said once. */
  readonly waits: string | undefined;
}

/** What a new process remembers. */
export const FRESH: Memory = {
  sentAt: undefined,
  offeredAt: undefined,
  minedAt: undefined,
  underpriced: false,
  missing: 0,
  refused: 0,
  gas: undefined,
  notTaken: 0,
  waits: undefined,
};

export interface Situation {
  readonly head: { readonly number: number; readonly timestamp: number };
  readonly finalNumber: number;
  readonly minedNonce: number;
  /** Of the attempt that was mined, if any was. */
  readonly receipt: Receipt | undefined;
  readonly memory: Memory;
  /** Unix seconds from which a transaction with a higher nonce is urgent: it waits for this one. Infinity: there is none. */
  readonly urgentBehind: number;
}

export type Step =
  | { readonly kind: 'wait' }
  /** Simulate, allocate the nonce, sign, store, hand over. */
  | { readonly kind: 'sign' }
  /** Hand the newest attempt over again, byte for byte. */
  | { readonly kind: 'rebroadcast' }
  /** The same call with higher fees. */
  | { readonly kind: 'replace'; readonly urgent: boolean }
  /** Use up the nonce with an empty transfer. */
  | { readonly kind: 'cancel'; readonly reason: string }
  | { readonly kind: 'abandon'; readonly reason: string }
  /**
   * Not final. One that failed, or was cancelled, can still be replaced by its twin on another fork, but on this one it came to
   * nothing.
   */
  | { readonly kind: 'mined'; readonly how: 'done' | 'failed' | 'cancelled' }
  /** The block with the transaction fell out. */
  | { readonly kind: 'unmined' }
  | { readonly kind: 'settled' }
  | { readonly kind: 'reverted' }
  /** Somebody else used our nonce: plan again with another one. */
  | { readonly kind: 'renumber' };

/**
 * Heads for which a lagging node may hide a receipt, or refuse a call because it has not seen the request yet, and times that all of
 * them may refuse a transaction.
 */
export const PATIENCE = 4;

/** Of an intent whose nonce an empty transfer has used up. */
export const CANCELLED = 'it was cancelled';

const WAIT: Step = { kind: 'wait' };

/**
 * One transaction's next step. Unknown is never failed: as long as a nonce is not used up, any attempt may still be mined, so
 * an intent ends only by a final receipt, or without ever having been signed.
 */
export function nextStep(intent: TrackedIntent, situation: Situation, policy: FeePolicy): Step {
  if (intent.status === 'planned') return planned(intent, situation);
  if (situation.receipt) return withReceipt(intent, situation, situation.receipt);
  if (intent.status === 'mined') return { kind: 'unmined' };
  return intent.status === 'signed' ? inFlight(intent, situation, policy) : WAIT;
}

function planned(intent: TrackedIntent, { head, memory }: Situation): Step {
  const late = isLate(intent, head.timestamp);
  if (!late && memory.refused < PATIENCE) return { kind: 'sign' };
  const reason = late ? 'its time is over' : (intent.reason ?? 'the contract refuses it');
  // A nonce that was allocated and not used would block every later transaction of the key.
  return intent.nonce === undefined ? { kind: 'abandon', reason } : { kind: 'cancel', reason };
}

function withReceipt(intent: TrackedIntent, { finalNumber }: Situation, receipt: Receipt): Step {
  const attempt = intent.attempts.find(({ hash }) => hash === receipt.transactionHash);
  const isCancel = attempt?.kind === 'cancel';
  if (receipt.block.number > finalNumber) {
    const how = isCancel ? 'cancelled' : receipt.success ? 'done' : 'failed';
    return intent.status === 'mined' ? WAIT : { kind: 'mined', how };
  }
  if (isCancel) return { kind: 'abandon', reason: intent.reason ?? CANCELLED };
  return { kind: receipt.success ? 'settled' : 'reverted' };
}

function inFlight(intent: TrackedIntent, situation: Situation, policy: FeePolicy): Step {
  const { head, minedNonce, memory } = situation;
  if ((intent.nonce ?? 0) < minedNonce) return memory.missing < PATIENCE ? WAIT : { kind: 'renumber' };
  const last = intent.attempts.at(-1) as Attempt;
  const why = last.kind === 'call' ? whyCancelled(intent, situation) : undefined;
  if (why !== undefined) return { kind: 'cancel', reason: why };
  if (memory.sentAt === undefined) return { kind: 'rebroadcast' };
  const urgent = head.timestamp >= Math.min(urgentFrom(intent, policy), situation.urgentBehind);
  // A higher fee helps only the first in line; those behind it wait for it, whatever they offer.
  const isFirst = intent.nonce === minedNonce;
  const isDue = head.number - memory.sentAt >= (urgent ? 1 : policy.replaceAfterBlocks);
  if (memory.underpriced || (isFirst && isDue)) return { kind: 'replace', urgent };
  return isForgotten(memory, head.number, policy) ? { kind: 'rebroadcast' } : WAIT;
}

/** Asked before anything is sent again: bytes that no node takes must not stand in the way of the end. */
function whyCancelled(intent: TrackedIntent, { head, memory }: Situation): string | undefined {
  if (isLate(intent, head.timestamp)) return 'its time is over';
  // One of them may have taken it all the same: the nonce is given up by a transfer that is mined, and by nothing else.
  return memory.notTaken < PATIENCE ? undefined : 'no chain node takes it';
}

/** Nodes drop what waits for long: then it has to be handed over again. */
export function isForgotten({ offeredAt }: Memory, head: number, { replaceAfterBlocks }: FeePolicy): boolean {
  return head - (offeredAt ?? 0) >= replaceAfterBlocks;
}

export function urgentFrom({ urgentAt, expiresAt }: TrackedIntent, policy: FeePolicy): number {
  return urgentAt ?? (expiresAt ?? Number.POSITIVE_INFINITY) - policy.urgentSeconds;
}

export function isLate({ expiresAt }: TrackedIntent, now: number): boolean {
  return expiresAt !== undefined && now > expiresAt;
}
