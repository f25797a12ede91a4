import { subjectOf } from '#core/challenges/subject.ts';
import { isProtocolError } from '#core/errors.ts';
import type { Hex, LoggedEvent } from '#ports/chain.ts';
import type { Row } from '#ports/journal.ts';
import type { Head, Observer } from '#ports/observer.ts';
import { Checks } from './checks.ts';
import { Disputes, isOwn } from './disputes.ts';
import { Line } from './line.ts';
import { CHECK, DISPUTE, PAUSE_SECONDS, type VerifierParts } from './parts.ts';

interface Touch {
  readonly events: readonly LoggedEvent[];
  readonly head: Head;
}

/** Results and accusations read at a time. */
const PER_PASS = 64;
/** More disputes than there are: one's own must be among those that are read. */
const MOST = 10_000;

/**
 * Checks results, challenges wrong ones, and plays every dispute it can judge to its end, from journal and chain. What clocks run for and money
 * is in stands behind nothing of strangers: one's own disputes, those of others, and checks are three lines of work.
 */
export class Verifier implements Observer {
  readonly #parts: VerifierParts;
  readonly #signal: AbortSignal;
  readonly #checks: Checks;
  readonly #own: Disputes;
  readonly #others: Disputes;
  readonly #lines: { readonly own: Line; readonly others: Line; readonly checks: Line };
  /** Rows being worked on, and what was touched of them meanwhile. */
  readonly #during = new Map<string, Touch | undefined>();
  #head: Head | undefined;

  constructor(parts: VerifierParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#checks = new Checks(parts, signal);
    this.#own = new Disputes({ ...parts, traces: parts.ownTraces }, signal);
    this.#others = new Disputes(parts, signal);
    const line = (pass: (head: Head) => Promise<boolean>) =>
      new Line(
        async () => (this.#head === undefined || this.#signal.aborted ? false : pass(this.#head)),
        (error) => parts.log.warn('disputes could not be followed', { reason: String(error) }),
      );
    this.#lines = {
      own: line((head) => this.#followOwn(head)),
      others: line((head) => this.#followOthers(head)),
      checks: line((head) => this.#check(head)),
    };
  }

  async touched(id: Hex, events: readonly LoggedEvent[], head: Head): Promise<void> {
    for (const track of [CHECK, DISPUTE])
      if (this.#during.has(`${track} ${id}`)) this.#during.set(`${track} ${id}`, { events, head });
    await this.#note(id, events, head);
  }

  async #note(id: Hex, events: readonly LoggedEvent[], head: Head): Promise<void> {
    const subject = subjectOf(events);
    if (!subject) {
      await this.#own.gone(id);
      return this.#checks.again(id);
    }
    await this.#checks.note(id, subject, head);
    await this.#own.note(id, subject, head.now);
  }

  async arrived(head: Head): Promise<void> {
    this.#head = head;
    for (const line of Object.values(this.#lines)) line.call();
  }

  /** Resolves when nothing is being computed. */
  async idle(): Promise<void> {
    const { own, others, checks } = this.#lines;
    await own.idle();
    await Promise.all([others.idle(), checks.idle()]);
  }

  /** What bonds, fees or a result of one's own are in, and accusations on their way: nothing of it waits for strangers. */
  async #followOwn({ now }: Head): Promise<boolean> {
    await this.#each((await this.#disputes(now)).filter(isOwn), (row) => this.#own.play(row, now), now);
    await this.#each(await this.#due('accused', now), (row) => this.#checks.settle(row, now), now);
    await this.#each(await this.#due('unaffordable', now), (row) => this.#checks.retry(row, now), now);
    // What is decided anew is checked anew.
    this.#lines.checks.call();
    await this.#parts.purse.look(now);
    return false;
  }

  async #followOthers(head: Head): Promise<boolean> {
    const rows = (await this.#disputes(head.now)).filter((row) => !isOwn(row));
    return this.#untilNews(rows, (row) => this.#others.play(row, head.now), head);
  }

  async #check(head: Head): Promise<boolean> {
    const rows = await this.#due('due', head.now);
    this.#parts.metrics.gauge('worker_verify_due', rows.length);
    return this.#untilNews(rows, (row) => this.#checks.check(row, head.now), head);
  }

  #disputes(now: number): Promise<readonly Row[]> {
    return this.#parts.journal.ready(DISPUTE, 'open', { limit: MOST, dueBefore: now });
  }

  #due(stage: string, now: number): Promise<readonly Row[]> {
    return this.#parts.journal.ready(CHECK, stage, { limit: PER_PASS, dueBefore: now });
  }

  async #each(rows: readonly Row[], work: (row: Row) => Promise<void>, now: number): Promise<void> {
    for (const row of rows) await this.#guarded(row, () => work(row), now);
  }

  /** At least one, and no more once a block has come: it may bring what is more urgent, and moves the clock. Whether there is more. */
  async #untilNews(rows: readonly Row[], work: (row: Row) => Promise<void>, head: Head): Promise<boolean> {
    for (const row of rows) {
      await this.#guarded(row, () => work(row), head.now);
      if (this.#head !== head) break;
    }
    return rows.length > 0;
  }

  /** What is found takes time, and ends with when to look again: that must not outlast an event that came in between. */
  async #guarded(row: Row, work: () => Promise<void>, now: number): Promise<void> {
    const key = `${row.track} ${row.id}`;
    // A dispute that became one's own may be in the line of others still; the next head brings it back.
    if (this.#during.has(key)) return;
    this.#during.set(key, undefined);
    try {
      await this.#tried(row, work, now);
    } finally {
      const touch = this.#during.get(key);
      this.#during.delete(key);
      if (touch) await this.#note(row.id, touch.events, touch.head);
    }
  }

  /** Whatever a stranger's request makes fail, the rows behind it have their turn. */
  async #tried(row: Row, work: () => Promise<void>, now: number): Promise<void> {
    const { log, metrics, journal } = this.#parts;
    try {
      await work();
    } catch (error) {
      if (this.#signal.aborted) throw error;
      const known = isProtocolError(error);
      const about = { requestId: row.id, track: row.track, reason: known ? error.message : String(error) };
      if (known) log.warn('a result or dispute waits', about);
      else log.error('a result or dispute waits for an error that has no name', about);
      metrics.count('worker_verify_deferred_total', { code: known ? error.code : 'unnamed' });
      await journal.advance(row.track, row.id, row.stage, row.stage, { dueAt: now + PAUSE_SECONDS });
    }
  }
}
