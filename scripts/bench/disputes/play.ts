/** One dispute, move by move, on the measured chain: both sides play as the verifier role does (workers/verifier), from their own traces. */
import { challengeId } from '#core/challenges/claim.ts';
import { type Challenge, type Challenges, type Demand, follow, openDemands } from '#core/challenges/follow.ts';
import { demandsAbove, demandsTo } from '#core/challenges/path.ts';
import { leafCount, type Position, packPosition, WHOLE_LEAVES } from '#core/challenges/position.ts';
import type { RefuterMove } from '#core/challenges/refute.ts';
import { isGameEvent } from '#core/protocol/events.ts';
import type { Operator } from '#core/semantics/program.ts';
import type { Hex } from '#ports/chain.ts';
import { shownOf } from '#ports/disputes.ts';
import type { Accusation, ShownChallenge } from '#ports/traces.ts';
import type { Account } from '../../../sdk/index.ts';
import { type TraceTask, TraceTasks } from '../../../workers/adapters/reference/traceTasks.ts';
import { lieAt, type Place } from '../../../workers/liar/lie.ts';
import { type Contest, send } from './contest.ts';
import type { DisputeSystem } from './system.ts';

export interface Move {
  readonly name: string;
  readonly by: 'challenger' | 'node' | 'helper';
  readonly gas: number;
  /** Bytes of calldata. */
  readonly bytes: number;
}

/** Who challenges, demands and proves in what follows, and out of which trace. */
export type Believer = TraceTasks;
export const honest = (): Believer => new TraceTasks();
export const liar = ({ publication }: Contest, place: Place): Believer =>
  new TraceTasks({ after: lieAt(publication.program, place) });

type Found<M extends RefuterMove['kind']> = RefuterMove & { readonly kind: M };

export class Play {
  readonly moves: Move[] = [];
  readonly #s: DisputeSystem;
  readonly #contest: Contest;
  #challenges: Challenges = new Map();

  constructor(s: DisputeSystem, contest: Contest) {
    this.#s = s;
    this.#contest = contest;
  }

  /** Posts one from a trace in which the result is wrong. */
  async challenge(from: Believer, lane = 0): Promise<Challenge> {
    const { challenger } = this.#s.parties;
    const { traced, output, publication, terms, submission } = this.#contest;
    const { standard, meaning } = publication;
    const task = { kind: 'accuse', traced, output, standard, challenger: challenger.address } as const;
    const accusation = this.#perform(from, task) as Accusation | undefined;
    if (accusation === undefined) throw new Error(`Nothing is wrong with the result of ${publication.name}.`);
    const claim = { terms, submission, challenger: challenger.address, trace: accusation.trace };
    await this.#send('challenge', challenger, this.#s.gameCalls.challenge(claim, meaning, accusation, lane));
    const { node, outputHash } = submission;
    const key = { request: traced.request, node, outputHash, challenger: challenger.address, trace: claim.trace };
    return this.now({ id: challengeId(key) });
  }

  /** As the chain has it. */
  now({ id }: Pick<Challenge, 'id'>): Challenge {
    const found = this.#challenges.get(id);
    if (found === undefined) throw new Error(`There is no challenge ${id}.`);
    return found;
  }

  /** What a party that holds another trace does next. */
  next(challenge: Challenge, mine: Believer, shown: ShownChallenge = shownOf(this.now(challenge))): RefuterMove {
    return this.#perform(mine, { kind: 'refute', traced: this.#contest.traced, shown }) as RefuterMove;
  }

  /** The proof of a party that reads the whole other trace somewhere else, and so need not demand anything. */
  foresee(challenge: Challenge, mine: Believer, theirs: Believer): Found<'prove'> {
    const shown = shownOf(this.now(challenge));
    const demands: [bigint, Uint8Array][] = [];
    for (;;) {
      const move = this.next(challenge, mine, { ...shown, demands });
      if (move.kind === 'prove') return move;
      if (move.kind !== 'demand') throw new Error(`A party that knows everything has to ${move.kind}.`);
      const data = this.#answerTo(theirs, shown, move.position);
      demands.push([packPosition(move.position), Uint8Array.from(Buffer.from(data.slice(2), 'hex'))]);
    }
  }

  async demand(
    by: Account,
    challenge: Challenge,
    { position, proof }: Found<'demand'>,
    lane = this.now(challenge).demands.size,
  ): Promise<Demand> {
    const call = this.#s.gameCalls.demand(this.#claimOf(challenge), this.#meaning, position, proof, lane);
    await this.#send(`demand: ${placeOf(position)}`, by, call);
    const made = this.now(challenge).demands.get(packPosition(position));
    if (made === undefined) throw new Error('The demand was not made.');
    return made.demand;
  }

