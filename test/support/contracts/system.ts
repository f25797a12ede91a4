// The whole system with funded actors, one model of two versions, and an arbiter that does what its owner says.
import { parseEther, ZeroAddress } from 'ethers';
import type {
  ContractWallet,
  IEscrow,
  IInferenceRequests,
  MintableToken,
  ModelRegistry,
  NodeRegistry,
  OPG,
} from '#types';
import type { Account } from './chain.ts';
import { ethers, networkHelpers, sendAs } from './chain.ts';
import { contentOf, EXACT, TOLERANT } from './model.ts';

export const OPG_1 = parseEther('1');
export const DAY = 86_400;
export const UNBONDING = 7 * DAY;
export const GOVERNOR_DELAY = 7 * DAY;
export const ROYALTY = parseEther('0.01');
export const FEE = parseEther('1');
/** What each actor deposits; nodes stake half of it. */
export const FUNDS = parseEther('1000');

/** The parameter set the system starts with; the arbiter is filled in. */
export const PARAMETERS = {
  tcBase: 600,
  tcRateLog2: 27,
  maxLifeDays: 7,
  sliceFloor: parseEther('20'),
  thetaPct: 200,
  protocolBps: 500,
  tipBps: 50,
  maxInput: 8192,
  penaltyBps: 500,
  arbiter: ZeroAddress,
  windowSeconds: 300,
  responseSeconds: 120,
  psiBps: 1000,
  rhoBps: 4000,
  tipDelay: 600,
  rescueDelay: 40 * DAY,
  callbackCap: 2_000_000,
};

const ROLES = [
  'deployer',
  'owner',
  'requester',
  'other',
  'node',
  'rival',
  'keeper',
  'attacker',
  'judge',
  'governor',
  'guardian',
  'treasury',
  'buyer',
  'hotKey',
] as const;
type Actors = Record<(typeof ROLES)[number], Account>;
const FUNDED = ['requester', 'other', 'node', 'rival', 'attacker'] as const;
export const STAKED = ['node', 'rival'] as const;

export interface System extends Actors {
  readonly token: MintableToken;
  readonly authority: Awaited<ReturnType<typeof deployAuthority>>;
  readonly models: ModelRegistry;
  readonly nodes: NodeRegistry;
  readonly requests: IInferenceRequests;
  readonly escrow: IEscrow;
  /** The arbiter of the first set, acting for the judge. No capability of Escrow. */
  readonly arbiter: ContractWallet;
  readonly chainId: bigint;
  /** First block of the system: events are read from here. */
  readonly genesis: number;
  readonly model: bigint;
  readonly version: string;
  readonly exactVersion: string;
}

const deployAuthority = (deployer: Account) => ethers.deployContract('Authority', [deployer, GOVERNOR_DELAY]);

async function actors(): Promise<Actors> {
  const signers = await ethers.getSigners();
  return Object.fromEntries(
    ROLES.map((role, i) => {
      const signer = signers[i];
      if (signer === undefined) throw new Error(`the local network has no account for ${role}`);
      return [role, signer];
    }),
  ) as Actors;
}

/** A system of its own on any token the deployer holds; `parameters` change the first set. */
export async function deploySystem(
  erc20: { getAddress(): Promise<string> },
  parameters: Partial<typeof PARAMETERS> = {},
): Promise<System> {
  const all = await actors();
  const { deployer, owner, judge, governor, guardian, treasury } = all;
  const genesis = await ethers.provider.getBlockNumber();
  const { chainId } = await ethers.provider.getNetwork();

  const token = await ethers.getContractAt('MintableToken', await erc20.getAddress());
  const authority = await deployAuthority(deployer);
  const models = await ethers.deployContract('ModelRegistry');
  const nodes = await ethers.deployContract('NodeRegistry');
  const arbiter = (await ethers.deployContract('ContractWallet', [judge])).connect(judge);
  const extension = await ethers.deployContract('RequestsExtension', [models, nodes, authority]);
  const config = {
    token,
    models,
    nodes,
    authority,
    extension,
    treasury,
    unbondingDelay: UNBONDING,
    minTcBase: PARAMETERS.tcBase,
  };
  const deployed = await ethers.deployContract('InferenceRequests', [config]);
  const requests = await ethers.getContractAt('IInferenceRequests', deployed);
  const escrow = await ethers.getContractAt('IEscrow', await requests.escrow());
  await requests.appendSet({ ...PARAMETERS, arbiter: await arbiter.getAddress(), ...parameters });
  await authority.handOver(requests, escrow, governor, guardian);

  await models.connect(owner).createModel('acme', 'digits');
  const model = 1n;
  for (const shape of [TOLERANT, EXACT])
    await models.connect(owner).publish(model, contentOf(shape), ROYALTY, ['walrus://blob'], '{}', '{}');
  return {
    ...all,
    token,
    authority,
    models,
    nodes,
    requests,
    escrow,
    arbiter,
    chainId,
    genesis,
    model,
    version: await models.versionId(model, contentOf(TOLERANT)),
    exactVersion: await models.versionId(model, contentOf(EXACT)),
  };
}

/** Gives every funded actor tokens, a deposit of FUNDS, and, if it is a node, a stake of half of it. */
export async function fund(s: System): Promise<System> {
  for (const role of FUNDED) {
    const actor = s[role];
    await s.token.connect(s.deployer).transfer(actor, 2n * FUNDS);
    await s.token.connect(actor).approve(s.escrow, 2n ** 256n - 1n);
    await s.escrow.connect(actor).deposit(FUNDS);
  }
  for (const role of STAKED) await s.escrow.connect(s[role]).stake(FUNDS / 2n);
  return s;
}

/** OPG and everybody funded; `parameters` change the first set. */
export async function systemWith(parameters: Partial<typeof PARAMETERS>): Promise<System & { opg: OPG }> {
  const { deployer } = await actors();
  const opg = await ethers.deployContract('OPG', [deployer]);
  return { ...(await fund(await deploySystem(opg, parameters))), opg };
}

/** The fixture nearly every test starts from. */
export const system = () => systemWith({});

/** The same on another token that anybody can mint. Nobody is funded. */
export async function systemOn(token: { getAddress(): Promise<string> }): Promise<System> {
  const s = await deploySystem(token);
  await s.token.mint(s.deployer, 100n * FUNDS);
  return s;
}

/** Announces and, after the delay, executes an act of governance. */
export async function govern(s: System, target: { getAddress(): Promise<string> }, data: string): Promise<void> {
  const authority = s.authority.connect(s.governor);
  await authority.schedule(target, data, 0);
  await networkHelpers.time.increase(GOVERNOR_DELAY);
  await authority.execute(target, data);
}

/** Appends a parameter set that differs from the first one and makes it current. */
export async function appendSet(s: System, changes: Partial<typeof PARAMETERS>): Promise<void> {
  const parameters = { ...PARAMETERS, arbiter: await s.arbiter.getAddress(), ...changes };
  await govern(s, s.requests, s.requests.interface.encodeFunctionData('appendSet', [parameters]));
}

/** The arbiter of the first set makes a call. */
export const asArbiter = (s: System, call: Parameters<typeof sendAs>[1]) => sendAs(s.arbiter, call);
