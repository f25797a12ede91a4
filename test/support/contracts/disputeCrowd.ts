// Any number of parties that do whatever a seed says to open disputes, at whatever second: true challenges and false ones, demands for
// nothing, answers that are right, wrong or late, proofs that hold and proofs that do not, calls before their time.
import { answerTo } from '#core/challenges/answer.ts';
import type { ReferenceTrace } from '#core/challenges/reference.ts';
import type { Hex } from '#core/hex.ts';
import type { OpenTensor } from '#core/semantics/opening.ts';
import type { Seeded } from '../seeded.ts';
import type { ChallengePlay, DisputeTable, Party, RequestPlay } from './disputeTable.ts';
import { Forgery, garbage } from './forgeries.ts';
import { openingOf } from './proofs.ts';
import { alteredData } from './trials.ts';

interface Altered {
  readonly k: number;
  readonly e: number;
}

/** What is wrong with a trace that the crowd posted. */
interface Lie {
  readonly trace: ReferenceTrace;
  readonly altered: readonly Altered[];
  /** An operator whose slot stands for nothing. */
  readonly garbled?: number;
}

type Act = (now: number, by: Party) => Promise<unknown>;

export class DisputeCrowd {
  readonly #table: DisputeTable;
  readonly #parties: readonly Party[];
  readonly #random: Seeded;
  readonly #lies = new Map<ReferenceTrace, Lie>();

  constructor(table: DisputeTable, parties: readonly Party[], random: Seeded) {
    this.#table = table;
    this.#parties = parties;
    this.#random = random;
  }

  /** The second of the next move, from the first one that is possible: soon, or beside a bound. */
  nextSecond(first: number): number {
    const random = this.#random;
    if (random.int(6) > 0) return first + random.pick([0, 0, 0, 0, 1, 4]);
    const table = this.#table;
    const bounds = [
      ...table.requests.flatMap(({ book }) => [book.challengeEnd, book.end]),
      ...table.challenges.flatMap(({ book }) => [book.end, ...book.demands.flatMap(({ due }) => [due, due - 60])]),
      ...table.outputDemands.flatMap(({ book }) => [book.due, book.due - 60]),
    ];
    const beside = bounds.map((bound) => bound + random.int(3) - 1).filter((t) => t >= first && t < first + 150);
    return beside.length > 0 ? random.pick(beside) : first + random.int(40);
  }

  /** One move of one party, possible or not. */
  async act(now: number): Promise<void> {
    const by = this.#random.pick(this.#parties);
    await this.#random.pick(this.#acts)(now, by);
  }

