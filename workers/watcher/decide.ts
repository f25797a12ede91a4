import type { Address } from '#core/hex.ts';
import type { Offer } from '#core/protocol/offer.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { AskFlags, hasFlag } from '#core/protocol/terms.ts';
import type { Hex } from '#ports/chain.ts';
import type { Row } from '#ports/journal.ts';
import { type Admission, type AdmissionPolicy, admit, type Why } from './admit.ts';
import type { Wait } from './backlog.ts';
import type { KnownVersion } from './versions.ts';

/** The track of what this node does about a request. */
export const SERVE = 'serve';

/** Stages of a row. The first group can still lead to money; `settled` and the rest of the second are ends. */
export type Stage =
  | 'waiting' // for something named in facts.reason
  | 'proving' // to be accepted, if the version's program is that of its model
  | 'accepting' // the accept transaction is on its way
  | 'admitted' // to be executed
  | 'executed' // the result is recorded
  | 'submitting' // the submit transaction is on its way
  | 'submitted' // the chain has it
  | 'orphaned' // the request fell out of the chain
  | 'settled' // paid, and final
  | 'declined' // by our policy
  | 'lost' // to somebody else
  | 'expired' // nobody got it in time
  | 'quarantined' // the execution failed for good
  | 'refused'; // our transaction, by the contract

/** Everything the decision depends on. */
export interface ServeView {
  readonly id: Hex;
  /** undefined = no event of it stands. */
  readonly request: RequestRow | undefined;
  readonly arbiter: Address | undefined;
  /** Whether the event that ended the request is final. */
  readonly ended: boolean;
  readonly row: Row | undefined;
  readonly hasResult: boolean;
  readonly version: KnownVersion | undefined;
  readonly input: Hex | undefined;
  readonly freeStake: bigint;
  readonly offer: Offer | undefined;
  readonly wait?: Wait | undefined;
}

/** What to do to this node's row: go to a stage, for a reason. Hints for queues follow from the stage. */
export interface Move {
  readonly to: Stage;
  readonly reason?: string;
  /** The rule that declined it. */
  readonly why?: Why;
  /** Unix seconds at which to decide again although nothing happened. */
  readonly dueAt?: number | undefined;
  /** Unix seconds after which an acceptance would leave too little for the work and its delivery. */
  readonly acceptBy?: number;
  /** The slice is locked: the submission names the node. */
  readonly accepted?: boolean;
}

const WORKING: readonly string[] = ['accepting', 'admitted', 'executed', 'submitting'];
export const ENDS: readonly string[] = ['settled', 'declined', 'lost', 'expired', 'quarantined', 'refused'];
const UNTAKEN: readonly (string | undefined)[] = [undefined, 'waiting', 'proving', 'orphaned', 'lost'];

/** undefined = the row is where it belongs (or there is none, and none is needed). Pure; safe to ask again at any time. */
export function decide(view: ServeView, policy: AdmissionPolicy, now: number): Move | undefined {
  const move = wanted(view, policy, now);
  return move && !isNews(view.row, move) ? undefined : move;
}

function wanted(view: ServeView, policy: AdmissionPolicy, now: number): Move | undefined {
  const { request, row } = view;
  if (!request) return row && !isEnd(row.stage) ? { to: 'orphaned', reason: 'the request fell out' } : undefined;
  const ours = request.node === policy.node;
  switch (request.state) {
    case 'Requested':
    case 'Declined':
      return untaken(view, request, policy, now);
    case 'Accepted':
      return ours ? owed(view, request, now) : taken(row, 'another node accepted it');
    case 'Submitted':
    case 'Frozen':
      return ours ? { to: 'submitted' } : taken(row, 'another node submitted it');
    case 'Final':
      if (!ours) return taken(row, 'another node was paid for it');
      return { to: view.ended ? 'settled' : 'submitted' };
    default:
      return taken(row, `it ended as ${request.state}`);
  }
}

/** Nobody's slice is in it. A result that was computed before a reorganisation is kept and never computed again. */
function untaken(view: ServeView, request: RequestRow, policy: AdmissionPolicy, now: number): Move | undefined {
  const { row } = view;
  const { deadline, node, flags } = request.terms;
  if (row && WORKING.includes(row.stage)) return now > deadline ? expired(row) : undefined;
  if (row?.stage !== 'submitted' && !UNTAKEN.includes(row?.stage)) return undefined;
  if (now > deadline) return expired(row);
  // The work is done and needs nobody's leave: policy was asked when it was begun.
  const implied = request.state === 'Requested' && node === policy.node && !hasFlag(flags, AskFlags.ROOT_INPUT);
  if (view.hasResult && implied) return { to: 'executed', dueAt: deadline + 1 };
  const acceptBy = deadline - policy.deadlineSlackSeconds - Math.ceil(view.wait?.seconds ?? 0);
  return moveFor(admit({ ...view, request }, policy, now), deadline, acceptBy);
}

function moveFor(verdict: Admission, deadline: number, acceptBy: number): Move | undefined {
  switch (verdict.kind) {
    case 'serve':
      return { to: 'admitted', dueAt: deadline + 1 };
    case 'accept':
      return { to: 'accepting', dueAt: deadline + 1, acceptBy };
    case 'prove':
      return { to: 'proving', reason: verdict.reason, dueAt: deadline + 1 };
    case 'wait':
      return { to: 'waiting', reason: verdict.reason, dueAt: verdict.until };
    case 'decline':
      return { to: 'declined', reason: verdict.reason, why: verdict.why };
    case 'ignore':
      return undefined;
  }
}

/** Our slice is in it: deliver, whatever the policy says today. */
function owed({ row, hasResult, version, input }: ServeView, request: RequestRow, now: number): Move | undefined {
  const { deadline } = request.terms;
  if (now > deadline) return expired(row);
  if (row && WORKING.includes(row.stage) && row.stage !== 'accepting') return undefined;
  if (row && ['expired', 'quarantined', 'refused'].includes(row.stage)) return undefined;
  const dueAt = deadline + 1;
  if (hasResult) return { to: 'executed', accepted: true, dueAt };
  if (!version || input === undefined)
    return { to: 'waiting', reason: 'accepted, but version or input are missing', accepted: true, dueAt };
  return { to: 'admitted', accepted: true, dueAt };
}

function taken(row: Row | undefined, reason: string): Move | undefined {
  return row && !isEnd(row.stage) ? { to: 'lost', reason } : undefined;
}

function expired(row: Row | undefined): Move | undefined {
  return row && !isEnd(row.stage) ? { to: 'expired', reason: 'the deadline passed' } : undefined;
}

function isEnd(stage: string): boolean {
  return ENDS.includes(stage);
}

function isNews(row: Row | undefined, { to, reason, dueAt }: Move): boolean {
  return (
    row?.stage !== to || (row.facts['reason'] ?? undefined) !== reason || (dueAt !== undefined && row.dueAt !== dueAt)
  );
}
