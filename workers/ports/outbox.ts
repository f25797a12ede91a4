import type { FeeQuote, Hex } from './chain.ts';

/**
 * A transaction this process means to send. `purpose` is unique and says what for ('submit:0x…', 'finalise:0x…'), so
 * the same effect can be planned only once however often a role decides to. A purpose whose transaction turned out not to
 * hold (reverted, or fell out for good) is planned again by `reopen`.
 */
export interface Intent {
  readonly purpose: string;
  readonly from: Hex;
  readonly to: Hex;
  readonly data: Hex;
  /** Unix seconds after which sending is pointless; an intent never signed by then is abandoned. */
  readonly expiresAt: number | undefined;
  /** Unix seconds from which it is replaced at every block; absent: as long before `expiresAt` as the configuration says. */
  readonly urgentAt?: number;
  /** Wei of OPG that its effect brings: it is not signed while its gas costs more. Absent: it is sent at any price up to the cap. */
  readonly gain?: bigint;
}

export interface Attempt extends FeeQuote {
  /** `cancel` is an empty transfer to oneself: it uses up the nonce of a transaction that is no longer wanted. */
  readonly kind: 'call' | 'cancel';
  readonly raw: Hex;
  readonly hash: Hex;
  readonly gasLimit: bigint;
  /** Unix milliseconds of the signature. */
  readonly signedAt: number;
}

export type IntentStatus =
  | 'planned' // nothing signed
  | 'signed' // raw stored; may or may not have been broadcast
  | 'mined' // one attempt has a receipt, not yet final; with a reason: it failed
  | 'settled' // final and successful
  | 'reverted' // final and failed: the chain refused
  | 'abandoned'; // without effect, and no longer wanted: never signed, or cancelled

export interface TrackedIntent extends Intent {
  readonly status: IntentStatus;
  readonly nonce: number | undefined;
  /** Oldest first; all share the nonce. */
  readonly attempts: readonly Attempt[];
  readonly reason: string | undefined;
}

/** Intents before signatures, signatures before broadcasts. One process per key. */
export interface Outbox {
  /** Inserts unless the purpose exists. Returns whether it was inserted. */
  plan(intent: Intent): Promise<boolean>;
  get(purpose: string): Promise<TrackedIntent | undefined>;
  /** Not yet settled, reverted or abandoned, in order of planning. */
  open(from: Hex): Promise<readonly TrackedIntent[]>;
  /** How many of them each key has; keys without any are left out. */
  openBySender(): Promise<ReadonlyMap<Hex, number>>;
  /**
   * The nonce for an intent: its own if it has one, else the next free one: max(minedNonce, highest ever allocated + 1).
   * Stored with the intent in the same transaction. An allocated nonce is always used up, by the call or by a cancel.
   */
  allocateNonce(purpose: string, minedNonce: number): Promise<number>;
  /** Gives an intent without a nonce this one, which nobody holds and which is lower than those handed out: it fills a gap. */
  holdNonce(purpose: string, nonce: number): Promise<void>;
  /** Stores a signed attempt; must happen before it is broadcast. */
  recordAttempt(purpose: string, attempt: Attempt): Promise<void>;
  setStatus(purpose: string, status: IntentStatus, reason?: string): Promise<void>;
  /** Plans a settled-no-more, reverted or abandoned purpose again, without nonce and attempts. */
  reopen(purpose: string, intent: Intent): Promise<void>;
  /** Retention: forgets ended intents that were last signed before `before` (Unix milliseconds). Returns how many. */
  forget(before: number): Promise<number>;
}
