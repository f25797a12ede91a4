// Lock words, computed from what a request is believed to be.
import { solidityPackedKeccak256 } from 'ethers';
import type { Address, Bytes32 } from '#core/hex.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { submissionOf } from '#core/protocol/request.ts';
import type { OpenState, Submission } from '#core/protocol/states.ts';
import { stateTag } from '#core/protocol/states.ts';
import type { Terms } from '#core/protocol/terms.ts';
import { termsHash } from '#core/protocol/terms.ts';

/** What a caller says about a request; only its lock word decides whether it is true. */
export interface Claim {
  readonly terms: Terms;
  readonly nonce: bigint;
  readonly state: OpenState;
  /** The node, if Accepted. */
  readonly acceptedBy?: Address;
  /** If Submitted or Frozen. */
  readonly submission?: Submission;
}

export const FREE = `0x${'1'.padStart(64, '0')}`;

function tagOf({ terms, state, acceptedBy, submission }: Claim): Bytes32 {
  const hash = termsHash(terms);
  if (state === 'Requested' || state === 'Declined') return stateTag(state, hash);
  if (state === 'Accepted') {
    if (acceptedBy === undefined) throw new Error('Accepted without a node');
    return stateTag(state, hash, acceptedBy);
  }
  if (submission === undefined) throw new Error(`${state} without a submission`);
  return stateTag(state, hash, submission);
}

/** keccak256(tag, nonce 64 | slice 96 | fee 96). */
export function wordOf(claim: Claim): string {
  const { fee, slice } = claim.terms;
  const held = claim.state === 'Requested' || claim.state === 'Declined' ? 0n : slice;
  const amounts = (claim.nonce << 192n) | (held << 96n) | fee;
  return solidityPackedKeccak256(['bytes32', 'uint256'], [tagOf(claim), amounts]);
}

/** The truth about an open request. */
export function claimOf(row: RequestRow): Claim {
  const { terms, nonce, node } = row;
  const submission = submissionOf(row);
  const state = row.state as OpenState;
  return {
    terms,
    nonce,
    state,
    ...(node === undefined ? {} : { acceptedBy: node }),
    ...(submission === undefined ? {} : { submission }),
  };
}
