// Random calls about requests: mostly what a party would do, sometimes wrong in one thing.

import { headersHash } from '#core/commitment/schema.ts';
import type { Address, Bytes32, Hex } from '#core/hex.ts';
import { toBytes32, ZERO_ADDRESS } from '#core/hex.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import { isOver } from '#core/protocol/request.ts';
import { AskFlags, hasFlag } from '#core/protocol/terms.ts';
import { commit, floats, INPUT, OTHER_OUTPUT, OUTPUT, repeated } from '../../support/contracts/model.ts';
import { OPG_1, ROYALTY } from '../../support/contracts/system.ts';
import { acceptedIn, Calls } from './calls.ts';
import type { Dice } from './dice.ts';
import type { Act, Harness, Party } from './harness.ts';
import type { Ask } from './rules/ask.ts';
import type { FinaliseItem, SubmitItem } from './rules/batch.ts';
import type { Claim } from './words.ts';
import { claimOf } from './words.ts';
import type { World } from './world.ts';

const HOUR = 3600;
/** How often a call is made wrong on purpose. */
const WRONG = 0.12;
const UNKNOWN_VERSION = `0x${'99'.repeat(32)}`;
/** Single requests use the first lanes, runs of requestMany the later ones. */
const LANES = 8;

const UNSERVED = ['Requested', 'Declined', 'Accepted'];
const SUBMITTABLE = ['Requested', 'Accepted'];

export class RandomCalls {
  readonly #h: Harness;
  readonly #dice: Dice;
  readonly calls: Calls;

  constructor(h: Harness, dice: Dice) {
    this.#h = h;
    this.#dice = dice;
    this.calls = new Calls(h);
  }

