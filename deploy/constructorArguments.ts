// What each contract was constructed with, in words an explorer can be given.
import { parseEther } from 'ethers';
import type { Deployment } from './addresses.ts';
import { leastChallengeBaseSeconds } from './parameters/parameterSet.ts';
import type { Profile } from './parameters/schema.ts';
import { STEPS, type StepFamily } from './steps.ts';

const FAMILIES = Object.keys(STEPS) as StepFamily[];

export interface Constructed {
  /** Source and contract, as explorers want it. */
  readonly contract: string;
  readonly address: string;
  readonly constructorArgs: unknown[];
}

/** Escrow is created by InferenceRequests: no transaction of its own, and no future in the journal. */
export function constructed({ addresses, deployer, steps }: Deployment, parameters: Profile): Constructed[] {
  const { token, authority, models, nodes, requests, game, stepVerifier, traceVerifier } = addresses;
  const treasury = parameters.treasury ?? deployer;
  const unbondingDelay = parameters.unbondingDelaySeconds;
  const of = (contract: string, address: string, ...constructorArgs: unknown[]) => ({
    contract,
    address,
    constructorArgs,
  });
  return [
    // A token that was there before is not ours to verify.
    ...(parameters.token === null ? [of('contracts/token/OPG.sol:OPG', token, parameters.holder ?? deployer)] : []),
    of('contracts/access/Authority.sol:Authority', authority, deployer, parameters.governorDelaySeconds),
    of('contracts/models/ModelRegistry.sol:ModelRegistry', models),
    of('contracts/nodes/NodeRegistry.sol:NodeRegistry', nodes),
    of('contracts/models/policies/AllowListPolicy.sol:AllowListPolicy', addresses.allowListPolicy, models),
    of('contracts/models/policies/TokenHolderPolicy.sol:TokenHolderPolicy', addresses.tokenHolderPolicy, models),
    of('contracts/models/policies/MultiTokenPolicy.sol:MultiTokenPolicy', addresses.multiTokenPolicy, models),
    of('contracts/models/policies/PassPolicy.sol:PassPolicy', addresses.passPolicy, models, addresses.escrow),
    of('contracts/periphery/SplitterFactory.sol:SplitterFactory', addresses.splitterFactory, addresses.escrow),
    of('contracts/periphery/ModelSale.sol:ModelSale', addresses.modelSale, addresses.escrow),
    of('contracts/periphery/opengradient/ModelDirectory.sol:ModelDirectory', addresses.modelDirectory, models),
    of(
      'contracts/periphery/opengradient/OpenGradientFacade.sol:OpenGradientFacade',
      addresses.openGradientFacade,
      requests,
      addresses.modelDirectory,
    ),
    of('contracts/requests/RequestsExtension.sol:RequestsExtension', addresses.extension, models, nodes, authority),
    of('contracts/requests/InferenceRequests.sol:InferenceRequests', addresses.requests, {
      token,
      models,
      nodes,
      authority,
      extension: addresses.extension,
      treasury,
      unbondingDelay,
      minTcBase: leastChallengeBaseSeconds(parameters),
    }),
    of('contracts/escrow/Escrow.sol:Escrow', addresses.escrow, token, models, authority, treasury, unbondingDelay),
    ...FAMILIES.map((family) =>
      of(`contracts/steps/${STEPS[family].contract}.sol:${STEPS[family].contract}`, steps[family]),
    ),
    of('contracts/challenges/StepVerifier.sol:StepVerifier', stepVerifier, steps),
    of('contracts/challenges/TraceVerifier.sol:TraceVerifier', traceVerifier),
    of(
      'contracts/challenges/ChallengeGame.sol:ChallengeGame',
      game,
      requests,
      stepVerifier,
      traceVerifier,
      parseEther(parameters.opgPerGas),
    ),
  ];
}
