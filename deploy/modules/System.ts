import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';
import type {
  IgnitionModuleBuilder,
  NamedArtifactContractAtFuture,
  NamedArtifactContractDeploymentFuture,
} from '@nomicfoundation/ignition-core';
import { FIRST_SET } from '../parameters/parameterSet.ts';
import { STEPS, type StepFamily } from '../steps.ts';
import TokenModule from './Token.ts';

type Token = NamedArtifactContractDeploymentFuture<string> | NamedArtifactContractAtFuture<string>;

/**
 * The whole system, in the order in which each part needs the other. The deployer is admin from the first transaction to the
 * last: it appends the first parameter set at once, then `handOver` wires the roles and takes the admin role away.
 */
const system = (tokenOf: (m: IgnitionModuleBuilder) => Token) => (m: IgnitionModuleBuilder) => {
  const deployer = m.getAccount(0);
  const token = tokenOf(m);

  const authority = m.contract('Authority', [deployer, m.getParameter<number>('governorDelaySeconds')]);
  const models = m.contract('ModelRegistry');
  const nodes = m.contract('NodeRegistry');
  const allowListPolicy = m.contract('AllowListPolicy', [models]);
  const tokenHolderPolicy = m.contract('TokenHolderPolicy', [models]);
  const multiTokenPolicy = m.contract('MultiTokenPolicy', [models]);

  const extension = m.contract('RequestsExtension', [models, nodes, authority]);
  // Its constructor creates Escrow, so neither exists without the other.
  const requests = m.contract('InferenceRequests', [
    {
      token,
      models,
      nodes,
      authority,
      extension,
      treasury: m.getParameter<string>('treasury'),
      unbondingDelay: m.getParameter<number>('unbondingDelaySeconds'),
      minTcBase: m.getParameter<number>('leastChallengeBaseSeconds'),
    },
  ]);
  const escrow = m.contractAt('Escrow', m.staticCall(requests, 'escrow'));

  // What others build on: nothing above knows of it.
  const passPolicy = m.contract('PassPolicy', [models, escrow]);
  const splitterFactory = m.contract('SplitterFactory', [escrow]);
  const modelSale = m.contract('ModelSale', [escrow]);
  const modelDirectory = m.contract('ModelDirectory', [models]);
  const openGradientFacade = m.contract('OpenGradientFacade', [requests, modelDirectory]);

  const steps = {
    dot: m.contract(STEPS.dot.contract),
    integerDot: m.contract(STEPS.integerDot.contract),
    movement: m.contract(STEPS.movement.contract),
    selection: m.contract(STEPS.selection.contract),
    arithmetic: m.contract(STEPS.arithmetic.contract),
    functions: m.contract(STEPS.functions.contract),
    logic: m.contract(STEPS.logic.contract),
    conversion: m.contract(STEPS.conversion.contract),
  } satisfies Record<StepFamily, unknown>;
  const stepVerifier = m.contract('StepVerifier', [steps]);
  const traceVerifier = m.contract('TraceVerifier');
  const game = m.contract('ChallengeGame', [requests, stepVerifier, traceVerifier, m.getParameter<bigint>('gasPrice')]);
  // The game locks only what belongs to accounts that have consented to it.
  const capability = m.call(escrow, 'appendCapability', [game]);
  const fields = FIRST_SET.map((field) => [field, m.getParameter(field)] as const);
  const firstSet = m.call(requests, 'appendSet', [{ ...Object.fromEntries(fields), arbiter: game }]);
  m.call(
    authority,
    'handOver',
    [requests, escrow, m.getParameter<string>('governor'), m.getParameter<string>('guardian')],
    {
      after: [firstSet, capability],
    },
  );

  return {
    token,
    authority,
    models,
    nodes,
    requests,
    extension,
    escrow,
    allowListPolicy,
    tokenHolderPolicy,
    multiTokenPolicy,
    passPolicy,
    splitterFactory,
    modelSale,
    modelDirectory,
    openGradientFacade,
    game,
    stepVerifier,
    traceVerifier,
    ...steps,
  };
};

// One module in one run: Ignition judges a run by its whole journal, so a second module would find the first unfinished.
export const SystemWithOPG = buildModule(
  'System',
  system((m) => m.useModule(TokenModule).token),
);
export const SystemOnToken = buildModule(
  'System',
  system((m) => m.contractAt('IERC3009', m.getParameter<string>('token'))),
);
