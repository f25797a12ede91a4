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
import type { Address, Bytes32 } from '#core/hex.ts';
import type { Hex } from '#ports/chain.ts';
import type { Claim, SubmittedRequest } from '#ports/game.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import type { Accusation } from '#ports/traces.ts';
import type { AnswerMove, GameMove } from './decide.ts';
import { type Limit, lastSecond, limitOf, NO_LIMIT } from './limits.ts';
import { type MoverParts, Sending } from './sending.ts';

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
  readonly #sending: Sending;

  constructor(parts: MoverParts) {
    this.#parts = parts;
    this.#sending = new Sending(parts);
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
    return this.#sending.once(`challenge:${this.accusedBy(subject, accusation)}`, limit, (lane) =>
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
        return this.#sending.once(`demand:${demandId(challenge.id, move.position)}`, limit, (lane) =>
          calls.demand(claim, meaning as Meaning, move.position, move.proof, lane),
        );
      case 'prove': {
        const { operator, step } = move.proof;
        const purpose = `prove:${challenge.id}/${operator}/${step.element}`;
        return this.#sending.once(purpose, limit, () =>
          calls.prove(claim, meaning as Meaning, move.proof, move.onPath),
        );
      }
      case 'lapse':
        return this.#sending.once(`lapse:${move.record.id}`, limit, () =>
          calls.lapse(claim, move.record.demand, move.onPath),
        );
      case 'uphold':
        return this.#sending.once(`uphold:${challenge.id}`, limit, () => calls.uphold(claim));
      case 'reclaim':
        return this.#sending.once(`reclaim:${move.record.id}`, limit, () => calls.reclaim(key, move.record.demand));
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
    return this.#sending.onceEach(
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
    return this.#sending.once(purpose, NO_LIMIT, () => this.#parts.calls.claimPot(claim));
  }

  /** Of a result that was submitted as a hash. `headers`: of one item's outputs. */
  async demandOutput(
    subject: Subject,
    position: OutputDemand['position'],
    headers: readonly Bytes32[],
  ): Promise<TrackedIntent> {
    const id = outputDemandId(submissionOf(keyOf(subject, NOBODY)), position);
    const limit = await this.#limit(subject, subject.submission.challengeEnd);
    return this.#sending.once(`demandOutput:${id}`, limit, (lane) =>
      this.#parts.calls.demandOutput(aboutOf(subject), position, headers, lane),
    );
  }

  lapseOutput(subject: Subject, { id, demand }: OutputDemandRecord): Promise<TrackedIntent> {
    return this.#sending.once(`lapseOutput:${id}`, NO_LIMIT, () =>
      this.#parts.calls.lapseOutput(aboutOf(subject), demand),
    );
  }

  /** Like `answer`. */
  answerOutput(
    subject: Subject,
    records: readonly OutputDemandRecord[],
    proofsOf: (positions: readonly OutputDemand['position'][]) => Promise<readonly OutputProof[]>,
  ): Promise<readonly TrackedIntent[]> {
    return this.#sending.onceEach(
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
}

/** For keys of submissions, in which a challenge is not named. */
const NOBODY = { challenger: `0x${'0'.repeat(40)}` as Address, trace: `0x${'0'.repeat(64)}` as Bytes32 };

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
