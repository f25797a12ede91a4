// Deploys the whole system over a connection and returns where it is. For the command line see run.ts.
import type { HardhatEthers } from '@nomicfoundation/hardhat-ethers/types';
import {
  errorDeploymentResultToExceptionMessage,
  HardhatArtifactResolver,
} from '@nomicfoundation/hardhat-ignition/helpers';
import type { IgnitionModule, IgnitionModuleResult } from '@nomicfoundation/ignition-core';
import { DeploymentResultType, deploy } from '@nomicfoundation/ignition-core';
import { getAddress, parseEther } from 'ethers';
import { artifacts } from 'hardhat';
import type { EthereumProvider } from 'hardhat/types/providers';
import type { Deployment } from './addresses.ts';
import { hashOf } from './addresses.ts';
import { chainById } from './chains.ts';
import { oversized } from './checks/codeSizes.ts';
import { assertWiring } from './checks/wiring.ts';
import { firstBlock, forget, isStale } from './journal.ts';
import { settleLostTransactions } from './lostTransactions.ts';
import { SystemOnToken, SystemWithOPG } from './modules/System.ts';
import { leastChallengeBaseSeconds, parameterSet } from './parameters/parameterSet.ts';
import type { Profile } from './parameters/schema.ts';
import { STEPS } from './steps.ts';

const CONTRACTS = [
  'OPG',
  'Authority',
  'ModelRegistry',
  'NodeRegistry',
  'AllowListPolicy',
  'TokenHolderPolicy',
  'MultiTokenPolicy',
  'PassPolicy',
  'SplitterFactory',
  'ModelSale',
  'ModelDirectory',
  'OpenGradientFacade',
  'RequestsExtension',
  'InferenceRequests',
  'Escrow',
  ...Object.values(STEPS).map(({ contract }) => contract),
  'StepVerifier',
  'TraceVerifier',
  'ChallengeGame',
];

export interface DeployOptions {
  /** What `network.create()` of Hardhat returns; its first account pays. */
  readonly connection: { readonly ethers: HardhatEthers; readonly provider: EthereumProvider };
  readonly parameters: Profile;
  /** Folder of the journal. With it, a run that was interrupted goes on where it stopped; without it, nothing is kept. */
  readonly journal?: string;
  readonly say?: (line: string) => void;
}

/** The account that pays. Throws if there is none, or if the node is on another chain than the parameters are for. */
export async function deployerOf(connection: DeployOptions['connection'], { chainId }: Profile): Promise<string> {
  const found = Number((await connection.ethers.provider.getNetwork()).chainId);
  if (found !== chainId)
    throw new Error(
      `The node is on chain ${found}, the parameters are for chain ${chainId}: name the other network, or ask the node you meant.`,
    );
  const accounts = await connection.provider.request({ method: 'eth_accounts' });
  const first: unknown = Array.isArray(accounts) ? accounts[0] : undefined;
  if (typeof first !== 'string')
    throw new Error('The connection has no account to pay with: set the deployer key of this network.');
  return getAddress(first);
}

/** Sends what is missing, then asserts the wiring. The contracts must be compiled. */
export async function deploySystem({
  connection,
  parameters,
  journal,
  say = () => {},
}: DeployOptions): Promise<Deployment> {
  const { ethers } = connection;
  const deployer = await deployerOf(connection, parameters);
  const chain = chainById(parameters.chainId);
  if (chain === undefined) throw new Error(`deploy/chains.ts does not know chain ${parameters.chainId}.`);

  // A local chain may have been told to accept any size; a public one will not.
  const tooLarge = chain.ephemeral ? [] : await oversized(artifacts, CONTRACTS);
  if (tooLarge.length > 0) throw new Error(`Nothing was sent to ${chain.name}:\n  ${tooLarge.join('\n  ')}`);

  if (journal !== undefined && (await isStale(journal, ethers))) {
    if (!chain.ephemeral)
      throw new Error(
        `${journal} names contracts that ${chain.name} does not have. Check the RPC endpoint; remove the folder only if the chain was reset.`,
      );
    say('the chain was started anew: forgetting the journal of the old one');
    forget(journal);
  }
  const block = await firstBlock(journal, ethers, chain.ephemeral ? 0 : 64);

  const artifactResolver = new HardhatArtifactResolver(artifacts);
  if (journal !== undefined) {
    const { provider } = connection;
    await settleLostTransactions(journal, { ethers, provider, artifactResolver, deployer, firstBlock: block });
  }

  say('sending what is missing');
  const at = await runModule(parameters.token === null ? SystemWithOPG : SystemOnToken, {
    accounts: [deployer],
    artifactResolver,
    config: { blockPollingInterval: chain.pollMs, requiredConfirmations: chain.confirmations },
    deploymentParameters: {
      Token: { holder: parameters.holder ?? deployer },
      System: {
        ...(parameters.token === null ? {} : { token: parameters.token }),
        gasPrice: parseEther(parameters.opgPerGas),
        treasury: parameters.treasury ?? deployer,
        governor: parameters.governor ?? deployer,
        guardian: parameters.guardian ?? deployer,
        governorDelaySeconds: parameters.governorDelaySeconds,
        unbondingDelaySeconds: parameters.unbondingDelaySeconds,
        leastChallengeBaseSeconds: leastChallengeBaseSeconds(parameters),
        ...parameterSet(parameters),
      },
    },
    provider: connection.provider,
    ...(journal === undefined ? {} : { deploymentDir: journal }),
  });
  const deployment: Deployment = {
    chainId: chain.id,
    block,
    parametersHash: hashOf(parameters),
    deployer,
    addresses: {
      token: at('token'),
      authority: at('authority'),
      models: at('models'),
      nodes: at('nodes'),
      requests: at('requests'),
      extension: at('extension'),
      escrow: at('escrow'),
      allowListPolicy: at('allowListPolicy'),
      tokenHolderPolicy: at('tokenHolderPolicy'),
      multiTokenPolicy: at('multiTokenPolicy'),
      passPolicy: at('passPolicy'),
      splitterFactory: at('splitterFactory'),
      modelSale: at('modelSale'),
      modelDirectory: at('modelDirectory'),
      openGradientFacade: at('openGradientFacade'),
      game: at('game'),
      stepVerifier: at('stepVerifier'),
      traceVerifier: at('traceVerifier'),
    },
    steps: {
      dot: at('dot'),
      integerDot: at('integerDot'),
      movement: at('movement'),
      selection: at('selection'),
      arithmetic: at('arithmetic'),
      functions: at('functions'),
      logic: at('logic'),
      conversion: at('conversion'),
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
