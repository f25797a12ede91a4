/** States of a request and the tags under which Escrow holds its lock. */
import { taggedHash } from '../hash.ts';
import type { Address, Bytes32 } from '../hex.ts';
import { wordOf, wordOfAddress } from '../hex.ts';
import type { TermsHash } from './ids.ts';
import { Tags } from './tags.ts';

/** States with a lock, with the numbers of the Solidity enum State. */
export const StateNumbers = { None: 0, Requested: 1, Declined: 2, Accepted: 3, Submitted: 4, Frozen: 5 } as const;

export type OpenState = Exclude<keyof typeof StateNumbers, 'None'>;
/** How a request can end: told by exactly one event, for the chain forgets it. */
export type Ending = 'Final' | 'Cancelled' | 'Expired' | 'Undelivered' | 'Faulty' | 'Rescued';
export type RequestState = OpenState | Ending;

/** What was submitted, besides the terms: the struct Submission of the contracts. */
export interface Submission {
  readonly nonce: bigint;
  readonly node: Address;
  /** Unix seconds: submission time + tc. */
  readonly challengeEnd: number;
  /** Unix seconds: challengeEnd unless a thaw moved it. */
  readonly end: number;
  readonly outputHash: Bytes32;
}

/** The tag of a state: H(state tag, termsHash, and what the state adds). */
export function stateTag(state: 'Requested' | 'Declined', termsHash: TermsHash): Bytes32;
export function stateTag(state: 'Accepted', termsHash: TermsHash, node: Address): Bytes32;
export function stateTag(state: 'Submitted' | 'Frozen', termsHash: TermsHash, submission: Submission): Bytes32;
export function stateTag(state: OpenState, termsHash: TermsHash, added?: Address | Submission): Bytes32 {
  return taggedHash(Tags.REQUESTED - 1 + StateNumbers[state], [termsHash, ...wordsOf(added)]);
}

function wordsOf(added: Address | Submission | undefined): Bytes32[] {
  if (added === undefined) return [];
  if (typeof added === 'string') return [wordOfAddress(added)];
  const { node, outputHash, challengeEnd, end } = added;
  return [wordOfAddress(node), outputHash, wordOf(BigInt(challengeEnd)), wordOf(BigInt(end))];
}
