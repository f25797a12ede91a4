/** What a request would cost. */
import type { Address } from '#core/hex.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import { named } from './chainErrors.ts';
import type { Network } from './network.ts';

/** The fee in wei of OPG at which `node`'s active offer is met for `items` items, royalty and shares included. */
export async function quote(network: Network, version: VersionId, node: Address, items = 1): Promise<bigint> {
  return await named(node, () => network.requests.quote(version, node, items));
}
