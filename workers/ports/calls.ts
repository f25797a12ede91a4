import type { Address } from '#core/hex.ts';
import type { Offer } from '#core/protocol/offer.ts';
import type { Submission } from '#core/protocol/states.ts';
import type { Terms } from '#core/protocol/terms.ts';
import type { Hex } from './chain.ts';

/** One submission, as the contract takes it. `acceptedBy` undefined = submit from Requested, as the named node. */
export interface SubmitCall {
  readonly terms: Terms;
  readonly nonce: bigint;
  readonly acceptedBy: Hex | undefined;
  /** Headers of one item's outputs; none for an exact output. */
  readonly outputHeaders: readonly Hex[];
  readonly output: Hex;
}

/** Output and headers only if the requester wants a callback. */
export interface FinaliseCall {
  readonly terms: Terms;
  readonly submission: Submission;
  readonly outputHeaders: readonly Hex[];
  readonly output: Hex;
}

export interface ExpireCall {
  readonly terms: Terms;
  readonly nonce: bigint;
  readonly state: 'Requested' | 'Declined' | 'Accepted';
  readonly acceptedBy: Hex | undefined;
}

/** How one item of a batch fared; the contract's enum ItemStatus. */
export type ItemStatus = 'DONE' | 'GONE' | 'EARLY' | 'LATE' | 'GAS' | 'BADOUTPUT' | 'NOSTAKE' | 'DENIED';

/** Calldata for InferenceRequests. Encoding only: nothing is sent. */
export interface RequestCalls {
  /** The contract all of these are for. */
  readonly to: Hex;
  accept(terms: Terms, nonce: bigint, node: Hex, declined: boolean): Hex;
  /** One call: `submit`. Several of one payer with the same terms but input and lane: `submitBatch`. Else `submitEach`. */
  submit(calls: readonly SubmitCall[]): Hex;
  /** One call: `finalise`. Several of one payer, node and terms without callback: `finaliseBatch`. Else `finaliseEach`. */
  finalise(calls: readonly FinaliseCall[], takeTip: boolean): Hex;
  /** One call: `expire`. Several of one payer and terms in the same state: `expireBatch`. Else `expireEach`. */
  expire(calls: readonly ExpireCall[]): Hex;
  rescue(terms: Terms, submission: Submission): Hex;
  /** What a batch call returned, one status per item in order; undefined for a call that returns none. */
  statuses(data: Hex, returned: Hex): readonly ItemStatus[] | undefined;
}

/** What roles ask the contracts at the newest block. */
export interface ContractViews {
  /** Free stake of a node, in wei of OPG. */
  freeStake(node: Hex): Promise<bigint>;
  /** What a node offers for a version, over or not. */
  offerOf(node: Hex, version: Hex): Promise<Offer | undefined>;
  /** Seconds after challengeEnd before which only the node is expected to finalise, and after which anyone may rescue. */
  delaysOf(set: number): Promise<{ readonly tipDelay: number; readonly rescueDelay: number }>;
  /** Who decides disputes over requests of the set; the zero address = nobody. */
  arbiterOf(set: number): Promise<Address>;
}
