/** The network all stories from end to end share: real processes, started when the first story asks, ended after the last test. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { ModelId, RequestId, VersionId } from '#core/protocol/ids.ts';
import { replay } from '../../scripts/demo/balances.ts';
import { type Deployed, LocalNetwork } from '../../scripts/demo/localNetwork.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import { upload } from '../../scripts/demo/publishing.ts';
import { type Evidence, evidence, type OfRequest } from '../../scripts/demo/receipts.ts';
import type { Settings } from '../../scripts/demo/settings.ts';
import {
  balanceOf,
  createModel,
  deposit,
  type ModelCard,
  type Publication,
  publish,
  setKey,
  setOffer,
  stake,
} from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { Door } from '../support/door.ts';
import { eventually } from '../support/eventually.ts';
import { withoutArbiter } from '../support/unruled.ts';

export const OPG = 10n ** 18n;
export const STAKE = 100_000n * OPG;
/** The requester has as much again outside of Escrow. */
const FUNDS = 200_000n * OPG;
export const PRICE = 1n * OPG;
export const ROYALTY = OPG / 10n;
const FOR_EVER = 2 ** 40 - 1;
/** Seconds in which results can be disputed; nothing disputes here. */
const CHALLENGE_SECONDS = 2;
/** A cost of 2^50 multiply-adds would add a second to that. */
const CHECK_RATE_LOG2 = 50;

export interface E2e extends Deployed {
  readonly local: LocalNetwork;
  readonly node: Process;
  readonly keeper: Process;
  /** The node's way to the chain. */
  readonly door: Door;
}

let starting: Promise<E2e> | undefined;
const directory = mkdtempSync(path.join(tmpdir(), 'opg-e2e-'));
const local = new LocalNetwork(directory);

/** Whoever asks first waits some seconds. */
export function e2e(): Promise<E2e> {
  starting ??= raise(local).then(async (net) => {
    await Promise.all([net.node.start(), net.keeper.start()]);
    return net;
  });
  return starting;
}

after(async function () {
  this.timeout(300_000);
  await local.stop();
  await (await starting?.catch(() => undefined))?.door.shut();
  rmSync(directory, { recursive: true, force: true });
});

/** Such a network, whose node and keeper are yet to be started. */
export async function raise(local: LocalNetwork, changes: { node?: Settings; keeper?: Settings } = {}): Promise<E2e> {
  await Promise.all([local.chain.start(), local.storage.start()]);
  const deployed = await local.deploy({
    challengeBaseSeconds: CHALLENGE_SECONDS,
    checkRateLog2: CHECK_RATE_LOG2,
    tipDelaySeconds: 1,
  });
  await withoutArbiter(deployed.faucet);
  const door = new Door(local.chain.url);
  await door.open();
  const { network, ...others } = changes.node ?? {};
  const wiring = { network: { rpcUrl: door.url, ...network }, admission: { acceptOpen: true }, ...others };
  const node = local.node(deployed, wiring);
  const keeper = local.keeper(deployed, changes.keeper);
  const { accounts, faucet } = deployed;
  await transact(faucet, await faucet.token.transfer.populateTransaction(accounts.requester.address, 2n * FUNDS));
  await transact(faucet, await faucet.token.transfer.populateTransaction(accounts.node.address, STAKE));
  await deposit(accounts.requester, FUNDS);
  await deposit(accounts.node, STAKE);
  await stake(accounts.node, STAKE);
  await setKey(accounts.node, { key: accounts.hotKey.address, until: FOR_EVER });
  return { ...deployed, local, node, keeper, door };
}

export interface Served {
  readonly model: ModelId;
  readonly version: VersionId;
  readonly uri: string;
}

let named = 0;

/** Stores, publishes and offers a model. `change`: what is to be different from the plain way. */
export async function serve(
  { local, accounts }: E2e,
  onnx: Uint8Array,
  card: ModelCard,
  change: Partial<Publication> = {},
): Promise<Served> {
  const uri = change.uris?.[0] ?? (await upload(local.storage.url, onnx));
  const { model } = await createModel(accounts.owner, 'e2e', `model-${named++}`);
  const publication = { model, onnx, card, uris: [uri], royalty: ROYALTY, multiplyAdds: 1n, ...change };
  const { version } = await publish(accounts.owner, publication);
  await setOffer(accounts.node, version, { price: PRICE, minReserved: 0, until: FOR_EVER });
  return { model, version, uri };
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Waits until each of these requests has had the event. */
export async function until<N extends OfRequest>(
  net: Pick<E2e, 'net'>,
  name: N,
  ids: readonly RequestId[],
): Promise<Evidence<N>> {
  return await eventually(
    `${name} of ${ids.length} requests`,
    async () => {
      const found = await evidence(net.net, ids, name);
      return found.events.length >= ids.length ? found : undefined;
    },
    90_000,
  );
}

interface Told {
  readonly stage?: string;
  readonly reason?: string;
}

/** What the node says about a request. */
export async function told({ node }: E2e, id: RequestId): Promise<Told> {
  return (await (await fetch(`${node.url}/v1/requests/${id}`)).json()) as Told;
}

/** Waits until the node's row of a request is in one of these stages, and returns what it says then. */
export async function reaches(net: E2e, id: RequestId, ...stages: readonly string[]): Promise<Told> {
  const said = { last: {} as Told };
  const arrived = async () => {
    said.last = await told(net, id);
    return stages.includes(said.last.stage ?? '');
  };
  await eventually(`the request is ${stages.join(' or ')}`, arrived, 30_000).catch((error: Error) => {
    throw new Error(`${error.message} It is: ${JSON.stringify(said.last)}. The node says:\n${net.node.tail()}`);
  });
  return said.last;
}

/** Escrow holds what its accounts and requests sum to (C1), and each account is what its events make it (I9). */
export async function sumsAddUp({ net }: Pick<E2e, 'net'>): Promise<void> {
  await eventually('a moment in which nothing changes', async () => {
    const before = await net.provider.getLogs({ address: net.deployment.addresses.escrow, fromBlock: 0 });
    const ledger = await replay(net);
    const accounts = ledger.accounts();
    const found = await Promise.all(accounts.map((account) => balanceOf(net, account)));
    const held = await net.token.balanceOf(net.deployment.addresses.escrow);
    const after = await net.provider.getLogs({ address: net.deployment.addresses.escrow, fromBlock: 0 });
    if (before.length !== after.length) return false;
    const sums = ({ available, stake, unbonding }: (typeof found)[number]) => [available, stake, unbonding];
    expect(found.map(sums)).to.deep.equal(accounts.map((account) => sums(ledger.accountOf(account))));
    expect(held).to.equal(ledger.total());
    return true;
  });
}
