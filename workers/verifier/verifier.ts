import { subjectOf } from '#core/challenges/subject.ts';
import { isProtocolError } from '#core/errors.ts';
import type { Hex, LoggedEvent } from '#ports/chain.ts';
import type { Row } from '#ports/journal.ts';
import type { Head, Observer } from '#ports/observer.ts';
import { Checks } from './checks.ts';
import { Disputes } from './disputes.ts';
import { CHECK, DISPUTE, PAUSE_SECONDS, type VerifierParts } from './parts.ts';

interface Touch {
  readonly events: readonly LoggedEvent[];
  readonly head: Head;
}

/** Taken up per head: the rest waits for the next one. */
const PER_HEAD = 64;

/** Checks results, challenges wrong ones, and plays every dispute it can judge to its end, from journal and chain. */
export class Verifier implements Observer {
  readonly #parts: VerifierParts;
  readonly #signal: AbortSignal;
  readonly #checks: Checks;
  readonly #disputes: Disputes;
  /** Rows being worked on, and what was touched of them meanwhile. */
  readonly #during = new Map<Hex, Touch | undefined>();
  #working: Promise<void> | undefined;

  constructor(parts: VerifierParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#checks = new Checks(parts, signal);
    this.#disputes = new Disputes(parts, signal);
  }

  async touched(id: Hex, events: readonly LoggedEvent[], head: Head): Promise<void> {
    if (this.#during.has(id)) this.#during.set(id, { events, head });
    await this.#note(id, events, head);
  }

  async #note(id: Hex, events: readonly LoggedEvent[], head: Head): Promise<void> {
    const subject = subjectOf(events);
    if (!subject) {
      await this.#disputes.gone(id);
      return this.#checks.again(id);
    }
    await this.#checks.note(id, subject, head);
    await this.#disputes.note(id, subject, head.now);
  }

  async arrived(head: Head): Promise<void> {
    this.#working ??= this.work(head)
      .catch((error) => this.#parts.log.warn('disputes could not be followed', { reason: String(error) }))
      .finally(() => {
        this.#working = undefined;
      });
  }

  /** Resolves when nothing is being computed. */
  async idle(): Promise<void> {
    await this.#working;
  }

  /** What is due: disputes first, for their clocks run. */
  async work({ now }: Head): Promise<void> {
    const { journal, metrics, purse } = this.#parts;
    await purse.look(now);
    const due = (track: string, stage: string) => journal.ready(track, stage, { limit: PER_HEAD, dueBefore: now });
    const each = async (rows: readonly Row[], work: (row: Row) => Promise<void>) => {
      for (const row of rows) await this.#guarded(row, () => work(row), now);
    };
    await each(await due(DISPUTE, 'open'), (row) => this.#disputes.play(row, now));
    await each(await due(CHECK, 'accused'), (row) => this.#checks.settle(row, now));
    await each(await due(CHECK, 'unaffordable'), (row) => this.#checks.retry(row, now));
    const checks = await due(CHECK, 'due');
    metrics.gauge('worker_verify_due', checks.length);
    await each(checks, (row) => this.#checks.check(row, now));
  }

  /** What is found takes time, and ends with when to look again: that must not outlast an event that came in between. */
  async #guarded(row: Row, work: () => Promise<void>, now: number): Promise<void> {
    this.#during.set(row.id, undefined);
    try {
      await this.#tried(row, work, now);
    } finally {
      const touch = this.#during.get(row.id);
      this.#during.delete(row.id);
      if (touch) await this.#note(row.id, touch.events, touch.head);
    }
  }

  async #tried(row: Row, work: () => Promise<void>, now: number): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isProtocolError(error) || this.#signal.aborted) throw error;
      this.#parts.log.warn('a result or dispute waits', { requestId: row.id, track: row.track, reason: error.message });
      this.#parts.metrics.count('worker_verify_deferred_total', { code: error.code });
      await this.#parts.journal.advance(row.track, row.id, row.stage, row.stage, { dueAt: now + PAUSE_SECONDS });
    }
  }
}
