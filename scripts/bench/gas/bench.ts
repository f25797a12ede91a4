// The system the gas is measured on, and one request of the job every peer was measured with: 256 bytes of input, 40 of
// output, no zero bytes, a fee in OPG, a royalty of 0.01 OPG and a protocol share of 5 %.
import type { ContractTransactionReceipt, ContractTransactionResponse, Signer } from 'ethers';
import { MaxUint256, parseEther } from 'ethers';
import { network } from 'hardhat';
import { encodeHeader } from '#core/commitment/header.ts';
import { headersHash } from '#core/commitment/schema.ts';
import type { Hex } from '#core/hex.ts';
import { parseProfile } from '../../../deploy/parameters/schema.ts';
import { deploySystem } from '../../../deploy/system.ts';
import type { TermsStruct } from '../../../types/ethers-contracts/requests/IInferenceRequests.ts';

export const FEE = parseEther('1');
export const ROYALTY = parseEther('0.01');
const DAY = 86_400;
const MAY_SUBMIT = 4;

export const headers = {
  input: [encodeHeader({ dtype: 'float32', shape: [1, 64] })],
  output: [encodeHeader({ dtype: 'float32', shape: [1, 10] })],
};
/** 0x3fa1b2c3 ...: float32 without a zero byte and without NaN. */
const floats = (count: number): Hex => `0x${'3fa1b2c3'.repeat(count)}`;
export const inputOf = (items: number) => floats(64 * items);
export const outputOf = (items: number) => floats(10 * items);

export async function startBench(profile: object) {
  const connection = await network.create('local');
  const { ethers, networkHelpers } = connection;
  const { addresses } = await deploySystem({ connection, parameters: parseProfile(profile, 'the bench profile') });
  const [deployer, owner, node, hotKey, keeper, requester] = (await ethers.getSigners()) as never as Signer[];
  if (!(deployer && owner && node && hotKey && keeper && requester))
    throw new Error('The local network has no accounts.');
  const requests = await ethers.getContractAt('IInferenceRequests', addresses.requests);
  const escrow = await ethers.getContractAt('IEscrow', addresses.escrow);
  const models = await ethers.getContractAt('IModelRegistry', addresses.models);
  const nodes = await ethers.getContractAt('INodeRegistry', addresses.nodes);
  const token = await ethers.getContractAt('OPG', addresses.token);
  const consumer = await ethers.deployContract('TwoWordConsumer', [addresses.requests]);

  const nodeAddress = await node.getAddress();
  for (const account of [requester, node]) {
    await token.connect(deployer).transfer(account, parseEther('1000000'));
    await token.connect(account).approve(escrow, MaxUint256);
    await escrow.connect(account).deposit(parseEther('500000'));
  }
  await escrow.connect(requester).depositFor(consumer, parseEther('100000'));
  await escrow.connect(node).stake(parseEther('400000'));
  await nodes.connect(node).setKey(hotKey, 2n ** 40n, MAY_SUBMIT);
  await models.connect(owner).createModel('bench', 'job');
  const contentOf = (byte: string) => ({
    sha256Hash: `0x${byte.repeat(32)}`,
    size: 1_000,
    inputSchema: headersHash(headers.input),
    outputSchema: headersHash(headers.output),
    programRoot: `0x${'d4'.repeat(32)}`,
    atol: 0,
    rtol: 0,
    outputBytes: 40,
    cost: 640 << 8,
    sliceFloorGwei: 0,
    exact: false,
    rows: true,
    licenceHash: `0x${'00'.repeat(32)}`,
  });
  /** A version of the same job with a file of its own, offered by the node. */
  const publish = async (byte: string): Promise<string> => {
    const content = contentOf(byte);
    await models.connect(owner).publish(1, content, ROYALTY, [], '{}', '{}');
    const version = await models.versionId(1, content);
    await nodes.connect(node).setOffer(version, parseEther('0.9'), 0, 2n ** 40n - 1n);
    return version;
  };
  const version = await publish('11');

  /** An ask of `items` items; the lane is given, so that lanes are used again as in steady state. */
  const ask = async (items: number, lane: number, flags: number, callbackGas: number) => {
    const now = await networkHelpers.time.latest();
    return {
      version,
      node: nodeAddress,
      fee: FEE * BigInt(items),
      maxRoyalty: ROYALTY * BigInt(items),
      deadline: now + DAY,
      openAt: now + DAY / 2,
      callbackGas,
      set: 1,
      lane,
      mode: 0,
      items,
      flags,
      outputSchema: headersHash(headers.output),
    };
  };
  const pass = (seconds: number) => networkHelpers.time.increase(seconds);
  const accounts = { owner, node, hotKey, keeper, requester, nodeAddress };
  return { ethers, requests, consumer, token, escrow, models, ask, pass, publish, accounts, addresses };
}

export type Bench = Awaited<ReturnType<typeof startBench>>;

export async function mined(sent: Promise<ContractTransactionResponse>): Promise<ContractTransactionReceipt> {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new Error('A transaction of the bench was not mined.');
  return receipt;
}

export interface RequestedArgs {
  readonly terms: { toObject(): TermsStruct } & { readonly input: string };
  readonly nonce: bigint;
}
export interface SubmittedArgs {
  readonly challengeEnd: bigint;
  readonly outputHash: string;
}
export interface FinalisedArgs {
  readonly callback: bigint;
}

/** Arguments of the events of one kind in a receipt. */
export function eventsOf<T>(bench: Bench, receipt: ContractTransactionReceipt, name: string): T[] {
  return receipt.logs
    .map((log) => bench.requests.interface.parseLog(log))
    .filter((event) => event?.name === name)
    .map((event) => event?.args as T);
}
