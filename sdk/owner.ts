/** What a model's owner can change about a published version; all of it concerns requests to come only. */
import type { Address } from '#core/hex.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import type { ModelId, VersionId } from '#core/protocol/ids.ts';
import type { Account } from './network.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';

/** In wei of OPG per item. */
export async function setRoyalty(account: Account, version: VersionId, royalty: bigint): Promise<Transacted> {
  return await transact(account, await account.models.setRoyalty.populateTransaction(version, royalty));
}

/** Who may request it: a policy contract; by default everybody. */
export async function setPolicy(
  account: Account,
  version: VersionId,
  policy: Address = ZERO_ADDRESS,
): Promise<Transacted> {
  return await transact(account, await account.models.setPolicy.populateTransaction(version, policy));
}

/** Takes the version out of service, for good. */
export async function retire(account: Account, version: VersionId): Promise<Transacted> {
  return await transact(account, await account.models.retire.populateTransaction(version));
}

/** Credits the unclaimed royalty of a model to whoever owns it now; anyone may call. */
export async function claimRoyalty(account: Account, model: ModelId): Promise<Transacted> {
  return await transact(account, await account.escrow.claimRoyalty.populateTransaction(model));
}
