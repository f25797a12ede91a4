/** Whose move it is in a dispute, and until when. Pure; the clocks are those of docs/spec/challenge-game.md, sections 5 to 7. */
import type { OutputDemand } from '#core/challenges/events.ts';
import { type Challenge, type Demand, openDemands } from '#core/challenges/follow.ts';
import { demandsAbove } from '#core/challenges/path.ts';
import type { RefuterMove } from '#core/challenges/refute.ts';

export interface Turn {
  /** `anyone`: whoever wants it over, or, for an answer that is late, its fee. */
  readonly by: 'challenger' | 'refuter' | 'node' | 'anyone';
  /** `demand or prove`: which of them this process cannot tell. `wait`: nothing can be done against a true challenge. */
  readonly move: 'answer' | 'demand' | 'prove' | 'demand or prove' | 'wait' | 'lapse' | 'uphold';
  /** Unix seconds: the first one for the move, if it had to be waited for. */
  readonly from?: number;
  /** Unix seconds: the last one for the move; absent: it can be made for good. */
  readonly until?: number;
}

/** Of one request, in seconds. */
export interface Clocks {
  /** W with the part that grows with the program's cost. */
  readonly window: number;
  /** R. */
  readonly response: number;
}

/** `move`: what the challenge calls for by one's own computation; undefined: not known. */
export function turnOf(challenge: Challenge, move: RefuterMove | undefined, clocks: Clocks, now: number): Turn {
  const [demand] = openDemands(challenge).map((record) => record.demand);
  if (demand) return answering(demand, 'challenger', now);
  if (now > challenge.end) return { by: 'anyone', move: 'uphold', from: challenge.end + 1 };
  if (move?.kind === 'demand') {
    const above = demandsAbove(challenge, move.position).length;
    const last = challenge.postedAt + clocks.window + 2 * above * clocks.response;
    return { by: 'refuter', move: 'demand', until: Math.min(last, challenge.end) };
  }
  return { by: 'refuter', move: refuting(move), until: challenge.end };
}

export const outputTurnOf = (demand: OutputDemand, now: number): Turn => answering(demand, 'node', now);

function answering({ due, late }: Pick<Demand, 'due' | 'late'>, owner: Turn['by'], now: number): Turn {
  if (now > due) return { by: 'anyone', move: 'lapse', from: due + 1 };
  if (now > late) return { by: 'anyone', move: 'answer', from: late + 1, until: due };
  return { by: owner, move: 'answer', until: due };
}

function refuting(move: RefuterMove | undefined): Turn['move'] {
  if (move?.kind === 'true') return 'wait';
  return move?.kind === 'prove' ? 'prove' : 'demand or prove';
}

/** Unix seconds after which no challenge is open but for want of a call that anyone can make. `levels`: D of the program. */
export const hardEnd = ({ postedAt }: Challenge, levels: number, { window, response }: Clocks): number =>
  postedAt + window + 2 * levels * response;

/** Seconds left for the move; 0 in its last second; undefined: no limit. */
export const secondsLeft = ({ until }: Turn, now: number): number | undefined =>
  until === undefined ? undefined : Math.max(0, until - now);
