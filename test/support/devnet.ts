/** A development chain with the whole system on it, one model published, one node staked and offering. */
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { network } from 'hardhat';
import type { VersionId } from '#core/protocol/ids.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { programRoot } from '#core/semantics/record.ts';
import { type MockGame, MockGame__factory } from '#types';
import type { Deployment } from '../../deploy/addresses.ts';
import { parseProfile } from '../../deploy/parameters/schema.ts';
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
  /** Arbiter of the parameter set, without any rules, if it is to have one. */
  readonly game: MockGame | undefined;
  readonly version: VersionId;
  /** Key 1; staked, with an offer for the version. */
  readonly node: Account;
  /** Key 2; with a deposit. */
  readonly requester: Account;
}

/**
 * Mines a block for every transaction, and one a second besides. `models`: where the model's file is put for `file:` URIs. `disputable`: the
 * parameter set has an arbiter, the model a program root.
 */
export async function startDevnet(models: string, { disputable = false } = {}): Promise<Devnet> {
  const anvil = await Anvil.start('--mixed-mining', '--block-time', '1');
  const game = disputable ? await new MockGame__factory(anvil.wallet(0)).deploy() : undefined;
  await game?.waitForDeployment();
  const deployment = await deploy(anvil, (await game?.getAddress()) ?? null);
  const net = await connect({ provider: anvil.provider, deployment });
  const owner = await actAs(net, anvil.wallet(0));
  const node = await actAs(net, anvil.wallet(1));
  const requester = await actAs(net, anvil.wallet(2), { laneLimit: 512 });
  for (const account of [node, requester]) {
    await (await owner.token.connect(owner.signer).transfer(account.address, 1_000_000n * OPG)).wait();
    await deposit(account, 1_000_000n * OPG);
  }
  await stake(node, 500_000n * OPG);
  const version = await publishModel(owner, models, disputable);
  await setOffer(node, version, { price: OPG, minReserved: 0, until: 2 ** 40 - 1 });
  const { escrow, models: registry, nodes, requests } = deployment.addresses;
  const contracts = { escrow, models: registry, nodes, requests } as Contracts;
  return { anvil, deployment, contracts, game, version, node, requester };
}

async function deploy(anvil: Anvil, arbiter: string | null): Promise<Deployment> {
  const connection = await network.create({ network: 'localhost', chainType: 'l1', override: { url: anvil.url } });
  try {
    const profile = parseProfile(JSON.parse(readFileSync(PARAMETERS, 'utf8')), PARAMETERS);
    const parameters = { ...profile, firstSet: { ...profile.firstSet, arbiter } };
    return await deploySystem({ connection, parameters });
  } finally {
    await connection.close();
  }
}

async function publishModel(owner: Account, models: string, disputable: boolean): Promise<VersionId> {
  const file = path.join(import.meta.dirname, '../../models', MODEL, 'model.onnx');
  const { sha256 } = exampleModel(MODEL).card;
  copyFileSync(file, path.join(models, sha256));
  const card = JSON.parse(readFileSync(path.join(path.dirname(file), 'card.json'), 'utf8'));
  const model = await createModel(owner, 'examples', MODEL);
  const onnx = readFileSync(file);
  const program = disputable ? { programRoot: programRoot(compile(onnx)) } : {};
  const { version } = await publish(owner, { model: model.model, onnx, card, uris: [`file:${sha256}`], ...program });
  return version;
}

export const vectors = exampleModel(MODEL);
