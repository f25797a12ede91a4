import type { Challenge } from '#core/challenges/follow.ts';
import { isProtocolError } from '#core/errors.ts';
import type { ModelStore } from '#ports/blobs.ts';
import { findDisputed, shownOf } from '#ports/disputes.ts';
import type { Journal } from '#ports/journal.ts';
import type { Reference } from '#ports/reference.ts';
import type { Log } from '#ports/telemetry.ts';
import type { Traces } from '#ports/traces.ts';
import type { Judgement } from './standing.ts';

export interface JudgeParts {
  readonly journal: Journal;
  readonly models: ModelStore;
  readonly traces: Traces & Pick<Reference, 'describe'>;
  readonly log: Log;
}

/** Seconds until what could not be judged is tried again. */
const PAUSE_SECONDS = 10;
const NOT_YET: Judgement = { verdict: 'unknown', reason: 'not computed yet' };

/**
 * Holds challenges against one's own trace, one after another. A judgement is of a challenge with the answers it had: it is made anew when
 * there are more. One that could not be made is tried again after a pause.
 */
export class Judge {
  readonly #parts: JudgeParts;
  readonly #signal: AbortSignal;
  readonly #judged = new Map<string, Judged>();
  readonly #wanted = new Map<string, { readonly challenge: Challenge; readonly now: number }>();
  #working: Promise<void> | undefined;

  constructor(parts: JudgeParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /** What is known now; what is not is computed meanwhile. */
  of(challenge: Challenge, now: number): Judgement {
    const known = this.#judged.get(challenge.id);
    if (known?.shown !== shownKey(challenge) || now >= known.again) this.#want(challenge, now);
    return known?.judgement ?? NOT_YET;
  }

  /** Forgets all but these. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#judged.keys()) if (!ids.has(id)) this.#judged.delete(id);
  }

  /** Resolves when nothing is being computed. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  #want(challenge: Challenge, now: number): void {
    this.#wanted.set(challenge.id, { challenge, now });
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  async #work(): Promise<void> {
    // Out of the caller's turn: what it asks for together is taken up together.
    await Promise.resolve();
    for (const [id, { challenge, now }] of this.#wanted) {
      if (this.#signal.aborted) return;
      this.#wanted.delete(id);
      const { judgement, final } = await this.#judge(challenge);
      const again = final ? Number.POSITIVE_INFINITY : now + PAUSE_SECONDS;
      this.#judged.set(id, { shown: shownKey(challenge), judgement, again });
    }
  }

  async #judge(challenge: Challenge): Promise<{ readonly judgement: Judgement; readonly final: boolean }> {
    const unknown = (reason: string, final: boolean) => ({ judgement: { verdict: 'unknown', reason }, final }) as const;
    const { traces, log } = this.#parts;
    try {
      const found = await findDisputed(this.#parts, challenge.request, this.#signal);
      if (!found) return unknown('its version names no program, or is not known', false);
      const { traced, version } = found;
      if (!traced) return unknown('the bytes of its input are not on chain', true);
      const { root } = await traces.describe(traced.model, this.#signal);
      if (root !== version.words.programRoot)
        return unknown('its version names another program than its model is', true);
      const levels = Number((await traces.headerOf(traced.model, this.#signal)).levels);
      const move = await traces.refute(traced, shownOf(challenge), this.#signal);
      const verdict = move.kind === 'true' ? 'true' : 'false';
      return { judgement: { verdict, move, levels }, final: true };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#signal.aborted) log.warn('a challenge could not be judged', { challenge: challenge.id, reason });
      return unknown(reason, isProtocolError(error) && !error.retryable);
    }
  }
}

interface Judged {
  readonly shown: string;
  readonly judgement: Judgement;
  /** Chain time from which it is worth another try. */
  readonly again: number;
}

/** What a judgement's next move depends on. */
const shownKey = ({ demands }: Challenge): string =>
  [...demands].map(([at, { data }]) => `${at}${data === undefined ? '' : '+'}`).join();
