// The system with a version whose access is sold: by the period, or by the request.
import type { PassPolicy } from '#types';
import { type Account, ethers, time } from '../../support/contracts/chain.ts';
import type { System } from '../../support/contracts/system.ts';
import { DAY, FUNDS, OPG_1, ROYALTY, system } from '../../support/contracts/system.ts';

export interface Offer {
  readonly price: bigint;
  readonly period: bigint;
  readonly uses: bigint;
}

export const MONTH = BigInt(30 * DAY);
/** Of a price that 30 days do not divide. */
export const BY_TIME: Offer = { price: 7n * OPG_1 + 1n, period: MONTH, uses: 0n };
export const BY_USE: Offer = { price: OPG_1, period: MONTH, uses: 3n };
export const NOTHING: Offer = { price: 0n, period: 0n, uses: 0n };
export const UNLIMITED = 2n ** 64n - 1n;

export interface Selling extends System {
  readonly passes: PassPolicy;
}

export async function selling(offer: Offer, on: () => Promise<System> = system): Promise<Selling> {
  const s = await on();
  const passes = await ethers.deployContract('PassPolicy', [s.models, s.escrow]);
  await s.models.connect(s.owner).setPolicy(s.version, passes);
  await passes.connect(s.owner).setOffer(s.version, offer);
  for (const buyer of [s.requester, s.other, s.attacker]) await s.token.connect(buyer).approve(passes, FUNDS);
  return { ...s, passes };
}

export const sellingByTime = () => selling(BY_TIME);
export const sellingByUse = () => selling(BY_USE);

/** Buys for oneself; `wanted` is the guard, by default the offer of the fixture. */
export const buy = (s: Selling, buyer: Account, wanted: Offer, holder: Account = buyer, maxRoyalty = ROYALTY) =>
  s.passes.connect(buyer).buy(s.version, holder, wanted, maxRoyalty);

export const passOf = async (s: Selling, holder: { address: string }) => {
  const [from, until, nonceEnd, held] = await s.passes.passOf(s.version, holder.address);
  return { from, until, nonceEnd, held };
};

export const now = async () => BigInt(await time.latest());
export const may = (s: Selling, who: { address: string }) => s.passes.mayRequest(s.version, who.address, '0x');
