/** Paid passes: what the owner of a model sells, and who may ask because of it (docs/contracts/Policies.md). */
import { ProtocolError } from '#core/errors.ts';
import type { Address } from '#core/hex.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import { unpackVersionWord } from '#core/protocol/version.ts';
import { type IPassPolicy, IPassPolicy__factory } from '#types';
import { named } from './chainErrors.ts';
import { allowFor } from './deposit.ts';
import type { Account, Network } from './network.ts';
import type { Transacted } from './transact.ts';
import { transact } from './transact.ts';

export interface PassOffer {
  /** Wei of OPG for one period. */
  readonly price: bigint;
  /** Seconds; 0: nothing is sold. */
  readonly period: number;
  /** Requests of the account, of whatever version; 0: as many as it likes. */
  readonly uses: number;
}

export interface Pass {
  /** Unix seconds of the last second in which the holder may ask; 0: it never bought one. */
  readonly until: number;
  /** Requests that are left; undefined: as many as it likes. */
  readonly left: bigint | undefined;
  /** Whether the holder may ask now. */
  readonly admits: boolean;
  /** Wei of OPG that a refund would give back now. */
  readonly unearned: bigint;
}

export interface Purchase {
  readonly wanted?: PassOffer;
  readonly maxRoyalty?: bigint;
  readonly holder?: Address;
}

const UNLIMITED = 2n ** 64n - 1n;

/** What is sold now. */
export async function passOfferOf(network: Network, version: VersionId): Promise<PassOffer> {
  const { price, period, uses } = await named('the reader', () => policyOf(network).offerOf(version));
  return { price, period: Number(period), uses: Number(uses) };
}

export async function passOf(network: Network, version: VersionId, holder: Address): Promise<Pass> {
  const policy = policyOf(network);
  const [{ until, nonceEnd, held }, earned, admits, { nonce }] = await named(holder, () =>
    Promise.all([
      policy.passOf(version, holder),
      policy.earnedOf(version, holder),
      policy.mayRequest(version, holder, '0x'),
      network.escrow.accountOf(holder),
    ]),
  );
  const counted = nonceEnd > nonce ? nonceEnd - nonce : 0n;
  return {
    until: Number(until),
    left: nonceEnd === UNLIMITED ? undefined : counted,
    admits,
    unearned: held - earned,
  };
}

/**
 * Buys a pass for `holder`, by default the caller; one that runs is prolonged. `wanted` is what the caller has seen and accepts,
 * by default the offer of now: should the owner have made it dearer, shorter or smaller meanwhile, nothing is paid. `maxRoyalty`, wei of OPG an
 * item, likewise; by default the royalty of now, which the pass then promises: raised above it, `refundPass` gives back what is not earned.
 */
export async function buyPass(
  account: Account,
  version: VersionId,
  { wanted, maxRoyalty, holder = account.address }: Purchase = {},
): Promise<Transacted> {
  const policy = policyOf(account);
  const offer = wanted ?? (await passOfferOf(account, version));
  const royalty = maxRoyalty ?? (await royaltyNow(account, version));
  await allowFor(account, String(policy.target), offer.price);
  return await transact(account, await policy.buy.populateTransaction(version, holder, offer, royalty));
}

/** The owner's: what is sold from now on. Passes that were bought stay as they are. */
export async function setPassOffer(account: Account, version: VersionId, offer: PassOffer): Promise<Transacted> {
  return await transact(account, await policyOf(account).setOffer.populateTransaction(version, offer));
}

/** Credits what these passes have earned to the owner of the model; anyone may call. */
export async function collectPasses(
  account: Account,
  version: VersionId,
  holders: readonly Address[],
): Promise<Transacted> {
  return await transact(account, await policyOf(account).collect.populateTransaction(version, [...holders]));
}

/** What is not earned of a pass goes back to its holder, after the owner has ended the service or raised the royalty; anyone may call. */
export async function refundPass(
  account: Account,
  version: VersionId,
  holder: Address = account.address,
): Promise<Transacted> {
  return await transact(account, await policyOf(account).refund.populateTransaction(version, holder));
}

/** The owner's: ends a pass, and gives back what is not earned. */
export async function revokePass(account: Account, version: VersionId, holder: Address): Promise<Transacted> {
  return await transact(account, await policyOf(account).revoke.populateTransaction(version, holder));
}

async function royaltyNow({ models }: Network, version: VersionId): Promise<bigint> {
  const { word } = await named('the reader', () => models.terms(version));
  return unpackVersionWord(word).royalty;
}

function policyOf({ deployment, provider }: Network): IPassPolicy {
  const { passPolicy } = deployment.addresses;
  if (passPolicy === undefined) throw new ProtocolError('deployment.without', { name: 'passPolicy' });
  return IPassPolicy__factory.connect(passPolicy, provider);
}
