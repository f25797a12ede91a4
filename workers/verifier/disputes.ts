import type { Challenge } from '#core/challenges/follow.ts';
import type { OutputDemandRecord } from '#core/challenges/outputDemands.ts';
import type { Subject } from '#core/challenges/subject.ts';
import { toHex } from '#core/hex.ts';
import type { Hex } from '#ports/chain.ts';
import { type Disputed, findDisputed, shownOf } from '#ports/disputes.ts';
import type { Row } from '#ports/journal.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import { decideDispute, decideOutput, nextLook, outputLooks } from './decide.ts';
import { CHECK, DISPUTE, meaningOf, type VerifierParts } from './parts.ts';

/** Levels of demands of any program, at most; after them and one R more no earlier challenge can be open. */
const POT_RESPONSES = 17;
/** Seconds after which it is seen to that a move was made, or is made anew. */
const FOLLOW_SECONDS = 2;

/** Requests under dispute: every challenge of them, and every demand for their outputs, played to its end. */
export class Disputes {
  readonly #parts: VerifierParts;
  readonly #signal: AbortSignal;

  constructor(parts: VerifierParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  async note(id: Hex, subject: Subject, now: number): Promise<void> {
    const { journal } = this.#parts;
    if (subject.challenges.size + subject.outputDemands.size === 0) return this.gone(id);
    if (!this.#concerns(subject)) return;
    // What was demanded or posted may concern the budget, whoever remembers why.
    const facts = this.#stakeOf(subject);
    if (await journal.open({ track: DISPUTE, id, stage: 'open', facts, dueAt: now })) return;
    const row = await journal.row(DISPUTE, id);
    await journal.advance(DISPUTE, id, row?.stage ?? 'open', 'open', { facts, dueAt: now });
  }

  /** Nothing about it is disputed any more: what was fell out of the chain, if there was anything. */
  async gone(id: Hex): Promise<void> {
    await this.#parts.journal.advance(DISPUTE, id, 'open', 'over', { facts: { bond: null }, dueAt: null });
  }

  /** Everything about one request. */
  async play(row: Row, now: number): Promise<void> {
    const { journal } = this.#parts;
    const found = await findDisputed(this.#parts, row.id, this.#signal);
    if (!found) return this.gone(row.id);
    const { subject } = found;
    const looks: number[] = [];
    const pending = ({ status, reason }: TrackedIntent) =>
      status !== 'settled' && (status !== 'mined' || reason !== undefined) && looks.push(now + FOLLOW_SECONDS);
    for (const challenge of subject.challenges.values()) {
      for (const sent of await this.#challenge(challenge, found, now)) pending(sent);
      const look = nextLook(challenge, now);
      if (look !== undefined) looks.push(look);
    }
    for (const record of subject.outputDemands.values()) {
      if (record.state !== 'open') continue;
      const sent = await this.#output(record, found, now);
      if (sent) pending(sent);
      looks.push(...outputLooks(record).filter((time) => time > now));
    }
    const pot = await this.#pot(subject, now);
    if (pot !== undefined) looks.push(pot);
    if (looks.length === 0) return this.#over(subject);
    await journal.advance(DISPUTE, row.id, 'open', 'open', { dueAt: Math.min(...looks) });
  }

  async #challenge(challenge: Challenge, found: Disputed, now: number): Promise<readonly TrackedIntent[]> {
    const { traces, mover, log, policy } = this.#parts;
    const { subject, version, traced } = found;
    const concerned = challenge.challenger === mover.me || policy.spared.has(subject.submission.node);
    if (traced === undefined || !(concerned || policy.defend)) return [];
    const meaning = await meaningOf(this.#parts, version, traced, this.#signal);
    if (!meaning) return [];
    const shown = shownOf(challenge);
    const open = challenge.state === 'open';
    const refuter = open ? await traces.refute(traced, shown, this.#signal) : undefined;
    const view = { challenge, me: mover.me, refuter, helps: policy.defend };
    const sent: TrackedIntent[] = [];
    for (const move of decideDispute(view, now)) {
      const position = move.kind === 'answer' ? move.record.demand.position : undefined;
      const answer = () => traces.answer(traced, shown, position as NonNullable<typeof position>, this.#signal);
      sent.push(await mover.move(subject, challenge, meaning, move, answer));
      log.info('a move of a dispute', { requestId: challenge.request, challenge: challenge.id, move: move.kind });
    }
    return sent;
  }

  /** A demand for an output that was submitted as a hash. */
  async #output(record: OutputDemandRecord, found: Disputed, now: number): Promise<TrackedIntent | undefined> {
    const { mover, policy, traces, log } = this.#parts;
    const { subject, traced } = found;
    const own = policy.spared.has(subject.submission.node);
    const { output, holds } = await this.#held(found, own);
    const move = decideOutput({ record, me: mover.me, own, holds, helps: policy.defend }, now);
    if (move === undefined || (move.kind === 'answerOutput' && traced === undefined)) return undefined;
    const { position } = record.demand;
    const proof = () => traces.openOutput(traced as NonNullable<typeof traced>, position, output, this.#signal);
    const sent = await mover.moveOutput(subject, move, proof);
    log.info('a move of a dispute', { requestId: subject.history.row.id, demand: record.id, move: move.kind });
    return sent;
  }

  /** The outputs that the hash was made from: a node has kept its own, others have the reference's, if they are that. */
  async #held({ subject, traced }: Disputed, own: boolean): Promise<{ output: Hex | undefined; holds: boolean }> {
    const { journal, traces, mover, policy } = this.#parts;
    const { outputHash } = subject.submission;
    const kept = own ? await journal.result(subject.history.row.id) : undefined;
    if (kept?.outputHash === outputHash) {
      return { output: toHex(kept.output), holds: true };
    }
    if (traced === undefined || !(own || policy.defend)) return { output: undefined, holds: false };
    const { kind } = await traces.accuseHash(traced, outputHash, [], mover.me, this.#signal);
    return { output: undefined, holds: kind === 'right' };
  }

  /** When the pot can be claimed, if it is ours and not claimed; sends the claim once it can. */
  async #pot(subject: Subject, now: number): Promise<number | undefined> {
    const { mover, views } = this.#parts;
    const { state, terms, closing } = subject.history.row;
    const upheld = [...subject.challenges.values()].filter((challenge) => challenge.state === 'upheld');
    const best = upheld.sort((a, b) => a.rank - b.rank)[0];
    if (state !== 'Faulty' || closing === undefined || best?.challenger !== mover.me || subject.potClaimed)
      return undefined;
    const { windowSeconds, responseSeconds, tcBase } = await views.clocksOf(terms.set);
    const window = windowSeconds + terms.tc - tcBase;
    const first = best.postedAt + window + POT_RESPONSES * responseSeconds + 1;
    if (now < first) return first;
    const { status, reason } = await mover.claimPot(subject, best);
    return status === 'settled' || (status === 'mined' && reason === undefined) ? undefined : now + FOLLOW_SECONDS;
  }

  /** Others' disputes are looked at only by who defends others: it takes their models. */
  #concerns({ submission, challenges, outputDemands }: Subject): boolean {
    const { mover, policy } = this.#parts;
    if (policy.defend || policy.spared.has(submission.node)) return true;
    const owners = [
      ...[...challenges.values()].map(({ challenger }) => challenger),
      ...[...challenges.values()].flatMap(({ demands }) => [...demands.values()].map(({ demand }) => demand.demander)),
      ...[...outputDemands.values()].map(({ demand }) => demand.demander),
    ];
    return owners.includes(mover.me);
  }

  /** What it has in the dispute: whether it challenged, and what its bonds hold. */
  #stakeOf({ challenges }: Subject): { readonly posted: boolean; readonly bond: string } {
    const mine = [...challenges.values()].filter(({ challenger }) => challenger === this.#parts.mover.me);
    const held = mine.filter(({ state }) => state === 'open').reduce((sum, { bond }) => sum + bond, 0n);
    return { posted: mine.length > 0, bond: held.toString() };
  }

  /** The check that began it is over too, unless its challenge is not there: then it is for the check to post it again. */
  async #over({ history, challenges }: Subject): Promise<void> {
    const { journal, mover } = this.#parts;
    const { id } = history.row;
    await this.gone(id);
    const posted = [...challenges.values()].some(({ challenger }) => challenger === mover.me);
    if (posted) await journal.advance(CHECK, id, 'accused', 'over', { facts: { bond: null }, dueAt: null });
  }
}
