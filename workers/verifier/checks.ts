import type { ChallengeId, Meaning } from '#core/challenges/claim.ts';
import { type Subject, subjectOf } from '#core/challenges/subject.ts';
import { isOver } from '#core/protocol/request.ts';
import type { Hex } from '#ports/chain.ts';
import { type Disputed, findDisputed } from '#ports/disputes.ts';
import type { Row } from '#ports/journal.ts';
import type { Head } from '#ports/observer.ts';
import type { Accusation } from '#ports/traces.ts';
import { whyUnaffordable } from './budget.ts';
import { Files } from './files.ts';
import { HiddenOutputs } from './hidden.ts';
import { lastSecond } from './limits.ts';
import { CHECK, meaningOf, PAUSE_SECONDS, type VerifierParts } from './parts.ts';
import { hasFailed } from './sending.ts';

/** Of R: what a run may take where a bond is at stake. Before an answer there may be a run in progress, one for it, and its transaction. */
const RUN_SHARE = 1 / 4;

/** What comes of looking at a result. `later`: it is looked at again in that many seconds. */
export type Finding =
  | { readonly outcome: 'plausible' | 'right' | 'hidden' }
  | { readonly outcome: 'wrong'; readonly accusation: Accusation }
  | { readonly outcome: 'later'; readonly seconds: number; readonly facts?: Readonly<Record<string, unknown>> };

/** Results: which are checked, and what is found. One row for a request, about the submission that stands. */
export class Checks {
  readonly #parts: VerifierParts;
  readonly #signal: AbortSignal;
  readonly #files: Files;
  readonly #hidden: HiddenOutputs;

  constructor(parts: VerifierParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#files = new Files(parts.models, signal);
    this.#hidden = new HiddenOutputs(parts, signal);
  }

  async note(id: Hex, subject: Subject, head: Head): Promise<void> {
    const { journal, policy, random } = this.#parts;
    const { history, submission } = subject;
    const { state, terms } = history.row;
    if ((state !== 'Submitted' && state !== 'Frozen') || policy.share === 0) return;
    if (head.now > lastSecond(subject) || policy.spared.has(submission.node)) return;
    if (policy.versions && !policy.versions.has(terms.version)) return;
    const about = { node: submission.node, outputHash: submission.outputHash };
    const row = await journal.row(CHECK, id);
    if (row === undefined) {
      // Drawn once: a request that is touched again must not get another chance.
      const stage = random() < policy.share ? 'due' : 'passed';
      await journal.open({ track: CHECK, id, stage, facts: about, dueAt: head.now });
    } else if (
      row.stage !== 'passed' &&
      (row.facts['outputHash'] !== about.outputHash || row.facts['node'] !== about.node)
    ) {
      // After a reorganisation another result stands where one was checked.
      await journal.advance(CHECK, id, row.stage, 'due', { facts: { ...about, bond: null, tries: 0 }, dueAt: 0 });
    } else if (row.stage === 'hidden' && subject.outputDemands.size > 0)
      await journal.advance(CHECK, id, 'hidden', 'due', { dueAt: 0 });
    else if (row.stage === 'due') await journal.advance(CHECK, id, 'due', 'due', { dueAt: 0 });
    else await this.again(id);
  }

  /** Whatever was seen of its challenge may be gone. */
  async again(id: Hex): Promise<void> {
    await this.#parts.journal.advance(CHECK, id, 'accused', 'accused', { dueAt: 0 });
  }

