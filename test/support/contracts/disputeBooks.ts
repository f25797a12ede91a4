// The states and the money of disputes, written a second time from docs/spec/challenge-game.md: what every move does, or by which name it is
// refused, and what everybody has afterwards, to the wei. It never looks at the chain.
import { type Position, packPosition } from '#core/challenges/position.ts';
import { feeSplit, slashSplit } from '#core/protocol/split.ts';
import type { Terms } from '#core/protocol/terms.ts';

/** What a set's parameters say of disputes. */
interface Rules {
  readonly window: number;
  readonly response: number;
  readonly psiBps: number;
  readonly rhoBps: number;
  /** Wei of OPG per gas. */
  readonly gasPrice: bigint;
}

/** Gas of section 8, in its units: what an answer, a demand and a proof are priced at. */
const PRICED = { leaf: 130_000n, children: 200_000n, whole: 500_000n, demand: 240_000n, prove: 300_000n };
const UNIT = 10n ** 15n;
/** The parties that are no account of the test's. */
export const BURNED = 'burned';
export const PURSE = 'purse';

export interface RequestBook {
  readonly name: string;
  readonly terms: Terms;
  readonly requester: string;
  readonly node: string;
  /** Its output is a hash. */
  readonly hidden: boolean;
  readonly challengeEnd: number;
  /** As it was submitted or given back last. */
  end: number;
  /** What it will be given back with. */
  newEnd: number;
  open: number;
  ranks: number;
  state: 'going on' | 'final' | 'faulty';
  best?: ChallengeBook;
  pot?: bigint;
}

export interface ChallengeBook {
  readonly request: RequestBook;
  readonly by: string;
  readonly postedAt: number;
  readonly rank: number;
  readonly bond: bigint;
  end: number;
  state: 'open' | 'upheld' | 'fallen';
  readonly demands: DemandBook[];
}

export interface DemandBook {
  readonly position: Position;
  readonly by: string;
  readonly fee: bigint;
  readonly due: number;
  state: 'open' | 'answered' | 'over';
}

export interface OutputDemandBook {
  readonly request: RequestBook;
  readonly by: string;
  readonly fee: bigint;
  readonly due: number;
  open: boolean;
}

type Outcome<T> = { readonly refused: string } | { readonly done: T };
const refused = (name: string) => ({ refused: name });

export class DisputeBooks {
  readonly rules: Rules;
  /** Available, staked and unbonding wei, by party. */
  readonly wealth: Map<string, bigint>;

  constructor(rules: Rules, wealth: ReadonlyMap<string, bigint>) {
    this.rules = rules;
    this.wealth = new Map(wealth);
  }

  /** Bc: twice the pool, rounded up. */
  bond({ levels, largestStep }: { readonly levels: bigint; readonly largestStep: bigint }): bigint {
    const pool = 2n * levels * this.#price(PRICED.whole);
    const work = this.#price(levels * PRICED.demand + PRICED.prove + largestStep);
    const bond = 2n * (pool + work);
    return bond % UNIT === 0n ? bond : bond - (bond % UNIT) + UNIT;
  }

  /** @param again whether the same party has posted the same trace before */
  challenge(now: number, by: string, r: RequestBook, bond: bigint, again: boolean): Outcome<ChallengeBook> {
    if (again) return refused('Game_AlreadyPosted');
    const closed = this.#closed(now, r);
    if (closed) return refused(closed);
    this.#pay(by, -bond);
    r.open++;
    const end = now + this.rules.window;
    return { done: { request: r, by, postedAt: now, rank: r.ranks++, bond, end, state: 'open', demands: [] } };
  }

  /** @param depth obligations in a row down to this position, this one counted */
  demand(
    now: number,
    by: string,
    c: ChallengeBook,
    position: Position,
    { depth, answer }: { readonly depth: number; readonly answer: 'leaf' | 'children' | 'whole' },
  ): Outcome<DemandBook> {
    const { window, response } = this.rules;
    if (c.state !== 'open') return refused('Game_NotOpen');
    const same = packPosition(position);
    if (c.demands.some((one) => packPosition(one.position) === same)) return refused('Game_AlreadyDemanded');
    if (now > Math.min(c.end, c.postedAt + window + 2 * (depth - 1) * response)) return refused('Game_TooLate');
    const fee = this.#price(PRICED[answer]);
    this.#pay(by, -fee);
    const demand: DemandBook = { position, by, fee, due: now + response, state: 'open' };
    c.demands.push(demand);
    c.end = Math.max(c.end, demand.due + response);
    return { done: demand };
  }

  /** @param right whether the data is what the demanded node stands for */
  answer(now: number, by: string, c: ChallengeBook, demand: DemandBook, right: boolean): Outcome<string> {
    if (c.state !== 'open') return refused('Game_NotOpen');
    if (demand.state !== 'open') return refused('Game_NoSuchDemand');
    if (now > demand.due) return refused('Game_TooLate');
    if (!right) return refused('Traces_WrongAnswer');
    demand.state = 'answered';
    const paid = this.#isLate(now, demand.due) ? by : c.by;
    this.#pay(paid, demand.fee);
    return { done: paid };
  }

  /** @param above all demands on the way to the element */
  prove(now: number, by: string, c: ChallengeBook, proves: boolean, above: readonly DemandBook[]): Outcome<true> {
    if (c.state !== 'open') return refused('Game_NotOpen');
    if (now > c.end) return refused('Game_TooLate');
    if (!proves) return refused('Game_Consistent');
    this.#fall(c, by, above);
    return { done: true };
  }

