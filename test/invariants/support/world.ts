// What the model knows: every event so far, replayed into accounts and requests, and the few facts outside of it that decide
// whether a call is possible. It never looks at the chain.
import type { Address, Hex } from '#core/hex.ts';
import type { EventNamed, ProtocolEvent } from '#core/protocol/events.ts';
import { isRequestEvent } from '#core/protocol/events.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import type { LedgerEvent } from '#core/protocol/ledger.ts';
import { Ledger } from '#core/protocol/ledger.ts';
import type { ParameterSet } from '#core/protocol/parameters.ts';
import { isOver } from '#core/protocol/request.ts';
import type { Shape } from '../../support/contracts/model.ts';
import type { Claim } from './words.ts';
import { claimOf, wordOf } from './words.ts';

type Condemned = EventNamed<'Condemned'>;

/** Thrown by a rule: the call must revert, with this error. */
export class Refusal extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

export const refuse = (reason: string): never => {
  throw new Refusal(reason);
};

/** What a contract that is called back does, and with which outcome. */
export interface Behaviour {
  readonly kind: 'Store' | 'Reverts' | 'BurnsGas' | 'Bomb' | 'RevertBomb' | 'ReEnters' | 'SelfDestructs';
  /** The model of the re-entered call; undefined = it is refused whatever happens. */
  readonly reEntry?: (world: World) => ProtocolEvent[];
}

export interface Version {
  readonly id: string;
  readonly shape: Shape;
  readonly exact: boolean;
  readonly retired: boolean;
  royalty: bigint;
  /** false = its policy says no. */
  allowed: boolean;
}

export interface Facts {
  readonly chainId: bigint;
  readonly requests: Address;
  readonly escrow: Address;
  readonly arbiter: Address;
  readonly unbondingDelay: number;
  /** Unix second of the next call. */
  now: number;
  modelOwner: Address;
  treasury: Address;
  pausedUntil: number;
  pauseNotBefore: number;
  /** Tokens outside Escrow. */
  readonly wallets: Map<Address, bigint>;
  /** Tokens sent to Escrow without a call. */
  strays: bigint;
  readonly versions: Version[];
  /** `node key` -> permissions and the last second. */
  readonly keys: Map<string, { permissions: number; until: number }>;
  /** `node version` -> offer. */
  readonly offers: Map<string, { price: bigint; minReserved: number; until: number }>;
  readonly behaviours: Map<Address, Behaviour>;
}

export class World {
  readonly facts: Facts;
  readonly history: LedgerEvent[] = [];
  readonly ledger = new Ledger();
  readonly sets: ParameterSet[] = [];
  /** Unix second from which unbonding stake can be released; kept even while nothing is unbonding. */
  readonly readyAt = new Map<Address, number>();
  /** Output bytes as submitted, for who finalises with a callback. */
  readonly outputs = new Map<RequestId, Hex>();
  /** The last request in every lane that was ever used. */
  readonly lanes = new Map<string, RequestId>();
  /** Ids of all requests, and of those that are over. */
  readonly asked = new Set<RequestId>();
  readonly ended = new Set<RequestId>();
  readonly condemned: Condemned[] = [];
  /** What each account ever staked, less what it took back or lost: free, unbonding, and in slices. */
  readonly committed = new Map<Address, bigint>();

  constructor(facts: Facts) {
    this.facts = facts;
  }

  /** The same world with a future of its own. */
  fork(): World {
    const { facts } = this;
    const copy = new World({
      ...facts,
      wallets: new Map(facts.wallets),
      versions: facts.versions.map((version) => ({ ...version })),
      keys: new Map(facts.keys),
      offers: new Map(facts.offers),
      behaviours: new Map(facts.behaviours),
    });
    for (const event of this.history) copy.#apply(event);
    return copy;
  }

  get now(): number {
    return this.facts.now;
  }

  get set(): number {
    return this.sets.length;
  }

  parameters(set: number = this.set): ParameterSet {
    return this.sets[set - 1] ?? refuse('no such parameter set');
  }

  isPaused(): boolean {
    return this.now <= this.facts.pausedUntil;
  }

  /** An event is both a prediction (it is compared with what the chain emits) and an entry of the books. */
  commit<E extends LedgerEvent>(event: E): E {
    this.#apply(event);
    return event;
  }

  #apply(event: LedgerEvent): void {
    this.ledger.apply(event);
    this.history.push(event);
    if (event.type === 'SetAppended') this.sets.push(event.parameters);
    if (event.type === 'Unstaked') this.readyAt.set(event.account, event.readyAt);
    if (event.type === 'Released') this.readyAt.delete(event.account);
    if (event.type === 'Submitted') this.outputs.set(event.id, event.output);
    if (event.type === 'Condemned') this.condemned.push(event);
    this.#applyStake(event);
    if (isRequestEvent(event)) this.#applyLane(event.id);
  }

  #applyLane(id: RequestId): void {
    const row = this.ledger.requestOf(id);
    if (row === undefined) throw new Error(`an event of ${id}, which was never asked`);
    this.asked.add(id);
    this.lanes.set(laneKey(row.terms.requester, row.terms.lane), id);
    if (!isOver(row.state)) return;
    if (this.ended.has(id)) throw new Error(`I2: ${id} ends twice`);
    this.ended.add(id);
  }

  #applyStake(event: LedgerEvent): void {
    const add = (account: Address, amount: bigint) =>
      this.committed.set(account, (this.committed.get(account) ?? 0n) + amount);
    if (event.type === 'Staked') add(event.account, event.amount);
    if (event.type === 'Released') add(event.account, -event.amount);
    if (event.type === 'Undelivered') add(event.node, -event.penalty);
    if (event.type === 'Condemned') add(event.node, -(this.ledger.requestOf(event.id)?.terms.slice ?? 0n));
  }

  tokensOf(account: Address): bigint {
    return this.facts.wallets.get(account) ?? 0n;
  }

  /** Tokens outside Escrow move. */
  pay(from: Address, to: Address, amount: bigint): void {
    const { wallets, escrow } = this.facts;
    if (from !== escrow) wallets.set(from, this.tokensOf(from) - amount);
    if (to !== escrow) wallets.set(to, this.tokensOf(to) + amount);
  }

  openIn(payer: Address, lane: number): RequestId | undefined {
    const id = this.lanes.get(laneKey(payer, lane));
    return id === undefined || this.ended.has(id) ? undefined : id;
  }

  /** Whether the lock of this payer and lane is as the caller says. */
  holds(claim: Claim): boolean {
    const id = this.openIn(claim.terms.requester, claim.terms.lane);
    const row = id === undefined ? undefined : this.ledger.requestOf(id);
    return row !== undefined && wordOf(claimOf(row)) === wordOf(claim);
  }

  mayAct(node: Address, sender: Address, permission: number): boolean {
    if (sender === node) return true;
    const key = this.facts.keys.get(`${node} ${sender}`);
    return key !== undefined && (key.permissions & permission) === permission && this.now <= key.until;
  }

  /** Every account with an entry in the books. */
  accounts(): readonly Address[] {
    return this.ledger.accounts();
  }
}

const laneKey = (payer: Address, lane: number) => `${payer} ${lane}`;
