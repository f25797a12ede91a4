import { isOver, type RequestRow } from '#core/protocol/request.ts';
import type { Hex } from '#ports/chain.ts';
import type { Row } from '#ports/journal.ts';

/** The track of what this keeper does about a request. */
export const KEEP = 'keep';

export type KeepStage =
  | 'pending' // its time comes at dueAt
  | 'closing' // our transaction is on its way
  | 'orphaned' // the request fell out of the chain
  | 'closed'; // over, by whomever

export type KeepAction = 'expire' | 'finalise' | 'rescue';

/** Whose requests are kept. A node keeps its own; a keeper keeps everybody's, for the tip. */
export interface KeepPolicy {
  /** Whose own results are finalised as soon as possible, without a tip; undefined = nobody's. */
  readonly node: Hex | undefined;
  /** Also finalise what others submitted, once the tip may be taken. */
  readonly others: boolean;
  /** Also return fees after deadlines: no tip is paid for it. */
  readonly expire: boolean;
  /** The least tip worth a transaction, in wei of OPG. */
  readonly minTip: bigint;
}

export interface Delays {
  readonly tipDelay: number;
  readonly rescueDelay: number;
}

export interface KeepMove {
  readonly to: KeepStage;
  readonly action?: KeepAction;
  readonly takeTip?: boolean;
  readonly dueAt?: number;
}

/** What is to be done about a request, and when: the second after the last one in which somebody may prevent it. Pure. */
export function decideKeep(
  request: RequestRow | undefined,
  row: Row | undefined,
  policy: KeepPolicy,
  delays: Delays,
): KeepMove | undefined {
  const move = wanted(request, row, policy, delays);
  if (!move || !row) return move;
  // What is on its way stays there until the chain or the outbox says how it ended.
  if (row.stage === 'closing' && move.to === 'pending' && row.facts['action'] === move.action) return undefined;
  const sameAction = (row.facts['action'] ?? undefined) === move.action;
  const same = row.stage === move.to && sameAction && row.dueAt === move.dueAt;
  return same ? undefined : move;
}

function wanted(
  request: RequestRow | undefined,
  row: Row | undefined,
  policy: KeepPolicy,
  delays: Delays,
): KeepMove | undefined {
  if (!request) return row ? { to: 'orphaned' } : undefined;
  if (isOver(request.state)) return row ? { to: 'closed' } : undefined;
  const next = nextAction(request, policy, delays);
  // A request that was ours to keep and no longer is (accepted by somebody else, say) is none of our business now.
  return next ?? (row ? { to: 'closed' } : undefined);
}

function nextAction(request: RequestRow, policy: KeepPolicy, delays: Delays): KeepMove | undefined {
  const { terms, state, node, end, challengeEnd } = request;
  const own = policy.node !== undefined && node === policy.node;
  switch (state) {
    case 'Requested':
    case 'Declined':
    case 'Accepted':
      return policy.expire && !own ? pending('expire', terms.deadline + 1) : undefined;
    case 'Submitted': {
      if (end === undefined || challengeEnd === undefined) return undefined;
      if (own) return pending('finalise', end + 1);
      const tip = (terms.fee * BigInt(terms.tipBps)) / 10_000n;
      if (!policy.others || tip < policy.minTip) return undefined;
      return { ...pending('finalise', Math.max(end, challengeEnd + delays.tipDelay) + 1), takeTip: tip > 0n };
    }
    case 'Frozen':
      return own && challengeEnd !== undefined ? pending('rescue', challengeEnd + delays.rescueDelay + 1) : undefined;
    default:
      return undefined;
  }
}

function pending(action: KeepAction, dueAt: number): KeepMove {
  return { to: 'pending', action, dueAt, takeTip: false };
}
