/** From an account with OPG to a node that can be asked. */
import { ProtocolError } from '#core/errors.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import type { Offer } from '#core/protocol/offer.ts';
import { balanceOf } from './balance.ts';
import { deposit } from './deposit.ts';
import type { Account } from './network.ts';
import { type HotKey, isRevoked, Roles, setKey, setNode, setOffer } from './node.ts';
import { stake } from './stake.ts';
import type { Transacted } from './transact.ts';

export interface NewNode {
  /** URL of the node's HTTP API, as requesters reach it. */
  readonly endpoint: string;
  /** Sum of `Roles`; default: those that it has, and inference. */
  readonly roles?: number;
  /** Wei of OPG that shall stand behind its results at least; what is missing is deposited and staked. */
  readonly stake?: bigint;
  /** The key that its processes sign with. It can move no money. */
  readonly hotKey?: HotKey;
  readonly offers?: readonly (Offer & { readonly version: VersionId })[];
}

/**
 * Does what is not done yet, so it can be called again after a failure. Gives the transactions it took. Throws `node.key_revoked`, before
 * any of them, for a hot key that was revoked: a program that says the same again must not give a thief back what was taken away.
 */
export async function newNode(account: Account, node: NewNode): Promise<Transacted[]> {
  const { endpoint, stake: wanted = 0n, hotKey, offers = [] } = node;
  if (hotKey !== undefined && (await isRevoked(account, account.address, hotKey.key)))
    throw new ProtocolError('node.key_revoked', { key: hotKey.key, node: account.address });
  const done: Transacted[] = [];
  const { available, stake: had } = await balanceOf(account, account.address);
  if (wanted > had) {
    const missing = wanted - had;
    if (missing > available) done.push(await deposit(account, missing - available));
    done.push(await stake(account, missing));
  }
  const now = await account.nodes.nodeOf(account.address);
  const { roles = Number(now.roles) | Roles.INFERENCE } = node;
  if (Number(now.roles) !== roles || now.endpoint !== endpoint) done.push(await setNode(account, roles, endpoint));
  if (hotKey !== undefined) {
    const key = await account.nodes.keyOf(account.address, hotKey.key);
    const same = key.until === BigInt(hotKey.until) && Number(key.permissions) === (hotKey.permissions ?? 7);
    if (!same) done.push(await setKey(account, hotKey));
  }
  for (const { version, ...offer } of offers) done.push(await setOffer(account, version, offer));
  return done;
}
