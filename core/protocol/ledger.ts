/**
 * Replays every event of Escrow and InferenceRequests into balances (invariant I9): what an indexer shows, and the oracle
 * the tests compare the views with. Amounts are wei of OPG.
 */

import type { GameEvent } from '../challenges/events.ts';
import { followDisputes, heldBy, lockedBy, NO_DISPUTES, postingsOfGame } from '../challenges/postings.ts';
import { ProtocolError } from '../errors.ts';
import type { Address } from '../hex.ts';
import { ZERO_ADDRESS } from '../hex.ts';
import type { EscrowEvent, GovernanceEvent, RequestEvent } from './events.ts';
import { isGameEvent, isRequestEvent } from './events.ts';
import type { RequestId } from './ids.ts';
import type { AccountField, Posting } from './postings.ts';
import { postingsOfEscrow, postingsOfRequest } from './postings.ts';
import type { RequestRow } from './request.ts';
import { isOver, reduce } from './request.ts';

export interface Account {
  /** Of a purse: unclaimed royalty. */
  readonly available: bigint;
  /** Free stake; of a purse: protocol share not yet swept. */
  readonly stake: bigint;
  readonly unbonding: bigint;
  /** Unix seconds; meaningful while unbonding > 0. */
  readonly readyAt: number;
  /** Locks ever opened. */
  readonly nonce: bigint;
}

export interface Lock {
  readonly payer: Address;
  readonly lane: number;
  readonly fee: bigint;
  readonly slice: bigint;
}

export type LedgerEvent = EscrowEvent | RequestEvent | GovernanceEvent | GameEvent;

const EMPTY: Account = { available: 0n, stake: 0n, unbonding: 0n, readyAt: 0, nonce: 0n };

export class Ledger {
  readonly #accounts = new Map<Address, Account>();
  readonly #requests = new Map<RequestId, RequestRow>();
  readonly #arbiters = new Map<number, Address>();
  #disputes = NO_DISPUTES;

  accountOf(account: Address): Account {
    return this.#accounts.get(account) ?? EMPTY;
  }

  requestOf(id: RequestId): RequestRow | undefined {
    return this.#requests.get(id);
  }

  /** What a request holds; undefined when it is over. The slice is in the lock from accept or submit on. */
  lockOf(id: RequestId): Lock | undefined {
    const row = this.#requests.get(id);
    if (row === undefined || isOver(row.state)) return undefined;
    const { requester: payer, lane, fee, slice } = row.terms;
    return { payer, lane, fee, slice: row.node === undefined ? 0n : slice };
  }

  accounts(): readonly Address[] {
    return [...this.#accounts.keys()];
  }

  openRequests(): readonly RequestId[] {
    return [...this.#requests].filter(([, row]) => !isOver(row.state)).map(([id]) => id);
  }

  /** What Escrow must hold at least: all accounts and all locks (C1). */
  total(): bigint {
    let sum = 0n;
    for (const { available, stake, unbonding } of this.#accounts.values()) sum += available + stake + unbonding;
    sum += heldBy(this.#disputes);
    for (const id of this.openRequests()) sum += (this.lockOf(id)?.fee ?? 0n) + (this.lockOf(id)?.slice ?? 0n);
    return sum;
  }

  /**
   * Applies the next transaction's events, in log order, all or nothing. Balances are checked at its end: what a callback does is
   * logged before the Finalised it follows, so within a transaction an account may spend what a later event gives it.
   */
  apply(...transaction: readonly LedgerEvent[]): void {
    const changes = new Changes();
    try {
      for (const event of transaction) this.#applyOne(event, changes);
      for (const { account, field, ...taken } of changes.overdrawn)
        if (this.accountOf(account)[field] < 0n)
          throw new ProtocolError('ledger.mismatch', { account, field, ...taken });
    } catch (error) {
      changes.undo();
      throw error;
    }
  }

  #applyOne(event: LedgerEvent, changes: Changes): void {
    if (isRequestEvent(event)) {
      this.#applyRequest(event, changes);
      return;
    }
    if (isGameEvent(event)) {
      this.#applyGame(event, changes);
      return;
    }
    if (event.type === 'SetAppended') this.#arbiters.set(event.set, event.parameters.arbiter);
    else if (event.type !== 'Paused' && event.type !== 'Unpaused') this.#post(event, postingsOfEscrow(event), changes);
    if (event.type === 'Unstaked') this.#change(event.account, { readyAt: event.readyAt }, changes);
  }

  #applyRequest(event: RequestEvent, changes: Changes): void {
    const before = this.#requests.get(event.id);
    const row = reduce(before, event);
    const arbiter = this.#arbiters.get(row.terms.set) ?? ZERO_ADDRESS;
    this.#post(event, postingsOfRequest(event, row, before, arbiter), changes);
    changes.set(this.#requests, event.id, row);
    if (event.type === 'Requested')
      this.#change(event.requester, { nonce: this.accountOf(event.requester).nonce + 1n }, changes);
  }

  #applyGame(event: GameEvent, changes: Changes): void {
    const row = this.#requests.get(event.id);
    if (row?.node === undefined)
      throw new ProtocolError('request.illegal_transition', {
        id: event.id,
        event: event.type,
        state: row?.state ?? 'nothing',
      });
    const game = this.#arbiters.get(row.terms.set) ?? ZERO_ADDRESS;
    const before = this.#disputes;
    this.#post(event, postingsOfGame(event, before, row.node, game), changes);
    changes.do(
      () => {
        this.#disputes = followDisputes(before, event);
      },
      () => {
        this.#disputes = before;
      },
    );
    const payer = lockedBy(event, game);
    if (payer) this.#change(payer, { nonce: this.accountOf(payer).nonce + 1n }, changes);
  }

  #post(event: LedgerEvent, postings: readonly Posting[], changes: Changes): void {
    for (const [account, field, change] of postings) {
      if (change === 0n) continue;
      const available = this.accountOf(account)[field];
      if (available + change < 0n)
        changes.overdrawn.push({ event: event.type, asked: -change, account, available, field });
      this.#change(account, { [field]: available + change }, changes);
    }
  }

  #change(account: Address, change: Partial<Account>, changes: Changes): void {
    changes.set(this.#accounts, account, { ...this.accountOf(account), ...change });
  }
}

interface Overdrawn {
  readonly event: string;
  readonly asked: bigint;
  readonly account: Address;
  readonly available: bigint;
  readonly field: AccountField;
}

/** What one transaction changed, so that it can be taken back. */
class Changes {
  readonly overdrawn: Overdrawn[] = [];
  readonly #undo: (() => void)[] = [];

  set<K, V>(map: Map<K, V>, key: K, value: V): void {
    const before = map.get(key);
    this.#undo.push(() => (before === undefined ? map.delete(key) : map.set(key, before)));
    map.set(key, value);
  }

  do(step: () => void, undo: () => void): void {
    this.#undo.push(undo);
    step();
  }

  undo(): void {
    for (const step of this.#undo.toReversed()) step();
  }
}