  lapse(now: number, c: ChallengeBook, demand: DemandBook, above: readonly DemandBook[]): Outcome<true> {
    if (c.state !== 'open') return refused('Game_NotOpen');
    if (demand.state !== 'open') return refused('Game_NoSuchDemand');
    if (now <= demand.due) return refused('Game_TooEarly');
    demand.state = 'over';
    this.#pay(demand.by, demand.fee);
    this.#fall(c, demand.by, above);
    return { done: true };
  }

  uphold(now: number, c: ChallengeBook): Outcome<true> {
    const r = c.request;
    if (c.state !== 'open') return refused('Game_NotOpen');
    if (now <= c.end) return refused('Game_TooEarly');
    if (c.demands.some(({ state }) => state === 'open')) return refused('Game_DemandsOpen');
    c.state = 'upheld';
    r.open--;
    this.#pay(c.by, c.bond);
    if (r.state === 'going on') r.pot = this.#condemn(r);
    if (r.best === undefined || c.rank < r.best.rank) r.best = c;
    return { done: true };
  }

  claimPot(now: number, r: RequestBook): Outcome<ChallengeBook> {
    const { best, pot } = r;
    if (best === undefined || pot === undefined) return refused('Game_NothingToClaim');
    if (now <= best.postedAt + this.rules.window + 17 * this.rules.response) return refused('Game_TooEarly');
    delete r.pot;
    this.#pay(best.by, pot);
    return { done: best };
  }

  reclaim(c: ChallengeBook, demand: DemandBook): Outcome<true> {
    if (c.state !== 'fallen') return refused('Game_NotOpen');
    if (demand.state !== 'open') return refused('Game_NoSuchDemand');
    demand.state = 'over';
    this.#pay(demand.by, demand.fee);
    return { done: true };
  }

  finalise(now: number, r: RequestBook): Outcome<true> {
    if (now <= r.end) return refused('Requests_TooEarly');
    if (r.state !== 'going on' || r.open > 0) return refused('Requests_NotCurrent');
    r.state = 'final';
    const { toNode, royalty, protocol } = feeSplit(r.terms, false);
    this.#pay(r.node, toNode + r.terms.slice);
    this.#pay(PURSE, royalty + protocol);
    return { done: true };
  }

  demandOutput(now: number, by: string, r: RequestBook): Outcome<OutputDemandBook> {
    if (!r.hidden) return refused('Game_NoSuchOutput');
    if (now > r.challengeEnd) return refused('Game_TooLate');
    const closed = this.#closed(now, r);
    if (closed) return refused(closed);
    const fee = this.#price(PRICED.leaf);
    this.#pay(by, -fee);
    r.open++;
    const due = now + this.rules.response;
    r.newEnd = Math.max(r.newEnd, due + this.rules.response);
    return { done: { request: r, by, fee, due, open: true } };
  }

  answerOutput(now: number, by: string, demand: OutputDemandBook, right: boolean): Outcome<string> {
    if (!demand.open) return refused('Game_NoSuchDemand');
    if (now > demand.due) return refused('Game_TooLate');
    if (!right) return refused('Traces_WrongOutput');
    demand.open = false;
    this.#close(demand.request);
    const paid = this.#isLate(now, demand.due) ? by : demand.request.node;
    this.#pay(paid, demand.fee);
    return { done: paid };
  }

  lapseOutput(now: number, demand: OutputDemandBook): Outcome<true> {
    const r = demand.request;
    if (!demand.open) return refused('Game_NoSuchDemand');
    if (now <= demand.due) return refused('Game_TooEarly');
    demand.open = false;
    r.open--;
    this.#pay(demand.by, demand.fee);
    if (r.state === 'going on') this.#pay(demand.by, this.#condemn(r));
    return { done: true };
  }

  #price(gas: bigint): bigint {
    return (gas * this.rules.gasPrice * 3n) / 2n;
  }

  #isLate(now: number, due: number): boolean {
    return now > due - Math.floor(this.rules.response / 2);
  }

  #pay(party: string, amount: bigint): void {
    this.wealth.set(party, (this.wealth.get(party) ?? 0n) + amount);
  }

  /** Why nothing more can be opened about the request. */
  #closed(now: number, r: RequestBook): string | undefined {
    if (r.state === 'faulty') return 'Game_NotCurrent';
    if (r.open > 0) return now > r.newEnd ? 'Game_TooLate' : undefined;
    if (now > r.end) return 'Requests_TooLate';
    return r.state === 'final' ? 'Requests_NotCurrent' : undefined;
  }

  /** The request goes on if this was the last that was open. */
  #close(r: RequestBook): void {
    r.open--;
    if (r.open === 0 && r.state === 'going on') r.end = r.newEnd;
  }

  /** Half: twice the fee to each whose answered demand led there, the rest to `by`; a quarter to the node; the rest is burned. */
  #fall(c: ChallengeBook, by: string, above: readonly DemandBook[]): void {
    c.state = 'fallen';
    this.#close(c.request);
    let pool = c.bond / 2n;
    for (const demand of above) {
      if (demand.state !== 'answered') continue;
      pool -= 2n * demand.fee;
      this.#pay(demand.by, 2n * demand.fee);
    }
    this.#pay(by, pool);
    this.#pay(c.request.node, c.bond / 4n);
    this.#pay(BURNED, c.bond - c.bond / 2n - c.bond / 4n);
  }

  /** The slice is divided, the fee returns. The challenger's part waits or goes to whoever demanded. */
  #condemn(r: RequestBook): bigint {
    r.state = 'faulty';
    const { toRequester, toPot, burned } = slashSplit(r.terms, this.rules);
    this.#pay(r.requester, r.terms.fee + toRequester);
    this.#pay(BURNED, burned);
    return toPot;
  }
}
