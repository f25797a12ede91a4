import type { Meaning } from '#core/challenges/claim.ts';
import type { Challenge } from '#core/challenges/follow.ts';
import { type Subject, subjectOf } from '#core/challenges/subject.ts';
import { isProtocolError } from '#core/errors.ts';
import { isOver } from '#core/protocol/request.ts';
import type { ModelStore } from '#ports/blobs.ts';
import type { Hex, LoggedEvent } from '#ports/chain.ts';
import { type Disputed, type DisputedVersion, findDisputed, meaningFor, shownOf } from '#ports/disputes.ts';
import type { GameViews } from '#ports/game.ts';
import type { Journal, Row } from '#ports/journal.ts';
import type { Head, Observer } from '#ports/observer.ts';
import type { Reference } from '#ports/reference.ts';
import type { Log, Metrics } from '#ports/telemetry.ts';
import type { TracedRequest, Traces } from '#ports/traces.ts';
import { decideDispute, nextLook } from './decide.ts';
import type { Moves } from './moves.ts';
import type { VerifierPolicy } from './policy.ts';
import type { QuickCheck } from './quick.ts';

export interface VerifierParts {
  readonly journal: Journal;
  readonly models: ModelStore;
  readonly traces: Traces & Pick<Reference, 'describe'>;
  readonly mover: Moves;
  readonly views: GameViews;
  /** A first look, which may clear a result without its reference. */
  readonly quick: QuickCheck;
  readonly policy: VerifierPolicy;
  /** A number from 0 to below 1, unknown to nodes: which results are sampled. */
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Results to check: `due`, then an end. `accused` waits for the dispute that it began. */
export const CHECK = 'check';
/** Requests under dispute: `open` until everything about them is over. */
export const DISPUTE = 'dispute';

/** Taken up per head: the rest waits for the next one. */
const PER_HEAD = 64;
/** Seconds until something that could not be done is tried again. */
const PAUSE_SECONDS = 10;
/** Levels of demands of any program, at most; after them and one R more no earlier challenge can be open. */
const POT_RESPONSES = 17;

/** Checks results, challenges wrong ones, and plays every dispute it can judge to its end, from journal and chain. */
export class Verifier implements Observer {
  readonly #parts: VerifierParts;
  readonly #signal: AbortSignal;
  #working: Promise<void> | undefined;

  constructor(parts: VerifierParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  async touched(id: Hex, events: readonly LoggedEvent[], head: Head): Promise<void> {
    const subject = subjectOf(events);
    if (!subject) return;
    await this.#noteResult(id, subject, head);
    if (subject.challenges.size > 0) await this.#noteDispute(id, head.now);
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
  async work(head: Head): Promise<void> {
    const { journal, metrics } = this.#parts;
    const disputes = await journal.ready(DISPUTE, 'open', { limit: PER_HEAD, dueBefore: head.now });
    for (const row of disputes) await this.#guarded(row, () => this.#dispute(row, head.now), head.now);
    const checks = await journal.ready(CHECK, 'due', { limit: PER_HEAD, dueBefore: head.now });
    metrics.gauge('worker_verify_due', checks.length);
    for (const row of checks) await this.#guarded(row, () => this.#check(row, head.now), head.now);
  }

  async #noteResult(id: Hex, { history: { row }, submission }: Subject, head: Head): Promise<void> {
    const { journal, policy, random } = this.#parts;
    if (row.state !== 'Submitted' && row.state !== 'Frozen') return;
    if (head.now > submission.challengeEnd || policy.spared.has(submission.node)) return;
    if (policy.versions && !policy.versions.has(row.terms.version)) return;
    if ((await journal.row(CHECK, id)) !== undefined) return;
    // Drawn once: a request that is touched again must not get another chance.
    const stage = random() < policy.share ? 'due' : 'passed';
    await journal.open({ track: CHECK, id, stage, facts: {}, dueAt: 0 });
  }

  async #noteDispute(id: Hex, now: number): Promise<void> {
    const { journal } = this.#parts;
    if (await journal.open({ track: DISPUTE, id, stage: 'open', facts: {}, dueAt: now })) return;
    const row = await journal.row(DISPUTE, id);
    await journal.advance(DISPUTE, id, row?.stage ?? 'open', 'open', { dueAt: now });
  }

