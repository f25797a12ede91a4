/** How everything about one disputed request stands. Pure: from the events, and from what was computed of its challenges. */
import type { Challenge, DemandRecord } from '#core/challenges/follow.ts';
import { openDemands } from '#core/challenges/follow.ts';
import { packPosition } from '#core/challenges/position.ts';
import type { RefuterMove } from '#core/challenges/refute.ts';
import type { Subject } from '#core/challenges/subject.ts';
import { isOver } from '#core/protocol/request.ts';
import { type Clocks, hardEnd, outputTurnOf, secondsLeft, turnOf } from './turn.ts';

/** A challenge as this process computed it. */
export type Judgement =
  | { readonly verdict: 'true' | 'false'; readonly move: RefuterMove; readonly levels: number }
  | { readonly verdict: 'unknown'; readonly reason: string };

/** A result that was submitted as a hash, as this process computed it. */
export type ResultJudgement =
  | { readonly verdict: 'right' | 'wrong' }
  | { readonly verdict: 'unknown'; readonly reason: string };

/** What is computed here of a request's disputes. */
export interface Judged {
  challenge(challenge: Challenge): Judgement;
  result(): ResultJudgement;
}

export const VERDICTS = ['true', 'false', 'unknown'] as const;

const LOSERS = { true: 'node', false: 'challenger', unknown: undefined } as const;

/** Levels of demands of any program, at most. */
const MAX_LEVELS = 8;

export type Standing = ReturnType<typeof standingOf>;
export type ChallengeStanding = Standing['challenges'][number];

/** JSON but for bigints, which are wei of OPG. Times are Unix seconds of the chain, durations seconds. */
export function standingOf(subject: Subject, judged: Judged, clocks: Clocks, now: number) {
  const { history, submission } = subject;
  const { row } = history;
  const challenges = [...subject.challenges.values()];
  return {
    request: row.id,
    state: row.state,
    version: row.terms.version,
    requester: row.terms.requester,
    node: submission.node,
    challengeEnd: submission.challengeEnd,
    responseSeconds: clocks.response,
    /** What the node loses if it was wrong; undefined: it is not at stake any more. */
    slice: isOver(row.state) ? undefined : row.terms.slice,
    fee: isOver(row.state) ? undefined : row.terms.fee,
    challenges: challenges
      .filter(({ state }) => state === 'open')
      .map((challenge) => challengeStanding(challenge, judged.challenge(challenge), clocks, now)),
    outputDemands: [...subject.outputDemands.values()]
      .filter(({ state }) => state === 'open')
      .map(({ id, demand }) => {
        const turn = outputTurnOf(demand, now);
        const { verdict, ...rest } = judged.result();
        const reason = 'reason' in rest ? rest.reason : undefined;
        return { id, ...demand.position, fee: demand.fee, verdict, reason, turn, left: secondsLeft(turn, now) };
      }),
    pot: potOf(subject, clocks, now),
    reclaimable: challenges
      .filter(({ state }) => state === 'fallen')
      .flatMap((challenge) =>
        openDemands(challenge).map(({ id, demand }) => ({ id, owner: demand.demander, fee: demand.fee })),
      ),
  };
}

/** Whether something about it is to be done, by whomever. */
export const isAlive = ({ challenges, outputDemands, pot, reclaimable }: Standing): boolean =>
  challenges.length + outputDemands.length + reclaimable.length > 0 || pot !== undefined;

function challengeStanding(challenge: Challenge, judgement: Judgement, clocks: Clocks, now: number) {
  const known = judgement.verdict === 'unknown' ? undefined : judgement;
  const turn = turnOf(challenge, known?.move, clocks, now);
  const demands = openDemands(challenge);
  return {
    id: challenge.id,
    challenger: challenge.challenger,
    rank: challenge.rank,
    item: challenge.item,
    postedAt: challenge.postedAt,
    end: challenge.end,
    hardEnd: hardEnd(challenge, known?.levels ?? MAX_LEVELS, clocks),
    verdict: judgement.verdict,
    reason: judgement.verdict === 'unknown' ? judgement.reason : undefined,
    /** Who loses, if everybody does what is called for. */
    loser: LOSERS[judgement.verdict],
    bond: challenge.bond,
    demands: demands.map((record) => demandStanding(record)),
    answered: challenge.demands.size - demands.length,
    turn,
    left: secondsLeft(turn, now),
  };
}

function demandStanding({ id, demand: { position, demander, fee, due, late } }: DemandRecord) {
  return { id, position: { ...position, packed: packPosition(position).toString() }, demander, fee, due, late };
}

/** undefined: there is none, it is paid, or the winner is not known yet. */
function potOf({ history, challenges, potClaimed }: Subject, { window, response }: Clocks, now: number) {
  const { closing } = history.row;
  const upheld = [...challenges.values()].filter(({ state }) => state === 'upheld');
  const best = upheld.sort((a, b) => a.rank - b.rank)[0];
  if (closing?.type !== 'Condemned' || best === undefined || potClaimed) return undefined;
  const from = best.postedAt + window + (2 * MAX_LEVELS + 1) * response + 1;
  return { winner: best.challenger, amount: closing.toPot, from, left: Math.max(0, from - now) };
}
