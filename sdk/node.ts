/** What a node tells the network about itself. */
import type { Address } from '#core/hex.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import type { Offer } from '#core/protocol/offer.ts';
import { unpackOffer } from '#core/protocol/offer.ts';
import { addressTopic, logsFrom } from './events.ts';
import type { Account, Network } from './network.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';

/** Add them up. */
export const Roles = { INFERENCE: 1, VERIFIER: 2, STORAGE: 4, DATA: 8 } as const;
export const Permissions = { ACCEPT: 1, DECLINE: 2, SUBMIT: 4 } as const;

/** `endpoint`: the URL of the node's HTTP API. */
export async function setNode(account: Account, roles: number, endpoint: string): Promise<Transacted> {
  return await transact(account, await account.nodes.setNode.populateTransaction(roles, endpoint));
}

export interface HotKey {
  readonly key: Address;
  /** Unix seconds, inclusive; 0 revokes, at once. */
  readonly until: number | bigint;
  /** Default: accept, decline and submit. No permission reaches funds, stake or offers. */
  readonly permissions?: number;
}

export async function setKey(account: Account, { key, until, permissions = 7 }: HotKey): Promise<Transacted> {
  return await transact(account, await account.nodes.setKey.populateTransaction(key, until, permissions));
}

/** The registry forgets what a revoked key was: only the log tells it from one that never was a hot key of the node. */
export async function isRevoked(network: Network, node: Address, key: Address): Promise<boolean> {
  const { nodes, deployment } = network;
  if ((await nodes.keyOf(node, key)).permissions !== 0n) return false;
  const topics = [nodes.interface.getEvent('KeySet').topicHash, addressTopic(node), addressTopic(key)];
  return (await logsFrom(network, deployment.addresses.nodes, topics, deployment.block)).length > 0;
}

/** Advertises; an `until` of 0 withdraws the offer. */
export async function setOffer(account: Account, version: VersionId, offer: Offer): Promise<Transacted> {
  const { price, minReserved, until } = offer;
  return await transact(account, await account.nodes.setOffer.populateTransaction(version, price, minReserved, until));
}

/** The offer of a node, active or not; undefined = none. */
export async function offerOf({ nodes }: Network, node: Address, version: VersionId): Promise<Offer | undefined> {
  return unpackOffer(await nodes.offerOf(node, version));
}
