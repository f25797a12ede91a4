// Disputes as they are played on the chain, each move beside its entry in the books: what the books refuse the chain has to refuse by the
// same name, and after every move everybody has what the books say.
import { expect } from 'chai';
import type { TransactionResponse } from 'ethers';
import { answerTo } from '#core/challenges/answer.ts';
import { type ChallengeKey, challengeId } from '#core/challenges/claim.ts';
import type { OutputDemand } from '#core/challenges/events.ts';
import { findFault } from '#core/challenges/evidence.ts';
import { type Challenge, type Demand, demandAt } from '#core/challenges/follow.ts';
import { demandsAbove, demandsTo } from '#core/challenges/path.ts';
import { isAbove, leafCount, orderOf, type Position, WHOLE_LEAVES } from '#core/challenges/position.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import type { RefuterMove } from '#core/challenges/refute.ts';
import type { StepProof } from '#core/challenges/stepProof.ts';
import type { Hex } from '#core/hex.ts';
import type { Tensor } from '#core/tensor.ts';
import { asArgument } from '../../../sdk/mutable.ts';
import { type Account, at } from './chain.ts';
import {
  BURNED,
  type ChallengeBook,
  type DemandBook,
  DisputeBooks,
  type OutputDemandBook,
  PURSE,
  type RequestBook,
} from './disputeBooks.ts';
import { type Dispute, type DisputeSystem, GAS_PRICE, PARAMETERS, wire, wireDemand } from './disputes.ts';
import { availableOf, BURN, holdingsOf, purse } from './money.ts';
import { answerOutput, demandOutput, lapseOutput, outputProof, placed, thawed } from './outputs.ts';
import { demandOf, positionsOf } from './positions.ts';
import { refused } from './refusals.ts';

export const PARTIES = ['requester', 'node', 'rival', 'other', 'attacker'] as const;
export type Party = (typeof PARTIES)[number];

export interface RequestPlay {
  readonly d: Dispute;
  readonly book: RequestBook;
  readonly positions: readonly Position[];
  readonly reference: ReferenceTrace;
  /** The reference has another output than the node. */
  readonly wrong: boolean;
}

export interface ChallengePlay {
  readonly on: RequestPlay;
  readonly book: ChallengeBook;
  /** As posted. */
  readonly posted: Challenge;
  readonly theirs: ReferenceTrace;
}

export interface OutputDemandPlay {
  readonly on: RequestPlay;
  readonly book: OutputDemandBook;
  readonly demand: OutputDemand;
}

type Outcome<T> = { readonly refused: string } | { readonly done: T };

export class DisputeTable {
  readonly s: DisputeSystem;
  readonly books: DisputeBooks;
  readonly requests: RequestPlay[] = [];
  readonly challenges: ChallengePlay[] = [];
  readonly outputDemands: OutputDemandPlay[] = [];
  /** How often each move was made, and refused for which reason. */
  readonly tally = new Map<string, number>();
  #lane = 1_000;

  private constructor(s: DisputeSystem, books: DisputeBooks) {
    this.s = s;
    this.books = books;
  }

  /** All requests that are about to be played are submitted already. */
  static async of(s: DisputeSystem, disputes: readonly Dispute[]): Promise<DisputeTable> {
    const { windowSeconds: window, responseSeconds: response, psiBps, rhoBps } = PARAMETERS;
    const rules = { window, response, psiBps, rhoBps, gasPrice: GAS_PRICE };
    const table = new DisputeTable(s, new DisputeBooks(rules, await wealthOf(s)));
    for (const [i, d] of disputes.entries()) {
      const { terms, described } = d.story;
      const book: RequestBook = {
        name: `request ${i}`,
        terms,
        requester: 'requester',
        node: 'node',
        hidden: (terms.flags & 2) !== 0,
        challengeEnd: described.challengeEnd,
        end: described.end,
        newEnd: described.end,
        open: 0,
        ranks: 0,
        state: 'going on',
      };
      const positions = positionsOf(d.published.program);
      const reference = d.trace();
      const [submitted] = d.submitted as readonly [readonly Tensor[]];
      const wrong = findFault(0, submitted, reference.outputs, d.published.standard) !== undefined;
      table.requests.push({ d, book, positions, reference, wrong });
    }
    return table;
  }

  async challenge(now: number, by: Party, on: RequestPlay, theirs: ReferenceTrace): Promise<ChallengePlay | undefined> {
    const { d } = on;
    const { claim, meaning, children, evidence } = d.posting(this.s[by], theirs);
    const bond = this.books.bond(meaning.program);
    const lane = this.#lane++;
    const call = () => this.s.game.connect(this.s[by]).challenge(claim, meaning, children, evidence, lane);
    const again = this.challenges.some((c) => c.on === on && c.book.by === by && c.posted.trace === claim.trace);
    const book = await this.#play(d, 'challenge', now, this.books.challenge(now, by, on.book, bond, again), call);
    if (book === undefined) return undefined;
    const play = { on, book, posted: d.now({ id: challengeId(d.key(claim)) }), theirs };
    this.challenges.push(play);
    return play;
  }

