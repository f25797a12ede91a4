/** The whole system on an in-process chain: a published model, a requester with money, a node with stake and an offer. */
import { readFileSync } from 'node:fs';
import { network } from 'hardhat';
import { encodeItems } from '#core/commitment/canonical.ts';
import { toBytes32, toHex, ZERO_ADDRESS } from '#core/hex.ts';
import type { VersionId } from '#core/protocol/ids.ts';
import { packTerms } from '#core/protocol/terms.ts';
import type { Tensor } from '#core/tensor.ts';
import { tensorFrom } from '#core/tensor.ts';
import { parseProfile } from '../../deploy/parameters/schema.ts';
import { deploySystem } from '../../deploy/system.ts';
import type { Account, Asked, Deployment, Network } from '../../sdk/index.ts';
import {
  actAs,
  connect,
  createModel,
  deposit,
  describeVersion,
  parseDeployment,
  publish,
  setNode,
  setOffer,
  stake,
} from '../../sdk/index.ts';
import type { Transacted } from '../../sdk/transact.ts';
import { transact } from '../../sdk/transact.ts';
import { withoutArbiter } from '../support/unruled.ts';

export const OPG = 10n ** 18n;
export const FUNDS = 1_000n * OPG;
export const STAKE = 200n * OPG;
/** What the node asks for per item, after shares and royalty. */
export const PRICE = 2n * OPG;
export const ROYALTY = OPG / 10n;

export interface System {
  readonly deployment: Deployment;
  readonly net: Network;
  readonly owner: Account;
  readonly requester: Account;
  readonly node: Account;
  readonly keeper: Account;
  readonly version: VersionId;
  /** Moves chain time. */
  readonly pass: (seconds: number) => Promise<unknown>;
}

export const card = JSON.parse(readFileSync('models/digits-cnn/card.json', 'utf8'));
export const onnx = readFileSync('models/digits-cnn/model.onnx');
export const profile = parseProfile(JSON.parse(readFileSync('deploy/parameters/local.json', 'utf8')), 'local.json');

export async function startSystem(): Promise<System> {
  const connection = await network.create('local');
  const { ethers, networkHelpers } = connection;
  const deployment = parseDeployment(await deploySystem({ connection, parameters: profile }));
  const net = await connect({ provider: ethers.provider, deployment });
  const accounts = await Promise.all((await ethers.getSigners()).slice(0, 4).map((signer) => actAs(net, signer)));
  const [owner, requester, node, keeper] = accounts as [Account, Account, Account, Account];
  await withoutArbiter(owner);
  const version = await prepare(owner, requester, node);
  return {
    deployment,
    net,
    owner,
    requester,
    node,
    keeper,
    version,
    pass: (seconds) => networkHelpers.time.increase(seconds),
  };
}

/** A published model, a requester with money, a node with stake and an offer. */
export async function prepare(owner: Account, requester: Account, node: Account): Promise<VersionId> {
  for (const { address } of [requester, node])
    await transact(owner, await owner.token.transfer.populateTransaction(address, FUNDS));
  const { model } = await createModel(owner, 'acme', 'digits');
  const { version } = await publish(owner, {
    model,
    onnx,
    card,
    uris: ['https://example.org/digits'],
    royalty: ROYALTY,
    programRoot: toBytes32(`0x${'5e'.repeat(32)}`),
  });
  await deposit(requester, FUNDS / 4n);
  await deposit(node, STAKE);
  await stake(node, STAKE);
  await setNode(node, 1, 'https://node.example');
  await setOffer(node, version, { price: PRICE, minReserved: 30, until: 4_000_000_000 });
  return version;
}

/** An 8x8 picture whose pixels are all `shade`. */
export const picture = (shade: number) => ({
  image: tensorFrom('float32', [1, 1, 8, 8], Array<number>(64).fill(shade)),
});

/** Probabilities with all weight on one digit. */
export const probabilities = (digit: number) => ({
  probs: tensorFrom(
    'float32',
    [1, 10],
    Array.from({ length: 10 }, (_, i) => (i === digit ? 1 : 0)),
  ),
});

/** What a node does: one output per item. `accepted`: it called accept before. */
export async function submit(
  node: Account,
  { terms, nonce }: Asked,
  outputs: readonly Readonly<Record<'probs', Tensor>>[],
  accepted = false,
): Promise<Transacted> {
  const { schema, hashes } = await describeVersion(node, terms.version);
  const bytes = encodeItems(
    schema.outputs,
    outputs.map(({ probs }) => [probs]),
  );
  const acceptedBy = accepted ? node.address : ZERO_ADDRESS;
  const headers = [...hashes.outputHeaders];
  return await transact(
    node,
    await node.requests.submit.populateTransaction(packTerms(terms), nonce, acceptedBy, headers, toHex(bytes)),
  );
}

export async function accept(node: Account, { terms, nonce }: Asked): Promise<Transacted> {
  return await transact(
    node,
    await node.requests.accept.populateTransaction(packTerms(terms), nonce, node.address, false),
  );
}

export async function decline(node: Account, { terms, nonce }: Asked): Promise<Transacted> {
  return await transact(node, await node.requests.decline.populateTransaction(packTerms(terms), nonce));
}