  /** A result is held against the reference, and accused if it is not acceptable. */
  async check(row: Row, now: number): Promise<void> {
    const { journal, mover } = this.#parts;
    const result = await findDisputed(this.#parts, row.id);
    if (!result || isOver(result.subject.history.row.state)) return this.#end(row, 'over');
    const { subject, version } = result;
    const last = lastSecond(subject);
    if (now > last) return this.#end(row, 'late');
    const posted = [...subject.challenges.values()].find(({ challenger }) => challenger === mover.me);
    if (posted) return this.#posted(row, posted.id, posted.bond);
    const found = await this.#files.traced(result, last - now);
    if (!found) return void (await journal.advance(CHECK, row.id, 'due', 'due', { dueAt: now + PAUSE_SECONDS }));
    const { traced } = found;
    if (!traced) return this.#end(row, 'hidden');
    const meaning = await meaningOf(this.#parts, version, traced, this.#signal);
    if (!meaning) return this.#end(row, 'refused');
    const finding = await this.#look(row, found, now);
    if (finding.outcome === 'wrong') return this.#accuse(row, found, meaning, finding.accusation, now);
    if (finding.outcome !== 'later') return this.#end(row, finding.outcome);
    const { facts = {}, seconds } = finding;
    await journal.advance(CHECK, row.id, 'due', 'due', { facts, dueAt: now + seconds });
  }

  async #look(row: Row, found: Disputed, now: number): Promise<Finding> {
    const { traces, quick, mover } = this.#parts;
    const { subject, version, traced } = found;
    if (traced === undefined || subject.output === undefined) return this.#hidden.look(row, found, now);
    if (await quick(version, traced, subject.output, this.#signal)) return { outcome: 'plausible' };
    const accusation = await traces.accuse(traced, subject.output, version.standard, mover.me, this.#signal);
    return accusation ? { outcome: 'wrong', accusation } : { outcome: 'right' };
  }

  /** The bond counts from before the challenge is sent: a death between the two must not make room for another. */
  async #accuse(row: Row, { subject }: Disputed, meaning: Meaning, accusation: Accusation, now: number): Promise<void> {
    const { journal, metrics, mover, log, views } = this.#parts;
    const { item, output, element } = accusation.evidence;
    log.warn('a wrong result', { requestId: row.id, node: subject.submission.node, item, output, element });
    const { runSeconds } = accusation;
    const { responseSeconds } = await views.clocksOf(subject.history.row.terms.set);
    if (runSeconds > responseSeconds * RUN_SHARE) {
      log.error('a wrong result is not challenged', {
        requestId: row.id,
        reason: `a run takes ${runSeconds.toFixed(1)} s here, and its demands would have to be answered within ${responseSeconds} s`,
      });
      return this.#end(row, 'slow');
    }
    const bond = await views.bondOf(meaning);
    const reason = await whyUnaffordable(this.#parts, row.id, bond);
    if (reason) {
      log.error('a wrong result is not challenged', { requestId: row.id, reason });
      metrics.count('worker_verify_checks_total', { outcome: 'unaffordable' });
      const change = { facts: { bond: bond.toString(), reason }, dueAt: now + PAUSE_SECONDS };
      return void (await journal.advance(CHECK, row.id, 'due', 'unaffordable', change));
    }
    const challenge = mover.accusedBy(subject, accusation);
    const change = { facts: { bond: bond.toString(), challenge }, dueAt: now + PAUSE_SECONDS };
    if (!(await journal.advance(CHECK, row.id, 'due', 'accused', change))) return;
    metrics.count('worker_verify_checks_total', { outcome: 'accused' });
    await mover.accuse(subject, meaning, accusation);
  }

  /** A challenge of one's own stands already: of this process before it lost its journal, or before it died. */
  async #posted(row: Row, challenge: ChallengeId, bond: bigint): Promise<void> {
    const change = { facts: { challenge, bond: bond.toString() }, dueAt: null };
    await this.#parts.journal.advance(CHECK, row.id, 'due', 'accused', change);
  }

  /** Whether a challenge that was to be sent stands. One whose transaction came to nothing is decided anew. */
  async settle(row: Row, now: number): Promise<void> {
    const { journal, mover } = this.#parts;
    const challenge = row.facts['challenge'] as ChallengeId;
    const subject = subjectOf(await journal.eventsOf(row.id));
    const intent = await mover.intentOf(challenge);
    if (subject?.challenges.has(challenge)) await journal.advance(CHECK, row.id, 'accused', 'accused', { dueAt: null });
    else if (intent && !hasFailed(intent) && !(intent.status === 'settled' && !subject))
      await journal.advance(CHECK, row.id, 'accused', 'accused', { dueAt: now + PAUSE_SECONDS });
    else await journal.advance(CHECK, row.id, 'accused', 'due', { facts: { bond: null }, dueAt: now });
  }

  /** One that there was no money for, once there is. */
  async retry(row: Row, now: number): Promise<void> {
    const { journal } = this.#parts;
    const reason = await whyUnaffordable(this.#parts, row.id, BigInt(String(row.facts['bond'] ?? 0)));
    const subject = subjectOf(await journal.eventsOf(row.id));
    const open = subject !== undefined && !isOver(subject.history.row.state) && now <= lastSecond(subject);
    if (!open) await journal.advance(CHECK, row.id, 'unaffordable', 'unaffordable', { dueAt: null });
    else if (reason)
      await journal.advance(CHECK, row.id, 'unaffordable', 'unaffordable', {
        facts: { reason },
        dueAt: now + PAUSE_SECONDS,
      });
    else await journal.advance(CHECK, row.id, 'unaffordable', 'due', { facts: { bond: null }, dueAt: now });
  }

  async #end(row: Row, stage: string): Promise<void> {
    const { journal, metrics } = this.#parts;
    metrics.count('worker_verify_checks_total', { outcome: stage });
    await journal.advance(CHECK, row.id, 'due', stage, { dueAt: null });
  }
}
