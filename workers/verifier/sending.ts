import { keccak256 } from '#core/hash.ts';
import type { Hex } from '#ports/chain.ts';
import type { Dispatcher } from '#ports/dispatch.ts';
import type { GameCalls, GameViews } from '#ports/game.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { Limit } from './limits.ts';

export interface MoverParts {
  readonly calls: GameCalls;
  readonly views: GameViews;
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Answers that are computed together: with up to 8 KiB each they pass between threads at once. */
const AT_ONCE = 1024;
const LOCKING = ['challenge', 'demand', 'demandOutput'];

/** Plans a transaction for each purpose, once, and anew when it came to nothing. */
export class Sending {
  readonly #parts: MoverParts;

  constructor(parts: MoverParts) {
    this.#parts = parts;
  }

  async once(purpose: string, limit: Limit, dataOf: (freeLane: number) => Promise<Hex> | Hex): Promise<TrackedIntent> {
    const known = await this.#standing(purpose);
    if (known) return known;
    const kind = purpose.slice(0, purpose.indexOf(':'));
    return this.#send(purpose, limit, await dataOf(await this.#laneFor(kind, purpose)));
  }

  /** `AT_ONCE` at a time, those that are sent already left out; `dataOf` is asked for all of them together. */
  async onceEach<M, D>(
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
    const { views, dispatcher } = this.#parts;
    return LOCKING.includes(kind) ? views.freeLane(dispatcher.address, laneOf(purpose)) : 0;
  }
}

/**
 * Ended without the effect it was for, so it may be sent again, from what the chain says now, if it is still wanted. One that failed in a block
 * that is not final counts, for limits do not wait; the contract takes no move twice. So does one that the contract would refuse as it was
 * planned, unless a nonce is kept for it.
 */
export function hasFailed({ status, reason, nonce }: TrackedIntent): boolean {
  if (status === 'planned') return reason !== undefined && nonce === undefined;
  return status === 'reverted' || status === 'abandoned' || (status === 'mined' && reason !== undefined);
}

/** Where to begin looking for a free lane: moves planned together begin at different ones. */
function laneOf(purpose: string): number {
  const [high = 0, low = 0] = keccak256(new TextEncoder().encode(purpose));
  return 256 * high + low;
}