  /** As often as they stand here. */
  readonly #acts: readonly Act[] = [
    (now, by) => this.#challenge(now, by),
    (now, by) => this.#onChallenge((c) => this.#demand(now, by, c)),
    (now, by) => this.#onChallenge((c) => this.#demand(now, by, c)),
    (now, by) => this.#onChallenge((c) => this.#demand(now, by, c)),
    (now, by) => this.#onChallenge((c) => this.#answer(now, by, c)),
    (now, by) => this.#onChallenge((c) => this.#answer(now, by, c)),
    (now, by) => this.#onChallenge((c) => this.#prove(now, by, c)),
    (now, by) => this.#onChallenge((c) => this.#lapse(now, by, c)),
    (now, by) => this.#onChallenge((c) => this.#table.uphold(now, this.#account(by), c)),
    (now, by) => this.#onChallenge((c) => this.#reclaim(now, by, c)),
    (now, by) => this.#table.finalise(now, this.#account(by), this.#request()),
    (now, by) => this.#table.claimPot(now, this.#account(by), this.#request()),
    (now, by) => this.#table.demandOutput(now, by, this.#hidden(), this.#random.int(2)),
    (now, by) => this.#onOutputDemand((one) => this.#table.answerOutput(now, by, one, this.#random.int(3) > 0)),
    (now, by) => this.#onOutputDemand((one) => this.#table.lapseOutput(now, this.#account(by), one)),
  ];

  #account(by: Party) {
    return this.#table.s[by];
  }

  #request(): RequestPlay {
    return this.#random.pick(this.#table.requests);
  }

  /** One whose output is a hash, mostly. */
  #hidden(): RequestPlay {
    const hidden = this.#table.requests.filter(({ book }) => book.hidden);
    return hidden.length > 0 && this.#random.int(4) > 0 ? this.#random.pick(hidden) : this.#request();
  }

  /** Open ones mostly. */
  async #onChallenge(act: (c: ChallengePlay) => Promise<unknown>): Promise<void> {
    const all = this.#table.challenges;
    const open = all.filter(({ book }) => book.state === 'open');
    const some = open.length > 0 && this.#random.int(5) > 0 ? open : all;
    if (some.length > 0) await act(this.#random.pick(some));
  }

  async #onOutputDemand(act: (one: DisputeTable['outputDemands'][0]) => Promise<unknown>): Promise<void> {
    if (this.#table.outputDemands.length > 0) await act(this.#random.pick(this.#table.outputDemands));
  }

  async #challenge(now: number, by: Party): Promise<void> {
    const on = this.#request();
    if (on.wrong && this.#random.int(3) === 0) await this.#table.challenge(now, by, on, on.reference);
    else {
      const lie = this.#lie(on);
      this.#lies.set(lie.trace, lie);
      await this.#table.challenge(now, by, on, lie.trace);
    }
  }

  /** One element is another, what follows is computed from it; or a slot stands for nothing. An output is not what was submitted. */
  #lie(on: RequestPlay): Lie {
    const random = this.#random;
    const { program } = on.d.published;
    const last = program.operators.length - 1;
    const altered = [random.int(last + 1), last].map((k) => {
      const { data } = (on.reference.open(k)[0] as OpenTensor).tensor;
      return { k, e: random.int(data.length) };
    });
    const by = 2 + random.int(1_000);
    const after = (k: number, data: Parameters<typeof alteredData>[0]) =>
      altered.filter((one) => one.k === k).reduce((made, { e }) => alteredData(made, e, by), data);
    // Not an output: nothing could be opened that is evidence.
    const inner = Math.min(...program.outputs.map(({ operator }) => operator ?? last));
    const garbled = inner > 0 && random.int(4) === 0 ? random.int(inner) : undefined;
    const forged =
      garbled === undefined ? {} : { slots: (all: readonly `0x${string}`[]) => all.with(garbled, garbage(3)) };
    const trace = new Forgery(on.reference, { after }, forged as ConstructorParameters<typeof Forgery>[2]);
    return { trace, altered, ...(garbled === undefined ? {} : { garbled }) };
  }

  async #demand(now: number, by: Party, c: ChallengePlay): Promise<void> {
    const { garbled } = this.#lies.get(c.theirs) ?? {};
    const shown = c.on.positions.filter(
      ({ kind, operator }) => kind === 'list' || kind === 'operator' || operator !== garbled,
    );
    await this.#table.demand(now, by, c, this.#random.pick(shown));
  }

  async #answer(now: number, by: Party, c: ChallengePlay): Promise<void> {
    const open = c.book.demands.filter(({ state }) => state === 'open');
    const some = open.length > 0 ? open : c.book.demands;
    if (some.length === 0) return;
    const demand = this.#random.pick(some);
    const { garbled } = this.#lies.get(c.theirs) ?? {};
    const { kind, operator } = demand.position;
    if (kind === 'operator' && operator === garbled) return this.#table.answer(now, by, c, demand, undefined, false);
    if (this.#random.int(4) > 0) return this.#table.answer(now, by, c, demand);
    const salt = { request: c.on.d.story.id, item: 0, challenger: c.posted.challenger };
    const right = answerTo(c.theirs, salt, demand.position);
    const place = 2 + this.#random.int(right.length - 2);
    const digit = (Number.parseInt(right[place] as string, 16) ^ (1 + this.#random.int(15))).toString(16);
    await this.#table.answer(
      now,
      by,
      c,
      demand,
      `${right.slice(0, place)}${digit}${right.slice(place + 1)}` as Hex,
      false,
    );
  }

  /** Of an element that is wrong, if there is one, or of one that follows from what it reads. */
  async #prove(now: number, by: Party, c: ChallengePlay): Promise<void> {
    const lie = this.#lies.get(c.theirs);
    if (lie?.garbled !== undefined) return;
    const { d } = c.on;
    if (lie !== undefined && this.#random.int(2) === 0) {
      const move = d.foresee(c.posted, c.on.reference, c.theirs);
      return this.#table.prove(now, by, c, move.proof, move.leaf, true);
    }
    const k = this.#random.int(d.published.program.operators.length);
    const { data } = (c.theirs.open(k)[0] as OpenTensor).tensor;
    const e = this.#random.int(data.length);
    if (lie?.altered.some((one) => one.k === k && one.e === e)) return;
    const salt = { request: d.story.id, item: 0, challenger: c.posted.challenger };
    const proof = openingOf(c.theirs, salt, k, e, d.link(0));
    await this.#table.prove(now, by, c, proof, Math.floor(e / 64), false);
  }

  async #lapse(now: number, by: Party, c: ChallengePlay): Promise<void> {
    if (c.book.demands.length > 0)
      await this.#table.lapse(now, this.#account(by), c, this.#random.pick(c.book.demands));
  }

  async #reclaim(now: number, by: Party, c: ChallengePlay): Promise<void> {
    if (c.book.demands.length > 0)
      await this.#table.reclaim(now, this.#account(by), c, this.#random.pick(c.book.demands));
  }
}
