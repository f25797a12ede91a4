import {
  type ChallengeId,
  type ChallengeKey,
  challengeId,
  demandId,
  type Meaning,
  outputDemandId,
  submissionOf,
} from '#core/challenges/claim.ts';
import type { OutputDemand } from '#core/challenges/events.ts';
import type { Challenge } from '#core/challenges/follow.ts';
import type { OutputProof } from '#core/challenges/openOutput.ts';
import type { OutputDemandRecord } from '#core/challenges/outputDemands.ts';
import type { Position } from '#core/challenges/position.ts';
import type { Subject } from '#core/challenges/subject.ts';
import { keccak256 } from '#core/hash.ts';
import type { Address, Bytes32 } from '#core/hex.ts';
import type { Hex } from '#ports/chain.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { Claim, GameCalls, GameViews, SubmittedRequest } from '#ports/game.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { Accusation } from '#ports/traces.ts';
import type { AnswerMove, GameMove } from './decide.ts';
import { type Limit, lastSecond, limitOf, NO_LIMIT } from './limits.ts';

export interface MoverParts {
  readonly calls: GameCalls;
  readonly views: GameViews;
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What a verifier plays with. */
export type Moves = Pick<
  Mover,
  | 'me'
  | 'accuse'
  | 'accusedBy'
  | 'move'
  | 'answer'
  | 'claimPot'
  | 'demandOutput'
  | 'lapseOutput'
  | 'answerOutput'
  | 'intentOf'
>;

/** Sends moves. A purpose names what it is for, so no move is played twice, whatever restarts in between. */
export class Mover {
  readonly #parts: MoverParts;

  constructor(parts: MoverParts) {
    this.#parts = parts;
  }

  get me(): Address {
    return this.#parts.dispatcher.address as Address;
  }

  /** The challenge that `accuse` posts. */
  accusedBy(subject: Subject, { trace }: Accusation): ChallengeId {
    return challengeId(keyOf(subject, { challenger: this.me, trace }));
  }

  async accuse(subject: Subject, meaning: Meaning, accusation: Accusation): Promise<TrackedIntent> {
    const claim = claimOf(subject, { challenger: this.me, trace: accusation.trace });
    const limit = await this.#limit(subject, lastSecond(subject));
    return this.#once(`challenge:${this.accusedBy(subject, accusation)}`, limit, (lane) =>
      this.#parts.calls.challenge(claim, meaning, accusation, lane),
    );
  }

  /** What has become of the transaction of a challenge. */
  intentOf(id: ChallengeId): Promise<TrackedIntent | undefined> {
    return this.#parts.dispatcher.get(`challenge:${id}`);
  }