  async answer(challenge: Challenge, theirs: Believer, demand: Demand): Promise<void> {
    const data = this.#answerTo(theirs, shownOf(this.now(challenge)), demand.position);
    const call = this.#s.gameCalls.answer(this.#keyOf(challenge), demand, data);
    await this.#send(`answer: ${this.#contentsOf(demand)}`, this.#s.parties.challenger, call);
  }

  async prove(challenge: Challenge, { proof, leaf }: Found<'prove'>): Promise<void> {
    const { kind } = this.#operator(proof.operator);
    const onPath = demandsTo(this.now(challenge), proof.operator, leaf);
    const call = this.#s.gameCalls.prove(this.#claimOf(challenge), this.#meaning, proof, onPath);
    await this.#send(`prove: ${kind}`, this.#s.parties.node, call);
  }

  /** Of the oldest open demand. */
  async lapse(challenge: Challenge) {
    const now = this.now(challenge);
    const [oldest] = openDemands(now);
    if (oldest === undefined) throw new Error('No demand is open.');
    await this.#after(oldest.demand.due);
    const onPath = demandsAbove(now, oldest.demand.position);
    const call = this.#s.gameCalls.lapse(this.#claimOf(now), oldest.demand, onPath);
    return await this.#send('lapse', this.#s.parties.node, call);
  }

  async reclaim(by: Account, challenge: Challenge): Promise<void> {
    const [open] = openDemands({ ...this.now(challenge), state: 'open' });
    if (open === undefined) throw new Error('No demand is open.');
    await this.#send('reclaim', by, this.#s.gameCalls.reclaim(this.#keyOf(challenge), open.demand));
  }

  async uphold(challenge: Challenge): Promise<void> {
    await this.#after(this.now(challenge).end);
    await this.#send('uphold', this.#s.parties.challenger, this.#s.gameCalls.uphold(this.#claimOf(challenge)));
  }

  async claimPot(challenge: Challenge, first: number): Promise<void> {
    await this.#after(first);
    await this.#send('claimPot', this.#s.parties.challenger, this.#s.gameCalls.claimPot(this.#claimOf(challenge)));
  }

  /** Any other call, in the same account of gas. */
  async other(name: string, by: Account, to: string, data: string) {
    return await this.#send(name, by, data as Hex, to);
  }

  async #send(name: string, by: Account, data: Hex, to: string = this.#s.gameCalls.to) {
    const { receipt, events } = await send(by, to, data);
    for (const event of events) if (isGameEvent(event)) this.#challenges = follow(this.#challenges, event);
    this.moves.push({ name, by: this.#roleOf(by), gas: Number(receipt.gasUsed), bytes: (data.length - 2) / 2 });
    return events;
  }

  #perform(by: Believer, task: TraceTask) {
    return by.perform(this.#contest.publication.compiled, task);
  }

  #answerTo = (theirs: Believer, shown: ShownChallenge, position: Position) =>
    (
      this.#perform(theirs, { kind: 'answer', traced: this.#contest.traced, shown, positions: [position] }) as Hex[]
    )[0] as Hex;

  get #meaning() {
    return this.#contest.publication.meaning;
  }

  #claimOf({ challenger, trace }: Challenge) {
    const { terms, submission } = this.#contest;
    return { terms, submission, challenger, trace };
  }

  #keyOf({ challenger, trace, request }: Challenge) {
    const { node, outputHash } = this.#contest.submission;
    return { request, node, outputHash, challenger, trace };
  }

  #operator(k: number): Operator {
    return this.#contest.publication.program.operators[k] as Operator;
  }

  #contentsOf({ position: { kind, operator } }: Demand): string {
    if (kind === 'leaf') return 'a leaf';
    const whole = kind === 'operator' && leafCount(this.#operator(operator).shape) <= WHOLE_LEAVES;
    return whole ? 'a tensor of at most 16 leaves' : 'at most 64 hashes';
  }

  #roleOf({ address }: Account): Move['by'] {
    const { challenger, node } = this.#s.parties;
    return address === challenger.address ? 'challenger' : address === node.address ? 'node' : 'helper';
  }

  /** The next block is after that Unix second. */
  async #after(second: number): Promise<void> {
    if ((await this.#s.time.latest()) < second) await this.#s.time.increaseTo(second);
  }
}

const NAMES: Readonly<Record<Position['kind'], string>> = {
  list: 'a list of operators',
  operator: 'an operator',
  tree: 'a part of a tensor',
  leaf: 'a leaf',
};
const placeOf = ({ kind }: Position) => NAMES[kind];
