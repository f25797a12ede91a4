/** The life of a request as the chain tells it: reduce(row, event) -> row, with the transitions of the lifecycle page. */
import { ProtocolError } from '../errors.ts';
import type { Address, Bytes32 } from '../hex.ts';
import type { EventNamed, RequestEvent } from './events.ts';
import type { RequestId } from './ids.ts';
import type { Ending, OpenState, RequestState, Submission } from './states.ts';
import type { Terms } from './terms.ts';
import { AskFlags, hasFlag } from './terms.ts';

/** What is known about one request. Input and output bytes are in its events. */
export interface RequestRow {
  readonly id: RequestId;
  readonly state: RequestState;
  readonly terms: Terms;
  readonly nonce: bigint;
  /** The node that accepted or submitted. */
  readonly node: Address | undefined;
  readonly outputHash: Bytes32 | undefined;
  /** Unix seconds; both undefined until Submitted. */
  readonly challengeEnd: number | undefined;
  readonly end: number | undefined;
  /** The event that ended it. */
  readonly closing: RequestEvent | undefined;
}

/** Which states an event can follow, and the state it leads to. The table "Transitions" of the lifecycle page. */
export const transitions = {
  Declined: { from: ['Requested'], to: 'Declined' },
  Accepted: { from: ['Requested', 'Declined'], to: 'Accepted' },
  Submitted: { from: ['Requested', 'Accepted'], to: 'Submitted' },
  Frozen: { from: ['Submitted'], to: 'Frozen' },
  Thawed: { from: ['Frozen'], to: 'Submitted' },
  Finalised: { from: ['Submitted'], to: 'Final' },
  Cancelled: { from: ['Requested', 'Declined'], to: 'Cancelled' },
  Expired: { from: ['Requested', 'Declined'], to: 'Expired' },
  Undelivered: { from: ['Accepted'], to: 'Undelivered' },
  Condemned: { from: ['Frozen'], to: 'Faulty' },
  Rescued: { from: ['Frozen'], to: 'Rescued' },
} as const satisfies Record<
  Exclude<RequestEvent['type'], 'Requested'>,
  { readonly from: readonly OpenState[]; readonly to: RequestState }
>;

const ENDINGS: readonly RequestState[] = ['Final', 'Cancelled', 'Expired', 'Undelivered', 'Faulty', 'Rescued'];

export function isOver(state: RequestState): state is Ending {
  return ENDINGS.includes(state);
}

/** Events that end a request. */
export const ENDING_EVENTS: readonly RequestEvent['type'][] = Object.entries(transitions).flatMap(([type, { to }]) =>
  isOver(to) ? [type as RequestEvent['type']] : [],
);

/** Throws `request.illegal_transition` for an event that cannot follow, so a missing or repeated log is seen at once. */
export function reduce(row: RequestRow | undefined, event: RequestEvent): RequestRow {
  if (event.type === 'Requested') {
    if (row !== undefined) throw illegal(row, event);
    return opened(event);
  }
  if (row === undefined || row.id !== event.id) throw illegal(row, event);
  const { from, to } = transitions[event.type];
  if (!(from as readonly RequestState[]).includes(row.state) || !fits(row, event)) throw illegal(row, event);
  const next = { ...row, state: to, closing: isOver(to) ? event : undefined };
  switch (event.type) {
    case 'Accepted':
      return { ...next, node: event.node };
    case 'Submitted': {
      const { node, outputHash, challengeEnd } = event;
      return { ...next, node, outputHash, challengeEnd, end: challengeEnd };
    }
    case 'Thawed':
      return { ...next, end: event.end };
    default:
      return next;
  }
}

/** What a later call supplies about a submitted or frozen request; undefined before. */
export function submissionOf(row: RequestRow): Submission | undefined {
  const { nonce, node, challengeEnd, end, outputHash } = row;
  if (node === undefined || challengeEnd === undefined || end === undefined || outputHash === undefined)
    return undefined;
  return { nonce, node, challengeEnd, end, outputHash };
}

function opened({ id, terms, nonce }: EventNamed<'Requested'>): RequestRow {
  const nothingYet = {
    node: undefined,
    outputHash: undefined,
    challengeEnd: undefined,
    end: undefined,
    closing: undefined,
  };
  return { id, state: 'Requested', terms, nonce, ...nothingYet };
}

/** What the state alone does not say: who may act, and that times do not run backwards. */
function fits(row: RequestRow, event: RequestEvent): boolean {
  switch (event.type) {
    case 'Submitted':
      if (row.state === 'Accepted') return event.node === row.node;
      return event.node === row.terms.node && !hasFlag(row.terms.flags, AskFlags.ROOT_INPUT);
    case 'Thawed':
      return row.end !== undefined && event.end >= row.end;
    case 'Finalised':
    case 'Undelivered':
    case 'Condemned':
      return event.node === row.node;
    default:
      return true;
  }
}

function illegal(row: RequestRow | undefined, event: RequestEvent): ProtocolError {
  return new ProtocolError('request.illegal_transition', {
    event: event.type,
    state: row?.state ?? 'None',
    id: event.id,
  });
}
