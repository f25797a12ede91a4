/** A development chain with the whole system on it, one model published, one node staked and offering. */
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { network } from 'hardhat';
import type { VersionId } from '#core/protocol/ids.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { programRoot } from '#core/semantics/record.ts';
import { IInferenceRequests__factory, type MockGame, MockGame__factory } from '#types';
import type { Deployment } from '../../deploy/addresses.ts';
import { parameterSet } from '../../deploy/parameters/parameterSet.ts';
import { type Profile, parseProfile } from '../../deploy/parameters/schema.ts';
import { deploySystem } from '../../deploy/system.ts';
import { type Account, actAs, connect, createModel, deposit, publish, setOffer, stake } from '../../sdk/index.ts';
import type { Contracts } from '../../workers/adapters/ethers/decodeEvents.ts';
import { Anvil } from './anvil.ts';
import { exampleModel } from './models.ts';

const OPG = 10n ** 18n;
const PARAMETERS = path.join(import.meta.dirname, '../../deploy/parameters/local.json');
const MODEL = 'breast-cancer-mlp';

export interface Devnet {
  readonly anvil: Anvil;
  readonly deployment: Deployment;
  readonly contracts: Contracts;
  /** Arbiter of the current parameter set, without any rules, instead of the real game: if asked for. */
  readonly game: MockGame | undefined;
  readonly version: VersionId;
  /** Key 1; staked, with an offer for the version. */
  readonly node: Account;
  /** Key 2; with a deposit. */
  readonly requester: Account;
}

/**
 * Mines a block for every transaction, and one a second besides. `models`: where the model's file is put for `file:` URIs. `ruled`: by a
 * contract without rules instead of the challenge game, in a second parameter set. `set`: what the first set has other than the local profile.
 */
export async function startDevnet(
  models: string,
  { ruled = false, set = {} }: { readonly ruled?: boolean; readonly set?: Partial<Profile['firstSet']> } = {},
): Promise<Devnet> {
  const anvil = await Anvil.start('--mixed-mining', '--block-time', '1');
  const deployment = await deploy(anvil, set);
  const game = ruled ? await appendMockGame({ anvil, deployment }) : undefined;
  const net = await connect({ provider: anvil.provider, deployment });
  const owner = await actAs(net, anvil.wallet(0));
  const node = await actAs(net, anvil.wallet(1));
  const requester = await actAs(net, anvil.wallet(2), { laneLimit: 512 });
  for (const account of [node, requester]) {
    await (await owner.token.connect(owner.signer).transfer(account.address, 1_000_000n * OPG)).wait();
    await deposit(account, 1_000_000n * OPG);
  }
  await stake(node, 500_000n * OPG);
  const version = await publishModel(owner, models);
  await setOffer(node, version, { price: OPG, minReserved: 0, until: 2 ** 40 - 1 });
  const { escrow, models: registry, nodes, requests } = deployment.addresses;
  const contracts = { escrow, models: registry, nodes, requests } as Contracts;
  return { anvil, deployment, contracts, game, version, node, requester };
}

const profile = () => parseProfile(JSON.parse(readFileSync(PARAMETERS, 'utf8')), PARAMETERS);

async function deploy(anvil: Anvil, set: Partial<Profile['firstSet']>): Promise<Deployment> {
  const connection = await network.create({ network: 'localhost', chainType: 'l1', override: { url: anvil.url } });
  try {
    const parameters = profile();
    return await deploySystem({
      connection,
      parameters: { ...parameters, firstSet: { ...parameters.firstSet, ...set } },
    });
  } finally {
    await connection.close();
  }
}

/** The governor, who gives no notice here, makes a set current that differs from the first one in its arbiter. */
export async function appendMockGame({ anvil, deployment }: Pick<Devnet, 'anvil' | 'deployment'>): Promise<MockGame> {
  const governor = anvil.wallet(0);
  const game = await new MockGame__factory(governor).deploy();
  await game.waitForDeployment();
  const requests = IInferenceRequests__factory.connect(deployment.addresses.requests, governor);
  await (await requests.appendSet({ ...parameterSet(profile()), arbiter: await game.getAddress() })).wait();
  return game;
}

async function publishModel(owner: Account, models: string): Promise<VersionId> {
  const file = path.join(import.meta.dirname, '../../models', MODEL, 'model.onnx');
  const { sha256 } = exampleModel(MODEL).card;
  copyFileSync(file, path.join(models, sha256));
  const card = JSON.parse(readFileSync(path.join(path.dirname(file), 'card.json'), 'utf8'));
  const model = await createModel(owner, 'examples', MODEL);
  const onnx = readFileSync(file);
  const { version } = await publish(owner, {
    model: model.model,
    onnx,
    card,
    uris: [`file:${sha256}`],
    programRoot: programRoot(compile(onnx)),
  });
  return version;
}

export const vectors = exampleModel(MODEL);
