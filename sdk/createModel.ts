/** A model: a name, and the token that owns its royalties. */
import type { ModelId } from '#core/protocol/ids.ts';
import { toModelId } from '#core/protocol/ids.ts';
import { eventsNamed } from './events.ts';
import type { Account, Network } from './network.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';

/** The first model of a namespace claims it for the caller. Names: a-z, 0-9 and -, up to 64. */
export async function createModel(
  account: Account,
  namespace: string,
  name: string,
): Promise<Transacted & { readonly model: ModelId }> {
  const done = await transact(account, await account.models.createModel.populateTransaction(namespace, name));
  const [created] = eventsNamed(done.events, 'ModelCreated');
  return { ...done, model: created?.model ?? (await modelOf(account, namespace, name)) };
}

/** The model of a name; 0 if there is none. */
export async function modelOf({ models }: Network, namespace: string, name: string): Promise<ModelId> {
  return toModelId(await models.modelOf(namespace, name));
}
