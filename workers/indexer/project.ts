/**
 * What a block's events change, from the events and the state they meet: the rules are those of core/protocol (`reduce`,
 * `postings…`), so an index and a Ledger cannot disagree (invariant I9). Pure.
 */

import type { GameEvent } from '#core/challenges/events.ts';
import { followDisputes, lockedBy, NO_DISPUTES, postingsOfGame } from '#core/challenges/postings.ts';
import { ProtocolError } from '#core/errors.ts';
import type { Address } from '#core/hex.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import { isGameEvent, isRequestEvent, type ProtocolEvent, type RequestEvent } from '#core/protocol/events.ts';
import { type Posting, postingsOfRequest } from '#core/protocol/postings.ts';
import { isOver, reduce } from '#core/protocol/request.ts';
import type { BlockRef, Hex, LoggedEvent } from '#ports/chain.ts';
import {
  ACCOUNT_FIELDS,
  ACTIVITY_FIELDS,
  type Before,
  type Changes,
  DAY_FIELDS,
  type IndexedRequest,
  type PatronKey,
  type SubjectKey,
} from '#ports/indexing.ts';
import { Registered } from './registered.ts';
import { countsOf, heldOf, type Locked, lockedOf, subjectsOf } from './standing.ts';
import { Sums } from './sums.ts';

type OtherEvent = Exclude<ProtocolEvent, RequestEvent | GameEvent>;

const LOGS_PER_BLOCK = 2 ** 20;

export function project(block: BlockRef, events: readonly LoggedEvent[], before: Before): Changes {
  const projection = new Projection(block, before);
  for (const logged of events) projection.take(logged);
  return projection.changes;
}

class Projection {
  readonly #block: BlockRef;
  readonly #requests: Map<Hex, IndexedRequest>;
  readonly #disputes: Map<Hex, ReturnType<typeof followDisputes>>;
  readonly #arbiters: Map<number, Hex>;
  readonly #changed = new Set<Hex>();
  readonly #accounts = new Sums<(typeof ACCOUNT_FIELDS)[number], Hex>(ACCOUNT_FIELDS);
  readonly #activity = new Sums<(typeof ACTIVITY_FIELDS)[number], SubjectKey>(ACTIVITY_FIELDS);
  readonly #patrons = new Sums<'requests', PatronKey>(['requests']);
  readonly #totals = new Sums(['value']);
  readonly #day = new Sums<(typeof DAY_FIELDS)[number], 'day'>(DAY_FIELDS);
  readonly #asked = new Set<SubjectKey>();
  readonly #readyAt = new Map<Hex, number>();
  readonly #registered = new Registered();

  constructor(block: BlockRef, before: Before) {
    this.#block = block;
    this.#requests = new Map(before.requests);
    this.#disputes = new Map(before.disputes);
    this.#arbiters = new Map(before.arbiters);
  }

  take({ event, logIndex }: LoggedEvent): void {
    const ordinal = this.#block.number * LOGS_PER_BLOCK + logIndex;
    if (isRequestEvent(event)) this.#request(event, ordinal);
    else if (isGameEvent(event)) this.#dispute(event);
    else this.#note(event, ordinal);
  }

