// Batches: the same rules item by item, their refusals told as statuses (table "Batches").
import type { Address, Bytes32, Hex } from '#core/hex.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import type { Status } from '../../../support/contracts/batch.ts';
import type { Claim } from '../words.ts';
import type { World } from '../world.ts';
import { Refusal, refuse } from '../world.ts';
import { expire, outputHashOf, place, requireActor, submit, submitterOf } from './serve.ts';
import type { Again } from './settle.ts';
import { callBack, checkFinal, closeFinal } from './settle.ts';

export interface Outcome {
  /** As they are logged. */
  readonly events: readonly ProtocolEvent[];
  /** Of a batch. */
  readonly statuses?: readonly Status[];
}

const STATUS: Readonly<Record<string, Status>> = {
  Requests_NotCurrent: 'GONE',
  Requests_TooEarly: 'EARLY',
  Requests_TooLate: 'LATE',
  Requests_OutputLength: 'BADOUTPUT',
  Requests_SchemaMismatch: 'BADOUTPUT',
  Requests_OutputMismatch: 'BADOUTPUT',
  Escrow_Overdraw: 'NOSTAKE',
  Requests_NeedsAccept: 'DENIED',
  Nodes_KeyNotAllowed: 'DENIED',
};

/** Callback gas of one batch. */
const MAX_BATCH_CALLBACK_GAS = 8_000_000;

function each<T>(items: readonly T[], rule: (item: T) => readonly ProtocolEvent[]): Required<Outcome> {
  const events: ProtocolEvent[] = [];
  const statuses = items.map((item): Status => {
    try {
      events.push(...rule(item));
      return 'DONE';
    } catch (failure) {
      if (failure instanceof Refusal) return STATUS[failure.reason] ?? refuse(failure.reason);
      throw failure;
    }
  });
  return { events, statuses };
}

export interface SubmitItem {
  readonly claim: Claim;
  readonly acceptedBy: Address;
  readonly headers: readonly Bytes32[];
  readonly output: Hex;
}

export const submitEach = (w: World, sender: Address, items: readonly SubmitItem[]): Outcome =>
  each(items, ({ claim, acceptedBy, headers, output }) => submit(w, sender, claim, acceptedBy, headers, output));

/** `shared` gives all terms but input and lane. */
const under = (shared: Claim, claim: Claim): Claim => ({
  ...claim,
  terms: { ...shared.terms, input: claim.terms.input, lane: claim.terms.lane },
});

export function submitBatch(
  w: World,
  sender: Address,
  shared: Claim,
  acceptedBy: Address,
  headers: readonly Bytes32[],
  items: readonly SubmitItem[],
): Outcome {
  requireActor(w, submitterOf(shared.terms, acceptedBy), sender, 'submit');
  if (w.now > shared.terms.deadline) return { events: [], statuses: items.map((): Status => 'LATE') };
  return each(items, ({ claim, output }) => {
    const outputHash = outputHashOf(w, shared.terms, headers, output);
    return [place(w, under(shared, claim), acceptedBy, outputHash, output)];
  });
}

export const expireEach = (w: World, items: readonly { claim: Claim; acceptedBy: Address }[]): Outcome =>
  each(items, ({ claim, acceptedBy }) => expire(w, claim, acceptedBy));

/** `acceptedBy` counts for all; without it an item is Requested or Declined. */
export const expireBatch = (w: World, shared: Claim, acceptedBy: Address, items: readonly Claim[]): Outcome =>
  each(items, (claim) => {
    const unaccepted = claim.state === 'Declined' ? 'Declined' : 'Requested';
    const state = acceptedBy === ZERO_ADDRESS ? unaccepted : 'Accepted';
    return expire(w, { ...under(shared, claim), state }, acceptedBy);
  });

export interface FinaliseItem {
  readonly claim: Claim;
  readonly again: Again;
}

/** All closings, then all callbacks. */
export function finaliseEach(w: World, sender: Address, items: readonly FinaliseItem[], takeTip: boolean): Outcome {
  let promised = 0;
  const closings: (ProtocolEvent | undefined)[] = [];
  const statuses = items.map(({ claim, again }): Status => {
    const asked = claim.terms.callbackGas;
    if (promised + asked > MAX_BATCH_CALLBACK_GAS) return 'GAS';
    const { events, statuses: one } = each([claim], () => {
      checkFinal(w, claim, takeTip, again);
      return [closeFinal(w, sender, claim, takeTip)];
    });
    closings.push(...events);
    if (one[0] === 'DONE') promised += asked;
    return one[0] as Status;
  });
  const done = items.filter((_, i) => statuses[i] === 'DONE');
  const events = done.flatMap(({ claim }, i) => [...callBack(w, claim.terms), closings[i] as ProtocolEvent]);
  return { events, statuses };
}

export function finaliseBatch(
  w: World,
  sender: Address,
  shared: Claim,
  node: Address,
  items: readonly FinaliseItem[],
  takeTip: boolean,
): Outcome {
  if (shared.terms.callbackGas > 0) refuse('Requests_CallbackNeedsOutput');
  return each(items, ({ claim: own, again }) => {
    const claim = under(shared, own);
    const named: Claim = claim.submission ? { ...claim, submission: { ...claim.submission, node } } : claim;
    checkFinal(w, named, takeTip, again);
    return [closeFinal(w, sender, named, takeTip)];
  });
}
