// Whether a deployment is what its parameters say: each immutable, role, delay and parameter, and a plain token.
import type { HardhatEthers } from '@nomicfoundation/hardhat-ethers/types';
import { parseEther } from 'ethers';
import type { Kind } from '#core/semantics/kinds.ts';
import { KINDS } from '#core/semantics/kinds.ts';
import type { Deployment } from '../addresses.ts';
import { hashOf } from '../addresses.ts';
import { leastChallengeBaseSeconds, parameterSet } from '../parameters/parameterSet.ts';
import type { Profile } from '../parameters/schema.ts';
import { STEPS, type StepFamily } from '../steps.ts';
import type { Check } from './check.ts';
import { check, failures, WiringError } from './check.ts';
import { checkRoles } from './roles.ts';
import { checkToken } from './token.ts';

const FAMILIES = Object.keys(STEPS) as StepFamily[];

/** All facts, right or wrong. */
export async function wiringOf(ethers: HardhatEthers, deployment: Deployment, parameters: Profile): Promise<Check[]> {
  const { addresses, deployer, steps } = deployment;
  const checks: Check[] = [];
  for (const [name, address] of [...Object.entries(addresses), ...Object.entries(steps)])
    checks.push(check(`${name}: has code`, (await ethers.provider.getCode(address)) !== '0x', true));
  // A view of an account without code would throw a riddle instead of an answer.
  if (failures(checks).length > 0) return checks;
  return [
    ...checks,
    check('parameters: sha256', hashOf(parameters), deployment.parametersHash),
    ...(await checkImmutables(ethers, deployment, parameters)),
    ...(await checkPeriphery(ethers, deployment)),
    ...(await checkGame(ethers, deployment, parameters)),
    ...(await checkFirstSet(ethers, deployment, parameters)),
    ...(await checkRoles(ethers, deployment, parameters, {
      governor: parameters.governor ?? deployer,
      guardian: parameters.guardian ?? deployer,
    })),
    ...(await checkToken(ethers, addresses.token, parameters.holder ?? deployer)),
  ];
}

/** Throws a WiringError that names every wrong fact. */
export async function assertWiring(
  ethers: HardhatEthers,
  deployment: Deployment,
  parameters: Profile,
): Promise<Check[]> {
  const checks = await wiringOf(ethers, deployment, parameters);
  const failed = failures(checks);
  if (failed.length > 0) throw new WiringError(failed);
  return checks;
}

async function checkImmutables(ethers: HardhatEthers, { addresses, deployer }: Deployment, parameters: Profile) {
  const requests = await ethers.getContractAt('InferenceRequests', addresses.requests);
  const escrow = await ethers.getContractAt('Escrow', addresses.escrow);
  const extension = await ethers.getContractAt('RequestsExtension', addresses.extension);
  const allowList = await ethers.getContractAt('AllowListPolicy', addresses.allowListPolicy);
  const tokenHolder = await ethers.getContractAt('TokenHolderPolicy', addresses.tokenHolderPolicy);
  return [
    check('requests: escrow', await requests.escrow(), addresses.escrow),
    check('requests: models', await requests.models(), addresses.models),
    check('requests: nodes', await requests.nodes(), addresses.nodes),
    check('requests: least challenge window', await requests.minTcBase(), leastChallengeBaseSeconds(parameters)),
    check('requests: authority', await requests.authority(), addresses.authority),
    check('requests: extension', await requests.extension(), addresses.extension),
    check('extension: models', await extension.modelsOfCode(), addresses.models),
    check('extension: nodes', await extension.nodesOfCode(), addresses.nodes),
    check('escrow: requests', await escrow.requests(), addresses.requests),
    check('escrow: models', await escrow.registry(), addresses.models),
    check('escrow: token', await escrow.token(), addresses.token),
    check('escrow: authority', await escrow.authority(), addresses.authority),
    check('escrow: treasury', await escrow.treasury(), parameters.treasury ?? deployer),
    check('escrow: capability 0', await escrow.capabilityAt(0), addresses.game),
    check('escrow: seconds of unbonding', await escrow.unbondingDelay(), parameters.unbondingDelaySeconds),
    check('allow list policy: models', await allowList.models(), addresses.models),
    check('token holder policy: models', await tokenHolder.models(), addresses.models),
  ];
}

/** What others build on: each must be of this deployment. */
async function checkPeriphery(ethers: HardhatEthers, { addresses }: Deployment) {
  const multiToken = await ethers.getContractAt('MultiTokenPolicy', addresses.multiTokenPolicy);
  const passes = await ethers.getContractAt('PassPolicy', addresses.passPolicy);
  const splitters = await ethers.getContractAt('SplitterFactory', addresses.splitterFactory);
  const sale = await ethers.getContractAt('ModelSale', addresses.modelSale);
  const directory = await ethers.getContractAt('ModelDirectory', addresses.modelDirectory);
  const facade = await ethers.getContractAt('OpenGradientFacade', addresses.openGradientFacade);
  return [
    check('multi token policy: models', await multiToken.models(), addresses.models),
    check('pass policy: models', await passes.models(), addresses.models),
    check('pass policy: escrow', await passes.escrow(), addresses.escrow),
    check('splitter factory: escrow', await splitters.escrow(), addresses.escrow),
    check('model sale: escrow', await sale.escrow(), addresses.escrow),
    check('model directory: models', await directory.models(), addresses.models),
    check('OpenGradient facade: requests', await facade.requests(), addresses.requests),
    check('OpenGradient facade: directory', await facade.directory(), addresses.modelDirectory),
  ];
}

async function checkFirstSet(ethers: HardhatEthers, { addresses }: Deployment, parameters: Profile) {
  const requests = await ethers.getContractAt('IInferenceRequests', addresses.requests);
  const found = await requests.parametersOf(1);
  const wanted = parameterSet(parameters);
  const fields = Object.keys(wanted) as (keyof typeof wanted)[];
  return [
    check('requests: current set', await requests.currentSet(), 1),
    check('requests: paused until', await requests.pausedUntil(), 0),
    check('set 1: arbiter', found.arbiter, addresses.game),
    ...fields.map((field) => check(`set 1: ${field}`, found[field], wanted[field])),
  ];
}

/** The game, and that every primitive is decided by the step contract of its family. */
async function checkGame(ethers: HardhatEthers, { addresses, steps }: Deployment, parameters: Profile) {
  const game = await ethers.getContractAt('ChallengeGame', addresses.game);
  const verifier = await ethers.getContractAt('StepVerifier', addresses.stepVerifier);
  const kinds = Object.keys(KINDS) as Kind[];
  const familyOf = (kind: Kind) => FAMILIES.find((family) => (STEPS[family].kinds as readonly Kind[]).includes(kind));
  const asked = await Promise.all(kinds.map((kind) => verifier.stepOf(KINDS[kind].code)));
  return [
    check('game: requests', await game.requests(), addresses.requests),
    check('game: escrow', await game.escrow(), addresses.escrow),
    check('game: step verifier', await game.stepVerifier(), addresses.stepVerifier),
    check('game: trace verifier', await game.traceVerifier(), addresses.traceVerifier),
    check('game: wei of OPG per gas', await game.gasPrice(), parseEther(parameters.opgPerGas)),
    ...kinds.map((kind, i) => {
      const family = familyOf(kind);
      return check(
        `step contract of ${kind}`,
        asked[i],
        family === undefined ? 'one of deploy/steps.ts' : steps[family],
      );
    }),
  ];
}