  /** An event about no request. */
  #note(event: OtherEvent, ordinal: number): void {
    if (event.type === 'SetAppended') this.#arbiters.set(event.set, event.parameters.arbiter);
    if (event.type === 'Unstaked') this.#readyAt.set(event.account, event.readyAt);
    if (event.type === 'Released') this.#readyAt.set(event.account, 0);
    if (event.type === 'BurnFlushed') this.#total('burned', event.amount);
    if (event.type === 'ModelCreated') this.#total('models', 1n);
    if (event.type === 'VersionPublished') this.#total('versions', 1n);
    this.#post(this.#registered.take(event, ordinal));
  }

  get changes(): Changes {
    return {
      ...this.#registered.changes,
      accounts: this.#accounts.changes,
      readyAt: this.#readyAt,
      requests: new Map([...this.#changed].map((id) => [id, this.#requests.get(id) as IndexedRequest])),
      activity: this.#activity.changes,
      asked: this.#asked,
      patrons: new Map([...this.#patrons.changes].map(([key, { requests }]) => [key, requests])),
      totals: new Map([...this.#totals.changes].map(([name, { value }]) => [name, value])),
      day: this.#day.changes.get('day'),
    };
  }

  #request(event: RequestEvent, ordinal: number): void {
    const before = this.#requests.get(event.id);
    const row = reduce(before?.row, event);
    const after = this.#indexed(before, { ...this.#beginning(ordinal), ...before, row }, event);
    const arbiter = (this.#arbiters.get(row.terms.set) ?? ZERO_ADDRESS) as Address;
    this.#post(postingsOfRequest(event, row, before?.row, arbiter));
    if (before) this.#weigh(before, -1n);
    this.#weigh(after, 1n);
    this.#requests.set(event.id, after);
    this.#changed.add(event.id);
    this.#count(event, after);
    if (event.type === 'Accepted' || event.type === 'Submitted') this.#registered.acts(event.node);
  }

  #beginning(ordinal: number): Omit<IndexedRequest, 'row'> {
    return {
      ordinal,
      requestedBlock: this.#block.number,
      requestedAt: this.#block.timestamp,
      submittedBlock: undefined,
      submittedAt: undefined,
      endedAt: undefined,
      disputed: false,
    };
  }

  #indexed(before: IndexedRequest | undefined, after: IndexedRequest, event: RequestEvent): IndexedRequest {
    const { number, timestamp } = this.#block;
    const over = isOver(after.row.state) && !(before && isOver(before.row.state));
    return {
      ...after,
      ...(event.type === 'Submitted' ? { submittedBlock: number, submittedAt: timestamp } : {}),
      ...(event.type === 'Frozen' ? { disputed: true } : {}),
      ...(over ? { endedAt: timestamp } : {}),
    };
  }

  /** What is counted once, when it happens. */
  #count(event: RequestEvent, after: IndexedRequest): void {
    const { requester, fee } = after.row.terms;
    switch (event.type) {
      case 'Requested':
        this.#accounts.add(requester, 'nonce', 1n);
        this.#day.add('day', 'requests', 1n);
        for (const subject of subjectsOf(after)) this.#asked.add(subject);
        return;
      case 'Submitted':
        this.#day.add('day', 'submitted', 1n);
        return;
      case 'Condemned':
        this.#day.add('day', 'faulty', 1n);
        return;
      case 'Finalised':
        this.#day.add('day', 'final', 1n);
        this.#day.add('day', 'fees', fee);
        this.#total('paid:nodes', event.toNode);
        this.#total('paid:royalties', event.royalty);
        this.#total('paid:protocol', event.protocol);
        this.#total('paid:tips', event.tip);
    }
  }

  #dispute(event: GameEvent): void {
    const request = this.#requests.get(event.id);
    const { row } = request ?? {};
    if (row?.node === undefined)
      throw new ProtocolError('request.illegal_transition', {
        id: event.id,
        event: event.type,
        state: row?.state ?? 'nothing',
      });
    const game = (this.#arbiters.get(row.terms.set) ?? ZERO_ADDRESS) as Address;
    const before = this.#disputes.get(event.id) ?? NO_DISPUTES;
    const after = followDisputes(before, event);
    this.#post(postingsOfGame(event, before, row.node, game));
    this.#lock(heldOf(before), -1n, 'disputes');
    this.#lock(heldOf(after), 1n, 'disputes');
    this.#disputes.set(event.id, after);
    const payer = lockedBy(event, game);
    if (payer) this.#accounts.add(payer, 'nonce', 1n);
  }

  /** Adds a request to every sum it is part of as it stands, or takes it out. */
  #weigh(request: IndexedRequest, sign: 1n | -1n): void {
    this.#lock(lockedOf(request), sign, 'locked');
    this.#total(`state:${request.row.state}`, sign);
    for (const subject of subjectsOf(request)) {
      for (const field of countsOf(request)) this.#activity.add(subject, field, sign);
      this.#patrons.add(`${subject} ${request.row.terms.requester}`, 'requests', sign);
    }
  }

  #lock(locked: readonly Locked[], sign: 1n | -1n, total: 'locked' | 'disputes'): void {
    for (const { account, field, amount } of locked) {
      this.#accounts.add(account, field, sign * amount);
      this.#total(total, sign * amount);
    }
  }

  #post(postings: readonly Posting[]): void {
    for (const [account, field, change] of postings) {
      this.#accounts.add(account, field, change);
      this.#total(field, change);
    }
  }

  #total(name: string, change: bigint): void {
    this.#totals.add(name, 'value', change);
  }
}
