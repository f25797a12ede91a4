/** A model changes hands in two steps (docs/contracts/ModelSale.md). */
import { ProtocolError } from '#core/errors.ts';
import type { Address } from '#core/hex.ts';
import { toAddress, ZERO_ADDRESS } from '#core/hex.ts';
import type { ModelId } from '#core/protocol/ids.ts';
import { IModelSale__factory, ModelRegistry__factory } from '#types';
import { named } from './chainErrors.ts';
import { chainNow } from './clock.ts';
import { allowFor } from './deposit.ts';
import type { Account, Network } from './network.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';

export interface ModelOffer {
  readonly seller: Address;
  /** The zero address: whoever comes. */
  readonly buyer: Address;
  /** Wei of OPG. */
  readonly price: bigint;
  /** Unix seconds of the last second of acceptance. */
  readonly until: number;
}

const DAY = 86_400;

/** Offers a model of the caller's: to one buyer or to whoever comes, for a price or as a gift, for 7 days unless told otherwise. */
export async function offerModel(
  account: Account,
  model: ModelId,
  {
    buyer = ZERO_ADDRESS,
    price = 0n,
    seconds = 7 * DAY,
  }: { readonly buyer?: Address; readonly price?: bigint; readonly seconds?: number } = {},
): Promise<Transacted> {
  const sale = saleOf(account);
  const until = (await chainNow(account)) + seconds;
  // The offer before the approval: the other way round an older offer could be accepted in between.
  await transact(account, await sale.offer.populateTransaction(model, buyer, price, until));
  const tokens = ModelRegistry__factory.connect(account.deployment.addresses.models, account.provider);
  return await transact(account, await tokens.approve.populateTransaction(sale.target, model));
}

/** Takes the caller's offer back. */
export async function takeOffer(account: Account, model: ModelId): Promise<Transacted> {
  return await transact(account, await saleOf(account).take.populateTransaction(model));
}

/** The offer of a model; undefined if there is none. It may be over: `acceptModel` tells. */
export async function modelOfferOf(network: Network, model: ModelId): Promise<ModelOffer | undefined> {
  const { seller, price, buyer, until } = await named('the reader', () => saleOf(network).saleOf(model));
  if (toAddress(seller) === ZERO_ADDRESS) return undefined;
  return { seller: toAddress(seller), buyer: toAddress(buyer), price, until: Number(until) };
}

/** Accepts an offer. Nothing happens if the price is above `maxPrice`, the price that the caller has seen. */
export async function acceptModel(account: Account, model: ModelId, maxPrice: bigint): Promise<Transacted> {
  const sale = saleOf(account);
  await allowFor(account, String(sale.target), maxPrice);
  return await transact(account, await sale.accept.populateTransaction(model, maxPrice));
}

function saleOf({ deployment, provider }: Network) {
  const { modelSale } = deployment.addresses;
  if (modelSale === undefined) throw new ProtocolError('deployment.without', { name: 'modelSale' });
  return IModelSale__factory.connect(modelSale, provider);
}
