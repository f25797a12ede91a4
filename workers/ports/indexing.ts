import type { Disputes } from '#core/challenges/postings.ts';
import type { EventNamed } from '#core/protocol/events.ts';
import type { ModelId, VersionId } from '#core/protocol/ids.ts';
import type { ParameterSet } from '#core/protocol/parameters.ts';
import type { RequestRow } from '#core/protocol/request.ts';
import type { Card } from '#core/search/card.ts';
import type { Parameter, QueryOf, RouteName, WrittenReply } from '#core/search/routes.ts';
import type { BlockRef, ChainCursor, Hex, LoggedEvent } from './chain.ts';

/** A request as the index keeps it: the state machine's row, and when it got there. */
export interface IndexedRequest {
  readonly row: RequestRow;
  /** Of Requested: block number * 2^20 + log index. */
  readonly ordinal: number;
  readonly requestedBlock: number;
  readonly requestedAt: number;
  readonly submittedBlock: number | undefined;
  readonly submittedAt: number | undefined;
  readonly endedAt: number | undefined;
  /** Ever frozen. */
  readonly disputed: boolean;
}

/** What was so before a block, as far as its events concern it. */
export interface Before {
  readonly requests: ReadonlyMap<Hex, IndexedRequest>;
  /** By request; absent = never disputed. */
  readonly disputes: ReadonlyMap<Hex, Disputes>;
  /** By parameter set: who decides disputes. */
  readonly arbiters: ReadonlyMap<number, Hex>;
}

/** What one block changes: rows as they are now, or sums to be added. Keys are addresses, ids or names. */
export interface Changes {
  readonly accounts: ReadonlyMap<Hex, AccountChange>;
  readonly readyAt: ReadonlyMap<Hex, number>;
  readonly requests: ReadonlyMap<Hex, IndexedRequest>;
  readonly namespaces: ReadonlyMap<string, Hex>;
  readonly models: readonly { readonly model: ModelId; readonly name: string; readonly owner: Hex }[];
  readonly owners: ReadonlyMap<ModelId, Hex>;
  readonly versions: readonly PublishedVersion[];
  readonly versionChanges: ReadonlyMap<VersionId, VersionChange>;
  readonly nodes: ReadonlyMap<Hex, { readonly roles: number; readonly endpoint: string }>;
  /** Accounts that act as nodes, whether or not they said so. */
  readonly actingNodes: ReadonlySet<Hex>;
  /** The last one of each node and version. */
  readonly offers: readonly OfferChange[];
  readonly sets: ReadonlyMap<number, ParameterSet>;
  readonly activity: ReadonlyMap<SubjectKey, ActivityChange>;
  /** Subjects that were asked for something in this block. */
  readonly asked: ReadonlySet<SubjectKey>;
  /** Requests more or fewer. */
  readonly patrons: ReadonlyMap<PatronKey, bigint>;
  readonly totals: ReadonlyMap<string, bigint>;
  /** undefined = nothing that is counted by days. */
  readonly day: DayChange | undefined;
}

export const ACCOUNT_FIELDS = [
  'available',
  'stake',
  'unbonding',
  'nonce',
  'lockedFees',
  'lockedSlices',
  'lockedDisputes',
] as const;
export type AccountChange = Readonly<Record<(typeof ACCOUNT_FIELDS)[number], bigint>>;

export const ACTIVITY_FIELDS = [
  'requests',
  'open',
  'submitted',
  'final',
  'cancelled',
  'expired',
  'undelivered',
  'faulty',
  'rescued',
  'disputed',
] as const;
export type SubjectKind = 'model' | 'version' | 'node';
export type ActivityChange = Readonly<Record<(typeof ACTIVITY_FIELDS)[number], bigint>>;
/** `kind subject`. */
export type SubjectKey = `${SubjectKind} ${string}`;
/** `kind subject requester`. */
export type PatronKey = SubjectKey;

export interface PublishedVersion extends Omit<EventNamed<'VersionPublished'>, 'type'> {
  readonly ordinal: number;
  readonly card: CardEntry | undefined;
}

export interface VersionChange {
  readonly royalty?: bigint;
  /** null = everybody may ask. */
  readonly policy?: Hex | null;
  readonly retired?: true;
}

export interface OfferChange {
  readonly node: Hex;
  readonly version: VersionId;
  readonly ordinal: number;
  readonly price: bigint;
  readonly minReserved: number;
  readonly until: number;
}

export const DAY_FIELDS = ['requests', 'submitted', 'final', 'faulty', 'fees'] as const;
export type DayChange = Readonly<Record<(typeof DAY_FIELDS)[number], bigint>>;

/** A card by what names it, with what is known of it. */
export interface CardEntry {
  /** sha256:<of the text> if it is in the metadata, else its URI. */
  readonly id: string;
  readonly state: 'inline' | 'fetched' | 'wanted' | 'unverifiable' | 'unreadable';
  readonly uri?: string;
  readonly sha256?: string;
  readonly card?: Card;
}

export interface WantedCard {
  readonly id: string;
  readonly uri: string;
  readonly sha256: string;
  readonly attempts: number;
}

/** What an indexer has made of the chain. Each verb is one transaction. */
export interface IndexStore {
  cursor(): Promise<ChainCursor>;
  /** The newest recorded block. */
  newest(): Promise<BlockRef | undefined>;
  /** Records a block with what `derive` makes of it; a block that is recorded already changes nothing. */
  take(block: BlockRef, events: readonly LoggedEvent[], derive: (before: Before) => Changes): Promise<void>;
  /** Takes back the newest recorded block: everything is as it was before it. */
  takeBack(block: BlockRef): Promise<void>;
  /** Nothing up to here can be taken back any more. */
  finalise(block: BlockRef): Promise<void>;
  /** Cards that are to be fetched by now (Unix milliseconds), those longest due first. */
  wantedCards(now: number, limit: number): Promise<readonly WantedCard[]>;
  /** What became of a card: it is known, or is tried again at `dueAt`. */
  settleCard(id: string, outcome: { readonly card: Card } | { readonly dueAt: number } | 'unreadable'): Promise<void>;
}

/** Answers to the questions of core/search/routes.ts; undefined = there is no such thing. */
export type Answers = {
  readonly [R in RouteName]: (
    at: Readonly<Partial<Record<Parameter, string>>>,
    query: QueryOf<R>,
  ) => Promise<WrittenReply<R> | undefined>;
};