  /** `meaning`: of moves that need the program. */
  async move(
    subject: Subject,
    challenge: Challenge,
    meaning: Meaning | undefined,
    move: Exclude<GameMove, AnswerMove>,
  ): Promise<TrackedIntent> {
    const { calls, views } = this.#parts;
    const claim = claimOf(subject, challenge);
    const key = keyOf(subject, challenge);
    const { terms } = subject.history.row;
    const limit = limitOf(move, challenge, terms.tc, await views.clocksOf(terms.set));
    switch (move.kind) {
      case 'demand':
        return this.#once(`demand:${demandId(challenge.id, move.position)}`, limit, (lane) =>
          calls.demand(claim, meaning as Meaning, move.position, move.proof, lane),
        );
      case 'prove': {
        const { operator, step } = move.proof;
        const purpose = `prove:${challenge.id}/${operator}/${step.element}`;
        return this.#once(purpose, limit, () => calls.prove(claim, meaning as Meaning, move.proof, move.onPath));
      }
      case 'lapse':
        return this.#once(`lapse:${move.record.id}`, limit, () => calls.lapse(claim, move.record.demand, move.onPath));
      case 'uphold':
        return this.#once(`uphold:${challenge.id}`, limit, () => calls.uphold(claim));
      case 'reclaim':
        return this.#once(`reclaim:${move.record.id}`, limit, () => calls.reclaim(key, move.record.demand));
    }
  }

  /** The data of answers is computed only for those that are sent, and for all of these at once. */
  async answer(
    subject: Subject,
    challenge: Challenge,
    moves: readonly AnswerMove[],
    dataOf: (positions: readonly Position[]) => Promise<readonly Hex[]>,
  ): Promise<readonly TrackedIntent[]> {
    const { calls, views } = this.#parts;
    const { tc, set } = subject.history.row.terms;
    const clocks = await views.clocksOf(set);
    const key = keyOf(subject, challenge);
    return this.#onceEach(
      moves,
      ({ record }) => `answer:${record.id}`,
      (move) => limitOf(move, challenge, tc, clocks),
      (wanted) => dataOf(wanted.map(({ record }) => record.demand.position)),
      ({ record }, data) => calls.answer(key, record.demand, data),
    );
  }

  claimPot(subject: Subject, challenge: Challenge): Promise<TrackedIntent> {
    const claim = claimOf(subject, challenge);
    const purpose = `claimPot:${submissionOf(keyOf(subject, challenge))}`;
    return this.#once(purpose, NO_LIMIT, () => this.#parts.calls.claimPot(claim));
  }

  /** Of a result that was submitted as a hash. `headers`: of one item's outputs. */
  async demandOutput(
    subject: Subject,
    position: OutputDemand['position'],
    headers: readonly Bytes32[],
  ): Promise<TrackedIntent> {
    const id = outputDemandId(submissionOf(keyOf(subject, NOBODY)), position);
    const limit = await this.#limit(subject, subject.submission.challengeEnd);
    return this.#once(`demandOutput:${id}`, limit, (lane) =>
      this.#parts.calls.demandOutput(aboutOf(subject), position, headers, lane),
    );
  }

  lapseOutput(subject: Subject, { id, demand }: OutputDemandRecord): Promise<TrackedIntent> {
    return this.#once(`lapseOutput:${id}`, NO_LIMIT, () => this.#parts.calls.lapseOutput(aboutOf(subject), demand));
  }

  /** Like `answer`. */
  answerOutput(
    subject: Subject,
    records: readonly OutputDemandRecord[],
    proofsOf: (positions: readonly OutputDemand['position'][]) => Promise<readonly OutputProof[]>,
  ): Promise<readonly TrackedIntent[]> {
    return this.#onceEach(
      records,
      ({ id }) => `answerOutput:${id}`,
      ({ demand }) => ({ expiresAt: demand.due, urgentAt: demand.late }),
      (wanted) => proofsOf(wanted.map(({ demand }) => demand.position)),
      ({ demand }, proof) => this.#parts.calls.answerOutput(aboutOf(subject), demand, proof),
    );
  }

  /** Half an R before the last second, it is urgent. */
  async #limit({ history }: Subject, last: number): Promise<Limit> {
    const { responseSeconds } = await this.#parts.views.clocksOf(history.row.terms.set);
    return { expiresAt: last, urgentAt: last - Math.floor(responseSeconds / 2) };
  }

  async #once(purpose: string, limit: Limit, dataOf: (freeLane: number) => Promise<Hex> | Hex): Promise<TrackedIntent> {
    const known = await this.#standing(purpose);
    if (known) return known;
    const kind = purpose.slice(0, purpose.indexOf(':'));
    return this.#send(purpose, limit, await dataOf(await this.#laneFor(kind, purpose)));
  }

  /** `AT_ONCE` at a time, those that are sent already left out; `dataOf` is asked for all of them together. */
  async #onceEach<M, D>(
    moves: readonly M[],
    purposeOf: (move: M) => string,
    limitFor: (move: M) => Limit,
    dataOf: (moves: readonly M[]) => Promise<readonly D[]>,
    callOf: (move: M, data: D) => Hex,
  ): Promise<readonly TrackedIntent[]> {
    const sent: TrackedIntent[] = [];
    const wanted: M[] = [];
    for (const move of moves) {
      const known = await this.#standing(purposeOf(move));
      if (known) sent.push(known);
      else wanted.push(move);
    }
    for (let first = 0; first < wanted.length; first += AT_ONCE) {
      const some = wanted.slice(first, first + AT_ONCE);
      const data = await dataOf(some);
      for (const [at, move] of some.entries())
        sent.push(await this.#send(purposeOf(move), limitFor(move), callOf(move, data[at] as D)));
    }
    return sent;
  }

  /** What was sent for it, unless that came to nothing. */
  async #standing(purpose: string): Promise<TrackedIntent | undefined> {
    const known = await this.#parts.dispatcher.get(purpose);
    return known && !hasFailed(known) ? known : undefined;
  }

  async #send(purpose: string, limit: Limit, data: Hex): Promise<TrackedIntent> {
    const { calls, dispatcher, log, metrics } = this.#parts;
    const intent = { purpose, to: calls.to, data, ...limit };
    const known = await dispatcher.get(purpose);
    const sent = known ? await dispatcher.resend(intent) : await dispatcher.send(intent);
    metrics.count('worker_verify_moves_total', { kind: purpose.slice(0, purpose.indexOf(':')) });
    log.info('a move of a dispute is on its way', { purpose, status: sent.status, reason: sent.reason });
    return sent;
  }

  /** Moves that lock money need a lane in which none is locked. */
  async #laneFor(kind: string, purpose: string): Promise<number> {
    return LOCKING.includes(kind) ? this.#parts.views.freeLane(this.me, laneOf(purpose)) : 0;
  }
}

/** Answers that are computed together: with up to 8 KiB each they pass between threads at once. */
const AT_ONCE = 1024;
const LOCKING = ['challenge', 'demand', 'demandOutput'];
/** For keys of submissions, in which a challenge is not named. */
const NOBODY = { challenger: `0x${'0'.repeat(40)}` as Address, trace: `0x${'0'.repeat(64)}` as Bytes32 };

/**
 * Ended without the effect it was for, so it may be sent again, from what the chain says now, if it is still wanted. One that failed in a block
 * that is not final counts, for limits do not wait; the contract takes no move twice. So does one that the contract would refuse as it was
 * planned, unless a nonce is kept for it.
 */
export function hasFailed({ status, reason, nonce }: TrackedIntent): boolean {
  if (status === 'planned') return reason !== undefined && nonce === undefined;
  return status === 'reverted' || status === 'abandoned' || (status === 'mined' && reason !== undefined);
}

const keyOf = (
  { history, submission }: Subject,
  { challenger, trace }: Pick<Challenge, 'challenger' | 'trace'>,
): ChallengeKey => ({
  request: history.row.id,
  node: submission.node,
  outputHash: submission.outputHash,
  challenger,
  trace,
});

const aboutOf = ({ history, submission }: Subject): SubmittedRequest => ({ terms: history.row.terms, submission });

const claimOf = (subject: Subject, { challenger, trace }: Pick<Challenge, 'challenger' | 'trace'>): Claim => ({
  ...aboutOf(subject),
  challenger,
  trace,
});

/** Where to begin looking for a free lane: moves planned together begin at different ones. */
function laneOf(purpose: string): number {
  const [high = 0, low = 0] = keccak256(new TextEncoder().encode(purpose));
  return 256 * high + low;
}
