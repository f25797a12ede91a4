// The one party that a dispute needs: it holds the reference, sees what is on the chain, and makes each move that is owed before it is too late.
import type { Account } from './chain.ts';
import type { DemandBook } from './disputeBooks.ts';
import type { ChallengePlay, DisputeTable, Party, RequestPlay } from './disputeTable.ts';

/** Seconds that its moves may take one after the other: each needs a block of its own. */
const SLACK = 60;

export class HonestMover {
  readonly #table: DisputeTable;
  readonly #by: Party;
  readonly #clock: () => Promise<number>;

  /** @param clock the next second in which a move can be made */
  constructor(table: DisputeTable, by: Party, clock: () => Promise<number>) {
    this.#table = table;
    this.#by = by;
    this.#clock = clock;
  }

  get #account(): Account {
    return this.#table.s[this.#by];
  }

  /** Makes all moves that are due until shortly after `second`. */
  async until(second: number): Promise<void> {
    for (const on of this.#table.requests) await this.#watch(on, second + SLACK);
    for (const c of this.#table.challenges) await this.#play(c, second + SLACK);
    for (const demand of this.#table.outputDemands) {
      const owed = demand.book.open && demand.book.due <= second + SLACK && !demand.on.wrong;
      if (owed) await this.#table.answerOutput(await this.#clock(), this.#by, demand);
    }
  }

  /** What is wrong is challenged, whoever else has done so. */
  async #watch(on: RequestPlay, second: number): Promise<void> {
    const { book, reference } = on;
    const mine = this.#table.challenges.some((c) => c.on === on && c.book.by === this.#by);
    if (mine || book.state !== 'going on' || book.challengeEnd > second || !on.wrong) return;
    await this.#table.challenge(await this.#clock(), this.#by, on, reference);
  }

  async #play(c: ChallengePlay, second: number): Promise<void> {
    const { d, reference } = c.on;
    while (c.book.state === 'open') {
      const move = d.next(c.posted, reference);
      if (move.kind === 'true') return this.#defend(c, second);
      if (move.kind === 'wait') return;
      const { window, response } = this.#table.books.rules;
      const depth = move.kind === 'demand' ? this.#table.depthOf(c.on, move.position) : 1;
      const level = move.kind === 'demand' ? c.book.postedAt + window + 2 * (depth - 1) * response : c.book.end;
      if (Math.min(c.book.end, level) > second) return;
      const now = await this.#clock();
      if (move.kind === 'prove') await this.#table.prove(now, this.#by, c, move.proof, move.leaf, true);
      else await this.#table.demand(now, this.#by, c, move.position, move);
    }
  }

  /** Answers for a true challenge, whoever posted it. */
  async #defend(c: ChallengePlay, second: number): Promise<void> {
    for (const demand of c.book.demands.filter(({ state, due }) => state === 'open' && due <= second))
      await this.#table.answer(await this.#clock(), this.#by, c, demand);
  }

  /** Ends whatever only needs a call: lapses, verdicts, payments. */
  async collect(): Promise<void> {
    const table = this.#table;
    const now = this.#clock;
    for (const demand of table.outputDemands)
      if (demand.book.open && (await now()) > demand.book.due)
        await table.lapseOutput(await now(), this.#account, demand);
    for (const c of table.challenges) {
      for (const demand of this.#late(c, await now())) {
        if (c.book.state === 'open') await table.lapse(await now(), this.#account, c, demand);
        if (c.book.state === 'fallen' && demand.state === 'open')
          await table.reclaim(await now(), this.#account, c, demand);
      }
      if (c.book.state === 'open' && (await now()) > c.book.end) await table.uphold(await now(), this.#account, c);
      if (c.book.state !== 'fallen') continue;
      for (const demand of c.book.demands)
        if (demand.state === 'open') await table.reclaim(await now(), this.#account, c, demand);
    }
    for (const on of table.requests) {
      const { state, open, end, pot, best } = on.book;
      if (state === 'going on' && open === 0 && (await now()) > end)
        await table.finalise(await now(), this.#account, on);
      const { window, response } = table.books.rules;
      const from = best && best.postedAt + window + 17 * response + 1;
      if (pot !== undefined && from !== undefined && (await now()) >= from)
        await table.claimPot(await now(), this.#account, on);
    }
  }

  #late({ book }: ChallengePlay, now: number): DemandBook[] {
    return book.demands.filter(({ state, due }) => state === 'open' && due < now);
  }
}
