/** Consent to the dispute game: it may take bonds and fees of disputes from the free balance, and only when the account itself moves. */
import { ProtocolError } from '#core/errors.ts';
import { named } from './chainErrors.ts';
import { addressTopic, logsFrom } from './events.ts';
import type { Account, Network } from './network.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';

/** Whether `account` lets the game of the deployment act on its balance. */
export async function consentOf(network: Network, account: string): Promise<boolean> {
  const index = await gameIndex(network);
  return await named(account, () => network.escrow.consents(account, index));
}

/** Gives consent, or takes it back: what is bonded stays bonded until its dispute ends. */
export async function setConsent(account: Account, consents: boolean): Promise<Transacted> {
  const index = await gameIndex(account);
  return await transact(account, await account.escrow.setConsent.populateTransaction(index, consents));
}

async function gameIndex(network: Network): Promise<bigint> {
  const { addresses, block } = network.deployment;
  const { game } = addresses;
  if (game === undefined) throw new ProtocolError('deployment.without', { name: 'game' });
  const { topicHash } = network.escrow.interface.getEvent('CapabilityAppended');
  const [log] = await logsFrom(network, addresses.escrow, [topicHash, null, addressTopic(game)], block);
  const index = log?.topics[1];
  if (index === undefined) throw new ProtocolError('Escrow_NotCapability', { caller: game });
  return BigInt(index);
}
