import type { Account, Network } from '../../../sdk/index.ts';
import { actAs, connect } from '../../../sdk/index.ts';
import { ethers, type Account as Signer } from './chain.ts';
import type { DisputeSystem } from './disputes.ts';

/** The SDK's view of a system of contract tests. */
async function clientOf(s: DisputeSystem): Promise<Network> {
  const { token, escrow, models, nodes, requests, game } = s;
  const names = Object.entries({ token, escrow, models, nodes, requests, game });
  const addresses = Object.fromEntries(
    await Promise.all(names.map(async ([name, contract]) => [name, await contract.getAddress()])),
  );
  const deployment = { chainId: Number(s.chainId), block: s.genesis, addresses };
  return await connect({ provider: ethers.provider, deployment });
}

export const clientAs = async (s: DisputeSystem, signer: Signer): Promise<Account> => actAs(await clientOf(s), signer);
