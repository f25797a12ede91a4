import { type ChallengeKey, challengeId, demandId, type Meaning } from '#core/challenges/claim.ts';
import type { Challenge } from '#core/challenges/follow.ts';
import type { Subject } from '#core/challenges/subject.ts';
import { keccak256 } from '#core/hash.ts';
import type { Address } from '#core/hex.ts';
import type { Hex } from '#ports/chain.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { Claim, GameCalls, GameViews } from '#ports/game.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { Accusation } from '#ports/traces.ts';
import type { GameMove } from './decide.ts';

export interface MoverParts {
  readonly calls: GameCalls;
  readonly views: GameViews;
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Ended without the effect it was for: it may be sent again if it is still wanted. */
const FAILED = ['reverted', 'abandoned'];

/** What a verifier plays with. */
export type Moves = Pick<Mover, 'me' | 'accuse' | 'move' | 'claimPot'>;

/** Sends moves. A purpose names what it is for, so no move is played twice, whatever restarts in between. */
export class Mover {
  readonly #parts: MoverParts;

  constructor(parts: MoverParts) {
    this.#parts = parts;
  }

  get me(): Address {
    return this.#parts.dispatcher.address as Address;
  }

  accuse(subject: Subject, meaning: Meaning, accusation: Accusation): Promise<TrackedIntent> {
    const { calls, views } = this.#parts;
    const claim = claimOf(subject, { challenger: this.me, trace: accusation.trace });
    const purpose = `challenge:${challengeId(keyOf(subject, claim))}`;
    return this.#once(purpose, async () => {
      const lane = await views.freeLane(this.me, laneOf(purpose));
      return calls.challenge(claim, meaning, accusation, lane);
    });
  }

  /** The data of an answer is computed only if it is sent. */
  move(
    subject: Subject,
    challenge: Challenge,
    meaning: Meaning,
    move: GameMove,
    answer: () => Promise<Hex>,
  ): Promise<TrackedIntent> {
    const { calls, views } = this.#parts;
    const claim = claimOf(subject, challenge);
    const key = keyOf(subject, challenge);
    switch (move.kind) {
      case 'demand': {
        const purpose = `demand:${demandId(challenge.id, move.position)}`;
        return this.#once(purpose, async () => {
          const lane = await views.freeLane(this.me, laneOf(purpose));
          return calls.demand(claim, meaning, move.position, move.proof, lane);
        });
      }
      case 'answer':
        return this.#once(`answer:${move.record.id}`, async () =>
          calls.answer(key, move.record.demand, await answer()),
        );
      case 'prove': {
        const { operator, step } = move.proof;
        const purpose = `prove:${challenge.id}/${operator}/${step.element}`;
        return this.#once(purpose, async () => calls.prove(claim, meaning, move.proof, move.onPath));
      }
      case 'lapse':
        return this.#once(`lapse:${move.record.id}`, async () => calls.lapse(claim, move.record.demand, move.onPath));
      case 'uphold':
        return this.#once(`uphold:${challenge.id}`, async () => calls.uphold(claim));
      case 'reclaim':
        return this.#once(`reclaim:${move.record.id}`, async () => calls.reclaim(key, move.record.demand));
    }
  }

  claimPot(subject: Subject, challenge: Challenge): Promise<TrackedIntent> {
    const claim = claimOf(subject, challenge);
    return this.#once(`claimPot:${challenge.request}`, async () => this.#parts.calls.claimPot(claim));
  }

  async #once(purpose: string, dataOf: () => Promise<Hex>): Promise<TrackedIntent> {
    const { calls, dispatcher, log, metrics } = this.#parts;
    const known = await dispatcher.get(purpose);
    if (known && !FAILED.includes(known.status)) return known;
    const intent = { purpose, to: calls.to, data: await dataOf(), expiresAt: undefined };
    const sent = known ? await dispatcher.resend(intent) : await dispatcher.send(intent);
    const kind = purpose.slice(0, purpose.indexOf(':'));
    metrics.count('worker_verify_moves_total', { kind });
    log.info('a move of a dispute is on its way', { purpose, status: sent.status, reason: sent.reason });
    return sent;
  }
}

export const keyOf = (
  { history, submission }: Subject,
  { challenger, trace }: Pick<Challenge, 'challenger' | 'trace'>,
): ChallengeKey => ({
  request: history.row.id,
  node: submission.node,
  outputHash: submission.outputHash,
  challenger,
  trace,
});

const claimOf = (
  { history, submission }: Subject,
  { challenger, trace }: Pick<Challenge, 'challenger' | 'trace'>,
): Claim => ({ terms: history.row.terms, submission, challenger, trace });

/** Where to begin looking for a free lane: moves planned together begin at different ones. */
function laneOf(purpose: string): number {
  const [high = 0, low = 0] = keccak256(new TextEncoder().encode(purpose));
  return 256 * high + low;
}
