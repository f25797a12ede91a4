// The system with a model that several payees own together, and a place to sell models.
import type { RoyaltySplitter } from '#types';
import { type Account, ethers } from '../../support/contracts/chain.ts';
import type { Story } from '../../support/contracts/request.ts';
import { request } from '../../support/contracts/request.ts';
import type { System } from '../../support/contracts/system.ts';
import { system } from '../../support/contracts/system.ts';

/** Of 10,000; no share divides a wei evenly. */
export const SHARES = [3333, 3334, 3333] as const;

export interface Shared extends System {
  readonly splitter: RoyaltySplitter;
  readonly payees: readonly Account[];
  readonly manager: Account;
}

/** Makes a splitter with the factory. */
export async function splitterOf(
  s: System,
  payees: readonly (Account | string)[],
  shares: readonly number[],
  manager: Account,
): Promise<RoyaltySplitter> {
  const factory = await ethers.deployContract('SplitterFactory', [s.escrow]);
  const addresses = payees.map((payee) => (typeof payee === 'string' ? payee : payee.address));
  const address = await factory.create.staticCall(addresses, [...shares], manager);
  await factory.create(addresses, [...shares], manager);
  if (!(await factory.isSplitter(address))) throw new Error('the factory does not know its splitter');
  return await ethers.getContractAt('RoyaltySplitter', address);
}

/** The model belongs to a splitter; its former owner manages it. */
export async function shared(): Promise<Shared> {
  const s = await system();
  const payees = [s.buyer, s.other, s.attacker];
  const splitter = await splitterOf(s, payees, SHARES, s.owner);
  await s.models.connect(s.owner)['safeTransferFrom(address,address,uint256)'](s.owner, splitter, s.model);
  return { ...s, splitter, payees, manager: s.owner };
}

/** A request from the question to its royalty in the purse. */
export async function earned(s: System, lane: number, fee?: bigint): Promise<Story> {
  const story = await request(s, fee === undefined ? { lane } : { lane, fee });
  await story.submit();
  return await story.finalise();
}
