// The real contracts, wired as in a deployment, with one model, one staked node and one funded requester.
import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { parseEther, ZeroAddress, zeroPadValue } from 'ethers';
import { network } from 'hardhat';
import type { ModelRegistry } from '#types';
import { header, headersHash } from '../lib/commitment.ts';

export const { ethers, networkHelpers, provider } = await network.create('local');

export const opg = (amount: string) => parseEther(amount);
export const DAY = 86_400n;
export const BURN = '0x000000000000000000000000000000000000dEaD';

export const ROYALTY = opg('0.01');
export const FEE = opg('2');
export const UNBONDING = 7n * DAY;

/** float32 [1,64] -> float32 [1,10]. */
export const INPUTS = [header(1, [1, 64])];
export const OUTPUTS = [header(1, [1, 10])];

export const SET = {
  tcBase: 600n,
  tcRateLog2: 20n,
  maxLifeDays: 7n,
  sliceFloor: opg('5'),
  thetaPct: 200n,
  protocolBps: 500n,
  tipBps: 50n,
  maxInput: 8_192n,
  penaltyBps: 500n,
  arbiter: ZeroAddress,
  windowSeconds: DAY,
  responseSeconds: 3_600n,
  psiBps: 1_000n,
  rhoBps: 4_000n,
  tipDelay: 600n,
  rescueDelay: 2n * (DAY + 16n * 3_600n) + 30n * DAY + 1n,
  callbackCap: 2_000_000n,
};

export const CONTENT = {
  sha256Hash: zeroPadValue('0xa1', 32),
  size: 13_863n,
  inputSchema: headersHash(INPUTS),
  outputSchema: headersHash(OUTPUTS),
  programRoot: zeroPadValue('0xd4', 32),
  atol: 0x38d1b717n,
  rtol: 429_497n,
  outputBytes: 40n,
  cost: (1_000n << 8n) | 12n, // 4,096,000 multiply-adds
  sliceFloorGwei: 1_000_000_000n,
  exact: false,
  rows: false,
  licenceHash: zeroPadValue('0xe5', 32),
};

/** Publishes another version of model 1. */
export async function publish(
  models: ModelRegistry,
  owner: HardhatEthersSigner,
  content: Partial<typeof CONTENT>,
  royalty = ROYALTY,
) {
  const full = { ...CONTENT, ...content };
  await models.connect(owner).publish(1, full, royalty, ['file://model'], '{}', '{}');
  return models.versionId(1, full);
}

export async function deployed() {
  const [admin, requester, node, rival, keeper, key, owner, treasury, stranger] = await ethers.getSigners();
  if (!admin || !requester || !node || !rival || !keeper || !key || !owner || !treasury || !stranger)
    throw new Error('the local network has too few accounts');
  const signers = { admin, requester, node, rival, keeper, key, owner, treasury, stranger };

  const token = await ethers.deployContract('OPG', [admin]);
  const authority = await ethers.deployContract('Authority', [admin, 0]);
  const models = await ethers.deployContract('ModelRegistry');
  const nodes = await ethers.deployContract('NodeRegistry');
  const game = await ethers.deployContract('MockGame');
  const requests = await deployRequests({
    token: await token.getAddress(),
    models: await models.getAddress(),
    nodes: await nodes.getAddress(),
    authority: await authority.getAddress(),
    treasury: treasury.address,
    unbondingDelay: UNBONDING,
    minTcBase: 300n,
  });
  const escrow = await ethers.getContractAt('Escrow', await requests.escrow());
  const consumer = await ethers.deployContract('HostileRequester');
  const set = { ...SET, arbiter: await game.getAddress() };
  await requests.connect(admin).appendSet(set);

  await models.connect(owner).createModel('maker', 'model');
  const version = await publish(models, owner, {});
  const escrowAddress = await escrow.getAddress();
  await token.transfer(consumer, opg('2000'));
  for (const account of [requester, node, rival]) {
    await token.transfer(account, opg('2000'));
    await token.connect(account).approve(escrow, 2n ** 256n - 1n);
    await escrow.connect(account).deposit(opg('1000'));
  }
  const run = (contract: { interface: { encodeFunctionData: unknown } }, name: string, args: unknown[]) =>
    (contract.interface.encodeFunctionData as (name: string, args: unknown[]) => string)(name, args);
  await consumer.execute(token, run(token, 'approve', [escrowAddress, 2n ** 256n - 1n]));
  await consumer.execute(escrow, run(escrow, 'deposit', [opg('1000')]));
  for (const account of [node, rival]) await escrow.connect(account).stake(opg('900'));

  const { chainId } = await ethers.provider.getNetwork();
  return {
    ...signers,
    signers,
    token,
    authority,
    models,
    nodes,
    game,
    requests,
    escrow,
    consumer,
    version,
    chainId,
    set,
  };
}

type Config = {
  token: string;
  models: string;
  nodes: string;
  authority: string;
  treasury: string;
  unbondingDelay: bigint;
  minTcBase: bigint;
};

/** The one place that knows the constructor. */
export async function deployRequests(config: Config) {
  const { models, nodes, authority } = config;
  const extension = await ethers.deployContract('RequestsExtension', [models, nodes, authority]);
  const full = { ...config, extension: await extension.getAddress() };
  const contract = await ethers.deployContract('InferenceRequests', [full]);
  return ethers.getContractAt('IInferenceRequests', await contract.getAddress());
}
