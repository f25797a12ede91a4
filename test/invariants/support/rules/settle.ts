// Rows finalise, freeze, thaw, condemn, rescue of the table "Transitions", and what a callback does in the middle of the first.
import type { Address, Bytes32, Hex } from '#core/hex.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import type { ProtocolEvent, RequestEvent } from '#core/protocol/events.ts';
import { feeSplit, slashSplit } from '#core/protocol/split.ts';
import type { Submission } from '#core/protocol/states.ts';
import type { Terms } from '#core/protocol/terms.ts';
import type { Claim } from '../words.ts';
import type { World } from '../world.ts';
import { Refusal, refuse } from '../world.ts';
import { outputHashOf, requireHeld } from './serve.ts';

/** The enum Callback. */
const CALLBACK = { none: 0, succeeded: 1, failed: 2 } as const;
/** 900,000 bytes of memory cost 1.6M gas. */
const BOMB_GAS = 2_000_000;

/** Submission of a claim that is supposed to be Submitted or Frozen. */
export function submissionIn(claim: Claim): Submission {
  return claim.submission ?? { nonce: claim.nonce, node: ZERO_ADDRESS, challengeEnd: 0, end: 0, outputHash: NOTHING };
}
const NOTHING = `0x${'0'.repeat(64)}` as Bytes32;

export interface Again {
  readonly headers: readonly Bytes32[];
  readonly output: Hex;
}

/** Everything `finalise` checks, up to the lock. */
export function checkFinal(w: World, claim: Claim, takeTip: boolean, again: Again): void {
  const { terms } = claim;
  const { end, challengeEnd, outputHash } = submissionIn(claim);
  if (w.now <= end) refuse('Requests_TooEarly');
  if (takeTip && w.now <= challengeEnd + w.parameters(terms.set).tipDelay) refuse('Requests_TooEarly');
  if (terms.callbackGas === 0) return;
  if (outputHashOf(w, terms, again.headers, again.output) !== outputHash) refuse('Requests_OutputMismatch');
}

/** The closing; callbacks come after it. */
export function closeFinal(w: World, sender: Address, claim: Claim, takeTip: boolean): RequestEvent {
  const { terms } = claim;
  const submission = submissionIn(claim);
  const id = requireHeld(w, { ...claim, state: 'Submitted', submission });
  const split = feeSplit(terms, takeTip);
  return w.commit({
    type: 'Finalised',
    id,
    node: submission.node,
    ...split,
    keeper: split.tip === 0n ? ZERO_ADDRESS : sender,
    callback: outcomeOf(w, terms),
  });
}

function outcomeOf(w: World, terms: Terms): number {
  if (terms.callbackGas === 0) return CALLBACK.none;
  const kind = w.facts.behaviours.get(terms.requester)?.kind ?? 'Store';
  const fails =
    kind === 'Reverts' ||
    kind === 'BurnsGas' ||
    kind === 'RevertBomb' ||
    (kind === 'Bomb' && terms.callbackGas < BOMB_GAS);
  return fails ? CALLBACK.failed : CALLBACK.succeeded;
}

/** What the callback of a request that was just closed causes: events that are logged before Finalised. */
export function callBack(w: World, terms: Terms): ProtocolEvent[] {
  if (terms.callbackGas === 0) return [];
  try {
    return w.facts.behaviours.get(terms.requester)?.reEntry?.(w) ?? [];
  } catch (failure) {
    if (failure instanceof Refusal) return []; // the consumer swallows it
    throw failure;
  }
}

export function finalise(w: World, sender: Address, claim: Claim, takeTip: boolean, again: Again): ProtocolEvent[] {
  checkFinal(w, claim, takeTip, again);
  const final = closeFinal(w, sender, claim, takeTip);
  return [...callBack(w, claim.terms), final];
}

const requireArbiter = (w: World, sender: Address, { terms }: Claim) => {
  if (w.parameters(terms.set).arbiter !== sender) refuse('Requests_NotArbiter');
};

export function freeze(w: World, sender: Address, claim: Claim): RequestEvent[] {
  requireArbiter(w, sender, claim);
  const submission = submissionIn(claim);
  if (w.now > submission.end) refuse('Requests_TooLate');
  const id = requireHeld(w, { ...claim, state: 'Submitted', submission });
  return [w.commit({ type: 'Frozen', id })];
}

/** Not current is no refusal for the game: it is answered false, and nothing happens. */
export function thaw(w: World, sender: Address, claim: Claim, newEnd: number): RequestEvent[] {
  requireArbiter(w, sender, claim);
  const submission = submissionIn(claim);
  const held: Claim = { ...claim, state: 'Frozen', submission };
  if (!w.holds(held)) return [];
  const latest = submission.challengeEnd + 2 * w.parameters(claim.terms.set).responseSeconds;
  if (newEnd < submission.end || newEnd > latest) refuse('Requests_EndOutOfRange');
  return [w.commit({ type: 'Thawed', id: requireHeld(w, held), end: newEnd })];
}

export function condemn(w: World, sender: Address, claim: Claim): RequestEvent[] {
  requireArbiter(w, sender, claim);
  const submission = submissionIn(claim);
  const held: Claim = { ...claim, state: 'Frozen', submission };
  if (!w.holds(held)) return [];
  const { toRequester, toPot, burned } = slashSplit(claim.terms, w.parameters(claim.terms.set));
  const { node } = submission;
  const id = requireHeld(w, held);
  return [w.commit({ type: 'Condemned', id, node, toRequester: claim.terms.fee + toRequester, toPot, burned })];
}

export function rescue(w: World, claim: Claim): RequestEvent[] {
  const submission = submissionIn(claim);
  if (w.now <= submission.challengeEnd + w.parameters(claim.terms.set).rescueDelay) refuse('Requests_TooEarly');
  const id = requireHeld(w, { ...claim, state: 'Frozen', submission });
  return [w.commit({ type: 'Rescued', id })];
}