  get #w(): World {
    return this.#h.world;
  }

  // ---- who ----

  #party(address: Address | undefined): Party {
    return this.#h.everybody().find((party) => party.address === address) ?? this.#h.parties.stranger;
  }

  #anybody(): Party {
    return this.#dice.pick([
      ...this.#h.everybody().filter(({ isContract }) => !isContract),
      ...this.#h.parties.consumers,
    ]);
  }

  /** The node, its hot key, or somebody who must not. */
  #actorFor(node: Address): Party {
    if (this.#dice.chance(WRONG)) return this.#anybody();
    return node === this.#h.parties.nodes[0]?.address && this.#dice.chance(0.3)
      ? this.#h.parties.hotKey
      : this.#party(node);
  }

  // ---- about what ----

  #rows(...states: readonly string[]): RequestRow[] {
    const open = this.#w.ledger.openRequests().map((id) => this.#w.ledger.requestOf(id) as RequestRow);
    return open.filter(({ state }) => states.includes(state));
  }

  /** Requests in a state, and mostly at a time, in which the call makes sense; rarely any other, also one that is over. */
  #rowFor(states: readonly string[], timely: (row: RequestRow) => boolean = () => true): RequestRow | undefined {
    const inState = this.#rows(...states);
    const inTime = inState.filter(timely);
    const fitting = inTime.length > 0 && this.#dice.chance(0.9) ? inTime : inState;
    const all = [...this.#w.asked];
    if (all.length > 0 && (fitting.length === 0 || this.#dice.chance(WRONG)))
      return this.#w.ledger.requestOf(this.#dice.pick(all));
    return fitting.length > 0 ? this.#dice.pick(fitting) : undefined;
  }

  readonly #alive = ({ terms }: RequestRow) => this.#w.now <= terms.deadline;
  readonly #ripe = ({ end }: RequestRow) => end !== undefined && this.#w.now > end;
  readonly #submittable = (row: RequestRow) => {
    const { node, flags } = row.terms;
    const implied = node !== ZERO_ADDRESS && !hasFlag(flags, AskFlags.ROOT_INPUT);
    return this.#alive(row) && (row.state === 'Accepted' || implied);
  };

  /** The truth about a row, or nearly; of a request that is over, its last open state. */
  #claim(row: RequestRow): Claim {
    const state = row.outputHash !== undefined ? 'Submitted' : row.node !== undefined ? 'Accepted' : 'Requested';
    const claim: Claim = isOver(row.state) ? { ...claimOf(row), state } : claimOf(row);
    return this.#dice.chance(WRONG) ? this.#distort(claim) : claim;
  }

  #distort(claim: Claim): Claim {
    const { terms, submission } = claim;
    const wrong: Claim[] = [
      {
        ...claim,
        nonce: claim.nonce + 1n,
        ...(submission && { submission: { ...submission, nonce: claim.nonce + 1n } }),
      },
      { ...claim, terms: { ...terms, fee: terms.fee + 1n } },
      { ...claim, terms: { ...terms, lane: terms.lane ^ 1 } },
      { ...claim, terms: { ...terms, slice: terms.slice - 1n } },
      { ...claim, terms: { ...terms, deadline: terms.deadline + 1 } },
      { ...claim, terms: { ...terms, royalty: terms.royalty + 1n } },
    ];
    if (submission !== undefined)
      wrong.push(
        { ...claim, submission: { ...submission, end: submission.end - 1 } },
        { ...claim, submission: { ...submission, node: this.#dice.pick(this.#h.parties.nodes).address } },
        { ...claim, submission: { ...submission, outputHash: toBytes32(UNKNOWN_VERSION) } },
      );
    return this.#dice.pick(wrong);
  }

  // ---- requests ----

  #ask(by: Party): { ask: Ask; headers: Bytes32[]; input: (salt: number) => Hex } {
    const [d, w] = [this.#dice, this.#w];
    const p = w.parameters();
    const version = d.chance(0.04)
      ? undefined
      : d.pick(w.facts.versions.filter(({ retired }) => !retired || d.chance(0.1)));
    const shape = version?.shape ?? (w.facts.versions[0]?.shape as NonNullable<typeof version>['shape']);
    const items = d.chance(0.03) ? d.pick([0, 33]) : d.chance(0.75) ? 1 : d.between(2, 4);
    let flags = 0;
    if (d.chance(0.15)) flags |= AskFlags.ROOT_INPUT;
    if (d.chance(version?.exact ? 0.5 : 0.02)) flags |= AskFlags.EXACT_OUTPUT;
    if (d.chance(0.1)) flags |= AskFlags.QUOTE;
    if (d.chance(0.2)) flags |= AskFlags.PULL;
    if (d.chance(0.01)) flags |= 16;
    const due = w.now + d.pick([1, 2 * HOUR, 6 * HOUR, 24 * HOUR, 6 * 24 * HOUR]) + d.below(HOUR);
    const openAt = d.pick([0, w.now, w.now + 600 + d.below(HOUR), w.now + 600, due]);
    const royalty = (version?.royalty ?? ROYALTY) * BigInt(Math.max(items, 1));
    const least = (royalty * 10_000n) / BigInt(10_000 - p.protocolBps - p.tipBps) + 2n;
    const fee = d.chance(0.08) ? d.amount(royalty * 2n) : d.chance(0.2) ? least : d.amount(8n * OPG_1) + least;
    const rooted = hasFlag(flags, AskFlags.ROOT_INPUT);
    const good = Math.min(Math.max(items, 1), 4);
    const input = (salt: number): Hex => {
      const bytes = repeated(d.chance(0.5) ? INPUT : floats(1, 2, 3, salt % 1000, 5, 6, 7, 8), good);
      if (rooted) return commit(shape.inputHeaders, good, bytes);
      return d.chance(0.02) ? (`${bytes}00000000` as Hex) : bytes;
    };
    return {
      headers: shape.inputHeaders,
      input,
      ask: {
        version: version?.id ?? UNKNOWN_VERSION,
        node: d.chance(0.25) ? ZERO_ADDRESS : d.pick(this.#h.parties.nodes).address,
        fee,
        maxRoyalty: d.chance(0.03) ? royalty - 1n : royalty + BigInt(d.below(3)),
        deadline: d.chance(0.03) ? w.now + d.pick([0, 256 * 24 * HOUR]) : due,
        openAt: d.chance(0.02) ? due + 1 : Math.min(openAt, due),
        callbackGas: d.chance(by.isContract ? 0.6 : 0.02)
          ? d.chance(0.05)
            ? 2_000_001
            : d.pick([1_000_000, 1_000_000, 2_000_000])
          : 0,
        set: d.chance(0.2) ? d.pick([w.set, w.set, w.set, w.set, w.set + 1]) : 0,
        lane: d.below(LANES),
        mode: d.chance(0.02) ? 1 : 0,
        items,
        flags,
        outputSchema: d.chance(0.02) ? toBytes32(UNKNOWN_VERSION) : headersHash(shape.outputHeaders),
      },
    };
  }

  request(): Act {
    const by = this.#dice.pick(this.#h.parties.requesters);
    const { ask, headers, input } = this.#ask(by);
    return this.calls.request(by, ask, headers, input(this.#dice.below(1000)));
  }

  requestMany(): Act {
    const by = this.#dice.pick(this.#h.parties.requesters);
    const { ask, headers, input } = this.#ask(by);
    const count = this.#dice.chance(0.03) ? this.#dice.pick([0, 33]) : this.#dice.between(1, 4);
    const lane = this.#dice.chance(0.03) ? 65_534 : LANES + 4 * this.#dice.below(5);
    const inputs = Array.from({ length: count }, (_, i) => input(i));
    return this.calls.requestMany(by, { ...ask, lane }, headers, inputs);
  }

  decline(): Act | undefined {
    const row = this.#rowFor(
      ['Requested'],
      ({ terms }) => terms.node !== ZERO_ADDRESS && this.#w.now <= terms.openAt && terms.deadline >= this.#w.now,
    );
    return row && this.calls.decline(this.#actorFor(row.terms.node), this.#claim(row));
  }

  accept(): Act | undefined {
    const row = this.#rowFor(['Requested', 'Declined'], this.#alive);
    if (row === undefined) return undefined;
    const named = row.terms.node === ZERO_ADDRESS || this.#dice.chance(0.4);
    const node = named ? this.#dice.pick(this.#h.parties.nodes).address : row.terms.node;
    const declined = (row.state === 'Declined') !== this.#dice.chance(WRONG / 2);
    return this.calls.accept(this.#actorFor(node), this.#claim(row), node, declined);
  }

  #submission(row: RequestRow): SubmitItem {
    const { terms } = row;
    const claim = this.#claim(row);
    const shape = this.#w.facts.versions.find(({ id }) => id === terms.version)?.shape;
    if (shape === undefined) throw new Error(`${terms.version} is no version of the test`);
    const bytes = repeated(this.#dice.pick([OUTPUT, OTHER_OUTPUT]), terms.items);
    const exact = hasFlag(terms.flags, AskFlags.EXACT_OUTPUT);
    const output = exact ? commit(shape.outputHeaders, terms.items, bytes) : bytes;
    return {
      claim,
      acceptedBy: acceptedIn(claim),
      headers: !exact && this.#dice.chance(0.03) ? shape.inputHeaders : exact ? [] : shape.outputHeaders,
      output: this.#dice.chance(0.04) ? (`${output}00` as Hex) : output,
    };
  }

  submit(): Act | undefined {
    const row = this.#rowFor(SUBMITTABLE, this.#submittable);
    if (row === undefined) return undefined;
    return this.calls.submit(this.#actorFor(row.node ?? row.terms.node), this.#submission(row));
  }

  cancel(): Act | undefined {
    const row = this.#rowFor(['Requested', 'Declined']);
    if (row === undefined) return undefined;
    const by = this.#dice.chance(WRONG) ? this.#anybody() : this.#party(row.terms.requester);
    return this.calls.cancel(by, this.#claim(row), (row.state === 'Declined') !== this.#dice.chance(WRONG / 2));
  }

  expire(): Act | undefined {
    const row = this.#rowFor(UNSERVED, (open) => !this.#alive(open));
    if (row === undefined) return undefined;
    const { claim, acceptedBy } = this.#unserved(row);
    return this.calls.expire(this.#anybody(), claim, acceptedBy);
  }

  #unserved(row: RequestRow): { claim: Claim; acceptedBy: Address } {
    const claim = this.#claim(row);
    const acceptedBy = acceptedIn(claim);
    if (!this.#dice.chance(WRONG / 2)) return { claim, acceptedBy };
    return this.#dice.chance(0.5)
      ? {
          claim,
          acceptedBy: acceptedBy === ZERO_ADDRESS ? this.#dice.pick(this.#h.parties.nodes).address : ZERO_ADDRESS,
        }
      : { claim: { ...claim, state: claim.state === 'Requested' ? 'Declined' : 'Requested' }, acceptedBy };
  }

  #final(row: RequestRow): FinaliseItem {
    const { terms } = row;
    const shape = this.#w.facts.versions.find(({ id }) => id === terms.version)?.shape;
    const exact = hasFlag(terms.flags, AskFlags.EXACT_OUTPUT);
    const calledBack = terms.callbackGas > 0;
    const stored = this.#w.outputs.get(row.id) ?? '0x';
    const output = this.#dice.chance(0.03) ? repeated(floats(7, 7, 7, 7), terms.items) : stored;
    return {
      claim: this.#claim(row),
      again: { headers: calledBack && !exact ? (shape?.outputHeaders ?? []) : [], output: calledBack ? output : '0x' },
    };
  }

  finalise(): Act | undefined {
    const row = this.#rowFor(['Submitted'], this.#ripe);
    if (row === undefined) return undefined;
    const { claim, again } = this.#final(row);
    return this.calls.finalise(this.#anybody(), claim, this.#dice.chance(0.3), again);
  }

  freeze(): Act | undefined {
    const row = this.#rowFor(['Submitted'], (open) => !this.#ripe(open));
    return row && this.calls.freeze(this.#judge(), this.#claim(row));
  }

  thaw(): Act | undefined {
    const row = this.#rowFor(['Frozen']);
    if (row === undefined) return undefined;
    const { end = 0, challengeEnd = 0 } = row;
    const { responseSeconds } = this.#w.parameters(row.terms.set);
    const latest = challengeEnd + 2 * responseSeconds;
    const newEnd = this.#dice.pick([
      end,
      end + 1,
      Math.floor((end + latest) / 2),
      latest,
      latest + 1,
      Math.max(0, end - 1),
    ]);
    return this.calls.thaw(this.#judge(), this.#claim(row), newEnd);
  }

  condemn(): Act | undefined {
    const row = this.#rowFor(['Frozen']);
    return row && this.calls.condemn(this.#judge(), this.#claim(row));
  }

  rescue(): Act | undefined {
    const row = this.#rowFor(['Frozen']);
    return row && this.calls.rescue(this.#anybody(), this.#claim(row));
  }

  #judge(): Party {
    return this.#dice.chance(WRONG / 2) ? this.#anybody() : this.#h.parties.judge;
  }

  // ---- batches: a mixture, with duplicates ----

  #mixture(...states: readonly string[]): RequestRow[] {
    const rows = this.#dice.some(this.#rows(...states), this.#dice.between(1, 6));
    const more = this.#rowFor(states);
    if (more !== undefined && this.#dice.chance(0.5)) rows.push(more);
    if (rows[0] !== undefined && this.#dice.chance(0.2)) rows.push(rows[0]);
    return rows;
  }

  /** Rows that share their terms with `first`, and sometimes one that does not. */
  #likes(first: RequestRow, ...states: readonly string[]): RequestRow[] {
    const { requester, deadline, fee } = first.terms;
    const like = this.#rows(...states).filter(
      ({ terms }) => terms.requester === requester && terms.deadline === deadline && terms.fee === fee,
    );
    const rows = this.#dice.some(like, 6);
    if (this.#dice.chance(0.2)) rows.push(...this.#mixture(...states).slice(0, 1));
    return rows;
  }

  /** Whoever must sign: batches are sent by accounts. */
  #sender(node: Address): Party {
    const by = this.#actorFor(node);
    return by.isContract ? this.#h.parties.stranger : by;
  }

  submitEach(): Act | undefined {
    const rows = this.#mixture('Requested', 'Accepted');
    const [first] = rows;
    if (first === undefined) return undefined;
    const items = rows.map((row) => this.#submission(row));
    return this.calls.submitEach(this.#sender(first.node ?? first.terms.node), items);
  }

  submitBatch(): Act | undefined {
    const first = this.#rowFor(SUBMITTABLE, this.#submittable);
    if (first === undefined) return undefined;
    const items = this.#likes(first, 'Requested', 'Accepted').map((row) => this.#submission(row));
    return this.calls.submitBatch(this.#sender(first.node ?? first.terms.node), this.#submission(first), items);
  }

  expireEach(): Act | undefined {
    const rows = this.#mixture('Requested', 'Declined', 'Accepted');
    if (rows.length === 0) return undefined;
    return this.calls.expireEach(
      this.#sender(ZERO_ADDRESS),
      rows.map((row) => this.#unserved(row)),
    );
  }

  expireBatch(): Act | undefined {
    const first = this.#rowFor(UNSERVED, (open) => !this.#alive(open));
    if (first === undefined) return undefined;
    const { claim, acceptedBy } = this.#unserved(first);
    const items = this.#likes(first, 'Requested', 'Declined', 'Accepted').map((row) => this.#claim(row));
    return this.calls.expireBatch(this.#sender(ZERO_ADDRESS), claim, acceptedBy, items);
  }

  finaliseEach(): Act | undefined {
    const rows = this.#mixture('Submitted');
    if (rows.length === 0) return undefined;
    const items = rows.map((row) => this.#final(row));
    return this.calls.finaliseEach(this.#sender(ZERO_ADDRESS), items, this.#dice.chance(0.3));
  }

  finaliseBatch(): Act | undefined {
    const first = this.#rowFor(['Submitted'], this.#ripe);
    if (first === undefined) return undefined;
    const items = this.#likes(first, 'Submitted').map((row) => this.#final(row));
    const node = first.node ?? this.#h.parties.keeper.address;
    return this.calls.finaliseBatch(this.#sender(node), this.#claim(first), node, items, this.#dice.chance(0.3));
  }
}
