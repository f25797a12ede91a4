import type { ChainSender } from './chain.ts';
import type { Journal } from './journal.ts';
import type { Outbox } from './outbox.ts';

/** Everything through which a process leaves a trace outside of itself: what outlives it. */
export interface Durable {
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly sender: ChainSender;
}
