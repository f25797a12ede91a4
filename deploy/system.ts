// Deploys the whole system over a connection and returns where it is. For the command line see run.ts.
import type { HardhatEthers } from '@nomicfoundation/hardhat-ethers/types';
import {
  errorDeploymentResultToExceptionMessage,
  HardhatArtifactResolver,
} from '@nomicfoundation/hardhat-ignition/helpers';
import type { DeploymentParameters, IgnitionModule, IgnitionModuleResult } from '@nomicfoundation/ignition-core';
import { DeploymentResultType, deploy } from '@nomicfoundation/ignition-core';
import { getAddress, ZeroAddress } from 'ethers';
import { artifacts } from 'hardhat';
import type { EthereumProvider } from 'hardhat/types/providers';
import type { Deployment } from './addresses.ts';
import { hashOf } from './addresses.ts';
import { chainById } from './chains.ts';
import { assertWiring } from './checks/wiring.ts';
import { firstBlock, forget, isStale } from './journal.ts';
import SystemModule from './modules/System.ts';
import TokenModule from './modules/Token.ts';
import { parameterSet } from './parameters/parameterSet.ts';
import type { Profile } from './parameters/schema.ts';

export interface DeployOptions {
  /** What `network.create()` of Hardhat returns; its first account pays. */
  readonly connection: { readonly ethers: HardhatEthers; readonly provider: EthereumProvider };
  readonly parameters: Profile;
  /** Folder of the journal. With it, a run that was interrupted goes on where it stopped; without it, nothing is kept. */
  readonly journal?: string;
  readonly say?: (line: string) => void;
}

/** Sends what is missing, then asserts the wiring. The contracts must be compiled. */
export async function deploySystem({
  connection,
  parameters,
  journal,
  say = () => {},
}: DeployOptions): Promise<Deployment> {
  const { ethers } = connection;
  const chainId = Number((await ethers.provider.getNetwork()).chainId);
  const chain = chainById(chainId);
  if (chainId !== parameters.chainId)
    throw new Error(
      `The node is on chain ${chainId}, the parameters are for chain ${parameters.chainId}: name the other network, or ask the node you meant.`,
    );
  if (chain === undefined) throw new Error(`deploy/chains.ts does not know chain ${chainId}.`);

  const accounts = await connection.provider.request({ method: 'eth_accounts' });
  const deployer = Array.isArray(accounts) && typeof accounts[0] === 'string' ? getAddress(accounts[0]) : undefined;
  if (deployer === undefined)
    throw new Error('The connection has no account to pay with: set the deployer key of this network.');

  if (journal !== undefined && (await isStale(journal, ethers))) {
    if (!chain.ephemeral)
      throw new Error(
        `${journal} names contracts that ${chain.name} does not have. Check the RPC endpoint; remove the folder only if the chain was reset.`,
      );
    say('the chain was started anew: forgetting the journal of the old one');
    forget(journal);
  }
  const block = firstBlock(journal, await ethers.provider.getBlockNumber());

  const run = <Result extends IgnitionModuleResult<string>>(
    ignitionModule: IgnitionModule<string, string, Result>,
    deploymentParameters: DeploymentParameters,
  ) => {
    say(`${ignitionModule.id}: sending what is missing`);
    return runModule(ignitionModule, {
      accounts: [deployer],
      artifactResolver: new HardhatArtifactResolver(artifacts),
      config: { blockPollingInterval: chain.pollMs, requiredConfirmations: chain.confirmations },
      deploymentParameters,
      provider: connection.provider,
      ...(journal === undefined ? {} : { deploymentDir: journal }),
    });
  };

  const token =
    parameters.token ?? (await run(TokenModule, { Token: { holder: parameters.holder ?? deployer } }))('token');
  const at = await run(SystemModule, {
    System: {
      token,
      game: parameters.firstSet.arbiter ?? ZeroAddress,
      treasury: parameters.treasury ?? deployer,
      governor: parameters.governor ?? deployer,
      guardian: parameters.guardian ?? deployer,
      governorDelaySeconds: parameters.governorDelaySeconds,
      unbondingDelaySeconds: parameters.unbondingDelaySeconds,
      firstSet: parameterSet(parameters),
    },
  });
  const deployment: Deployment = {
    chainId,
    block,
    parametersHash: hashOf(parameters),
    deployer,
    addresses: {
      token,
      authority: at('authority'),
      models: at('models'),
      nodes: at('nodes'),
      requests: at('requests'),
      escrow: at('escrow'),
      allowListPolicy: at('allowListPolicy'),
      tokenHolderPolicy: at('tokenHolderPolicy'),
    },
  };
  const checks = await assertWiring(ethers, deployment, parameters);
  say(`wiring: ${checks.length} facts as they should be`);
  return deployment;
}

/** The address of a module's result by its name. */
type AddressOf<Name> = (name: Name) => string;

async function runModule<Result extends IgnitionModuleResult<string>>(
  ignitionModule: IgnitionModule<string, string, Result>,
  options: Omit<Parameters<typeof deploy>[0], 'ignitionModule'>,
): Promise<AddressOf<keyof Result>> {
  const result = await deploy({ ...options, ignitionModule });
  if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT)
    throw new Error(`${ignitionModule.id} was not deployed. ${errorDeploymentResultToExceptionMessage(result)}`);
  return (name) => {
    const future = ignitionModule.results[name];
    const contract = future && result.contracts[future.id];
    if (contract === undefined) throw new Error(`${ignitionModule.id} deployed no ${String(name)}`);
    return getAddress(contract.address);
  };
}