  /** @param move what a party that does not know the challenger's trace has found out */
  async demand(
    now: number,
    by: Party,
    c: ChallengePlay,
    position: Position,
    move?: RefuterMove & { kind: 'demand' },
  ): Promise<DemandBook | undefined> {
    const { d } = c.on;
    const { proof } = move ?? demandOf(c.theirs, this.#salt(c), position);
    const lane = this.#lane++;
    const call = () =>
      this.s.game
        .connect(this.s[by])
        .demand(d.claimOf(c.posted), d.published.meaning, wire(position), asArgument(proof), lane);
    const priced = { depth: this.depthOf(c.on, position), answer: answerKind(c.on, position) } as const;
    const outcome = this.books.demand(now, by, c.book, position, priced);
    return this.#play(d, 'demand', now, outcome, call);
  }

  async answer(now: number, by: Party, c: ChallengePlay, demand: DemandBook, data?: Hex, right = true): Promise<void> {
    const { d } = c.on;
    const told = data ?? answerTo(c.theirs, this.#salt(c), demand.position);
    const call = () => this.s.game.connect(this.s[by]).answer(this.#key(c), wireDemand(this.#told(c, demand)), told);
    const outcome = this.books.answer(now, by, c.book, demand, right);
    await this.#play(d, 'answer', now, outcome, call);
  }

  /** @param proves whether the opened element is inconsistent */
  async prove(
    now: number,
    by: Party,
    c: ChallengePlay,
    proof: StepProof,
    leaf: number,
    proves: boolean,
  ): Promise<void> {
    const { d } = c.on;
    const onPath = demandsTo(d.now(c.posted), proof.operator, leaf).map(wireDemand);
    const call = () =>
      this.s.game.connect(this.s[by]).prove(d.claimOf(c.posted), d.published.meaning, asArgument(proof), onPath);
    const above = c.book.demands.filter(({ position }) => isAbove(position, proof.operator, leaf));
    const outcome = this.books.prove(now, by, c.book, proves, above);
    await this.#play(d, 'prove', now, outcome, call);
  }

  async lapse(now: number, by: Account, c: ChallengePlay, demand: DemandBook): Promise<void> {
    const { d } = c.on;
    const told = this.#told(c, demand);
    const onPath = demandsAbove(d.now(c.posted), demand.position).map(wireDemand);
    const call = () => this.s.game.connect(by).lapse(d.claimOf(c.posted), wireDemand(told), onPath);
    const above = c.book.demands.filter((one) => isOver(one.position, demand.position));
    await this.#play(d, 'lapse', now, this.books.lapse(now, c.book, demand, above), call);
  }

  async uphold(now: number, by: Account, c: ChallengePlay): Promise<void> {
    const { d } = c.on;
    const call = () => this.s.game.connect(by).uphold(d.claimOf(c.posted));
    await this.#play(d, 'uphold', now, this.books.uphold(now, c.book), call);
  }

  async claimPot(now: number, by: Account, on: RequestPlay): Promise<void> {
    const any = this.challenges.find((c) => c.on === on);
    if (any === undefined) return;
    const call = () => this.s.game.connect(by).claimPot(on.d.claimOf(any.posted));
    await this.#play(on.d, 'claimPot', now, this.books.claimPot(now, on.book), call);
  }

  async reclaim(now: number, by: Account, c: ChallengePlay, demand: DemandBook): Promise<void> {
    const call = () => this.s.game.connect(by).reclaim(this.#key(c), wireDemand(this.#told(c, demand)));
    await this.#play(c.on.d, 'reclaim', now, this.books.reclaim(c.book, demand), call);
  }

  async finalise(now: number, by: Account, on: RequestPlay): Promise<void> {
    await this.#play(on.d, 'finalise', now, this.books.finalise(now, on.book), () =>
      on.d.story.attempt.finalise({ by }),
    );
  }

  /** Where the same leaf was demanded before, nothing happens here: the books know no place. */
  async demandOutput(now: number, by: Party, on: RequestPlay, output: number): Promise<OutputDemandPlay | undefined> {
    if (this.outputDemands.some((one) => one.on === on && one.demand.position.output === output)) return undefined;
    let demand: OutputDemand | undefined;
    const lane = this.#lane++;
    const outcome = this.books.demandOutput(now, by, on.book);
    const book = await this.#play(on.d, 'demandOutput', now, outcome, async () => {
      demand = await demandOutput(on.d, this.s[by], placed(output), lane);
    });
    if (book === undefined || demand === undefined) return undefined;
    const play = { on, book, demand };
    this.outputDemands.push(play);
    return play;
  }

  async answerOutput(now: number, by: Party, { on, book, demand }: OutputDemandPlay, right = true): Promise<void> {
    const proof = outputProof(on.d, right ? demand.position : placed(1 - demand.position.output));
    const outcome = this.books.answerOutput(now, by, book, right);
    await this.#play(on.d, 'answerOutput', now, outcome, () => answerOutput(on.d, this.s[by], demand, proof));
  }

  async lapseOutput(now: number, by: Account, { on, book, demand }: OutputDemandPlay): Promise<void> {
    const outcome = this.books.lapseOutput(now, book);
    await this.#play(on.d, 'lapseOutput', now, outcome, () => lapseOutput(on.d, by, demand));
  }

  /** Obligations in a row from T down to the position, itself counted. */
  depthOf(on: RequestPlay, position: Position): number {
    return on.positions.filter((one) => isOver(one, position)).length + 1;
  }

  /** Nothing is open, everything is paid. */
  get isOver(): boolean {
    const open = this.challenges.some(({ book }) => book.state === 'open' || (book.state === 'fallen' && isOwed(book)));
    const asked = this.outputDemands.some(({ book }) => book.open);
    return !open && !asked && this.requests.every(({ book }) => book.state !== 'going on' && book.pot === undefined);
  }

  /** The first second from `now` on in which something can be called that could not be before. */
  nextBound(now: number): number {
    const { window, response } = this.books.rules;
    const bounds = [
      ...this.requests.flatMap(({ book }) => [
        book.end,
        ...(book.pot ? [(book.best?.postedAt ?? 0) + window + 17 * response] : []),
      ]),
      ...this.challenges.flatMap(({ book }) =>
        book.state === 'open' ? [book.end, ...book.demands.map(({ due }) => due)] : [],
      ),
      ...this.outputDemands.flatMap(({ book }) => (book.open ? [book.due] : [])),
    ];
    const ahead = bounds.filter((bound) => bound >= now);
    return ahead.length > 0 ? Math.min(...ahead) : now;
  }

  /** Everybody has what the books say, and the game nothing but pots that wait. */
  async check(): Promise<void> {
    expect(await wealthOf(this.s)).to.deep.equal(this.books.wealth);
    const pots = this.requests.reduce((sum, { book }) => sum + (book.pot ?? 0n), 0n);
    expect(await availableOf(this.s, await this.s.game.getAddress()), 'pots that wait').to.equal(pots);
  }

  #salt({ posted, on }: ChallengePlay) {
    return { request: on.d.story.id, item: posted.item, challenger: posted.challenger };
  }

