/** The events of the protocol as plain data. The type and the fields equal the Solidity events; types and decoder come from one table. */
import { type GameEvent, gameEvents } from '../challenges/events.ts';
import type { Arguments } from './fields.ts';
import {
  addressField,
  bytesField,
  contentField,
  flagField,
  hashField,
  modelIdField,
  requestIdField,
  smallField,
  termsField,
  textField,
  textsField,
  versionIdField,
  wideField,
} from './fields.ts';
import { parametersField } from './parameters.ts';

const escrowEvents = {
  Deposited: { account: addressField, amount: wideField },
  Withdrawn: { account: addressField, to: addressField, amount: wideField },
  Staked: { account: addressField, amount: wideField },
  Unstaked: { account: addressField, amount: wideField, readyAt: smallField },
  Restaked: { account: addressField, amount: wideField },
  Released: { account: addressField, amount: wideField },
  BurnFlushed: { amount: wideField },
  RoyaltyClaimed: { model: modelIdField, owner: addressField, amount: wideField },
  ProtocolSwept: { model: modelIdField, treasury: addressField, amount: wideField },
  TreasurySet: { treasury: addressField },
  CapabilityAppended: { index: smallField, capability: addressField },
  ConsentSet: { account: addressField, index: smallField, consents: flagField },
} as const;

const modelEvents = {
  NamespaceClaimed: { namespace: textField, owner: addressField },
  NamespaceTransferred: { namespace: textField, from: addressField, to: addressField },
  ModelCreated: { model: modelIdField, owner: addressField, namespace: textField, name: textField },
  VersionPublished: {
    model: modelIdField,
    version: versionIdField,
    content: contentField,
    royalty: wideField,
    uris: textsField,
    schema: textField,
    metadata: textField,
  },
  RoyaltySet: { version: versionIdField, royalty: wideField },
  PolicySet: { version: versionIdField, policy: addressField },
  VersionRetired: { version: versionIdField },
} as const;

/** Of the token that a model is (ERC-721): who has it owns the model. Minted from the zero address. */
const modelTokenEvents = {
  Transfer: { from: addressField, to: addressField, tokenId: modelIdField },
} as const;

const nodeEvents = {
  NodeSet: { node: addressField, roles: smallField, endpoint: textField },
  KeySet: { node: addressField, key: addressField, until: wideField, permissions: smallField },
  OfferSet: {
    node: addressField,
    version: versionIdField,
    price: wideField,
    minReserved: smallField,
    until: smallField,
  },
} as const;

/** Each carries the id of its request. */
const requestEvents = {
  Requested: {
    id: requestIdField,
    requester: addressField,
    node: addressField,
    terms: termsField,
    nonce: wideField,
    input: bytesField,
  },
  Declined: { id: requestIdField },
  Accepted: { id: requestIdField, node: addressField },
  Submitted: {
    id: requestIdField,
    node: addressField,
    challengeEnd: smallField,
    outputHash: hashField,
    output: bytesField,
  },
  Frozen: { id: requestIdField },
  Thawed: { id: requestIdField, end: smallField },
  Finalised: {
    id: requestIdField,
    node: addressField,
    toNode: wideField,
    royalty: wideField,
    protocol: wideField,
    tip: wideField,
    /** Who got the tip; the zero address if there was none. */
    keeper: addressField,
    /** The enum Callback: 0 none, 1 succeeded, 2 failed. */
    callback: smallField,
  },
  Cancelled: { id: requestIdField },
  Expired: { id: requestIdField },
  Undelivered: { id: requestIdField, node: addressField, penalty: wideField },
  Condemned: { id: requestIdField, node: addressField, toRequester: wideField, toPot: wideField, burned: wideField },
  Rescued: { id: requestIdField },
} as const;

const governanceEvents = {
  SetAppended: { set: smallField, parameters: parametersField },
  Paused: { until: smallField },
  Unpaused: {},
} as const;

/** Every event by the contract that emits it. */
export const eventTables = {
  Escrow: escrowEvents,
  ModelRegistry: modelEvents,
  ModelToken: modelTokenEvents,
  NodeRegistry: nodeEvents,
  InferenceRequests: { ...requestEvents, ...governanceEvents },
  ChallengeGame: gameEvents,
} as const;

type Fields = Readonly<Record<string, (value: never) => unknown>>;
type EventsOf<T extends Readonly<Record<string, Fields>>> = {
  [N in keyof T]: { readonly type: N } & { readonly [F in keyof T[N]]: ReturnType<T[N][F]> };
}[keyof T];

export type EscrowEvent = EventsOf<typeof escrowEvents>;
export type ModelEvent = EventsOf<typeof modelEvents> | EventsOf<typeof modelTokenEvents>;
export type NodeEvent = EventsOf<typeof nodeEvents>;
/** The life of one request. */
export type RequestEvent = EventsOf<typeof requestEvents>;
export type GovernanceEvent = EventsOf<typeof governanceEvents>;
export type ProtocolEvent = EscrowEvent | ModelEvent | NodeEvent | RequestEvent | GovernanceEvent | GameEvent;
export type EventName = ProtocolEvent['type'];
export type EventNamed<N extends EventName> = Extract<ProtocolEvent, { readonly type: N }>;

const allEvents: Readonly<Record<string, Readonly<Record<string, (value: unknown) => unknown>>>> = Object.assign(
  {},
  ...Object.values(eventTables),
);

/** An event from the arguments of a decoded log; undefined for an event that is not the protocol's. */
export function eventFrom(type: string, args: Arguments): ProtocolEvent | undefined {
  const fields = Object.hasOwn(allEvents, type) ? allEvents[type] : undefined;
  if (fields === undefined) return undefined;
  const decoded = Object.entries(fields).map(([field, convert]) => [field, convert(args[field])]);
  return { type, ...Object.fromEntries(decoded) } as ProtocolEvent;
}

export function isRequestEvent(event: ProtocolEvent): event is RequestEvent {
  return Object.hasOwn(requestEvents, event.type);
}

export function isGameEvent(event: ProtocolEvent): event is GameEvent {
  return Object.hasOwn(gameEvents, event.type);
}

/** Its own events, and those of disputes over it: all carry its id. */
export function isAboutRequest(event: ProtocolEvent): event is RequestEvent | GameEvent {
  return isRequestEvent(event) || isGameEvent(event);
}
