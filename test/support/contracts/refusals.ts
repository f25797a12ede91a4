// Calls that must fail, made one after the other: a promise that nobody awaits yet would reject unseen.
import { expect } from 'chai';
import type { BaseContract } from 'ethers';
import { ethers } from './chain.ts';

type Call = () => Promise<unknown>;

/** Fails unless each call reverts with this error of this contract. */
export async function refused(
  contract: Pick<BaseContract, 'interface'>,
  error: string,
  ...calls: Call[]
): Promise<void> {
  for (const call of calls) await expect(call(), call.toString()).to.be.revertedWithCustomError(contract, error);
}

/** Fails unless each call reverts, for whatever reason. */
export async function reverted(...calls: Call[]): Promise<void> {
  for (const call of calls) await expect(call(), call.toString()).to.be.revert(ethers);
}
