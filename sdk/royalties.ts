/** Models that several payees own together (docs/contracts/RoyaltySplitter.md). */
import { ProtocolError } from '#core/errors.ts';
import type { Address } from '#core/hex.ts';
import { toAddress } from '#core/hex.ts';
import { IRoyaltySplitter__factory, SplitterFactory__factory } from '#types';
import { named } from './chainErrors.ts';
import type { Account, Network } from './network.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';

export interface Share {
  readonly payee: Address;
  /** Of 10,000. */
  readonly basisPoints: number;
}

/**
 * Makes a splitter. It earns once it owns a model: send it the token. `manager`, by default the caller, then publishes and sets
 * prices and policies for it, and cannot touch its money.
 */
export async function createSplitter(
  account: Account,
  shares: readonly Share[],
  manager: Address = account.address,
): Promise<Transacted & { readonly splitter: Address }> {
  const { splitterFactory } = account.deployment.addresses;
  if (splitterFactory === undefined) throw new ProtocolError('deployment.without', { name: 'splitterFactory' });
  const factory = SplitterFactory__factory.connect(splitterFactory, account.provider);
  const payees = shares.map(({ payee }) => payee);
  const basisPoints = shares.map((share) => share.basisPoints);
  const done = await transact(account, await factory.create.populateTransaction(payees, basisPoints, manager));
  const created = done.receipt.logs
    .flatMap((log) => factory.interface.parseLog(log) ?? [])
    .find(({ name }) => name === 'SplitterCreated');
  return { ...done, splitter: toAddress(String(created?.args['splitter'])) };
}

/** The payees of a splitter and their shares. */
export async function splitOf(network: Network, splitter: Address): Promise<Share[]> {
  const { payees, shares } = await named('the reader', () => splitterAt(network, splitter).split());
  return payees.map((payee, i) => ({ payee: toAddress(payee), basisPoints: Number(shares[i]) }));
}

/** What a payee can be paid now, in wei of OPG. Royalties still in a model's purse do not count: `claimRoyalty` first. */
export async function dueOf(network: Network, splitter: Address, payee: Address): Promise<bigint> {
  return await named(payee, () => splitterAt(network, splitter).dueOf(payee));
}

/** Pays a payee, by default the caller, what it is due; anyone may call. */
export async function payShare(
  account: Account,
  splitter: Address,
  payee: Address = account.address,
): Promise<Transacted> {
  return await transact(account, await splitterAt(account, splitter).pay.populateTransaction(payee));
}

/** A manager's call in the splitter's name: `data` of publish, setRoyalty, setPolicy, retire, or of a policy's rule. */
export async function managedBySplitter(
  account: Account,
  splitter: Address,
  target: Address,
  data: string,
): Promise<Transacted> {
  return await transact(account, await splitterAt(account, splitter).manage.populateTransaction(target, data));
}

function splitterAt({ provider }: Network, splitter: Address) {
  return IRoyaltySplitter__factory.connect(splitter, provider);
}
