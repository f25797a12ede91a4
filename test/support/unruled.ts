/** A parameter set without an arbiter: versions that name no program can be requested, and nothing is disputed. */
import { type Result, ZeroAddress } from 'ethers';
import type { Account } from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';

/** Makes it current. `governor` gives no notice in the local profile. */
export async function withoutArbiter(governor: Account): Promise<void> {
  const { requests } = governor;
  const current = (await requests.parametersOf(await requests.currentSet())) as unknown as Result;
  await transact(
    governor,
    await requests.appendSet.populateTransaction({ ...current.toObject(), arbiter: ZeroAddress } as never),
  );
}