  #key({ on, posted }: ChallengePlay): ChallengeKey {
    return on.d.key(posted);
  }

  #told({ on, posted }: ChallengePlay, { position }: DemandBook): Demand {
    const found = demandAt(on.d.now(posted), position);
    if (found === undefined) throw new Error('the chain knows no such demand');
    return found.demand;
  }

  /** @param call sends a move of the game, or does all of another one */
  async #play<T>(
    d: Dispute,
    what: string,
    now: number,
    outcome: Outcome<T>,
    call: () => Promise<TransactionResponse> | Promise<void>,
  ): Promise<T | undefined> {
    await at(now);
    const told = 'refused' in outcome ? `${what}: ${outcome.refused}` : what;
    this.tally.set(told, (this.tally.get(told) ?? 0) + 1);
    if ('refused' in outcome) {
      await refused(this.#thrower(outcome.refused), outcome.refused, call);
      return undefined;
    }
    const sent = await call();
    if (sent) thawed(d, (await d.move(what, Promise.resolve(sent))).logs);
    await this.check();
    return outcome.done;
  }

  #thrower(error: string) {
    const { game, traces, requests } = this.s;
    return { Game: game, Traces: traces, Requests: requests }[error.split('_')[0] as 'Game'] ?? game;
  }
}

const isOwed = ({ demands }: ChallengeBook) => demands.some(({ state }) => state === 'open');

/** Strictly above: on the same way, nearer to T. */
function isOver(one: Position, position: Position): boolean {
  const [operator, leaf] =
    position.kind === 'list'
      ? [position.index * 2 ** position.level, 0]
      : [position.operator, position.index * 2 ** position.level];
  return isAbove(one, operator, leaf) && orderOf(one) < orderOf(position);
}

function answerKind({ d }: RequestPlay, { kind, operator }: Position): 'leaf' | 'children' | 'whole' {
  if (kind === 'leaf') return 'leaf';
  const shape = d.published.program.operators[operator]?.shape ?? [];
  return kind === 'operator' && leafCount(shape) <= WHOLE_LEAVES ? 'whole' : 'children';
}

/** What everybody has in Escrow. */
async function wealthOf(s: DisputeSystem): Promise<Map<string, bigint>> {
  const accounts = [
    ...PARTIES.map((name) => [name, s[name].address] as const),
    [BURNED, BURN],
    [PURSE, purse(s)],
  ] as const;
  const holdings = await holdingsOf(
    s,
    accounts.map(([, account]) => account),
  );
  return new Map(
    holdings.map(({ available, stake, unbonding }, i) => [accounts[i]?.[0] as string, available + stake + unbonding]),
  );
}
