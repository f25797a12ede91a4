import type { Subject } from '#core/challenges/subject.ts';
import { headersOf } from '#core/commitment/schema.ts';
import type { Hex } from '#ports/chain.ts';
import type { Disputed, DisputedVersion } from '#ports/disputes.ts';
import type { Row } from '#ports/journal.ts';
import type { TracedRequest } from '#ports/traces.ts';
import { Beside } from './beside.ts';
import type { Finding } from './checks.ts';
import { PAUSE_SECONDS, type VerifierParts } from './parts.ts';

/** Times a node is asked for an output before the chain is. */
const TRIES = 2;
/** Outputs received at a time, and how long one may take. */
const MOST = 64;
const LIMIT_SECONDS = 60;

/**
 * Results that were submitted as a hash. The right one has one's own hash. For another, whoever wants to challenge it has to show what it was made
 * from: the node hands it out, or is made to on chain, item by item, or loses its slice.
 */
export class HiddenOutputs {
  readonly #parts: Pick<VerifierParts, 'traces' | 'mover' | 'deliver' | 'views' | 'log'>;
  readonly #signal: AbortSignal;
  readonly #coming: Beside<Hex | undefined>;

  constructor(parts: VerifierParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#coming = new Beside(signal, MOST);
  }

  async look(row: Row, { subject, version, traced }: Disputed, now: number): Promise<Finding> {
    if (traced === undefined) return { outcome: 'hidden' };
    const { traces, mover } = this.#parts;
    const demands = [...subject.outputDemands.values()];
    const shown = demands.flatMap((record) => record.shown ?? []);
    const { outputHash } = subject.submission;
    const found = await traces.accuseHash(traced, outputHash, shown, mover.me, this.#signal);
    if (found.kind === 'right') return { outcome: 'right' };
    if (found.kind === 'wrong') return { outcome: 'wrong', accusation: found.accusation };
    const tries = Number(row.facts['tries'] ?? 0);
    if (demands.length === 0 && tries < TRIES) {
      const delivered = await this.#delivered(subject, version, traced);
      if (delivered === 'coming') return { outcome: 'later', seconds: await this.#pause(subject) };
      return delivered ?? { outcome: 'later', seconds: await this.#pause(subject), facts: { tries: tries + 1 } };
    }
    return this.#demand(subject, version, found.items, now);
  }

  /** Seconds: short beside R. */
  async #pause({ history }: Subject): Promise<number> {
    const { responseSeconds } = await this.#parts.views.clocksOf(history.row.terms.set);
    return Math.max(1, Math.min(PAUSE_SECONDS, Math.floor(responseSeconds / 4)));
  }

  async #delivered(
    subject: Subject,
    version: DisputedVersion,
    traced: TracedRequest,
  ): Promise<Finding | 'coming' | undefined> {
    const { deliver, traces, mover } = this.#parts;
    const key = `${subject.history.row.id} ${subject.submission.outputHash}`;
    const come = await this.#coming.ask(key, LIMIT_SECONDS, (signal) => deliver(subject, version, signal));
    if (come === undefined) return 'coming';
    if (come.value === undefined) return undefined;
    const accusation = await traces.accuse(traced, come.value, version.standard, mover.me, this.#signal);
    return accusation && { outcome: 'wrong', accusation };
  }

  /**
   * Of the likeliest item, unless somebody's demand of a suspect is open: its answer comes here at once. Of all that nobody has demanded, once
   * there may be no time for another after an answer, whoever keeps demands open.
   */
  async #demand(subject: Subject, version: DisputedVersion, items: readonly number[], now: number): Promise<Finding> {
    const { mover, views, log } = this.#parts;
    const { challengeEnd } = subject.submission;
    const { responseSeconds } = await views.clocksOf(subject.history.row.terms.set);
    const open = [...subject.outputDemands.values()].filter(({ state }) => state === 'open');
    const asked = new Set(open.map(({ demand }) => demand.position.item));
    const isAsked = items.some((item) => asked.has(item));
    const later = async (): Promise<Finding> => ({ outcome: 'later', seconds: await this.#pause(subject) });
    if (now > challengeEnd || items.length === 0) return isAsked ? later() : { outcome: 'hidden' };
    const last = now + 2 * responseSeconds > challengeEnd;
    if (isAsked && !last) return later();
    const wanted = last ? items.filter((item) => !asked.has(item)) : items.slice(0, 1);
    for (const item of wanted)
      await mover.demandOutput(subject, { item, output: 0, leaf: 0 }, headersOf(version.schema.outputs));
    if (wanted.length > 0)
      log.warn('an output is withheld, and demanded on chain', { requestId: subject.history.row.id, items: wanted });
    return later();
  }
}
