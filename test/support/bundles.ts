// Bundles of disputes that tests have played on the real contracts.
import type { Json } from '#core/challenges/bundle.ts';
import type { Executable } from '#core/challenges/replay.ts';
import { collect } from '../../sdk/dispute/collect.ts';
import type { Network } from '../../sdk/network.ts';
import { ethers } from './contracts/chain.ts';
import type { Dispute } from './contracts/disputes.ts';

/** As `opg dispute replay` reads it. */
export async function bundleOf({ s, story }: Dispute, model: Executable | undefined): Promise<Json> {
  const { token, models, nodes, escrow, requests, game } = s;
  const at = (contract: { readonly target: unknown }) => String(contract.target);
  const network = {
    provider: ethers.provider,
    deployment: {
      chainId: Number((await ethers.provider.getNetwork()).chainId),
      block: 0,
      addresses: {
        token: at(token),
        escrow: at(escrow),
        models: at(models),
        nodes: at(nodes),
        requests: at(requests),
        game: at(game),
      },
    },
    token,
    models,
    nodes,
    escrow,
    requests,
    game,
  } as unknown as Network;
  return (await collect(network, story.id)).bundle(model);
}
