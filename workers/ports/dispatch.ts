import type { BlockRef, Hex } from './chain.ts';
import type { Intent, TrackedIntent } from './outbox.ts';

/** Sends transactions of one key until each has an end. All calls are served one after another. */
export interface Dispatcher {
  readonly address: Hex;
  /**
   * Plans the intent unless its purpose is known, and sends it at once if that is possible. What a chain node or a signer refuses is no
   * error here: the intent is followed until it has an end.
   */
  send(intent: Omit<Intent, 'from'>): Promise<TrackedIntent>;
  /** Plans a purpose again whose transaction ended without the effect it was for. */
  resend(intent: Omit<Intent, 'from'>): Promise<TrackedIntent>;
  get(purpose: string): Promise<TrackedIntent | undefined>;
  /**
   * To be called for every new head: follows what is in flight (mined, fell out, stuck, out of time), retries what could not be
   * sent. Returns the intents whose status changed.
   */
  follow(head: BlockRef, final: BlockRef | undefined): Promise<readonly TrackedIntent[]>;
}
