import type { BlockRef, Hex, LoggedEvent } from './chain.ts';

/** Where the chain is, as far as this process knows. */
export interface Head {
  /** The newest block of our chain: what was decided is decided on top of it. */
  readonly block: BlockRef;
  /**
   * Chain time in Unix seconds. While history is read it is the time of the newest block the node has, so that a request whose
   * deadline has passed long ago does not look fresh.
   */
  readonly now: number;
  readonly final: BlockRef | undefined;
}

/** What a role does about what the chain says. Every method may be called again with the same facts. */
export interface Observer {
  /** Events about no request, in chain order, before the block is recorded. */
  noticed?(events: readonly LoggedEvent[], head: Head): Promise<void>;
  /** Requests whose standing events changed, with all of them in chain order; none = it fell out. */
  touched(id: Hex, events: readonly LoggedEvent[], head: Head): Promise<void>;
  /** After everything a new head, or a new final block, brought. Not called while history is read. */
  arrived?(head: Head): Promise<void>;
}
