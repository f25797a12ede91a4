/** The deployed system that disputes are measured on: one chain in this process, and the parties with money in Escrow. */
import { readFileSync } from 'node:fs';
import type { Signer } from 'ethers';
import { network } from 'hardhat';
import type { Hex } from '#core/hex.ts';
import { IStepVerifier__factory } from '#types';
import { parseProfile } from '../../../deploy/parameters/schema.ts';
import { deploySystem } from '../../../deploy/system.ts';
import { type Account, actAs, connect, createModel, deposit, parseDeployment, stake } from '../../../sdk/index.ts';
import { transact } from '../../../sdk/transact.ts';
import { requestCalls } from '../../../workers/adapters/ethers/calls.ts';
import { gameCalls } from '../../../workers/adapters/ethers/game.ts';

const PROFILE = 'deploy/parameters/local.json';
/** Seconds: blocks are a second apart, and a dispute has a few dozen. */
const CLOCKS = { challengeBaseSeconds: 3_600, challengeWindowSeconds: 3_600, responseSeconds: 600 };
const OPG = 10n ** 18n;
const FUNDS = 1_000_000n * OPG;
const NAMES = ['owner', 'requester', 'node', 'challenger', 'helper'] as const;

export type PartyName = (typeof NAMES)[number];

export async function startSystem() {
  const connection = await network.create('local');
  const { ethers, networkHelpers } = connection;
  const profile = JSON.parse(readFileSync(PROFILE, 'utf8'));
  const parameters = parseProfile({ ...profile, firstSet: { ...profile.firstSet, ...CLOCKS } }, 'the bench profile');
  const deployed = await deploySystem({ connection, parameters });
  const net = await connect({ provider: ethers.provider, deployment: parseDeployment(deployed) });
  const { game } = net;
  if (game === undefined) throw new Error('The deployment has no challenge game.');
  const [deployer, ...signers] = (await ethers.getSigners()) as never as Signer[];
  const act = (signer: Signer | undefined) => {
    if (signer === undefined) throw new Error('The local network has too few accounts.');
    return actAs(net, signer, { laneLimit: 512 });
  };
  const faucet = await act(deployer);
  const entries = await Promise.all(NAMES.map(async (name, i) => [name, await act(signers[i])] as const));
  const parties = Object.fromEntries(entries) as Record<PartyName, Account>;
  const index = await capabilityOf(faucet, String(game.target));
  for (const party of Object.values(parties)) {
    await transact(faucet, await faucet.token.transfer.populateTransaction(party.address, 2n * FUNDS));
    await deposit(party, FUNDS);
    await transact(party, await party.escrow.setConsent.populateTransaction(index, true));
  }
  await stake(parties.node, FUNDS / 2n);
  const { model } = await createModel(parties.owner, 'bench', 'disputes');
  return {
    net,
    game,
    parties,
    model,
    time: networkHelpers.time,
    gameCalls: gameCalls(String(game.target) as Hex),
    requestCalls: requestCalls(deployed.addresses.requests as Hex),
    steps: IStepVerifier__factory.connect(deployed.addresses.stepVerifier, ethers.provider),
  };
}

export type DisputeSystem = Awaited<ReturnType<typeof startSystem>>;

/** Where Escrow lists the game: parties consent to it by that number. */
async function capabilityOf({ escrow }: Account, game: string): Promise<number> {
  for (let index = 0; index < 256; index++)
    if ((await escrow.capabilityAt(index)).toLowerCase() === game.toLowerCase()) return index;
  throw new Error(`Escrow does not know the game ${game}.`);
}
