// Contracts as parties: they must be funded and told how to behave.
import type { HostileRequester } from '#types';
import { ethers } from './chain.ts';
import type { System } from './system.ts';

/** The enum HostileRequester.Behaviour. */
export const BEHAVIOUR = {
  Store: 0,
  Reverts: 1,
  BurnsGas: 2,
  Bomb: 3,
  RevertBomb: 4,
  ReEnters: 5,
  SelfDestructs: 6,
} as const;

/** The enum Callback of the contracts. */
export const CALLBACK = { None: 0n, Succeeded: 1n, Failed: 2n } as const;

/** A contract that asks and is called back, with `deposit` wei in its account. */
export async function consumer(s: System, deposit: bigint): Promise<HostileRequester> {
  const contract = await ethers.deployContract('HostileRequester');
  await s.escrow.connect(s.requester).depositFor(contract, deposit);
  return contract;
}