  /** A result is held against the reference, and accused if it is not acceptable. */
  async #check(row: Row, now: number): Promise<void> {
    const { metrics, log } = this.#parts;
    const end = (stage: string, facts: Record<string, unknown> = {}) => {
      metrics.count('worker_verify_checks_total', { outcome: stage });
      return this.#parts.journal.advance(CHECK, row.id, 'due', stage, { facts });
    };
    const found = await findDisputed(this.#parts, row.id, this.#signal);
    if (!found || isOver(found.subject.history.row.state)) return void (await end('over'));
    const { subject, version, traced } = found;
    if (now > subject.submission.challengeEnd) return void (await end('late'));
    if (!traced || subject.output === undefined) return void (await end('hidden'));
    const meaning = await this.#meaning(version, traced);
    if (!meaning) return void (await end('refused'));
    const { traces, mover, quick } = this.#parts;
    if (await quick(version, traced, subject.output, this.#signal)) return void (await end('plausible'));
    const accusation = await traces.accuse(traced, subject.output, version.standard, mover.me, this.#signal);
    if (!accusation) return void (await end('right'));
    const bond = await this.#parts.views.bondOf(meaning);
    const reason = await this.#unaffordable(bond);
    if (reason) {
      log.error('a wrong result is not challenged', { requestId: row.id, reason });
      return void (await end('unaffordable', { reason }));
    }
    await mover.accuse(subject, meaning, accusation);
    const { item, output, element } = accusation.evidence;
    log.warn('a wrong result', { requestId: row.id, node: subject.submission.node, item, output, element });
    await end('accused', { bond: bond.toString() });
  }

  async #unaffordable(bond: bigint): Promise<string | undefined> {
    const { journal, policy, views, mover } = this.#parts;
    const accused = await journal.ready(CHECK, 'accused', { limit: 10_000 });
    const locked = accused.reduce((sum, { facts }) => sum + BigInt(String(facts['bond'] ?? 0)), 0n);
    if (locked + bond > policy.maxBonds)
      return `bonds of ${locked} wei are out, another ${bond} would exceed the budget of ${policy.maxBonds}`;
    const free = await views.freeBalance(mover.me);
    return free < bond ? `the account has ${free} wei free, the bond is ${bond}` : undefined;
  }

  /** Every challenge of one request. */
  async #dispute(row: Row, now: number): Promise<void> {
    const { journal, policy, mover } = this.#parts;
    const found = await findDisputed(this.#parts, row.id, this.#signal);
    if (!found) return void (await journal.advance(DISPUTE, row.id, 'open', 'over'));
    const { subject } = found;
    const looks: number[] = [];
    for (const challenge of subject.challenges.values()) {
      const mine = challenge.challenger === mover.me || policy.spared.has(subject.submission.node);
      if (mine || policy.defend) await this.#play(challenge, found, now);
      const look = nextLook(challenge, now);
      if (look !== undefined) looks.push(look);
    }
    const pot = await this.#pot(subject, now);
    if (pot !== undefined) looks.push(pot);
    if (looks.length > 0) await journal.advance(DISPUTE, row.id, 'open', 'open', { dueAt: Math.min(...looks) });
    else await this.#over(row.id);
  }

  async #play(challenge: Challenge, { subject, version, traced }: Disputed, now: number): Promise<void> {
    const { traces, mover, log } = this.#parts;
    const meaning = traced && (await this.#meaning(version, traced));
    if (!traced || !meaning) return;
    const shown = shownOf(challenge);
    const open = challenge.state === 'open';
    const refuter = open ? await traces.refute(traced, shown, this.#signal) : undefined;
    const view = { challenge, me: mover.me, refuter, helps: this.#parts.policy.defend };
    for (const move of decideDispute(view, now)) {
      const position = move.kind === 'answer' ? move.record.demand.position : undefined;
      const answer = () => traces.answer(traced, shown, position as NonNullable<typeof position>, this.#signal);
      await mover.move(subject, challenge, meaning, move, answer);
      log.info('a move of a dispute', { requestId: challenge.request, challenge: challenge.id, move: move.kind });
    }
  }

  /** When the pot can be claimed, if it is ours and not claimed; sends the claim once it can. */
  async #pot(subject: Subject, now: number): Promise<number | undefined> {
    const { mover, views } = this.#parts;
    const { state, terms } = subject.history.row;
    const upheld = [...subject.challenges.values()].filter((challenge) => challenge.state === 'upheld');
    const best = upheld.sort((a, b) => a.rank - b.rank)[0];
    if (state !== 'Faulty' || best?.challenger !== mover.me || subject.potClaimed) return undefined;
    const { windowSeconds, responseSeconds, tcBase } = await views.clocksOf(terms.set);
    const window = windowSeconds + terms.tc - tcBase;
    const first = best.postedAt + window + POT_RESPONSES * responseSeconds + 1;
    if (now < first) return first;
    const { status } = await mover.claimPot(subject, best);
    return status === 'settled' ? undefined : now + PAUSE_SECONDS;
  }

  async #over(id: Hex): Promise<void> {
    const { journal } = this.#parts;
    await journal.advance(DISPUTE, id, 'open', 'over');
    await journal.advance(CHECK, id, 'accused', 'over');
  }

  /** undefined: the published root is not that of the model; nobody can dispute such a version. */
  async #meaning(version: DisputedVersion, { model }: TracedRequest): Promise<Meaning | undefined> {
    const { traces } = this.#parts;
    if ((await traces.describe(model, this.#signal)).root !== version.words.programRoot) return undefined;
    return meaningFor(version, await traces.headerOf(model, this.#signal));
  }

  async #guarded(row: Row, work: () => Promise<void>, now: number): Promise<void> {
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
