/**
 * Replays every event of Escrow and InferenceRequests into balances (invariant I9): what an indexer shows, and the oracle
 * the tests compare the views with. Amounts are wei of OPG.
 */
import { ProtocolError } from '../errors.ts';
import type { Address } from '../hex.ts';
import { ZERO_ADDRESS } from '../hex.ts';
import type { EscrowEvent, GovernanceEvent, RequestEvent } from './events.ts';
import { isRequestEvent } from './events.ts';
import type { RequestId } from './ids.ts';
import type { Posting } from './postings.ts';
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

export type LedgerEvent = EscrowEvent | RequestEvent | GovernanceEvent;

const EMPTY: Account = { available: 0n, stake: 0n, unbonding: 0n, readyAt: 0, nonce: 0n };

export class Ledger {
  readonly #accounts = new Map<Address, Account>();
  readonly #requests = new Map<RequestId, RequestRow>();
  readonly #open = new Set<RequestId>();
  readonly #arbiters = new Map<number, Address>();

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
    return [...this.#open];
  }

  /** What Escrow must hold at least: all accounts and all locks (C1). */
  total(): bigint {
    let sum = 0n;
    for (const { available, stake, unbonding } of this.#accounts.values()) sum += available + stake + unbonding;
    for (const id of this.#open) sum += (this.lockOf(id)?.fee ?? 0n) + (this.lockOf(id)?.slice ?? 0n);
    return sum;
  }

  /** Applies the next event of the chain. */
  apply(event: LedgerEvent): void {
    if (isRequestEvent(event)) {
      this.#applyRequest(event);
      return;
    }
    if (event.type === 'SetAppended') this.#arbiters.set(event.set, event.parameters.arbiter);
    else if (event.type !== 'Paused' && event.type !== 'Unpaused') this.#post(event, postingsOfEscrow(event));
    if (event.type === 'Unstaked') this.#change(event.account, { readyAt: event.readyAt });
  }

  #applyRequest(event: RequestEvent): void {
    const before = this.#requests.get(event.id);
    const row = reduce(before, event);
    const arbiter = this.#arbiters.get(row.terms.set) ?? ZERO_ADDRESS;
    this.#post(event, postingsOfRequest(event, row, before, arbiter));
    this.#requests.set(event.id, row);
    if (event.type === 'Requested') {
      this.#open.add(event.id);
      this.#change(event.requester, { nonce: this.accountOf(event.requester).nonce + 1n });
    } else if (isOver(row.state)) this.#open.delete(event.id);
  }

  /** All or nothing: an event that does not fit changes nothing. */
  #post(event: LedgerEvent, postings: readonly Posting[]): void {
    const changed = new Map<Address, Account>();
    for (const [account, field, change] of postings) {
      if (change === 0n) continue;
      const state = changed.get(account) ?? this.accountOf(account);
      const value = state[field] + change;
      if (value < 0n)
        throw new ProtocolError('ledger.mismatch', {
          event: event.type,
          asked: -change,
          account,
          available: state[field],
          field,
        });
      changed.set(account, { ...state, [field]: value });
    }
    for (const [account, state] of changed) this.#accounts.set(account, state);
  }

  #change(account: Address, change: Partial<Account>): void {
    this.#accounts.set(account, { ...this.accountOf(account), ...change });
  }
}
