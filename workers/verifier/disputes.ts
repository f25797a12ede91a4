import type { Challenge } from '#core/challenges/follow.ts';
import type { Position } from '#core/challenges/position.ts';
import type { Subject } from '#core/challenges/subject.ts';
import { isProtocolError } from '#core/errors.ts';
import type { Hex } from '#ports/chain.ts';
import { type Disputed, type DisputedResult, findDisputed, shownOf } from '#ports/disputes.ts';
import type { Row } from '#ports/journal.ts';
import type { TrackedIntent } from '#ports/outbox.ts';
import { decideDispute, isPastHelp, nextLook, outputLooks } from './decide.ts';
import { Files } from './files.ts';
import { DemandedOutputs } from './outputs.ts';
import { CHECK, DISPUTE, meaningOf, type VerifierParts } from './parts.ts';

/** Levels of demands of any program, at most; after them and one R more no earlier challenge can be open. */
const POT_RESPONSES = 17;
/** Seconds after which it is seen to that a move was made, or is made anew. */
const FOLLOW_SECONDS = 2;

/** Requests under dispute: every challenge of them, and every demand for their outputs, played to its end. */
export class Disputes {
  readonly #parts: VerifierParts;
  readonly #signal: AbortSignal;
  readonly #files: Files;
  readonly #outputs: DemandedOutputs;

