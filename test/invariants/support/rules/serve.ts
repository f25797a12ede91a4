// Rows decline, accept, submit, cancel, expire of the table "Transitions". A rule checks in the contracts' order, then commits
// what it predicts; a status of a batch is the rule's refusal by another name.
import type { Address, Bytes32, Hex } from '#core/hex.ts';
import { toBytes32, ZERO_ADDRESS } from '#core/hex.ts';
import type { RequestEvent } from '#core/protocol/events.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import { requestId } from '#core/protocol/ids.ts';
import { penaltyOf } from '#core/protocol/split.ts';
import type { Terms } from '#core/protocol/terms.ts';
import { AskFlags, hasFlag, termsHash } from '#core/protocol/terms.ts';
import { commit } from '../../../support/contracts/model.ts';
import type { Claim } from '../words.ts';
import type { World } from '../world.ts';
import { refuse } from '../world.ts';

const MAY = { accept: 1, decline: 2, submit: 4 } as const;

export const idOf = (w: World, terms: Terms, nonce: bigint): RequestId =>
  requestId(w.facts, terms.requester, nonce, termsHash(terms));

export function requireHeld(w: World, claim: Claim): RequestId {
  if (!w.holds(claim)) refuse('Requests_NotCurrent');
  return idOf(w, claim.terms, claim.nonce);
}

export function requireActor(w: World, node: Address, sender: Address, verb: keyof typeof MAY): void {
  if (!w.mayAct(node, sender, MAY[verb])) refuse('Nodes_KeyNotAllowed');
}

const requireStake = (w: World, node: Address, slice: bigint) => {
  if (w.ledger.accountOf(node).stake < slice) refuse('Escrow_Overdraw');
};

export function decline(w: World, sender: Address, { terms, nonce }: Claim): RequestEvent[] {
  requireActor(w, terms.node, sender, 'decline');
  if (w.now > terms.openAt) refuse('Requests_TooLate');
  const id = requireHeld(w, { terms, nonce, state: 'Requested' });
  return [w.commit({ type: 'Declined', id })];
}

export function accept(
  w: World,
  sender: Address,
  { terms, nonce }: Claim,
  node: Address,
  declined: boolean,
): RequestEvent[] {
  requireActor(w, node, sender, 'accept');
  if (w.now > terms.deadline) refuse('Requests_TooLate');
  const reserved = !declined && terms.node !== ZERO_ADDRESS && terms.node !== node && w.now <= terms.openAt;
  if (reserved) refuse('Requests_Reserved');
  const id = requireHeld(w, { terms, nonce, state: declined ? 'Declined' : 'Requested' });
  requireStake(w, node, terms.slice);
  return [w.commit({ type: 'Accepted', id, node })];
}

/** acceptedBy: the node that accepted, or the zero address for implied acceptance. */
export function submitterOf(terms: Terms, acceptedBy: Address): Address {
  if (acceptedBy !== ZERO_ADDRESS) return acceptedBy;
  const implied = terms.node !== ZERO_ADDRESS && !hasFlag(terms.flags, AskFlags.ROOT_INPUT);
  return implied ? terms.node : refuse('Requests_NeedsAccept');
}

/** The commitment of a submission. */
export function outputHashOf(w: World, terms: Terms, headers: readonly Bytes32[], output: Hex): Bytes32 {
  const exact = hasFlag(terms.flags, AskFlags.EXACT_OUTPUT);
  const bytes = (output.length - 2) / 2;
  if (bytes !== (exact ? 32 : terms.outputBytes)) refuse('Requests_OutputLength');
  if (exact) return toBytes32(output);
  const shape = w.facts.versions.find(({ id }) => id === terms.version)?.shape ?? refuse('no such version');
  if (headers !== shape.outputHeaders) refuse('Requests_SchemaMismatch');
  return commit(headers, terms.items, output);
}

/** What remains of `submit` when the sender, the time and the output are good. */
export function place(
  w: World,
  { terms, nonce }: Claim,
  acceptedBy: Address,
  outputHash: Bytes32,
  output: Hex,
): RequestEvent {
  const node = submitterOf(terms, acceptedBy);
  const implied = acceptedBy === ZERO_ADDRESS;
  const id = requireHeld(
    w,
    implied ? { terms, nonce, state: 'Requested' } : { terms, nonce, state: 'Accepted', acceptedBy },
  );
  if (implied) requireStake(w, node, terms.slice);
  return w.commit({ type: 'Submitted', id, node, challengeEnd: w.now + terms.tc, outputHash, output });
}

export function submit(
  w: World,
  sender: Address,
  claim: Claim,
  acceptedBy: Address,
  headers: readonly Bytes32[],
  output: Hex,
): RequestEvent[] {
  const { terms } = claim;
  const node = submitterOf(terms, acceptedBy);
  requireActor(w, node, sender, 'submit');
  if (w.now > terms.deadline) refuse('Requests_TooLate');
  const outputHash = outputHashOf(w, terms, headers, output);
  return [place(w, claim, acceptedBy, outputHash, output)];
}

export function cancel(w: World, sender: Address, { terms, nonce }: Claim, declined: boolean): RequestEvent[] {
  if (sender !== terms.requester) refuse('Requests_NotYours');
  const reserved = !declined && terms.node !== ZERO_ADDRESS && !hasFlag(terms.flags, AskFlags.ROOT_INPUT);
  if (reserved && w.now <= terms.openAt) refuse('Requests_Reserved');
  const id = requireHeld(w, { terms, nonce, state: declined ? 'Declined' : 'Requested' });
  return [w.commit({ type: 'Cancelled', id })];
}

/** The caller's `state` and `acceptedBy` must fit each other before they are compared with the lock. */
export function expire(w: World, { terms, nonce, state }: Claim, acceptedBy: Address): RequestEvent[] {
  if (w.now <= terms.deadline) refuse('Requests_TooEarly');
  const accepted = state === 'Accepted';
  if (accepted !== (acceptedBy !== ZERO_ADDRESS) || state === 'Submitted' || state === 'Frozen')
    refuse('Requests_NotCurrent');
  const id = requireHeld(w, accepted ? { terms, nonce, state, acceptedBy } : { terms, nonce, state });
  return [
    accepted
      ? w.commit({ type: 'Undelivered', id, node: acceptedBy, penalty: penaltyOf(terms) })
      : w.commit({ type: 'Expired', id }),
  ];
}
