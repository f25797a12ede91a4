/** The doctor's look at what the node's key needs to defend a result: the game's consent, and OPG for the fees of demands. */
import type { Address } from '#core/hex.ts';
import type { Hex } from '#ports/chain.ts';
import type { Contracts } from '../../../workers/adapters/ethers/decodeEvents.ts';
import { gameViews } from '../../../workers/adapters/ethers/game.ts';
import { neededFor } from '../../../workers/verifier/purse.ts';
import type { Network } from '../../network.ts';
import { shown } from '../money.ts';
import { type Finding, ok, warning } from './finding.ts';

/** Nothing where the deployment has no game. */
export async function defenceFindings({ provider, deployment }: Network, key: Address): Promise<Finding[]> {
  const { game, ...contracts } = deployment.addresses;
  if (game === undefined) return [];
  const call = async (to: Hex, data: Hex) => (await provider.call({ to, data })) as Hex;
  const views = gameViews({ call }, { ...contracts, game } as Contracts & { readonly game: Hex });
  const [consent, has, price] = await Promise.all([views.consent(key), views.freeBalance(key), views.gasPrice()]);
  const { opg: needs } = neededFor(0n, price, 0n);
  return [
    consent === undefined
      ? ok('defence', `the challenge game may lock OPG of ${key}`)
      : warning(
          'defence',
          `${key} has not let the challenge game lock its OPG, so it could not defend a result`,
          'start the node when the key has coin for gas: it consents by itself',
        ),
    has >= needs
      ? ok('defence', `${shown(has)} OPG for demands; a dispute can take ${shown(needs)}`)
      : warning(
          'defence',
          `${shown(has)} OPG in Escrow for demands, and a dispute can take ${shown(needs)}`,
          `opg account deposit 1 --for ${key}`,
        ),
  ];
}