  constructor(parts: VerifierParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#files = new Files(parts.models, signal);
    this.#outputs = new DemandedOutputs(parts, signal);
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
    const result = await findDisputed(this.#parts, row.id);
    if (!result) return this.gone(row.id);
    const { subject } = result;
    const looks: number[] = [];
    const pot = await this.#pot(subject, now);
    if (pot !== undefined) looks.push(pot);
    for (const challenge of subject.challenges.values())
      looks.push(...followed(await this.#withoutModel(challenge, subject, now), now));
    if (!isDecided(subject)) {
      const found = await this.#found(row, result, now);
      if (found === 'hopeless') return this.#over(subject);
      if (found) looks.push(...(await this.#moves(found, now)));
      else looks.push(now + FOLLOW_SECONDS);
    }
    if (looks.length === 0) return this.#over(subject);
    await journal.advance(DISPUTE, row.id, 'open', 'open', { dueAt: Math.min(...looks) });
  }

  /** undefined: the model's file is on its way. `hopeless`: it is not to be had, and what could have been done with it is past. */
  async #found(row: Row, result: DisputedResult, now: number): Promise<Disputed | 'hopeless' | undefined> {
    const past = !isOwn(row) && isPastHelp(result.subject, now);
    try {
      return (await this.#files.traced(result, Number.POSITIVE_INFINITY)) ?? (past ? 'hopeless' : undefined);
    } catch (error) {
      if (past && isProtocolError(error)) return 'hopeless';
      throw error;
    }
  }

  /** What can be done now, and when to look again. */
  async #moves(found: Disputed, now: number): Promise<readonly number[]> {
    const { subject } = found;
    const looks: number[] = [];
    for (const challenge of this.#ownFirst(subject)) {
      looks.push(...followed(await this.#challenge(challenge, found, now), now));
      const look = nextLook(challenge, now);
      if (look !== undefined) looks.push(look);
    }
    const demands = [...subject.outputDemands.values()].filter(({ state }) => state === 'open');
    if (demands.length > 0) looks.push(...followed(await this.#outputs.play(demands, found, now), now));
    for (const record of demands) looks.push(...outputLooks(record).filter((time) => time > now));
    return looks;
  }

  /** Open ones. Others may challenge the same result as often as they like. */
  #ownFirst({ challenges }: Subject): readonly Challenge[] {
    const isMine = ({ challenger }: Challenge) => challenger === this.#parts.mover.me;
    const all = [...challenges.values()].filter(({ state }) => state === 'open');
    return [...all.filter(isMine), ...all.filter((challenge) => !isMine(challenge))];
  }

  async #challenge(challenge: Challenge, found: Disputed, now: number): Promise<readonly TrackedIntent[]> {
    const { traces, mover, policy } = this.#parts;
    const { subject, version, traced } = found;
    if (traced === undefined || !(this.#isConcerned(challenge, subject) || policy.defend)) return [];
    const meaning = await meaningOf(this.#parts, version, traced, this.#signal);
    if (!meaning) return [];
    const shown = shownOf(challenge);
    const refuter = await traces.refute(traced, shown, this.#signal);
    const moves = decideDispute({ challenge, me: mover.me, refuter, helps: policy.defend }, now);
    for (const { kind } of moves) this.#told(challenge, kind);
    const answers = moves.filter((move) => move.kind === 'answer');
    const dataOf = (positions: readonly Position[]) => traces.answer(traced, shown, positions, this.#signal);
    const sent = [...(await mover.answer(subject, challenge, answers, dataOf))];
    for (const move of moves)
      if (move.kind !== 'answer') sent.push(await mover.move(subject, challenge, meaning, move));
    return sent;
  }

  /** What needs no computation: fees to take back, and the end of one's own challenge. */
  async #withoutModel(challenge: Challenge, subject: Subject, now: number): Promise<readonly TrackedIntent[]> {
    const { mover, policy } = this.#parts;
    const sent: TrackedIntent[] = [];
    for (const move of decideDispute({ challenge, me: mover.me, refuter: undefined, helps: policy.defend }, now)) {
      if (move.kind === 'answer') continue;
      sent.push(await mover.move(subject, challenge, undefined, move));
      this.#told(challenge, move.kind);
    }
    return sent;
  }

  #isConcerned({ challenger }: Challenge, { submission }: Subject): boolean {
    return challenger === this.#parts.mover.me || this.#parts.policy.spared.has(submission.node);
  }

  #told({ request: requestId, id: challenge }: Challenge, move: string): void {
    this.#parts.log.info('a move of a dispute', { requestId, challenge, move });
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
    return followed([await mover.claimPot(subject, best)], now)[0];
  }

  /** Others' disputes are looked at only by who defends others: it takes their models. */
  #concerns(subject: Subject): boolean {
    return this.#parts.policy.defend || this.#hasPart(subject);
  }

  /** Its result, its bond or its fee. */
  #hasPart({ submission, challenges, outputDemands }: Subject): boolean {
    const { mover, policy } = this.#parts;
    if (policy.spared.has(submission.node)) return true;
    const owners = [
      ...[...challenges.values()].map(({ challenger }) => challenger),
      ...[...challenges.values()].flatMap(({ demands }) => [...demands.values()].map(({ demand }) => demand.demander)),
      ...[...outputDemands.values()].map(({ demand }) => demand.demander),
    ];
    return owners.includes(mover.me);
  }

  /** What it has in the dispute: whether any part at all, whether it challenged, and what its bonds hold. */
  #stakeOf(subject: Subject): { readonly own: boolean; readonly posted: boolean; readonly bond: string } {
    const mine = [...subject.challenges.values()].filter(({ challenger }) => challenger === this.#parts.mover.me);
    const held = mine.filter(({ state }) => state === 'open').reduce((sum, { bond }) => sum + bond, 0n);
    return { own: this.#hasPart(subject), posted: mine.length > 0, bond: held.toString() };
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

/** Rows that do not say are looked at as one's own. */
export const isOwn = ({ facts }: Row): boolean => facts['own'] !== false;

/** When to see to what was sent, as long as it is not done. */
const followed = (sent: readonly TrackedIntent[], now: number): readonly number[] =>
  sent.flatMap(({ status, reason }) =>
    status === 'settled' || (status === 'mined' && reason === undefined) ? [] : [now + FOLLOW_SECONDS],
  );

/** Nothing is open, so nothing that is left to do needs a computation. */
const isDecided = ({ challenges, outputDemands }: Subject): boolean =>
  [...challenges.values(), ...outputDemands.values()].every(({ state }) => state !== 'open');
