import type { Challenge } from '#core/challenges/follow.ts';
import { demandsAbove } from '#core/challenges/path.ts';
import type { Subject } from '#core/challenges/subject.ts';
import type { GameClocks } from '#ports/game.ts';
import type { Intent } from '#ports/outbox.ts';
import type { GameMove } from './decide.ts';

/** Until when a transaction makes sense, and from when it is sent again at every block. */
export type Limit = Pick<Intent, 'expiresAt' | 'urgentAt'>;

export const NO_LIMIT: Limit = { expiresAt: undefined };

/** Unix seconds: the last one for a challenge. Demands for outputs move it. */
export const lastSecond = ({ submission, outputDemands }: Subject): number =>
  Math.max(submission.end, ...[...outputDemands.values()].map(({ newEnd }) => newEnd));

/** The last second of a move (docs/spec/challenge-game.md, section 6), urgent from half an R before it. `tc`: of the request, in seconds. */
export function limitOf(move: GameMove, challenge: Challenge, tc: number, clocks: GameClocks): Limit {
  const { windowSeconds, responseSeconds, tcBase } = clocks;
  const half = Math.floor(responseSeconds / 2);
  switch (move.kind) {
    case 'demand': {
      const above = demandsAbove(challenge, move.position).length;
      const level = challenge.postedAt + windowSeconds + tc - tcBase + 2 * above * responseSeconds;
      const last = Math.min(level, challenge.end);
      return { expiresAt: last, urgentAt: last - half };
    }
    case 'answer':
      return { expiresAt: move.record.demand.due, urgentAt: move.record.demand.late };
    case 'prove':
      return { expiresAt: challenge.end, urgentAt: challenge.end - half };
    default:
      return NO_LIMIT;
  }
}
