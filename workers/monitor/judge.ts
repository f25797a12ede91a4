import type { Challenge } from '#core/challenges/follow.ts';
import type { Subject } from '#core/challenges/subject.ts';
import { isProtocolError } from '#core/errors.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import type { ModelStore } from '#ports/blobs.ts';
import type { Hex } from '#ports/chain.ts';
import { findDisputed, shownOf, tracedBy, whyRefused } from '#ports/disputes.ts';
import type { Journal } from '#ports/journal.ts';
import type { Reference } from '#ports/reference.ts';
import type { Log } from '#ports/telemetry.ts';
import type { TracedRequest, Traces } from '#ports/traces.ts';
import type { Judgement, ResultJudgement, Standing } from './standing.ts';

export interface JudgeParts {
  readonly journal: Journal;
  readonly models: ModelStore;
  readonly traces: Traces & Pick<Reference, 'describe'>;
  readonly log: Log;
}

/** Seconds until what could not be judged is tried again. */
const PAUSE_SECONDS = 10;
const NOT_YET = { verdict: 'unknown', reason: 'not computed yet' } as const;

/**
 * Holds challenges against one's own trace, one after another. A judgement is of a challenge with the answers it had: it is made anew when
 * there are more. One that could not be made is tried again after a pause.
 */
export class Judge {
  readonly #parts: JudgeParts;
  readonly #signal: AbortSignal;
  readonly #judged = new Map<string, Judged>();
  readonly #results = new Map<string, JudgedResult>();
  readonly #wanted = new Map<string, { readonly subject: Challenge | Subject; readonly now: number }>();
  #working: Promise<void> | undefined;

  constructor(parts: JudgeParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /** What is known now; what is not is computed meanwhile. */
  of(challenge: Challenge, now: number): Judgement {
    const known = this.#judged.get(challenge.id);
    if (known?.shown !== shownKey(challenge) || now >= known.again) this.#want(challenge.id, challenge, now);
    return known?.judgement ?? NOT_YET;
  }

  /** The same of a result that was submitted as a hash. */
  ofResult(subject: Subject, now: number): ResultJudgement {
    const { id } = subject.history.row;
    const known = this.#results.get(id);
    const same = known?.outputHash === subject.submission.outputHash;
    if (!same || now >= known.again) this.#want(id, subject, now);
    return same ? known.judgement : NOT_YET;
  }

  /** Forgets all but these. */
  keep(disputes: readonly Standing[]): void {
    const challenges = new Set<string>(disputes.flatMap((one) => one.challenges.map(({ id }) => id)));
    for (const id of this.#judged.keys()) if (!challenges.has(id)) this.#judged.delete(id);
    const requests = new Set<string>(disputes.map(({ request }) => request));
    for (const id of this.#results.keys()) if (!requests.has(id)) this.#results.delete(id);
  }

  /** Resolves when nothing is being computed. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  #want(id: string, subject: Challenge | Subject, now: number): void {
    this.#wanted.set(id, { subject, now });
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  async #work(): Promise<void> {
    // Out of the caller's turn: what it asks for together is taken up together.
    await Promise.resolve();
    for (const [id, { subject, now }] of this.#wanted) {
      if (this.#signal.aborted) return;
      this.#wanted.delete(id);
      const againAt = (final: boolean) => (final ? Number.POSITIVE_INFINITY : now + PAUSE_SECONDS);
      if ('history' in subject) {
        const { judgement, final } = await this.#judgeResult(subject);
        const { outputHash } = subject.submission;
        this.#results.set(id, { outputHash, judgement, again: againAt(final) });
      } else {
        const { judgement, final } = await this.#judge(subject);
        this.#judged.set(id, { shown: shownKey(subject), judgement, again: againAt(final) });
      }
    }
  }

  #judge(challenge: Challenge): Promise<Made<Judgement>> {
    const { traces } = this.#parts;
    return this.#made(challenge.request, async (traced) => {
      const levels = Number((await traces.headerOf(traced.model, this.#signal)).levels);
      const move = await traces.refute(traced, shownOf(challenge), this.#signal);
      return { verdict: move.kind === 'true' ? 'true' : 'false', move, levels };
    });
  }

  #judgeResult({ history, submission }: Subject): Promise<Made<ResultJudgement>> {
    const { traces } = this.#parts;
    return this.#made(history.row.id, async (traced) => {
      const found = await traces.accuseHash(traced, submission.outputHash, [], ZERO_ADDRESS, this.#signal);
      return { verdict: found.kind === 'right' ? 'right' : 'wrong' };
    });
  }

  /** What is computed of a request, or why nothing can be. */
  async #made<J>(id: Hex, compute: (traced: TracedRequest) => Promise<J>): Promise<Made<J>> {
    const unknown = (reason: string, final: boolean) => ({ judgement: { verdict: 'unknown', reason }, final }) as const;
    const { traces, models, log } = this.#parts;
    try {
      const found = await findDisputed(this.#parts, id);
      if (!found) return unknown('its version names no program, or is not known', false);
      const { version, input } = found;
      if (input === undefined) return unknown('the bytes of its input are not on chain', true);
      const traced = tracedBy(found, input, (await models.fetch(version, this.#signal)).path);
      const refused = whyRefused(version, await traces.describe(traced.model, this.#signal));
      if (refused !== undefined) return unknown(refused, true);
      return { judgement: await compute(traced), final: true };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#signal.aborted) log.warn('a dispute could not be judged', { requestId: id, reason });
      return unknown(reason, isProtocolError(error) && !error.retryable);
    }
  }
}

type Unknown = { readonly verdict: 'unknown'; readonly reason: string };
interface Made<J> {
  readonly judgement: J | Unknown;
  /** It will not come out otherwise. */
  readonly final: boolean;
}

interface JudgedResult {
  readonly outputHash: string;
  readonly judgement: ResultJudgement;
  readonly again: number;
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
